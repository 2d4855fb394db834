"""Points on processes of this machine, each joined by a pipe, so that it is known what a dead one was doing."""

from __future__ import annotations

import signal
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from neurohw.experiments.sweeps.attempt import DEATHS, NEEDED, Job, Outcomes, Work, attempt, died
from neurohw.experiments.sweeps.forks import Nursery
from neurohw.ir.sweep import Outcome


@dataclass
class _Worker:
    """This end of the pipe to a process, its number once it has started, what it is doing, and whether it stands for
    one that did not start."""

    pipe: Connection
    number: int | None = None
    job: Job | None = None
    second: bool = False


def in_processes(jobs: Sequence[Job], count: int, work: Work) -> Outcomes:
    """Yield (hash, outcome) from `count` processes.

    A point is given to another process when the one that had it dies; the second time it is given up, and the death is
    its error. The processes end with this one, whatever ends it.
    """
    waiting, deaths = deque(jobs), Counter[str]()
    with closing(Nursery(NEEDED)) as nursery:
        workers = [_Worker(nursery.fork(_serve, work)) for _ in range(min(count, len(jobs)))]
        try:
            while waiting or any(worker.job for worker in workers):
                for pipe in wait([worker.pipe for worker in workers]):
                    at = next(k for k, worker in enumerate(workers) if worker.pipe is pipe)
                    alive, found, job = _hear(workers[at])
                    if job is not None and found is None:
                        deaths[job[0]] += 1
                        found = _death(nursery, workers[at]) if deaths[job[0]] == DEATHS else None
                    if job is not None and found is None:
                        waiting.appendleft(job)
                    workers[at] = workers[at] if alive else _again(workers[at], nursery, work)
                    for worker in workers:
                        _give(worker, waiting)  # before others hear of what came of this one
                    if job is not None and found is not None:
                        yield job[0], found
        finally:
            for worker in workers:
                worker.pipe.close()


def _serve(send: Callable[[Any], None], receive: Callable[[], Any], work: Work) -> None:
    """The life of a worker process: points in, outcomes out, until nobody hears them."""
    with suppress(OSError):
        while True:
            send(attempt(work, receive()))


def _hear(worker: _Worker) -> tuple[bool, Outcome | None, Job | None]:
    """Whether a worker that has something to say is alive, its outcome if it has one, and the job it had."""
    job, worker.job = worker.job, None
    try:
        said = worker.pipe.recv()
    except (EOFError, OSError):
        return False, None, job
    if job:
        return True, said, job
    worker.number = said
    return True, None, None


def _again(worker: _Worker, nursery: Nursery, work: Work) -> _Worker:
    """A new worker for one that has died; a NeurohwError if it could not even start, twice."""
    worker.pipe.close()
    failed = worker.number is None
    if failed and worker.second:
        raise nursery.not_started("processes")
    return _Worker(nursery.fork(_serve, work), second=failed)


def _give(worker: _Worker, waiting: deque[Job]) -> None:
    """Give an idle worker its next job; one that has just died is heard of next."""
    if worker.number is None or worker.job or not waiting:
        return
    try:
        worker.pipe.send(waiting[0][1])
    except OSError:
        return
    worker.job = waiting.popleft()


def _death(nursery: Nursery, worker: _Worker) -> Outcome:
    code = nursery.exit_code(worker.number) if worker.number is not None else None
    if code is None:
        return died(DEATHS)
    return died(DEATHS, f" (killed by {signal.Signals(-code).name})" if code < 0 else f" (exit code {code})")
