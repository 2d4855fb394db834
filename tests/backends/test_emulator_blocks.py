"""Blocks of steps: where they end changes nothing, nor does going step by step, nor a checkpoint between any two."""

import numpy as np
import pytest
from support.peers import plain_numpy
from support.workload import STEPS, workload

from neurohw.backends.emulator import schedule
from neurohw.backends.emulator.run import Machine
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source


@pytest.mark.parametrize("block", [1, 3, STEPS])
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
