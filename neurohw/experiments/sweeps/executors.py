"""Where points are evaluated: in this process, in others on this machine, or on a dask cluster.

On this machine the process pools of the standard library are used, forked from a server, since nothing that was tried
does better for its length. Medians of five interleaved runs of 64 points with two workers, a fifth of a second a point,
on two cores with a load of 15 from others, which moved times by a factor of 1.5 and processor time by 0.2:

                                      processor time   time to the first row     all       after kill -9 of the client
    serial                            14.7 s            4.7 s                     61 s
    our own pipes and forks (before)  15.4 s            9.9 s                     59 s      workers gone
    pools, forked from a server       16.0 s           10.4 s                     66 s      gone within 3 s
    loky, which comes with joblib     19.3 s           16.3 s                     83 s      all still there after 15 s
    dask's LocalCluster               31.6 s           33.2 s                    122 s      gone

Each worker of loky and dask imports for itself. Rows were equal in all. BLAS has one thread in each (`evaluate`).
"""

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
        raise NeurohwError(Problem("workers", what, fix="omit workers, or omit the scheduler"))
    if found == "dask" and not scheduler:
        what = "needs a scheduler that runs"
        raise NeurohwError(
            Problem("executor dask", what, fix="give its address; on this machine use executor processes")
        )
    if workers and workers > 1 and found == "serial":
        raise NeurohwError(Problem("workers", "executor serial has none", fix="use executor processes"))
    return found


def execute(
    jobs: Sequence[Job], executor: Executor, workers: int | None = None, scheduler: str | None = None,
    work: Work = evaluate,
) -> Outcomes:  # fmt: skip
    """Evaluate `jobs` and yield (hash, outcome) as they come; their order depends on the executor, the rows do not.

    `workers`: processes on this machine, by default as many as it has cores; they end with the iterator. `scheduler`:
    address of a dask scheduler that runs already, with workers of its own.
    """
    if executor == "processes":
        from neurohw.experiments.sweeps.processes import in_processes

        yield from in_processes(jobs, workers or available_cores(), work)
    elif scheduler:
        from neurohw.experiments.sweeps.cluster import on_cluster

        yield from on_cluster(jobs, scheduler, work)
    else:
        for key, point in jobs:
            yield key, attempt(work, point)
