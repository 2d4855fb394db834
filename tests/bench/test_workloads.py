"""The workloads that speeds are compared on, against every peer that is installed and the limit of this machine.

All ratios come from one run, ours on one thread. Times: of ours and of numpy the median over REPEATS, taken in turn; of
Lava the median over the hundredths of one run, without its start; of Brian2 the clock of its C++ program, without
compiling it. The limit is measured on the spot (`support.peers.roofline`). `make bench` writes what was found to
tests/bench/results.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from support.bench_report import Asked, Row, written
from support.peers import plain_numpy, roofline
from support.workload import SIZES, STEPS, learning_workload, workload

from neurohw.backends.brian2.available import why_not as no_brian2
from neurohw.backends.brian2.engine import has_compiler
from neurohw.backends.lava.available import why_not as no_lava
from neurohw.machine.machine import Machine

pytestmark = pytest.mark.bench
REPEATS, LONG = 7, 0.1  # seconds
ASKED = {  # (against Lava, against the fastest other one, share of the limit)
    "tiny": Asked(4000, 8, None),
    "small": Asked(600, 20, 0.40),
    "medium": Asked(400, 12, 0.45),
    "small, batch of 32": Asked(400, 8, 0.30),
    "medium, batch of 32": Asked(400, 8, 0.30),
    "small, learning": Asked(1000, 20, 0.30),
    "medium, learning": Asked(1000, 20, 0.30),
}
LAVA_SAMPLES = {"tiny": 20, "small": 10, "medium": 2}
LAVA_LEARNING_STEPS = {"small": 128, "medium": 24}
lava_seconds: dict[str, float] = {}  # a sample, by network


@pytest.fixture(scope="module")
def limit():
    return roofline.measure()


@pytest.fixture(scope="module")
def rows():
    found: list[Row] = []
    yield found
    written(found, ASKED)


def seconds(work, times=1):
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def in_turn(*works):
    """Median seconds of each, one after the other in every round; short ones are run again for LONG at a time."""
    for work in works:
        work()
    counts = [1 + int(LONG / seconds(work)) for work in works]
    return np.median([[seconds(work, n) for work, n in zip(works, counts)] for _ in range(REPEATS)], axis=0)


def lava(name):
    """Seconds that Lava takes for a sample; None where it does not run."""
    if no_lava() is not None:
        return None
    if name not in lava_seconds:
        from support.peers import lava as peer

        network, inputs = workload(name, LAVA_SAMPLES[name])
        _, step = peer.run(network, inputs, STEPS, LAVA_SAMPLES[name])
        lava_seconds[name] = step * STEPS
    return lava_seconds[name]


def brian2(network, inputs, top, times):
    """Seconds that Brian2's C++ takes for a sample, run so many times, and its spikes; None where it does not run."""
    if no_brian2() is not None or not has_compiler():
        return None
    from support.peers import brian2_cpp

    run, each = brian2_cpp.run(network, {"input": np.repeat(inputs["input"], times, axis=0)}, STEPS, [top])
    return each, run.totals[top]


def at_the_limit(network, samples, machine, limit, learning=0):
    """Seconds that the limit of this machine allows for what `machine` did."""
    operations, neurons, updates = limit
    done = sum(p.synaptic_ops for p in machine.activity().projections.values()) / machine.samples * samples
    size = sum(p.size for p in network.populations[1:])
    return done / operations + size * STEPS * samples / neurons + learning / updates


@pytest.mark.parametrize(("name", "samples"), [("tiny", 1), ("small", 1), ("medium", 1), ("small", 32), ("medium", 32)])
def test_inference(name, samples, limit, rows, capsys):
    network, inputs = workload(name, samples)
    top = f"layer{len(SIZES[name]) - 1}.out"
    machine = Machine(network, steps=STEPS, reset=True, record=[top])
    whole = Machine(network, steps=STEPS, reset=True, window=STEPS)
    ours, numpy = in_turn(lambda: machine.advance(inputs), lambda: plain_numpy.run(network, inputs["input"]))
    spikes, expected = machine.advance(inputs)[top], plain_numpy.run(network, inputs["input"])
    whole.advance({"input": inputs["input"][-1:]})
    assert np.array_equal(spikes, expected.sum(axis=1))
    assert np.array_equal(whole.traces()[top].values, expected[-1])  # each spike in its step
    peers = {"numpy": numpy}
    if samples == 1 and (found := brian2(network, inputs, top, 20 if name == "tiny" else 4)):
        peers["Brian2 C++"], totals = found
        assert np.array_equal(totals, np.repeat(spikes, len(totals), axis=0))
    label = name if samples == 1 else f"{name}, batch of {samples}"
    alone = lava(name)
    row = Row(label, ours, alone and alone * samples, peers, at_the_limit(network, samples, machine, limit))
    rows.append(row)
    with capsys.disabled():
        print(f"\n{row.text(ASKED[label])}")
    assert row.meets(ASKED[label])


@pytest.mark.parametrize("name", ["small", "medium"])
def test_learning_every_step(name, limit, rows, capsys):
    network, inputs = learning_workload(name, 1)
    machine = Machine(network, steps=STEPS)
    ours, numpy = in_turn(lambda: machine.advance(inputs), lambda: plain_numpy.learn(network, inputs["input"][0]))
    row_lava = None
    if no_lava() is None:
        from support.peers import lava as peer

        steps = LAVA_LEARNING_STEPS[name]
        first = {"input": inputs["input"][:, :steps]}
        run, step = peer.run(network, first, steps, 1)
        row_lava, fresh = step * STEPS, Machine(network, steps=steps)
        fresh.advance(first)
        for projection, learned in fresh.learned().items():
            assert np.array_equal(learned.weight, run.learned[projection].weight)
            assert np.any(learned.weight != next(p.weight for p in network.projections if p.name == projection))
    label, synapses = f"{name}, learning", sum(p.weight.size for p in network.projections)
    row = Row(label, ours, row_lava, {"numpy": numpy}, at_the_limit(network, 1, machine, limit, synapses * STEPS))
    rows.append(row)
    with capsys.disabled():
        print(f"\n{row.text(ASKED[label])}")
    assert row.meets(ASKED[label])
