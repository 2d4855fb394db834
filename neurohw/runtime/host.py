"""What the host writes between the samples of a run: parameters, as schedules say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.engine import Engine, Resumable
from neurohw.ir.mapping import Target
from neurohw.ir.network import Network
from neurohw.ir.run import Run
from neurohw.ir.schedule import Schedule, beyond_chip, schedule_problems, with_parameters
from neurohw.runtime.loop import At, Stop


class Host:
    """The host of a run: it changes the parameters of an engine's network at the samples that `schedules` name.

    A write takes effect before its sample. Nothing of it is in a checkpoint: the values at any sample, and how often
    they have been written by then, follow from the schedules, which belong to the identity of the run.
    """

    def __init__(
        self, network: Network, engine: Engine, schedules: Sequence[Schedule], total: int, target: Target | None = None
    ) -> None:
        raise_if_any(schedule_problems(network, schedules, total))
        raise_if_any(beyond_chip(network, target, schedules) if target else [])
        if not isinstance(engine, Resumable):
            what, fix = f"{engine.backend} runs all samples at once", "choose the emulator or the crossbar"
            raise NeurohwError(Problem("schedule", what, "the host writes between samples", fix))
        self._network, self._engine, self._schedules = network, engine, schedules

    def stops(self) -> Sequence[Stop]:
        """Write before every sample that a schedule names."""
        marks = sorted({at for schedule in self._schedules for at in schedule.values if at > 0})
        return (At(marks, self.write),)

    def write(self, samples: int) -> None:
        """Give the engine the values of the sample that comes next."""
        if values := self._values(samples):
            self._engine.change(with_parameters(self._network, values))

    def _values(self, samples: int) -> dict[str, int]:
        found = {}
        for schedule in self._schedules:
            past = [at for at in schedule.values if at <= samples]
            if past:
                found[schedule.parameter] = schedule.values[max(past)]
        return found

    def counted(self, run: Run) -> Run:
        """The run with what the host has written, population or projection -> times."""
        done: Counter[str] = Counter()
        for schedule in self._schedules:
            name = schedule.parameter.rpartition(".")[0]
            done[name] += sum(at < max(1, run.activity.samples) for at in schedule.values)
        return replace(run, activity=replace(run.activity, host_writes=dict(done)))
