"""Speed as ratios measured in one run; absolute times of a shared machine mean nothing."""

import time

import numpy as np
import pytest
from support.workload import STEPS, workload

from neurohw import api
from neurohw.backends.emulator.run import Machine, run
from neurohw.backends.lava.available import why_not
from neurohw.compiler.pipeline import compile_network
from neurohw.data.sampling import FixationStream

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
        return run(program.network, [inputs], steps=STEPS, record=["layer3.out"])

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


@pytest.mark.parametrize("rounding", ["lava", "per_synapse"])
def test_clapp_learns_10000_fixations_a_second(rounding, capsys):
    model = api.load_model("clapp_moved_digits")
    model = model.model_copy(update={"chip": model.chip.model_copy(update={"rounding": rounding})})
    program = api.compile(model, api.load_target("loihi2"), mode="learn")
    machine = Machine(program.network, steps=program.network.period)
    stream = FixationStream(api.data_of(model).views, 0)
    rates = []
    for _ in range(12):
        x, y, _ = stream.take(4000)
        frames = {"input": x[:, None, :], "sameness": y[:, None, None]}
        rates.append(4000 / timed(lambda frames=frames: machine.advance(frames))[0])
    median = float(np.median(rates[2:]))  # the first calls compile
    with capsys.disabled():
        print(f"\non-chip CLAPP 144-128-128, {rounding}: {median:.0f} fixations/s (best {max(rates):.0f})")
    assert median >= 10_000
