"""Serial, processes and a dask cluster: the same rows; workers that die, schedulers that are not there."""

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
from support import sweeps
from support.sweeps import found, jobs, write_grid

from neurohw.errors import NeurohwError
from neurohw.experiments.sweeps import cluster
from neurohw.experiments.sweeps.executors import chosen_executor, execute
from neurohw.experiments.sweeps.run import sweep
from neurohw.ir.sweep import Outcome


@pytest.fixture
def cluster_of_two():
    """The address of a dask scheduler with two workers that are replaced when they die."""
    distributed = cluster.distributed()
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as started:
        yield started.scheduler_address


def given_each_point_once(todo, pairs):
    """Whether seed 1 of five ended in its error, and the others in their rows."""
    assert [seed for seed, _ in pairs] == [0, 1, 2, 3, 4]
    assert [out.row for seed, out in pairs if seed != 1] == [
        sweeps.instant(point) for point in todo.values() if point.seed != 1
    ]
    assert pairs[1][1].error.startswith("ZeroDivisionError: seed 1 is not possible")


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_every_executor_gives_each_point_once_and_errors_as_outcomes(tmp_path, executor):
    todo = jobs(tmp_path, 5)
    given_each_point_once(todo, found(todo, executor, sweeps.failing))


@pytest.mark.slow
def test_a_cluster_gives_each_point_once_and_errors_as_outcomes(tmp_path, cluster_of_two):
    todo = jobs(tmp_path, 5)
    given_each_point_once(todo, found(todo, "dask", sweeps.failing, None, cluster_of_two))


def test_points_whose_workers_die_are_given_up_and_no_other_is_lost(tmp_path):
    pairs = found(jobs(tmp_path, 6), "processes", sweeps.odd_are_deadly)
    assert [out.error is None for _, out in pairs] == [True, False] * 3
    assert pairs[1][1].error.startswith("its worker process died 2 times")
    assert pairs[1][1].error.endswith("perhaps the point needs more memory than there is")


def test_a_point_whose_worker_dies_once_is_tried_again(tmp_path):
    todo = jobs(tmp_path, 3, settings={"model.about": str(tmp_path)})
    pairs = found(todo, "processes", sweeps.deadly_once)
    assert [out.error for _, out in pairs] == [None, None, None]
    assert (tmp_path / "died_1").exists()


def test_a_sweep_goes_on_when_the_process_that_workers_are_forked_from_is_killed(tmp_path):
    todo = jobs(tmp_path, 6, settings={"model.about": str(tmp_path)})
    pairs = found(todo, "processes", sweeps.orphaned)
    assert [out.error for _, out in pairs] == [None] * 6
    assert (tmp_path / "died_2").exists()


def test_points_that_are_under_way_end_with_a_sweep_that_is_given_up(tmp_path):
    todo = jobs(tmp_path, 4)
    running = execute(list(todo.items()), "processes", 2, work=sweeps.asleep_but_for_seed_0)
    assert todo[next(running)[0]].seed == 0
    start = time.monotonic()
    running.close()
    assert time.monotonic() - start < 10
    assert not [child for child in psutil.Process().children(recursive=True) if child.name() == "asleep"]


@pytest.mark.slow
def test_results_that_are_lost_with_their_worker_are_computed_again(tmp_path, monkeypatch, cluster_of_two):
    fetch, killed = cluster._outcome, []

    def late(future):
        if not killed:
            killed.extend(future.client.who_has(future)[future.key])
            os.kill(future.client.run(os.getpid)[killed[0]], signal.SIGKILL)
            while future.status == "finished":
                time.sleep(0.01)
        return fetch(future)

    monkeypatch.setattr(cluster, "_outcome", late)
    todo = jobs(tmp_path, 3)
    pairs = found(todo, "dask", sweeps.slow, None, cluster_of_two)
    assert len(killed) == 1
    assert [out for _, out in pairs] == [Outcome(sweeps.instant(point)) for point in todo.values()]


def test_workers_that_cannot_start_are_named(tmp_path):
    script = tmp_path / "script.py"
    grid = write_grid(tmp_path)
    script.write_text(
        "from pathlib import Path\nfrom neurohw.experiments.sweeps.run import sweep\n"
        f"sweep({str(grid)!r}, Path({str(tmp_path / 'r.db')!r}), workers=2)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.stderr.endswith(
        "NeurohwError: processes: a worker process did not start; "
        "from a script, call sweep under: if __name__ == '__main__'; or use executor serial\n"
    )


def test_a_scheduler_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = time.monotonic()
    with pytest.raises(NeurohwError) as error:
        sweep(write_grid(tmp_path), tmp_path / "r.db", scheduler=f"tcp://127.0.0.1:{port}")
    assert time.monotonic() - start < 10
    assert str(error.value) == (
        f"scheduler tcp://127.0.0.1:{port}: no scheduler answers within 1 s; start one with: dask scheduler; "
        "and workers with: dask worker ADDRESS --nthreads 1"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("serial", 2, None), "workers: executor serial has none; use executor processes"),
        (("processes", None, "tcp://a:1"), "scheduler: executor processes has none; use executor dask"),
        (("dask", 2, "tcp://a:1"), "workers: a scheduler has its own workers; omit workers"),
        (("dask", None, None), "executor dask: needs a scheduler that runs; give its address; on this machine use"),
    ],
)
def test_options_that_contradict_each_other_are_named(given, expected):
    with pytest.raises(NeurohwError) as error:
        chosen_executor(*given)
    assert str(error.value).startswith(expected)


def test_the_executor_follows_from_the_other_options():
    assert [chosen_executor(None, *o) for o in ((None, None), (1, None), (2, None), (None, "tcp://a:1"))] == [
        "serial", "serial", "processes", "dask",
    ]  # fmt: skip


@pytest.fixture
def scheduler():
    """A dask scheduler of its own with one worker: (address, the two processes)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    }
    command = [sys.executable, "-m", "distributed.cli.dask_spec"]
    first = subprocess.Popen(
        [
            *command,
            "--spec",
            f'{{"cls": "distributed.Scheduler", "opts": {{"port": {address.rpartition(":")[2]}, "dashboard": false}}}}',
        ],
        **quiet,
    )
    second = subprocess.Popen(
        [*command, address, "--spec", '{"cls": "distributed.Worker", "opts": {"nthreads": 2, "dashboard": false}}'],
        **quiet,
    )
    yield address, first, second
    for process in (second, first):
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_scheduler_that_runs_is_used_and_its_loss_is_said(tmp_path, scheduler):
    address, process, _ = scheduler
    todo = jobs(tmp_path, 6)
    running = execute(list(todo.items()), "dask", scheduler=address, work=sweeps.slow)
    key, outcome = next(running)
    assert outcome == Outcome(sweeps.instant(todo[key]))
    process.kill()
    with pytest.raises(
        NeurohwError, match="scheduler: was lost; what was written is whole; run the same command again"
    ):
        list(running)
