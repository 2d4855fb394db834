"""Processes forked from one that has imported what they need: what they are told and tell, and how they end."""

from contextlib import closing

import psutil
import pytest
from support import sweeps
from support.lives import MODULES, echo, end, sleep

from neurohw.sweeps.forks import Nursery


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_have_what_was_imported_and_their_own_pipes(method):
    with closing(Nursery(MODULES, method)) as nursery:
        first, second = nursery.fork(echo, "a"), nursery.fork(echo, "b")
        numbers = [first.recv(), second.recv()]
        assert [first.recv(), second.recv()] == [(name, method == "fork") for name in "ab"]
        second.send(2)
        first.send(1)
        assert (first.recv(), second.recv()) == (1, 2)
        assert all(psutil.pid_exists(number) for number in numbers)
    assert not any(psutil.pid_exists(number) for number in numbers)


def test_exit_codes_are_told_in_any_order():
    with closing(Nursery(MODULES)) as nursery:
        pipes = [nursery.fork(end, code) for code in (3, 4)]
        first, second = (pipe.recv() for pipe in pipes)
        with pytest.raises(EOFError):
            pipes[1].recv()
        assert (nursery.exit_code(second), nursery.exit_code(first)) == (4, 3)


def test_a_process_ends_with_its_pipe_whatever_it_is_doing():
    with closing(Nursery(MODULES)) as nursery:
        pipe = nursery.fork(sleep)
        number = pipe.recv()
        assert pipe.recv() == "asleep"
        pipe.close()
        assert nursery.exit_code(number) == 0


def test_one_that_is_killed_is_started_again_and_what_it_forked_lives_on():
    with closing(Nursery(MODULES)) as nursery:
        first = nursery.fork(echo, "a")
        number = first.recv()
        parent = psutil.Process(number).parent()
        assert parent.parent() == psutil.Process()
        parent.kill()
        parent.wait(timeout=10)
        second = nursery.fork(echo, "b")
        second.recv()
        assert (first.recv()[0], second.recv()[0]) == ("a", "b")
        alive = [psutil.Process(number)]
        first.send("here")
        assert first.recv() == "here"
        first.close()
        psutil.wait_procs(alive, timeout=10)
        assert not alive[0].is_running()


@pytest.mark.parametrize("executor", ["processes", pytest.param("dask", marks=pytest.mark.slow)])
def test_a_sweep_goes_on_when_the_process_that_workers_are_forked_from_is_killed(tmp_path, executor):
    todo = sweeps.jobs(tmp_path, 6, settings={"model.about": str(tmp_path)})
    pairs = sweeps.found(todo, executor, sweeps.orphaned)
    assert [out.error for _, out in pairs] == [None] * 6
