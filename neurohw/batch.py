"""Many chips at once: programs that do not know of each other, such as seeds of one model, on the cores of this
machine."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
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
    shares = _shares(progress, len(programs))
    with ThreadPoolExecutor((workers or available_cores()) if together else 1) as pool:
        return list(pool.map(lambda program, share: simulate(program, progress=share, **options), programs, shares))


def _shares(progress: Progress | None, count: int) -> list[Progress | None]:
    """A callback for each of `count` runs, which tells `progress` of all of them; those that have not begun are taken
    to be as long as the one that tells."""
    if progress is None:
        return [None] * count
    done, totals, lock = [0] * count, [0] * count, Lock()

    def share(k: int) -> Progress:
        def tell(now: int, total: int) -> None:
            with lock:
                done[k], totals[k] = now, total
                progress(sum(done), sum(known or total for known in totals))

        return tell

    return [share(k) for k in range(count)]
