"""Ideal arrays learn what the integer emulator learns: messages, weights and tags of generated networks."""

from dataclasses import replace

import numpy as np
import pytest
from support.crossbars import SINGLE, pulsed, shadowed
from support.emulate import emulate
from support.generate_learning import random_learning_network
from support.generate_spiking import random_spiking_network
from support.runs import run_engine

from neurohw.backends.crossbar.learning import LearningMachine, learning_problems

NETWORKS, QUICK_NETWORKS = 150, 30
SPIKING_NETWORKS, QUICK_SPIKING_NETWORKS = 60, 12


def slow_beyond(quick, count):
    return [seed if seed < quick else pytest.param(seed, marks=pytest.mark.slow) for seed in range(count)]


def learn(case, design, seed=0, pieces=1):
    machine = LearningMachine(
        case.network, design=design, seed=seed, steps=case.steps, window=case.steps * case.samples, accumulator_bits=24
    )
    cuts = np.array_split(np.arange(case.samples), pieces)
    chunks = [{name: x[cut] for name, x in case.inputs.items()} for cut in cuts]
    return run_engine(machine, chunks)


def assert_alike(found, expected):
    for name, trace in expected.traces.items():
        assert np.array_equal(found.traces[name].values, trace.values), name
    for name, learned in expected.learned.items():
        for part in ("weight", "tag", "tag2"):
            assert np.array_equal(getattr(found.learned[name], part), getattr(learned, part)), (name, part)


def pulse_case(seed):
    """Those of the generated CLAPP networks whose weights start within their range and whose rules have one product."""
    numbers = [n for n in range(12 * (seed // 4 + 1)) if n % 12 in (0, 1, 4, 9)]
    return random_learning_network(2 * numbers[seed])


def pulses_fail(case, design):
    """Why a network cannot learn by pulses what the registers of the learning engine learn: a cell ends elsewhere than
    a register of 9 bits, and sums of several products saturate on the way to their end in the one only."""
    if learning_problems(case.network, design):
        return "weights of one sign, or read by the rule"
    rules = [p.plasticity.chip for p in case.network.projections if p.plasticity]
    if any(len(r.dw) > 1 and not all(f.sign for product in r.dw for f in product.factors) for r in rules):
        return "sums of several products, which saturate"
    if any("weight at its rail" in what for what in emulate(case).activity.overflows):
        return "weights at the end of their range"
    return ""


@pytest.mark.parametrize("seed", slow_beyond(QUICK_NETWORKS, NETWORKS))
def test_shadows_that_are_written_every_fixation_learn_alike(seed):
    """Digits on any number of cells in any encoding; epochs must not end within a fixation."""
    case = random_learning_network(2 * seed)
    assert_alike(learn(case, shadowed(seed)), emulate(case))


@pytest.mark.parametrize("seed", slow_beyond(12, 40))
def test_arrays_of_which_only_some_hear_something_learn_alike(seed):
    """Inputs are cut into arrays of a few rows; those whose own inputs are silent are not driven."""
    case = random_learning_network(2 * seed)
    few = replace(shadowed(seed), rows=4)
    quiet = {name: x * (np.arange(x.shape[2]) < 2) for name, x in case.inputs.items()}
    case = case._replace(inputs=quiet)
    found = learn(case, few)
    assert max(a.reads / max(a.vectors, 1) for a in found.activity.arrays.values()) >= 2
    assert_alike(found, emulate(case))


@pytest.mark.parametrize("seed", slow_beyond(QUICK_NETWORKS, NETWORKS))
def test_pulses_of_one_step_learn_alike(seed):
    case, design = pulse_case(seed), pulsed(seed)
    if reason := pulses_fail(case, design):
        pytest.skip(reason)
    found = learn(case, design)
    if any("cell at the end of its range" in what for what in found.activity.overflows):
        pytest.skip("cells at the end of their range: those of a pair fill up from both sides")
    assert_alike(found, emulate(case))


def test_enough_generated_networks_can_take_pulses():
    """The test above must not skip itself away."""
    able = [s for s in range(QUICK_NETWORKS) if not pulses_fail(pulse_case(s), pulsed(s))]
    assert len(able) >= QUICK_NETWORKS // 2
    assert {s % len(SINGLE) for s in able} == set(range(len(SINGLE)))


@pytest.mark.parametrize("seed", slow_beyond(QUICK_SPIKING_NETWORKS, SPIKING_NETWORKS))
def test_spiking_networks_learn_alike(seed):
    case = random_spiking_network(seed)
    assert_alike(learn(case, shadowed(seed)), emulate(case))


@pytest.mark.parametrize("seed", range(0, 12, 2))
def test_a_run_in_pieces_is_the_run_in_one(seed):
    case = random_learning_network(seed)
    for design in (shadowed(seed), pulsed(seed)):
        if not learning_problems(case.network, design):
            assert_alike(learn(case, design, pieces=3), learn(case, design))
