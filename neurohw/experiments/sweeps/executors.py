"""Where points are evaluated: in this process, in others on this machine, or on a dask cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from neurohw.cores import available_cores
from neurohw.errors import NeurohwError, Problem
from neurohw.experiments.sweeps.attempt import Job, Outcomes, Work, attempt
from neurohw.experiments.sweeps.evaluate import evaluate

Executor = Literal["serial", "processes", "dask"]
EXECUTORS: tuple[Executor, ...] = get_args(Executor)


def chosen_executor(executor: Executor | None, workers: int | None, scheduler: str | None) -> Executor:
    """The executor that is asked for, by name or by what only one of them takes; a NeurohwError for a contradiction."""
    found = executor or ("dask" if scheduler else "processes" if (workers or 1) > 1 else "serial")
    if scheduler and found != "dask":
        raise NeurohwError(Problem("scheduler", f"executor {found} has none", fix="use executor dask"))
    if scheduler and workers:
        what = "a scheduler has its own workers"
        raise NeurohwError(Problem("workers", what, fix="leave workers away, or leave the scheduler away"))
    if workers and workers > 1 and found == "serial":
        raise NeurohwError(Problem("workers", "executor serial has none", fix="use executor processes or dask"))
    return found


def execute(
    jobs: Sequence[Job], executor: Executor, workers: int | None = None, scheduler: str | None = None,
    work: Work = evaluate,
) -> Outcomes:  # fmt: skip
    """Evaluate `jobs` and yield (hash, outcome) as they come; their order depends on the executor, the rows do not.

    `workers`: processes on this machine, by default as many as it has cores. `scheduler`: address of a dask scheduler
    that runs already. Workers end with the iterator.
    """
    if executor == "processes":
        from neurohw.experiments.sweeps.processes import in_processes

        yield from in_processes(jobs, _count(workers), work)
    elif executor == "dask":
        from neurohw.experiments.sweeps.cluster import on_cluster

        yield from on_cluster(jobs, _count(workers), scheduler, work)
    else:
        for key, point in jobs:
            yield key, attempt(work, point)


def _count(workers: int | None) -> int:
    """Processes to start: as many as are asked for, or as this process may use cores."""
    return workers or available_cores()
