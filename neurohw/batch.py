"""Many chips at once: programs that do not know of each other, such as seeds of one model, on the cores of this
machine."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from neurohw.api import OWN_ENGINES, simulate
from neurohw.cores import available_cores
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.mapping import Program
from neurohw.ir.run import Run

ONE_RUN = ("checkpoint", "resume", "progress")  # options that belong to a single run


def simulate_each(programs: Iterable[Program], *, workers: int | None = None, **options: Any) -> list[Run]:
    """The runs of `programs`, in their order: what `simulate` gives for each, several at a time.

    `workers`: threads, by default as many as this process may use cores; the emulator's and the crossbar's compiled
    calls do not hold each other up. Lava and Brian2 belong to a process: their runs take turns. `options`: those of
    `simulate` but for `checkpoint`, `resume` and `progress`. A NeurohwError of any run is raised.
    """
    programs = list(programs)
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise NeurohwError(Problem("simulate_each: workers", f"is {workers!r}", "an integer from 1 on"))
    if wrong := [name for name in ONE_RUN if options.get(name)]:
        what = f"{', '.join(wrong)} cannot be shared by {len(programs)} runs"
        raise NeurohwError(Problem("simulate_each", what, fix="call simulate for each program"))
    if options.get("backend") not in (None, *OWN_ENGINES):
        return [simulate(program, **options) for program in programs]
    with ThreadPoolExecutor(workers or available_cores()) as pool:
        return list(pool.map(lambda program: simulate(program, **options), programs))
