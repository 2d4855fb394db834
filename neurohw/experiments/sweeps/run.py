"""Run a sweep: what the results file lacks is evaluated, each result is written as it comes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from neurohw import library
from neurohw.experiments.sweeps.attempt import Work
from neurohw.experiments.sweeps.evaluate import evaluate, learning_of
from neurohw.experiments.sweeps.executors import Executor, chosen_executor, execute
from neurohw.experiments.sweeps.plan import Plan, Planned, plan
from neurohw.experiments.sweeps.store import Stored, everything, opened, outcomes, record, rename
from neurohw.ir.engine import Progress
from neurohw.ir.sweep import Outcome, Sweep, SweepPoint


def sweep(
    grid: str | Path, results: Path, *, executor: Executor | None = None, workers: int | None = None,
    scheduler: str | None = None, retry_failed: bool = False, progress: Progress | None = None, work: Work = evaluate,
) -> Sweep:  # fmt: skip
    """Evaluate every point of a grid file, by name or path, that the file `results` does not hold yet.

    executor: `serial` (in this process), `processes` (`workers` of them on this machine) or `dask` (the workers of the
    `scheduler` at an address such as tcp://host:8786). Rows are the same with each. A point that fails is kept
    with its error, and evaluated again with `retry_failed` only. After an interruption, of whatever kind, the same call
    goes on. `progress` is told of the points that are evaluated now.
    """
    kind = chosen_executor(executor, workers, scheduler)
    planned = plan(library.find_sweep(str(grid)))
    with opened(results) as connection:
        found = _recognised(connection, planned)
        todo = _todo(planned, found, retry_failed)
        by_key = {p.key: p for p in todo}
        work_done = execute([(p.key, p.point) for p in todo], kind, workers, scheduler, work)
        if progress:
            progress(0, len(todo))
        if todo:
            with closing(work_done):
                for done, (key, outcome) in enumerate(work_done, 1):
                    record(connection, key, by_key[key].settings, outcome)
                    found[key] = outcome
                    if progress:
                        progress(done, len(todo))
    return _result(planned, found, len(todo))


def _recognised(connection: sqlite3.Connection, planned: Plan) -> dict[str, Outcome]:
    """What came of every point in the file; points of version 1 are kept under their new hash from now on."""
    found = outcomes(connection)
    missing = [p for p in planned.points if p.key not in found] if found else []
    for point in missing:
        if (former := point.point.former_key) in found:
            rename(connection, former, point.key)
            found[point.key] = found.pop(former)
    return found


def _todo(planned: Plan, found: dict[str, Outcome], retry_failed: bool) -> list[Planned]:
    """Points to evaluate, once each; those that share a learning run one after the other."""
    missing = {
        p.key: p for p in planned.points if p.key not in found or (retry_failed and found[p.key].error is not None)
    }
    return sorted(missing.values(), key=lambda p: learning_of(p.point))


def _result(planned: Plan, found: dict[str, Outcome], now: int) -> Sweep:
    points = tuple(SweepPoint(p.key, p.values, found[p.key]) for p in planned.points)
    different = len({point.key for point in points})
    return Sweep(planned.name, planned.about, planned.axes, points, different - now, now, planned.conditions)


def everything_in(results: Path) -> list[Stored]:
    """All points of a results file, of whatever grid, in the order of their settings."""
    with opened(results) as connection:
        return everything(connection)
