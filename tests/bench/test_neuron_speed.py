"""What code that is generated from the text of a neuron costs: beside kernels written by hand, and to be made.

Ratios are medians of pairs that follow each other, A B B A, in processor time. Kernels of CLAPP by hand are those of
the last commit that had them, which is taken from the history of this repository.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import time
from math import ceil
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from support import kernel_worker
from support.checkouts import LONG, interleaved, worker
from support.workload import STEPS, workload

from neurohw import neurons
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source, is_source
from neurohw.machine.layout import programs
from neurohw.machine.machine import Machine
from neurohw.machine.programs import code
from neurohw.microcode.kind import kinds_in, program_of
from neurohw.microcode.text import Text
from neurohw.microcode.written import written
from neurohw.neurons.graded import Graded

pytestmark = pytest.mark.bench
ROOT, PAIRS = Path(__file__).parents[2], 15
LIF_LIMIT, CLAPP_LIMIT = 1.15, 0.8
COLD, WARM = 1.0, 0.020  # seconds of the processor


def seconds(work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio_of(*works):
    """Time of the second over that of the first, each as often at a time as is long enough."""

    def timed(work):
        times = max(1, ceil(LONG / 3 / max(1e-6, min(seconds(work) for _ in range(3)))))
        return lambda: seconds(lambda: [work() for _ in range(times)]) / times

    return median(interleaved(*map(timed, works), PAIRS))


def step_by_step(size):
    """A population of Lif that hears itself, so that all goes step by step, and its input."""
    rng = np.random.default_rng(0)
    weight = 2 * rng.integers(-10, 60, (size, 64))
    populations = (Population("input", 64, Source(0, 1)), Population("x", size, Lif(300, du=4095, dv=128)))
    loop = np.zeros((size, size), int)
    projections = (
        Projection("w", "input", "x", weight, Format(), False), Projection("loop", "x", "x", loop, Format(), False),
    )  # fmt: skip
    inputs = {"input": (rng.random((4, STEPS, 64)) < 0.02).astype(np.int8)}
    return Network(populations, projections), inputs


def generated_over_by_hand(network, inputs, monkeypatch):
    by_hand = Machine(network, steps=STEPS, reset=True)
    monkeypatch.setattr(programs, "BY_HAND", frozenset())
    generated = Machine(network, steps=STEPS, reset=True)
    return ratio_of(lambda: by_hand.advance(inputs), lambda: generated.advance(inputs))


@pytest.mark.parametrize("size", [64, 1000])
def test_a_step_of_generated_lif_is_as_fast_as_one_by_hand(size, monkeypatch, capsys):
    found = generated_over_by_hand(*step_by_step(size), monkeypatch)
    with capsys.disabled():
        print(f"\n{size} LIF step by step: generated over by hand {found:.2f} (asked {LIF_LIMIT})")
    assert found <= LIF_LIMIT


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_kernels_by_hand_are_worth_it_where_lif_runs_through_many_steps_at_once(name, monkeypatch, capsys):
    """Of generated code there is no such form."""
    found = generated_over_by_hand(*workload(name, 8), monkeypatch)
    with capsys.disabled():
        print(f"\nLIF inference, {name}: generated over by hand {found:.2f}")
    assert found > LIF_LIMIT


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The package as it was when kernels of CLAPP were written by hand."""
    command = ["git", "archive", kernel_worker.BEFORE, "neurohw"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"commit {kernel_worker.BEFORE} is not in this clone")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder)
    return folder


def test_generated_clapp_is_faster_than_that_by_hand(before, capsys):
    with worker(before, module="kernel_worker") as old, worker(ROOT, module="kernel_worker") as new:
        found = {}
        for name in kernel_worker.layers():
            assert old(f"500 {name}")[1] == new(f"500 {name}")[1], f"{name} does something else"
            times = ceil(500 * LONG / 3 / min(ask(f"500 {name}")[0] for ask in (old, new)))
            line = f"{times} {name}"
            found[name] = median(interleaved(lambda line=line: old(line)[0], lambda line=line: new(line)[0], PAIRS))
    with capsys.disabled():
        print(f"\nA step of {kernel_worker.SIZE} neurons, generated over by hand (asked {CLAPP_LIMIT}):")
        print(*(f"  {name:20} {ratio:.2f}" for name, ratio in found.items()), sep="\n")
    assert not {name: ratio for name, ratio in found.items() if ratio > CLAPP_LIMIT}


def plain(kind):
    """A neuron of a kind, with the least value of each parameter."""
    declared = kind.declared.values()
    numbers = {d.name: d.low * d.unit for d in declared if d.role in ("one", "each")}
    return kind.neuron(**numbers, **{d.name: d.choices[0] for d in declared if d.role == "choice"})


def test_a_new_kind_is_made_in_a_second_and_found_again_at_once(tmp_path, monkeypatch, capsys):
    """The text of every kind that ships, as a user's own: read, checked, and machine code made of it.

    All that can be chosen is checked, so that kinds with many choices take longer: those without are promised.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code.code_of(program_of(Graded(3)))  # what is made once in a process is made
    found = {}
    for cls in (kind for kind in neurons.kinds() if not is_source(kind)):
        content, times = written(cls).content, []
        for number in range(4):
            monkeypatch.setattr(code, "_MADE", {})
            start = time.process_time()
            (kind,) = kinds_in(Text(f"my {number} {cls.__name__}", content)).values()
            code.code_of(program_of(plain(kind)))
            times.append(time.process_time() - start)
        found[cls.__name__] = times[0], min(times[1:]), len(kind._programs)
    with capsys.disabled():
        print(f"\n{'kind':14} {'cold':>7} {'warm':>7} ms of the processor, {'programs':>9}")
        print(*(f"{k:14} {1e3 * cold:7.0f} {1e3 * warm:7.1f} {n}" for k, (cold, warm, n) in found.items()), sep="\n")
    assert max(cold for cold, *_ in found.values()) <= COLD
    assert max(warm for _, warm, programs in found.values() if programs == 1) <= WARM
