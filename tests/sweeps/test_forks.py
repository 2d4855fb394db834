"""Processes forked from one that has imported what they need: what they are told and tell, and how they end."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from support import sweeps
from support.lives import MODULES, chatter, echo, end, nothing, sleep, write

from neurohw.errors import NeurohwError
from neurohw.experiments.sweeps.forks import Nursery


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


def test_one_that_is_not_asked_for_exit_codes_goes_on():
    with closing(Nursery(MODULES)) as nursery:
        for _ in range(400):
            with nursery.fork(nothing) as pipe:
                assert pipe.poll(10)


def test_temporary_files_go_with_the_processes():
    with closing(Nursery(MODULES)) as nursery:
        pipe = nursery.fork(write)
        pipe.recv()
        path = Path(pipe.recv())
        assert path.exists()
    assert not path.parent.exists()


def test_a_process_ends_with_its_pipe_whatever_it_is_doing():
    with closing(Nursery(MODULES)) as nursery:
        pipe = nursery.fork(sleep)
        number = pipe.recv()
        assert pipe.recv() == "asleep"
        pipe.close()
        assert nursery.exit_code(number) == 0


def test_a_process_that_speaks_when_nobody_listens_any_more_ends_without_a_word(capfd):
    with closing(Nursery(MODULES)) as nursery:
        for _ in range(40):
            with nursery.fork(chatter) as pipe:
                number = pipe.recv()
                pipe.recv()
            assert nursery.exit_code(number) == 0
    assert capfd.readouterr() == ("", "")


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


def test_a_worker_of_one_that_was_killed_may_die_too(tmp_path):
    pairs = sweeps.found(sweeps.jobs(tmp_path, 8), "processes", sweeps.orphaned_and_deadly)
    assert [out.error is None for _, out in pairs] == [seed != 1 for seed in range(8)]
    assert pairs[1][1].error.startswith("its worker process died 2 times")


@pytest.mark.slow
def test_points_that_kill_their_dask_workers_cost_no_other_point(tmp_path, capfd):
    pairs = sweeps.found(sweeps.jobs(tmp_path, 12), "dask", sweeps.odd_are_deadly)
    assert [out.error is None for _, out in pairs] == [seed % 2 == 0 for seed in range(12)]
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_dask_worker_that_cannot_be_replaced_ends_the_sweep(tmp_path, monkeypatch):
    forked, fork = [], Nursery.fork

    def third_fails(self, *life):
        forked.append(life)
        if len(forked) > 2:
            raise OSError("no room for a process")
        return fork(self, *life)

    monkeypatch.setattr(Nursery, "fork", third_fails)
    with pytest.raises(NeurohwError, match="dask: a worker process did not start"):
        sweeps.found(sweeps.jobs(tmp_path, 6), "dask", sweeps.deadly)


@pytest.mark.parametrize("executor", ["processes", pytest.param("dask", marks=pytest.mark.slow)])
def test_a_script_ends_with_points_under_way(tmp_path, executor):
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\nfrom support import sweeps\n"
        "from neurohw.experiments.sweeps.executors import execute\n"
        "if __name__ == '__main__':\n"
        f"    todo = sweeps.jobs(Path({str(tmp_path)!r}), 4)\n"
        f"    running = execute(list(todo.items()), {executor!r}, 2, work=sweeps.slow)\n    print(len(next(running)))\n"
    )
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, env=paths)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
