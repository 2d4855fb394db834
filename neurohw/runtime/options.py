"""How a program is run: one record, made by `simulate` and handed on as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neurohw.errors import raise_if_any
from neurohw.ir.checks import CALLBACK, FLAG, MOST, PATH, Ranges, Several, Whole, field_problems, make_plain
from neurohw.ir.engine import FIXATIONS, PORTS, PROBES, RUNTIMES, Progress
from neurohw.ir.inputs import mapping_problems
from neurohw.ir.mapping import Target
from neurohw.ir.probe import Probe
from neurohw.ir.schedule import Schedule
from neurohw.runtime.backends import backend_problems, default_backend

SCHEDULES = Several(Schedule, "schedules in a list", 'such as [Schedule("hinge1.theta", {0: 1200})]')
RANGES: Ranges = {
    "fixations": FIXATIONS, "steps": FIXATIONS, "traces": Whole(0, MOST), "every": Whole(1, MOST), "strict": FLAG,
    "resume": FLAG, "record": replace(PORTS, none=True), "checkpoint": PATH,
    "runtime": RUNTIMES, "schedule": SCHEDULES, "probes": PROBES, "progress": CALLBACK,
}  # fmt: skip


@dataclass(frozen=True)
class RunOptions:
    """Options of `simulate`, which has the same names as keywords.

    `backend`: by default crossbar for chips of arrays, else emulator. `fixations`: length of a stream (default: the
    model's). `record`: ports to sum up a sample; by default every layer's output, when learning gate and loss, of a
    readout action and reward. `traces`: how many of the last steps to record whole: messages of all ports, u and v.
    `strict`: overflows are errors. `inputs`: other data for a frozen program, source -> payloads [samples, frames,
    neurons], each sample from rest and `steps` long (default: as many as there are frames). `checkpoint`: file to write
    every `every` fixations of a program that learns, on backends that resume; with `resume` the run goes on from it.
    `runtime`: of Brian2: numpy, cython, cpp or auto. `schedule`: parameters that the host writes between samples, see
    `ir.schedule`. `probes`: what to record step by step, see `ir.probe`. `progress`: called with what is done and what
    is to do.
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
        unknown = backend_problems("simulate.backend", self.backend) if self.backend is not None else []
        unfit = mapping_problems("simulate.inputs", self.inputs) if self.inputs is not None else []
        raise_if_any([*unknown, *unfit, *field_problems("simulate", self, RANGES)])
        make_plain(self)

    def backend_of(self, target: Target) -> str:
        """The backend that runs what is compiled for a chip."""
        return default_backend(target) if self.backend is None else self.backend
