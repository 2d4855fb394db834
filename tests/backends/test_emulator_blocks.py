"""Blocks of steps: where they end changes nothing, nor does going step by step, nor a checkpoint between any two."""

import copy
import pickle

import numpy as np
import pytest
from support.compare import assert_same
from support.emulate import emulate
from support.generate import Case
from support.generate_wide import wide
from support.peers import plain_numpy
from support.reference import run_reference
from support.workload import STEPS, workload

from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.machine.layout import schedule
from neurohw.machine.machine import Machine


@pytest.mark.parametrize("block", [1, 3, STEPS, 200])
def test_spikes_equal_those_of_plain_numpy(block, monkeypatch):
    network, inputs = workload("tiny", 3)
    slots = sum(p.size for p in network.populations)
    monkeypatch.setattr(schedule, "HISTORY", block * slots)
    machine = Machine(network, steps=STEPS, reset=True, record=["layer2.out"], window=3 * STEPS)
    totals = machine.advance(inputs)["layer2.out"]
    expected = plain_numpy.run(network, inputs["input"])
    assert expected.any()
    assert np.array_equal(machine.traces()["layer2.out"].values, expected.reshape(3 * STEPS, -1))
    assert np.array_equal(totals, expected.sum(axis=1))


@pytest.mark.parametrize("size", [1, 40, 64])
@pytest.mark.parametrize("pre", [20, 24])
@pytest.mark.parametrize("together", [True, False])
def test_currents_that_one_wrap_does_not_bring_back(pre, size, together):
    """Lava takes 2^24 off once a step, so strong inputs drive a current far out of its range, from where it decays."""
    populations = (Population("s", pre, Source(0, 1)), Population("l", size, Lif(1000, du=0, dv=128)))
    weight = np.full((size, pre), 200)
    feed = Projection("w", "s", "l", weight, Format(8, 7), graded=False, delay=0 if together else 1)
    network = Network(populations, (feed,))
    frames = np.ones((1, 40, pre), np.int8)
    frames[:, 20:] = 0
    expected = run_reference(network, {"s": frames}, 40, 1)
    assert np.abs(expected.states["l.u"]).max() > 2**27
    assert_same(expected, emulate(Case(network, {"s": frames}, 40)), ("the reference", "the emulator"))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda machine: pickle.loads(pickle.dumps(machine))])
def test_a_copy_of_a_machine_has_arrays_of_its_own(duplicate):
    network, inputs = workload("tiny", 1)
    machine = Machine(network, steps=STEPS, record=["layer2.out"])
    first = machine.advance(inputs)["layer2.out"]
    second = duplicate(machine)
    expected = machine.advance(inputs)["layer2.out"]
    assert second.state.time[0] == STEPS
    assert np.array_equal(second.advance(inputs)["layer2.out"], expected)
    assert first.any()
    assert np.array_equal(machine.counters.messages, second.counters.messages)


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
@pytest.mark.parametrize("graded", [False, True])
def test_populations_of_nobody_run(sizes, graded):
    populations = (Population("s", sizes[0], Source(0, 1)), Population("l", sizes[1], Lif(10)))
    weight = np.zeros(sizes[::-1], int)
    network = Network(populations, (Projection("w", "s", "l", weight, Format(), graded=graded),))
    machine = Machine(network, steps=3, record=["l.out"])
    assert not machine.advance({"s": np.ones((1, 3, sizes[0]), np.int8)})["l.out"].any()


def test_sums_have_32_bits_at_most():
    network = Network(
        (Population("s", 3, Source(0, 1)), Population("l", 70, Lif(10))),
        (Projection("w", "s", "l", np.full((70, 3), 254), Format(), graded=False, delay=1),),
    )
    machine = Machine(network, steps=3, accumulator_bits=40)
    machine.advance({"s": np.ones((1, 3, 3), np.int8)})
    assert machine.overflows() == {}


def test_a_network_without_sources_is_refused():
    with pytest.raises(NeurohwError, match="has no source, which says how long it runs; add a Source"):
        Machine(Network((Population("l", 2, Lif(10)),), ()), steps=3).advance({})


def test_a_checkpoint_stays_what_it_was():
    network, inputs = workload("tiny", 1)
    machine = Machine(network, steps=STEPS)
    machine.advance(inputs)
    saved = machine.checkpoint()
    machine.advance(inputs)
    assert saved["state.time"][0] == STEPS


def in_a_circle():
    """A network with a cycle, which goes step by step."""
    weight = np.random.default_rng(0).integers(-64, 64, (20, 20)) * 2
    populations = (Population("input", 20, Source()), Population("layer", 20, Lif(30, du=4095, dv=128)))
    common = {"format": Format(), "graded": False}
    projections = (
        Projection("into", "input", "layer", weight, **common),
        Projection("back", "layer", "layer", weight.T, **common),
    )
    return Network(populations, projections)


def test_a_checkpoint_between_a_message_and_its_end_changes_nothing():
    frames = np.zeros((6, 1, 20), np.int8)
    frames[:3] = np.random.default_rng(1).random((3, 1, 20)) < 0.4
    whole, first, second = (Machine(in_a_circle(), steps=1, window=6) for _ in range(3))
    whole.advance({"input": frames})
    first.advance({"input": frames[:3]})
    second.restore(first.checkpoint())
    second.advance({"input": frames[3:]})
    expected, found = whole.traces(), second.traces()
    assert expected["layer.out"].values.any()
    for name, trace in expected.items():
        assert np.array_equal(found[name].values, trace.values), name


@pytest.mark.parametrize("block", [1, 7, 33, 1000])
@pytest.mark.parametrize("seed", range(12))
def test_wide_layers_equal_the_reference(seed, block, monkeypatch):
    network, inputs, reset = wide(seed)
    expected = run_reference(network, inputs, 20, 4, reset=reset)
    assert sum(np.count_nonzero(x) for x in expected.messages.values()) > 0
    monkeypatch.setattr(schedule, "HISTORY", block * sum(p.size for p in network.populations))
    case = Case(network, inputs, 20)
    assert_same(expected, emulate(case, pieces=1 + block % 3, reset=reset), ("the reference", f"blocks of {block}"))
    outputs = [f"{p.name}.out" for p in network.populations]
    machine = Machine(network, steps=20, reset=reset, record=outputs)
    totals = machine.advance(inputs)
    for name in outputs:
        assert np.array_equal(totals[name], expected.messages[name].reshape(4, 20, -1).sum(axis=1)), name


def test_what_was_recorded_is_not_copied_to_be_shown():
    """A hundred steps of a million neurons are a gigabyte: a copy for each who asks was half of the memory of a run."""
    network, inputs = workload("small", 2)
    machine = Machine(network, steps=STEPS, window=2 * STEPS, reset=True)
    machine.advance(inputs)
    assert np.shares_memory(machine.raster(), machine.raster())
    assert np.shares_memory(machine.traces()["layer3.v"].values, machine.checkpoint()["membrane"])
