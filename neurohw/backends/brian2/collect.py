"""What the monitors of a Brian2 simulation saw, as a `Run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2.engine import brian2
from neurohw.backends.brian2.probes import Watched
from neurohw.backends.brian2.programs import variable_of
from neurohw.backends.brian2.timeline import Timeline
from neurohw.ir.probe import Probed
from neurohw.ir.promises import promised, require_kept
from neurohw.ir.run import Activity, Learned, Run, Trace

Values = NDArray[np.int32]


@dataclass
class Collected:
    """Messages summed a sample, traces and final weights; seconds that compiling and running took."""

    timeline: Timeline
    target: str
    compiling: float = 0.0
    running: float = 0.0
    totals: dict[str, Values] = field(default_factory=dict)
    traces: dict[str, Values] = field(default_factory=dict)
    learned: dict[str, Learned] = field(default_factory=dict)
    probes: dict[str, Values] = field(default_factory=dict)
    overflows: dict[str, int] = field(default_factory=dict)

    def take(self, built: Any, first: int) -> None:
        """Take over what a part of the run that began with sample number `first` has left in its monitors."""
        sizes = {p.name: p.size for p in self.timeline.network.populations}
        for name, monitor in built.monitors.items():
            population, port = name.rsplit(".", 1)
            self._messages(name, sizes[population], first, monitor, getattr(monitor, f"m_{port}"))
        for population, monitor in built.voltages.items():
            for state in ("u", "v"):
                name, values = f"{population}.{state}", np.asarray(getattr(monitor, variable_of(state))).T
                trace = self._trace(name, sizes[population])
                step = np.arange(len(values))
                keep, at = self._steps(step, first)
                trace[at] = values[keep]
        for probe in self.timeline.probes:
            self._probe(probe, built.watched.get(probe.probe.key), first)
        for p in self.timeline.network.projections:
            if p.name in built.plastic:
                synapses = built.plastic[p.name]
                post, pre = np.asarray(synapses.j[:]), np.asarray(synapses.i[:])
                parts = np.zeros((3, *p.weight.shape), np.int32)
                parts[0, post, pre], parts[1, post, pre] = synapses.w[:], synapses.tag[:]
                self.learned[p.name] = Learned(*parts)

        self._counts(built)

    def _counts(self, built: Any) -> None:
        """What was counted since the run began; a NeurohwError for messages beyond what their ports declare."""
        counted, broken = (
            {name: int(np.sum(getattr(group, variable)[:])) for group, variable, name in counts}
            for counts in (built.counted, built.broken)
        )
        require_kept(promised(self.timeline.network), broken)
        self.overflows = {name: times for name, times in counted.items() if times}

    def run(self, record: Sequence[str]) -> Run:
        """The result; of what is counted, it has what programs count."""
        traces = {name: Trace.of(name, values) for name, values in self.traces.items()}
        steps = self.timeline.samples * self.timeline.steps
        spent = {"brian2": self.target, "compiling": self.compiling, "running": self.running}
        totals = {name: self.totals[name] for name in record}
        probes = {p.probe.key: p.record(self.probes[p.probe.key], steps) for p in self.timeline.probes}
        activity = Activity(self.timeline.samples, steps, {}, {}, {}, self.overflows)
        return Run("brian2", totals, activity, self.learned, traces, {}, spent, probes)

    def _messages(self, name: str, size: int, first: int, monitor: Any, values: Any) -> None:
        step = np.rint(np.asarray(monitor.t / brian2.ms)).astype(np.int64)
        keep, at = self._steps(step, first)
        neuron, value = np.asarray(monitor.i)[keep], np.asarray(values)[keep]
        totals = self.totals.setdefault(name, np.zeros((self.timeline.samples, size), np.int32))
        np.add.at(totals, (at // self.timeline.steps, neuron), value)
        if self.timeline.states:
            self._trace(name, size)[at, neuron] = value

    def _probe(self, p: Probed, watched: Watched | None, first: int) -> None:
        """Those of the values that a probe read in a part that it asks for; what is not watched is 0."""
        times = p.probe.times(self.timeline.samples * self.timeline.steps)
        record = self.probes.setdefault(p.probe.key, np.zeros((len(times), len(p.items)), np.int32))
        if watched is None:
            return
        values, step = watched.values()
        keep, at = self._steps(step, first)
        due = (at >= times.start) & (at < times.stop) & ((at - times.start) % times.step == 0)
        record[(at[due] - times.start) // times.step] = values[keep][due]

    def _trace(self, name: str, size: int) -> Values:
        return self.traces.setdefault(name, np.zeros((self.timeline.samples * self.timeline.steps, size), np.int32))

    def _steps(self, step: NDArray[np.int64], first: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Which Brian2 steps of a part belong to the run, and their number in it."""
        sample, within = first + step // self.timeline.stride, step % self.timeline.stride
        keep = (sample < self.timeline.samples) & (within < self.timeline.steps)
        return keep, sample[keep] * self.timeline.steps + within[keep]
