"""How a program is run: one record, made by `simulate` and handed on as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neurohw.errors import Problem, raise_if_any
from neurohw.ir.checks import Whole, field_problems
from neurohw.ir.engine import Progress, several_problems
from neurohw.ir.inputs import mapping_problems
from neurohw.ir.probe import Probe
from neurohw.ir.schedule import Schedule

MOST = (1 << 62) - 1
SOME = Whole(1, MOST, none=True)
RANGES = {"fixations": SOME, "steps": SOME, "traces": Whole(0, MOST), "every": Whole(1, MOST)}


@dataclass(frozen=True)
class RunOptions:
    """Options of `simulate`, which has the same names as keywords.

    `backend`: by default crossbar for chips of arrays, else emulator. `fixations`: length of a stream (default: the
    model's). `record`: ports to sum up a sample; by default every layer's output, when learning gate and loss, of a
    readout action and reward. `traces`: how many of the last steps to record whole: messages of all ports, u and v.
    `strict`: overflows are errors. `inputs`: other data for a frozen program, source -> payloads [samples, frames,
    neurons], each sample from rest and `steps` long (default: as many as there are frames). `checkpoint`: file to write
    every `every` fixations; with `resume` the run goes on from it. `runtime`: of Brian2: numpy, cython, cpp or auto.
    `schedule`: parameters that the host writes between samples, see `ir.schedule`. `probes`: what to record step by
    step, see `ir.probe`. `progress`: called with what is done and what is to do.
    """

    backend: str | None = None
    fixations: int | None = None
    record: Sequence[str] | None = None
    traces: int = 0
    strict: bool = False
    inputs: Mapping[str, NDArray[Any]] | None = None
    steps: int | None = None
    checkpoint: Path | str | None = None
    resume: bool = False
    every: int = 20_000
    runtime: str = "auto"
    schedule: Sequence[Schedule] = ()
    probes: Sequence[Probe] = ()
    progress: Progress | None = None

    def __post_init__(self) -> None:
        raise_if_any([*field_problems("simulate", self, RANGES), *self._kinds()])

    def _kinds(self) -> Iterator[Problem]:
        yield from several_problems("simulate.record", self.record)
        if self.inputs is not None:
            yield from mapping_problems("simulate.inputs", self.inputs)
        if isinstance(self.schedule, (str, Mapping, Schedule)) or not all(
            isinstance(schedule, Schedule) for schedule in self.schedule
        ):
            limit = "needs schedules in a list"
            yield Problem("simulate.schedule", f"is {self.schedule!r}", limit, "give [Schedule(parameter, values)]")
