"""Points on processes of this machine: pools of the standard library, of one process each, so that it is known which
point a process died of.

They are forked from one process without threads that has imported what points need ("forkserver"): many start in the
time of one.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread

from neurohw.errors import NeurohwError, Problem
from neurohw.experiments.sweeps.attempt import DEATHS, NEEDED, Job, Outcomes, Work, attempt, died
from neurohw.ir.sweep import Outcome

PAUSES = (0, 0.2, 1)  # seconds before each attempt to start a process


def in_processes(jobs: Sequence[Job], count: int, work: Work) -> Outcomes:
    """Yield (hash, outcome) from `count` processes.

    A point is given to another process when the one that had it dies; the second time it is given up, and the death is
    its error. The processes end with this one, whatever ends it.
    """
    waiting, deaths = deque(jobs), Counter[str]()
    running: dict[Future[Outcome], tuple[Job, ProcessPoolExecutor]] = {}
    reader, writer = get_context("forkserver").Pipe(duplex=False)
    with reader, ExitStack() as pools, writer:  # workers end with `writer`; then nothing keeps their pools
        idle = [_started(reader, pools) for _ in range(min(count, len(jobs)))]
        _give(waiting, idle, running, work)
        while running:
            future = wait(running, return_when=FIRST_COMPLETED).done.pop()
            (key, point), pool = running.pop(future)
            try:
                outcome = future.result()
            except BrokenProcessPool:
                pool, outcome = _started(reader, pools), None
                deaths[key] += 1
                if deaths[key] < DEATHS:
                    waiting.appendleft((key, point))
                else:
                    outcome = died(DEATHS)
            idle.append(pool)
            _give(waiting, idle, running, work)  # before others hear of what came of this one
            if outcome is not None:
                yield key, outcome


def _give(
    waiting: deque[Job], idle: list[ProcessPoolExecutor],
    running: dict[Future[Outcome], tuple[Job, ProcessPoolExecutor]], work: Work,
) -> None:  # fmt: skip
    """Give each idle process a point; what dies idle is heard of as if it had died of the point."""
    while waiting and idle:
        job, pool = waiting.popleft(), idle.pop()
        try:
            future = pool.submit(attempt, work, job[1])
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        running[future] = job, pool


def _started(lifeline: Connection, pools: ExitStack) -> ProcessPoolExecutor:
    """A pool of one process that has started; it is shut down with `pools`.

    It may not start because the process that it is forked from has been killed and is not quite gone, so it is tried
    again after a pause; a NeurohwError if that does not help.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(list(NEEDED))
    for pause in PAUSES:
        time.sleep(pause)
        pool = pools.enter_context(ProcessPoolExecutor(1, context, _live, (lifeline,)))
        with suppress(BrokenProcessPool, OSError, EOFError):
            pool.submit(os.getpid).result()
            return pool
    fix = "from a script, call sweep under: if __name__ == '__main__'; or use executor serial"
    raise NeurohwError(Problem("processes", "a worker process did not start", fix=fix))


def _live(lifeline: Connection) -> None:
    """What a process does first: it leaves Ctrl-C to the one that started it, and will end when that one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    """End this process, whatever it is doing, when the other end of a pipe is closed: nobody waits for its result."""
    with suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(0)
