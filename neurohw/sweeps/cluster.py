"""Points on a dask cluster: one that runs elsewhere, by the address of its scheduler, or workers on this machine."""

from __future__ import annotations

import importlib
import logging
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from neurohw import __version__
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.sweep import Outcome
from neurohw.sweeps.attempt import DEATHS, Job, Outcomes, Work, attempt

PATIENCE = 6  # seconds to wait for a scheduler, and for its first worker
LOCAL = {
    "distributed.nanny.pre-spawn-environ": {},  # its allocator settings have every large array mapped anew
    "distributed.worker.profile.enabled": False,  # samples a point 100 times a second
    "distributed.admin.tick.interval": "1s",  # wakes each process 50 times a second
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.allowed-failures": DEATHS - 1,
    "distributed.comm.timeouts.connect": PATIENCE,
}


def on_cluster(jobs: Sequence[Job], count: int, scheduler: str | None, work: Work) -> Outcomes:
    """Yield (hash, outcome) from the workers of `scheduler`, or from `count` processes of this machine.

    dask gives a point to another worker when the one that had it dies, as often as the scheduler's allowed-failures
    say; then the deaths are its error. At most one point a worker is under way, so that no other one is blamed.
    """
    waiting = deque(jobs)
    with _client(min(count, len(jobs)), scheduler) as client:
        running: dict[Any, str] = {}
        queue = _distributed().as_completed(raise_errors=False)
        try:
            _submit(client, queue, running, waiting, work)
            for future in queue:
                yield running.pop(future), _outcome(future, scheduler)
                future.release()
                _submit(client, queue, running, waiting, work)
        finally:
            if client.status == "running":
                client.cancel(list(running), force=True)


def _submit(client: Any, queue: Any, running: dict[Any, str], waiting: deque[Job], work: Work) -> None:
    """Send points until each worker has one; workers may have come or gone."""
    try:
        room = max(1, len(client.nthreads())) - len(running)
    except (OSError, TimeoutError):
        raise _lost() from None
    for _ in range(min(room, len(waiting))):
        key, point = waiting.popleft()
        future = client.submit(attempt, work, point, key=f"neurohw-{key}", pure=False)
        running[future] = key
        queue.add(future)


def _outcome(future: Any, scheduler: str | None) -> Outcome:
    """What came of a point; a NeurohwError if the scheduler is gone."""
    if future.status in ("cancelled", "lost"):
        raise _lost()
    error = future.exception() if future.status == "error" else None
    if isinstance(error, _distributed().KilledWorker):
        times = error.allowed_failures + 1
        reason = "perhaps the point needs more memory than there is"
        return Outcome(None, f"its worker process died {times} times; {reason}")
    if error is not None:
        return Outcome(None, f"{type(error).__name__}: {' '.join(str(error).split())}")
    found: Outcome = future.result()
    return found


def _lost() -> NeurohwError:
    fix = "what was written is whole; run the same command again to go on"
    return NeurohwError(Problem("scheduler", "was lost", fix=fix))


@contextmanager
def _client(count: int, scheduler: str | None) -> Iterator[Any]:
    """A client of a scheduler, or of one that lives as long as this."""
    if scheduler:
        with _connected(scheduler) as client:
            yield client
        return
    module, dask = _distributed(), importlib.import_module("dask")
    # no dashboard; what is left of it wants port 8787, and says so when it is in use, unless it may take any free one
    with (
        dask.config.set(LOCAL),
        module.LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0,
            silence_logs=logging.CRITICAL, worker_dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"}, preload=["neurohw.sweeps.cluster"],
        ) as cluster,
        module.Client(cluster) as client,
    ):  # fmt: skip
        yield client


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    """A client of a scheduler that runs, with workers that have this neurohw."""
    fix = "start one with: dask scheduler; and workers with: dask worker ADDRESS --nthreads 1"
    try:
        client = _distributed().Client(scheduler, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        what = f"no scheduler answers within {PATIENCE} s" if not isinstance(error, ValueError) else f"{error}"
        raise NeurohwError(Problem(f"scheduler {scheduler}", what, fix=fix)) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise NeurohwError(Problem(f"scheduler {scheduler}", "has no workers", fix=fix)) from None
        versions = client.run(_version, on_error="return")
        wrong = {worker: found for worker, found in versions.items() if found != __version__}
        for worker, found in wrong.items():
            what = f"has no neurohw ({found})" if isinstance(found, Exception) else f"has neurohw {found}"
            raise NeurohwError(Problem(f"worker {worker}", what, f"here it is {__version__}", "install the same there"))
        yield client


def _version() -> str:
    """The version of neurohw where this runs."""
    return __version__


def dask_setup(worker: Any) -> None:
    """Called by dask in each worker that this module starts: a Ctrl-C is for the process that started them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _distributed() -> Any:
    """dask.distributed; a NeurohwError with the command that installs it, unless it is there."""
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise NeurohwError(Problem("dask", "is not installed", fix='pip install "dask[distributed]"')) from None
