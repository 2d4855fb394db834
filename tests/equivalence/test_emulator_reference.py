"""The emulator does what the plain numpy machine does: every message, state, weight and tag of random networks."""

import numpy as np
import pytest
from support.compare import assert_same
from support.emulate import emulate
from support.generate import Case, random_network
from support.generate_conv import random_conv_network
from support.generate_learning import plasticity, random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.reference import run_reference

from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, Graded, Readout, Source
from neurohw.ir.plasticity import Trace
from neurohw.ir.rule_text import parse_rule

NETWORKS, LEARNING_NETWORKS = 200, 150
QUICK_NETWORKS, QUICK_LEARNING_NETWORKS = 40, 24
SPIKING_NETWORKS, QUICK_SPIKING_NETWORKS = 120, 16
CONV_NETWORKS, QUICK_CONV_NETWORKS = 80, 20
DELAYED_NETWORKS, QUICK_DELAYED_NETWORKS = 60, 6
READOUTS, QUICK_READOUTS = 120, 16
NAMES = ("the reference", "the emulator")


def slow_from(quick, count):
    return [seed if seed < quick else pytest.param(seed, marks=pytest.mark.slow) for seed in range(count)]


@pytest.mark.parametrize("seed", slow_from(QUICK_NETWORKS, NETWORKS))
def test_random_networks_run_alike(seed):
    case = random_network(seed)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), emulate(case), NAMES)


@pytest.mark.parametrize("seed", slow_from(QUICK_LEARNING_NETWORKS, LEARNING_NETWORKS))
def test_random_networks_learn_alike(seed):
    case = random_learning_network(seed)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), emulate(case), NAMES)


@pytest.mark.parametrize("seed", slow_from(QUICK_SPIKING_NETWORKS, SPIKING_NETWORKS))
def test_random_spiking_networks_learn_alike(seed):
    case = random_spiking_network(seed)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), emulate(case), NAMES)


@pytest.mark.parametrize("seed", slow_from(QUICK_DELAYED_NETWORKS, DELAYED_NETWORKS))
def test_predictions_in_delayed_spikes_run_alike(seed):
    case = random_spiking_network(seed, delayed=True)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), emulate(case), NAMES)


@pytest.mark.parametrize("seed", slow_from(QUICK_READOUTS, READOUTS))
def test_random_readouts_learn_alike(seed):
    case = random_readout(seed)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), emulate(case), NAMES)


@pytest.mark.parametrize("seed", slow_from(QUICK_CONV_NETWORKS, CONV_NETWORKS))
def test_random_convolutional_networks_run_alike(seed):
    case = random_conv_network(seed)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), emulate(case), NAMES)


def test_shared_weights_are_the_unrolled_ones_until_their_sum_wraps():
    """A sum of 2^23 and more: 24 bits are what Lava's Conv keeps; unrolled, the neuron's own wrap is the only one."""
    kernel = np.full((1, 2, 2, 2), 254)
    populations = (Population("input", 18, Source(0, 2**14)), Population("layer1", 4, Graded()))
    shared = Convolution(kernel, (2, 3, 3))
    runs = {}
    for name, weight in (("shared", shared), ("unrolled", shared.unrolled)):
        network = Network(populations, (Projection("w", "input", "layer1", weight, Format(8, 0)),))
        frames = {"input": np.full((1, 2, 18), 2**14)}
        case = Case(network, frames, 3)
        runs[name] = run_reference(network, frames, 3, 1)
        assert_same(runs[name], emulate(case), NAMES)
        exact = 8 * 254 * 2**14
        wrapped = (exact + 2**23) % 2**24 - 2**23
        assert runs[name].messages["layer1.out"][1, 0] == (wrapped if name == "shared" else exact) != 0
    overflows = emulate(Case(Network(populations, (Projection("w", "input", "layer1", shared, Format()),)), frames, 3))
    assert overflows.activity.overflows["w: accumulator beyond its bits"] > 0


@pytest.mark.parametrize("size", [2**21, 2**23])
def test_targets_far_beyond_the_range_of_a_trace_are_clipped(size):
    """2^23 times 255 is nearly 2^31, so that twice the error has more than 32 bits."""
    n, period = 4, 14
    rule = plasticity(dw=parse_rule("2^-3*x0*x1*y1"), epoch=period, x1=Trace(0, 2.0**60), rounding="lava")
    form, eye = Format(8, 0, "excitatory"), np.eye(n, dtype=int)
    populations = (
        Population("x", 5, Source()), Population("readout", n, Readout(1, period, 4, 10, True)),
        Population("label", n, Source(-(2**23), 2**23)),
    )  # fmt: skip
    projections = (
        Projection("W", "x", "readout", np.zeros((n, 5), int), Format(8, 0), plasticity=rule),
        Projection("contest", "readout", "readout", eye, form, pre_port="contest", post_port="contest"),
        Projection("target", "label", "readout", 255 * eye, form, post_port="gate"),
    )
    inputs = {"x": np.full((1, 1, 5), 100), "label": np.array([[[size, -size, 3, 0]]])}
    case = Case(Network(populations, projections, period), inputs, period)
    found = emulate(case)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), found, NAMES)
    assert found.learned["W"].weight[0, 0] == -found.learned["W"].weight[1, 0] > 0


@pytest.mark.parametrize("shift", [30, 31])
def test_shifts_of_all_bits_leave_the_sign(shift):
    form = Format(8, 0, "excitatory")
    populations = (
        Population("x", 5, Source()),
        Population("q", 3, Source(-200, 200)),
        Population("o", 3, Clapp(1, 6, shift, shift, 7)),
    )
    projections = (
        Projection("w", "x", "o", np.full((3, 5), 8), form),
        Projection("p", "q", "o", np.eye(3, dtype=int), form, post_port="prediction"),
    )
    inputs = {"x": np.full((2, 1, 5), 200), "q": np.full((2, 1, 3), -100)}
    case = Case(Network(populations, projections, 6), inputs, 6)
    assert_same(run_reference(case.network, case.inputs, case.steps, case.samples), emulate(case), NAMES)


@pytest.mark.parametrize("seed", range(0, NETWORKS, 20))
def test_samples_that_start_afresh_run_alike(seed):
    case = random_network(seed)
    frames = {name: np.concatenate([x, x[:, ::-1]]) for name, x in case.inputs.items()}
    doubled = case._replace(inputs=frames)
    reference = run_reference(doubled.network, frames, doubled.steps, doubled.samples, reset=True)
    assert_same(reference, emulate(doubled, reset=True), NAMES)


@pytest.mark.parametrize("seed", range(0, LEARNING_NETWORKS, 6))
def test_a_run_in_pieces_is_the_run_in_one(seed):
    case = random_learning_network(seed)
    assert_same(emulate(case), emulate(case, pieces=min(3, case.samples)), ("one call", "pieces"))
