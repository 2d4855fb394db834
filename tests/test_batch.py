"""Many chips at once give what each gives alone."""

from __future__ import annotations

import signal
import sys
import threading

import numpy as np
import pytest
from support import toys
from threadpoolctl import threadpool_info

from neurohw import RunOptions, simulate_each
from neurohw.api import compile, load_target, simulate
from neurohw.backends.lava.available import why_not
from neurohw.errors import NeurohwError


@pytest.fixture(scope="module")
def programs():
    chip = load_target("loihi2")
    return [compile(toys.model((16, 8), chip={"fixations": 300}), chip, mode="learn", seed=seed) for seed in range(3)]


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_runs_are_those_of_each_program_alone_in_their_order(programs, workers):
    together = simulate_each(programs, RunOptions(fixations=200), workers=workers)
    for program, run in zip(programs, together, strict=True):
        alone = simulate(program, fixations=200)
        assert run.activity.steps == alone.activity.steps == 200 * program.network.period
        for name, learned in alone.learned.items():
            np.testing.assert_array_equal(run.learned[name].weight, learned.weight)
    first, second = (run.learned["layer1.W"].weight for run in together[:2])
    assert np.any(first != second)


def test_arrays_with_wires_leave_the_number_of_blas_threads_as_it_was(programs):
    def blas():
        return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]

    before, chip = blas(), load_target("xbar_pcm_hermes")
    arrays = [compile(toys.model((16,)), chip, mode="learn", seed=seed) for seed in range(3)]
    together = simulate_each(arrays, RunOptions(fixations=100), workers=3)
    assert blas() == before
    for program, run in zip(arrays, together, strict=True):
        alone = simulate(program, fixations=100)
        for name, learned in alone.learned.items():
            np.testing.assert_array_equal(run.learned[name].weight, learned.weight)


def test_progress_is_that_of_all_runs_together(programs):
    told = []
    simulate_each(
        programs, RunOptions(fixations=200), workers=2, progress=lambda done, total: told.append((done, total))
    )
    assert told[-1] == (600, 600)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {600}


@pytest.fixture
def interruptible():
    """Workers of pytest-xdist ignore what a terminal sends on Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_ends_one_run_ends_those_beside_it(programs, error):
    """An interruption comes to the main thread, here while it waits; each run ends with what it has begun."""
    told = []

    def tell(done, total):
        told.append(done)
        if len(told) == 1 and error is ValueError:
            raise error("the callback's own")
        if len(told) == 1:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with pytest.raises(error):
        simulate_each(programs, RunOptions(fixations=1_000_000), workers=2, progress=tell)
    assert told[-1] < 20_000


def test_no_programs_are_no_runs():
    assert simulate_each([]) == []


def test_what_belongs_to_one_run_is_refused(programs, tmp_path):
    with pytest.raises(NeurohwError, match="checkpoint cannot be shared by 3 runs"):
        simulate_each(programs, RunOptions(checkpoint=tmp_path / "c.npz"))


def test_the_error_of_a_run_is_raised(programs):
    with pytest.raises(NeurohwError, match=r"no port 'layer9\.out'"):
        simulate_each(programs, RunOptions(record=["layer9.out"]))


def test_programs_may_come_from_a_generator(programs, tmp_path):
    assert len(simulate_each((p for p in programs), RunOptions(fixations=20))) == 3
    with pytest.raises(NeurohwError, match="checkpoint cannot be shared by 3 runs"):
        simulate_each((p for p in programs), RunOptions(checkpoint=tmp_path / "c.npz"))


@pytest.mark.parametrize("workers", [0, -1, "2", 1.5, True])
def test_a_number_of_workers_is_an_integer_from_one_on(programs, workers):
    with pytest.raises(NeurohwError, match=r"workers: is .*; needs an integer 1"):
        simulate_each(programs, workers=workers)


@pytest.mark.parametrize("backend", [pytest.param("lava", marks=pytest.mark.lava), "brian2"])
def test_backends_that_belong_to_a_process_take_turns(backend):
    if backend == "lava" and why_not():
        pytest.skip(why_not())
    out = sys.stdout
    chip, model = load_target("loihi2"), toys.model((6,), chip={"fixations": 4, "rounding": "lava"})
    programs = [compile(model, chip, mode="learn", seed=seed) for seed in range(2)]
    runs = simulate_each(programs, RunOptions(backend, fixations=4), workers=3)
    assert sys.stdout is out
    for program, run in zip(programs, runs, strict=True):
        assert run.backend == backend
        alone = simulate(program, fixations=4)
        for name, learned in alone.learned.items():
            np.testing.assert_array_equal(run.learned[name].weight, learned.weight)
