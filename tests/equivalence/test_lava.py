"""The reference and the emulator do what Lava 0.10.0 does: every message, state, weight and tag of random networks."""

import numpy as np
import pytest
from support.compare import assert_same
from support.emulate import emulate
from support.generate import Case, random_network
from support.generate_conv import random_conv_network
from support.generate_learning import NO_DECAY, plasticity, random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.reference import run_reference

from neurohw.backends.lava.available import why_not
from neurohw.backends.lava.run import run_lava
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Source
from neurohw.ir.plasticity import Trace
from neurohw.ir.rule_text import parse_rule

pytestmark = [pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")]

NETWORKS, QUICK_NETWORKS = 200, range(5)
LEARNING_NETWORKS, QUICK_LEARNING_NETWORKS = 40, (1, 4)
SPIKING_NETWORKS, QUICK_SPIKING_NETWORKS = 24, (1, 3)
CONV_NETWORKS, QUICK_CONV_NETWORKS = 16, (2, 5)
READOUTS, QUICK_READOUTS = 24, (3,)
FIRST_EPOCH_ROUNDED_DOWN = 398  # the first whose rounding number is 0


def assert_lava_agrees(case: Case) -> None:
    reference = run_reference(case.network, case.inputs, case.steps, case.samples)
    run = run_lava(
        case.network,
        case.inputs,
        steps_per_sample=case.steps,
        samples=case.samples,
        record=list(reference.messages),
        states=True,
        timeout=60,
    )
    assert_same(reference, run, ("the reference", "Lava"))
    assert_same(emulate(case), run, ("the emulator", "Lava"))


def slow_unless(quick, count):
    return [seed if seed in quick else pytest.param(seed, marks=pytest.mark.slow) for seed in range(count)]


@pytest.mark.parametrize("seed", slow_unless(QUICK_NETWORKS, NETWORKS))
def test_random_networks_run_alike(seed):
    assert_lava_agrees(random_network(seed))


@pytest.mark.parametrize("seed", slow_unless(QUICK_LEARNING_NETWORKS, LEARNING_NETWORKS))
def test_random_networks_learn_alike(seed):
    assert_lava_agrees(random_learning_network(seed))


@pytest.mark.parametrize("seed", slow_unless(QUICK_SPIKING_NETWORKS, SPIKING_NETWORKS))
def test_random_spiking_networks_learn_alike(seed):
    assert_lava_agrees(random_spiking_network(seed))


@pytest.mark.parametrize("seed", slow_unless(QUICK_READOUTS, READOUTS))
def test_random_readouts_learn_alike(seed):
    assert_lava_agrees(random_readout(seed))


@pytest.mark.parametrize("seed", slow_unless(QUICK_CONV_NETWORKS, CONV_NETWORKS))
def test_random_convolutional_networks_run_alike(seed):
    assert_lava_agrees(random_conv_network(seed, delays=False))


@pytest.mark.parametrize(("delay", "exponents"), [(0, (7, -3, -8)), (3, (7, 1, 0))])
@pytest.mark.parametrize("graded", [True, False])
def test_sums_beyond_32_bits_wrap_alike(graded, delay, exponents):
    """Payloads of 2^24 through full weights: sums of about 2^35, shifted left and right.

    Not shifted right after a delay: Lava's DelayDense alone adds in 64 bits, which shows only there.
    """
    rng = np.random.default_rng(3)
    populations, projections = [Population("source", 9, Source(0, 2**24))], []
    for name, neuron, exponent in zip(("up", "down", "lif"), (Graded(), Graded(), Lif(5)), exponents):
        populations.append(Population(name, 4, neuron))
        form = Format(8, exponent, "excitatory")
        weight = rng.integers(0, 256, (4, 9))
        projections.append(Projection(f"to_{name}", "source", name, weight, form, graded, delay))
    frames = {"source": rng.integers(0, 2**24, (2, 20, 9))}
    assert_lava_agrees(Case(Network(tuple(populations), tuple(projections)), frames, 24))


def test_a_tag_falls_to_its_lowest_value_alike():
    """Only a rounding number of 0 lets a saturated tag reach -257; one epoch later it is -256 again."""
    rule = plasticity(
        dw=parse_rule("2^-3*x0*x1"),
        dt=parse_rule("7*2^8*x0 - 7*2^8*u0 - 7*2^8*u0"),
        decimate=0,
        third_factor=False,
        rounding="lava",
        x1=Trace(0, NO_DECAY),
    )
    populations = (Population("source", 3, Source()), Population("lif", 2, Lif(100)))
    weight = np.array([[10, -20, 30], [200, 100, -256]])
    network = Network(populations, (Projection("w", "source", "lif", weight, Format(8, -2), plasticity=rule),))
    silence = {"source": np.zeros((1, 1, 3), int)}
    for steps, lowest in ((FIRST_EPOCH_ROUNDED_DOWN, -257), (FIRST_EPOCH_ROUNDED_DOWN + 1, -256)):
        assert run_reference(network, silence, steps, 1).learned["w"].tag.min() == lowest
        assert_lava_agrees(Case(network, silence, steps))
