"""Points on a dask cluster that runs already, by the address of its scheduler."""

from __future__ import annotations

import importlib
import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from neurohw import __version__
from neurohw.errors import NeurohwError, Problem
from neurohw.experiments.sweeps.attempt import Job, Outcomes, Work, attempt_packed, died
from neurohw.ir.sweep import Outcome

PATIENCE = 6  # seconds to wait for a scheduler, and for its first worker


def on_cluster(jobs: Sequence[Job], scheduler: str, work: Work) -> Outcomes:
    """Yield (hash, outcome) from the workers of `scheduler`.

    dask gives a point to another worker when the one that had it dies, as often as the scheduler's allowed-failures
    say; then the deaths are its error. At most one point a worker is under way, so that no other one is blamed.
    """
    if find_spec("distributed") is None:
        raise NeurohwError(Problem("dask", "is not installed", fix='pip install "neurohw[cluster]"'))
    waiting = deque(jobs)
    with _connected(scheduler) as client:
        running: dict[Any, Job] = {}
        queue = distributed().as_completed(raise_errors=False)
        try:
            _submit(client, queue, running, waiting, work)
            for future in queue:
                job, outcome = running.pop(future), _outcome(future)
                future.release()
                if outcome is None:
                    waiting.appendleft(job)
                _submit(client, queue, running, waiting, work)  # before others hear of what came of this one
                if outcome is not None:
                    yield job[0], outcome
        finally:
            if client.status == "running":
                client.cancel(list(running), force=True)


def distributed() -> Any:
    """dask.distributed, which takes a second to import."""
    return importlib.import_module("distributed")


def _submit(client: Any, queue: Any, running: dict[Any, Job], waiting: deque[Job], work: Work) -> None:
    """Send points until each worker has one; workers may have come or gone."""
    try:
        room = max(1, len(client.nthreads())) - len(running)
    except (OSError, TimeoutError):
        raise _lost() from None
    for _ in range(min(room, len(waiting))):
        job = waiting.popleft()
        future = client.submit(attempt_packed, work, pickle.dumps(job[1]), pure=False)
        running[future] = job
        queue.add(future)


def _outcome(future: Any) -> Outcome | None:
    """What came of a point; None if its worker has died with it, a NeurohwError if the scheduler is gone.

    dask would find it again, beside another point on the same worker, and take the one for what kills the other's.
    """
    if future.status == "lost":
        return None
    failed = future.status == "error"
    try:
        found: Outcome = future.result()
    except CancelledError:
        raise _lost() from None
    except distributed().KilledWorker as error:
        return died(error.allowed_failures + 1) if failed else None
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {' '.join(str(error).split())}")
    return found


def _lost() -> NeurohwError:
    fix = "what was written is whole; run the same command again to go on"
    return NeurohwError(Problem("scheduler", "was lost", fix=fix))


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    """A client of a scheduler that runs, with workers that have this neurohw."""
    fix = "start one with: dask scheduler; and workers with: dask worker ADDRESS --nthreads 1"
    try:
        client = distributed().Client(scheduler, timeout=PATIENCE)
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
