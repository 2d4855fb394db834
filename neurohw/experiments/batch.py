"""Many chips at once: programs that do not know of each other, such as seeds of one model, on the cores of this
machine."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any

from neurohw.api import OWN_ENGINES, simulate
from neurohw.cores import available_cores
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.mapping import Program
from neurohw.ir.run import Run
from neurohw.session import Progress

ONE_RUN = ("checkpoint", "resume")  # options that belong to a single run


def simulate_each(
    programs: Iterable[Program], *, workers: int | None = None, progress: Progress | None = None, **options: Any
) -> list[Run]:
    """The runs of `programs`, in their order: what `simulate` gives for each, several at a time.

    `workers`: threads, by default as many as this process may use cores; the emulator's and the crossbar's compiled
    calls do not hold each other up. Lava and Brian2 belong to a process: their runs take turns. `progress`: called
    with what all runs together have done, and are to do. `options`: those of `simulate` but for `checkpoint` and
    `resume`. A NeurohwError of any run is raised.
    """
    programs = list(programs)
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise NeurohwError(Problem("simulate_each: workers", f"is {workers!r}", "an integer from 1 on"))
    if wrong := [name for name in ONE_RUN if options.get(name)]:
        what = f"{', '.join(wrong)} cannot be shared by {len(programs)} runs"
        raise NeurohwError(Problem("simulate_each", what, fix="call simulate for each program"))
    together = options.get("backend") in (None, *OWN_ENGINES)
    shares = _Shares(progress, len(programs))
    with ThreadPoolExecutor((workers or available_cores()) if together else 1) as pool:
        runs = [pool.submit(simulate, program, progress=shares.of(k), **options) for k, program in enumerate(programs)]
        try:
            for run in wait(runs, return_when=FIRST_EXCEPTION).done:
                run.result()  # raises what ended it
            return [run.result() for run in runs]
        finally:
            shares.stopped = True
            pool.shutdown(cancel_futures=True)


class _Stopped(Exception):
    """Ends a run that nobody waits for any more."""


class _Shares:
    """What each of `count` runs tells of its progress, for one callback that is told of all; those that have not begun
    are taken to be as long as the one that tells. Once `stopped`, a run ends when it tells something."""

    def __init__(self, progress: Progress | None, count: int) -> None:
        self.progress, self.stopped, self._lock = progress, False, Lock()
        self._done, self._totals = [0] * count, [0] * count

    def of(self, k: int) -> Progress:
        """The callback of run k."""

        def tell(now: int, total: int) -> None:
            with self._lock:
                if self.stopped:
                    raise _Stopped
                self._done[k], self._totals[k] = now, total
                if self.progress:
                    self.progress(sum(self._done), sum(known or total for known in self._totals))

        return tell
