"""Speed as ratios measured in one run; absolute times of a shared machine mean nothing."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import njit
from support.checkouts import interleaved
from support.runs import run_on
from support.workload import STEPS, workload

import neurohw as nh
from neurohw import api
from neurohw.backends.lava.available import why_not
from neurohw.compiler.pipeline import compile_network
from neurohw.data.sampling import FixationStream
from neurohw.machine.machine import Machine

pytestmark = pytest.mark.bench
SAMPLES = 40


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


@pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")
def test_compile_and_emulate_is_200_times_faster_than_lava(capsys):
    from neurohw.backends.lava.run import run_lava

    network, inputs = workload("small", SAMPLES)
    target = api.load_target("loihi2")

    def ours():
        program = compile_network(network, target)
        return run_on("emulator", program.network, [inputs], steps=STEPS, record=["layer3.out"])

    ours()  # compiles the kernels, or reads them from the cache
    times = [timed(ours) for _ in range(5)]
    lava_time, lava = timed(lambda: run_lava(network, inputs, steps_per_sample=STEPS, samples=SAMPLES))
    median = float(np.median([t for t, _ in times]))
    with capsys.disabled():
        print(
            f"\nsmall, {SAMPLES} x {STEPS} steps: compile + emulate {median * 1e3:.1f} ms, Lava {lava_time:.2f} s,",
            end=" ",
        )
        print(f"ratio {lava_time / median:.0f}")
    assert np.array_equal(times[0][1].totals["layer3.out"], lava.totals["layer3.out"])
    assert lava_time / median >= 200


def learning_chip(rounding, seed=0):
    """A chip that learns CLAPP, and the next 4000 fixations for it, time after time."""
    model = api.load_model("clapp_moved_digits")
    model = model.model_copy(update={"chip": model.chip.model_copy(update={"rounding": rounding})})
    program = api.compile(model, api.load_target("loihi2"), mode="learn", seed=seed)
    stream = FixationStream(api.data_of(model).views, seed)

    def fixations(count=4000):
        x, y, _ = stream.take(count)
        return {"input": x[:, None, :], "sameness": y[:, None, None]}

    return program.network, Machine(program.network, steps=program.network.period), fixations


@njit(nogil=True)
def turns(values, times):
    """Work of one core that shares nothing."""
    total = 0
    for k in range(times):
        for value in values:
            total += value ^ k
    return total


def two_cores():
    """How many times as much work that shares nothing two threads do as one: what this machine gives at most."""
    numbers = [np.arange(4096) for _ in range(2)]
    turns(numbers[0], 1)
    found = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(7):
            alone, _ = timed(lambda: turns(numbers[0], 500_000))
            both, _ = timed(lambda: list(pool.map(lambda x: turns(x, 500_000), numbers)))
            found.append(2 * alone / both)
    return float(np.median(found))


@pytest.mark.parametrize("rounding", ["lava", "per_synapse"])
def test_clapp_learns_30000_fixations_a_second(rounding, capsys):
    """Of which 1000 times as many as Lava where it runs, which takes no other rounding; two chips on two cores."""
    chips = [learning_chip(rounding, seed) for seed in (0, 1)]
    alone, both = [], []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(12):
            work = [(machine, fixations()) for _, machine, fixations in chips]
            alone.append(4000 / timed(lambda work=work: work[0][0].advance(work[0][1]))[0])
            both.append(8000 / timed(lambda work=work: list(pool.map(lambda w: w[0].advance(w[1]), work)))[0])
    rate, ratio = float(np.median(alone[2:])), float(np.median(np.divide(both, alone)[2:]))  # the first calls compile
    text = f"on-chip CLAPP 144-128-128, {rounding}: {rate:.0f} fixations/s (best {max(alone):.0f})"
    text += f", two chips {ratio:.2f}x (two loops that share nothing {two_cores():.2f}x)"
    to_lava = None
    if why_not() is None and rounding == "lava":
        from support.peers import lava

        network, _, fixations = learning_chip(rounding)
        _, step = lava.run(network, fixations(200), network.period, 200)
        to_lava = rate * step * network.period
        text += f", {to_lava:.0f} times Lava"
    with capsys.disabled():
        print(f"\n{text}")
    assert ratio >= 1.7
    assert to_lava is None or to_lava >= 1000
    assert rate >= 30_000


@pytest.mark.parametrize("quantity", ["v", "out"])
def test_recording_one_of_a_thousand_neurons_costs_less_than_a_tenth(quantity, capsys):
    rng = np.random.default_rng(0)
    weights = nh.Projection("w", "input", "own", 2 * rng.integers(-20, 40, (1000, 256)), nh.Format())
    populations = (nh.Population("input", 256, nh.Source()), nh.Population("own", 1000, nh.Lif(vth=200, dv=400)))
    network = nh.Network(populations, (weights,))
    inputs = {"input": (rng.random((1, STEPS, 256)) < 0.1).astype(np.int8)}
    probe = nh.Probe("own", quantity, neurons=[500])
    plain, recording = (Machine(network, steps=STEPS, reset=True, probes=p) for p in ([], [probe]))

    def seconds(machine):
        start = time.process_time()
        for _ in range(50):
            machine.advance(inputs)
        return time.process_time() - start

    seconds(plain), seconds(recording)  # compiles the kernels, or reads them from the cache
    ratio = float(np.median(interleaved(lambda: seconds(plain), lambda: seconds(recording), 15)))
    with capsys.disabled():
        print(f"\n{quantity} of 1 of 1,000 neurons in every step: {ratio:.3f} times as long as without")
    assert ratio < 1.1
