"""Brian2 in exact mode does what the emulator does: every message, state, weight and tag of random networks."""

import numpy as np
import pytest
from support.compare import assert_same
from support.emulate import emulate
from support.generate import Case, random_network
from support.generate_conv import random_conv_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.runs import run_on

from neurohw.backends.brian2.available import unsupported, why_not
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "Brian2 runs here")

NETWORKS, QUICK_NETWORKS = 200, range(6)
SPIKING_NETWORKS, QUICK_SPIKING_NETWORKS = 120, range(3)
CONV_NETWORKS, QUICK_CONV_NETWORKS = 80, range(4)
DELAYED_NETWORKS, QUICK_DELAYED_NETWORKS = 30, range(3)
STEPS = 200
NAMES = ("the emulator", "Brian2")


def slow_unless(quick, count):
    return [seed if seed in quick else pytest.param(seed, marks=pytest.mark.slow) for seed in range(count)]


def lasting(case):
    """The case with its samples repeated until it lasts STEPS steps."""
    times = -(-STEPS // (case.steps * case.samples))
    return case._replace(inputs={name: np.concatenate([x] * times) for name, x in case.inputs.items()})


def assert_brian2_agrees(case, runtime="numpy", reset=False):
    case = lasting(case)
    other = run_on(
        "brian2",
        case.network,
        [case.inputs],
        steps=case.steps,
        traces=case.steps * case.samples,
        runtime=runtime,
        reset=reset,
    )
    assert other.provenance["brian2"] == runtime
    assert_same(emulate(case, reset=reset), other, NAMES)


@pytest.mark.parametrize("seed", slow_unless(QUICK_NETWORKS, NETWORKS))
def test_random_networks_run_alike(seed):
    assert_brian2_agrees(random_network(seed))


@pytest.mark.parametrize("seed", slow_unless(QUICK_CONV_NETWORKS, CONV_NETWORKS))
def test_random_convolutional_networks_run_alike(seed):
    assert_brian2_agrees(random_conv_network(seed))


@pytest.mark.parametrize("seed", slow_unless(range(2), 20))
def test_samples_that_start_afresh_run_alike(seed):
    assert_brian2_agrees(random_network(seed), reset=True)


@pytest.mark.parametrize("seed", slow_unless(QUICK_SPIKING_NETWORKS, SPIKING_NETWORKS))
def test_random_spiking_networks_learn_alike(seed):
    assert_brian2_agrees(random_spiking_network(seed))


@pytest.mark.parametrize("seed", slow_unless(QUICK_DELAYED_NETWORKS, DELAYED_NETWORKS))
def test_predictions_in_delayed_spikes_run_alike(seed):
    assert_brian2_agrees(random_spiking_network(seed, delayed=True))


@pytest.mark.parametrize("seed", slow_unless((3,), 10))
def test_random_readouts_learn_alike(seed):
    case = random_readout(seed)
    if unsupported(case.network):
        pytest.skip("every third rule is a random one")
    assert_brian2_agrees(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", [random_network(2), random_spiking_network(2)], ids=["plain", "learning"])
def test_compiled_code_runs_alike(case):
    assert_brian2_agrees(case, "cpp")


@pytest.mark.slow
def test_cython_runs_alike(monkeypatch, tmp_path):
    """A small network, as Cython takes seconds a piece of code to compile."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    populations = (Population("input", 5, Source(0, 1)), Population("lif", 6, Lif(90, 1000, 300, bias_mant=-40)))
    projections = (
        Projection("in", "input", "lif", rng.integers(-60, 120, (6, 5)) * 2, Format()),
        Projection("loop", "lif", "lif", rng.integers(-90, 60, (6, 6)) * 2, Format(8, -1), True, 3),
    )
    frames = {"input": (rng.random((5, 40, 5)) < 0.4).astype(np.int64)}
    assert_brian2_agrees(Case(Network(populations, projections), frames, 40), "cython")


@pytest.mark.slow
def test_a_compiled_program_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr("neurohw.backends.brian2.simulation.PART", 8)
    assert_brian2_agrees(random_spiking_network(4), "cpp")
