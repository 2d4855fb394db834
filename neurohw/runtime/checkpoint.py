"""Checkpoints of a run: engine, stimulus and outputs so far, in one file; resuming ends with the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw import artifacts
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.engine import Resumable
from neurohw.ir.probe import Probe
from neurohw.ir.schedule import Schedule
from neurohw.runtime.loop import At, Every, Parts, Stop, joined
from neurohw.runtime.stimulus import Stream


class Checkpoint:
    """The file that a run of a `program` on `engine` is kept in, with the totals of its samples so far, `parts`."""

    def __init__(
        self, path: Path, program: artifacts.Once, engine: Resumable, stream: Stream, parts: Parts,
        schedules: Sequence[Schedule] = (), probes: Sequence[Probe] = (),
    ) -> None:  # fmt: skip
        self.path, self.engine, self.stream, self.parts = path, engine, stream, parts
        written = [{s.parameter: {str(at): s.values[at] for at in sorted(s.values)}} for s in schedules]
        recorded = [[p.key, p.of, p.what, _listed(p.neurons), p.every, p.start, p.stop] for p in probes]
        self._belongs_to = (program, engine.backend, list(engine.record), *written, *recorded)
        self._identity = artifacts.fingerprint(*self._belongs_to)

    def stops(self, every: int) -> Sequence[Stop]:
        """Write the file every so many samples, and at the end."""
        last = () if self.stream.total % every == 0 else (At((self.stream.total,), self.save),)
        return (Every(every, self.save), *last)

    def save(self, samples: int) -> None:
        """Write everything that is needed to go on."""
        body = {"identity": self._identity, "fixations": self.stream.state()}
        arrays = {f"machine.{name}": values for name, values in self.engine.checkpoint().items()}
        arrays |= {f"totals.{name}": values for name, values in joined(self.parts).items()}
        artifacts.save_arrays(self.path, "checkpoint", body, arrays)

    def restore(self) -> None:
        """Go back to what the file holds; a NeurohwError unless it is of this run."""
        where = str(self.path)
        if not self.path.is_file():
            raise NeurohwError(Problem(where, "no checkpoint to resume from", fix="omit resume"))
        body, arrays = artifacts.load_arrays(self.path, "checkpoint")
        try:
            if not artifacts.matches(body["identity"], *self._belongs_to):
                fix = "resume with the program, backend, schedule and probes that wrote it"
                raise NeurohwError(Problem(where, "belongs to other probes, or another program or schedule", fix=fix))
            self._take(body, arrays)
        except artifacts.DAMAGE as error:
            raise NeurohwError(Problem(where, f"is damaged ({error})", fix="omit resume")) from None
        if self.engine.samples > self.stream.total:
            what, limit = f"is at fixation {self.engine.samples}", f"the run ends at {self.stream.total}"
            raise NeurohwError(Problem(where, what, limit, "ask for more fixations"))

    def _take(self, body: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what a file holds, if it is as long and as wide as this run has it."""
        machine, totals = (_under(prefix, arrays) for prefix in ("machine.", "totals."))
        self.stream.restore(body["fixations"])
        self.engine.restore(machine)
        lengths = {len(values) if values.ndim == 2 else 0 for values in totals.values()}
        if set(totals) != set(self.engine.record) or lengths - {self.engine.samples}:
            raise ValueError(f"it does not hold {self.engine.samples} totals of {', '.join(self.engine.record)}")
        self.parts.update({name: [values] for name, values in totals.items()})


def _under(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def _listed(neurons: Sequence[Any] | None) -> Any:
    """Neurons or synapses as plain numbers, however they were given."""
    return None if neurons is None else np.asarray(list(neurons)).tolist()
