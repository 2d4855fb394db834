"""Points on processes of this machine, each joined by a pipe, so that it is known what a dead one was doing."""

from __future__ import annotations

import signal
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.sweep import Outcome
from neurohw.sweeps.attempt import DEATHS, Job, Outcomes, Work, attempt

_READY = "ready"


@dataclass
class _Worker:
    """A process, this end of its pipe, whether it has started, and what it is doing."""

    process: BaseProcess
    pipe: Connection
    ready: bool = False
    job: Job | None = None


def in_processes(jobs: Sequence[Job], count: int, work: Work) -> Outcomes:
    """Yield (hash, outcome) from `count` spawned processes.

    A point is given to another process when the one that had it dies; the second time it is given up, and the death is
    its error. The processes end with this one, whatever ends it.
    """
    waiting, deaths = deque(jobs), Counter[str]()
    workers = [_start(work) for _ in range(min(count, len(jobs)))]
    try:
        while waiting or any(worker.job for worker in workers):
            for pipe in wait([worker.pipe for worker in workers]):
                at = next(k for k, worker in enumerate(workers) if worker.pipe is pipe)
                alive, found, job = _hear(workers[at])
                if job is not None and found is None:
                    deaths[job[0]] += 1
                    found = _death(workers[at].process) if deaths[job[0]] == DEATHS else None
                if job is not None and found is None:
                    waiting.appendleft(job)
                elif job is not None and found is not None:
                    yield job[0], found
                workers[at] = workers[at] if alive else _again(workers[at], work)
            for worker in workers:
                _give(worker, waiting)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()


def _start(work: Work) -> _Worker:
    context = get_context("spawn")  # a fork would share locks and threads of this process
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()  # so that the pipe ends with the process
    return _Worker(process, ours)


def _serve(pipe: Connection, work: Work) -> None:
    """The life of a worker process: points in, outcomes out, until the other end of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    try:
        pipe.send(_READY)
        while True:
            pipe.send(attempt(work, pipe.recv()))
    except (EOFError, OSError):
        return


def _hear(worker: _Worker) -> tuple[bool, Outcome | None, Job | None]:
    """Whether a worker that has something to say is alive, its outcome if it has one, and the job it had."""
    job, worker.job = worker.job, None
    try:
        said = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return False, None, job
    worker.ready = True
    return True, said if job else None, job


def _again(worker: _Worker, work: Work) -> _Worker:
    """A new worker for one that has died; a NeurohwError if that could not even start."""
    worker.pipe.close()
    if not worker.ready:
        what = f"a worker process did not start (exit code {worker.process.exitcode})"
        fix = "from a script, call sweep under: if __name__ == '__main__'; or use executor serial"
        raise NeurohwError(Problem("processes", what, fix=fix))
    return _start(work)


def _give(worker: _Worker, waiting: deque[Job]) -> None:
    """Give an idle worker its next job; one that has just died is heard of next."""
    if not worker.ready or worker.job or not waiting:
        return
    try:
        worker.pipe.send(waiting[0][1])
    except OSError:
        return
    worker.job = waiting.popleft()


def _death(process: BaseProcess) -> Outcome:
    code = process.exitcode or 0
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    reason = "perhaps the point needs more memory than there is"
    return Outcome(None, f"its worker process died {DEATHS} times ({how}); {reason}")
