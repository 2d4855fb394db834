"""Many chips at once: programs that do not know of each other, such as seeds of one model, on the cores of this
machine."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from neurohw.api import simulate
from neurohw.cores import available_cores
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.mapping import Program
from neurohw.ir.run import Run

ONE_RUN = ("checkpoint", "resume", "progress")  # options that belong to a single run


def simulate_each(programs: Sequence[Program], *, workers: int | None = None, **options: Any) -> list[Run]:
    """The runs of `programs`, in their order: what `simulate` gives for each, several at a time.

    `workers`: threads, by default as many as this process may use cores; the emulator's compiled calls do not hold each
    other up. `options`: those of `simulate` but for `checkpoint`, `resume` and `progress`. A NeurohwError of any run is
    raised.
    """
    if wrong := [name for name in ONE_RUN if options.get(name)]:
        what = f"{', '.join(wrong)} cannot be shared by {len(programs)} runs"
        raise NeurohwError(Problem("simulate_each", what, fix="call simulate for each program"))
    with ThreadPoolExecutor(max(1, workers or available_cores())) as pool:
        return list(pool.map(lambda program: simulate(program, **options), programs))
