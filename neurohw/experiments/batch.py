"""Many chips at once: programs that do not know of each other, such as seeds of one model, on the cores of this
machine."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Lock

from neurohw.cores import available_cores
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.checks import CALLBACK, Kind, Several, Whole, require_values
from neurohw.ir.engine import Progress
from neurohw.ir.mapping import Program
from neurohw.ir.run import Run
from neurohw.runtime.backends import capabilities
from neurohw.runtime.options import RunOptions
from neurohw.runtime.run import run_program

DEFAULTS = RunOptions()
PROGRAMS = Several(Program, "compiled programs", "compile each one: nh.compile(model, chip)")
OPTIONS = Kind((RunOptions,), "options of a run", "such as nh.RunOptions(fixations=200)")
WORKERS = Whole(1, 1 << 20, none=True)


def simulate_each(
    programs: Iterable[Program], options: RunOptions = DEFAULTS, *, workers: int | None = None,
    progress: Progress | None = None,
) -> list[Run]:  # fmt: skip
    """The runs of `programs`, in their order: what `simulate` gives for each, several at a time.

    `options`: of every run, without a checkpoint, which belongs to one. `workers`: threads, by default as many as this
    process may use cores; the emulator's and the crossbar's compiled calls do not hold each other up. Lava and Brian2
    belong to a process: their runs take turns, in the thread of the caller. `progress`: called with what all runs
    together have done, and are to do. A NeurohwError of any run is raised.
    """
    programs = [programs] if isinstance(programs, Program) else list(programs)
    require_values(
        "simulate_each", programs=(programs, PROGRAMS), options=(options, OPTIONS), workers=(workers, WORKERS),
        progress=(progress, CALLBACK),
    )  # fmt: skip
    if wrong := [name for name in ("checkpoint", "resume") if getattr(options, name)]:
        what = f"{', '.join(wrong)} cannot be shared by {len(programs)} runs"
        raise NeurohwError(Problem("simulate_each", what, fix="call simulate for each program"))
    together = all(capabilities(options.backend_of(p.target)).threads for p in programs)
    shares = _Shares(progress, len(programs))
    each = [(program, replace(options, progress=shares.of(k))) for k, program in enumerate(programs)]
    if not together:
        return [run_program(program, of_one) for program, of_one in each]
    with ThreadPoolExecutor(workers or available_cores()) as pool:
        runs = [pool.submit(run_program, program, of_one) for program, of_one in each]
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
