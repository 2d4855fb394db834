"""Frozen networks on arrays: all samples of a chunk side by side, one step after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar.matrix import Matrix
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.inputs import Inputs
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.probe import Probe, probed, require_room
from neurohw.ir.promises import promised, require_kept
from neurohw.ir.run import Activity, PopulationActivity, ProbeRecord, ProjectionActivity
from neurohw.microcode.vector import Neurons

Messages = dict[str, NDArray[Any]]
HALF_CONV = 1 << 23  # a convolution's sum wraps to 24 bits


class FrozenNetwork:
    """A network on its arrays, and the counts of all chunks so far. Every sample starts from rest.

    `seed` decides what the arrays do by chance, that of `neurons` what they draw.
    """

    def __init__(
        self, network: Network, design: Crossbar, steps: int, seed: int, metered: bool = True,
        probes: Sequence[Probe] = (), neurons: int = 0,
    ) -> None:  # fmt: skip
        self.network, self.steps, self._seed = network, steps, neurons
        self._probed = probed(network, probes)
        self.matrices = {p.name: Matrix(network, p, design, seed, metered) for p in network.projections}
        self._forget()

    def calibrate(self, inputs: Inputs) -> None:
        """Let converters find their range on all of `inputs`, which are not counted, and keep it."""
        self.advance(inputs, (), 0)
        for matrix in self.matrices.values():
            for _, array in matrix.parts:
                array.uncalibrated = False
        self._forget()

    def _forget(self) -> None:
        network = self.network
        self.samples = 0
        for matrix in self.matrices.values():
            matrix.forget()
        self._counts = {p.name: np.zeros(2, np.int64) for p in network.populations}  # active, sending
        self._sent = {
            f"{p.name}.{port}": np.zeros(p.size, np.int64) for p in network.populations for port in p.neuron.outputs
        }
        self._window: dict[str, NDArray[np.bool_]] = {}
        self._overflows: dict[str, int] = {}
        self._recorded: list[list[NDArray[np.int32]]] = [[] for _ in self._probed]

    def advance(self, inputs: Inputs, record: Sequence[str], window: int) -> Messages:
        """Run the samples of a chunk; return messages of all steps [samples, steps, n] of the ports in `record`."""
        samples = len(next(iter(inputs.values())))
        neurons = self._neurons(samples)
        slots = {p.name: np.zeros((p.max_delay + 1, samples, p.weight.shape[0]), np.int64) for p in self._projections}
        nothing = {
            p.name: dict.fromkeys(p.neuron.inputs, np.zeros((samples, p.size), np.int64))
            for p in self.network.populations
        }
        kept: dict[str, list[NDArray[np.int32]]] = {name: [] for name in {*record, *map(_port, self._projections)}}
        seen: list[list[NDArray[Any]]] = [[] for _ in self._probed]
        for t in range(1, self.steps + 1):
            sent: dict[str, NDArray[np.int32]] = {}
            for p in self.network.populations:
                arrived: Messages = {}
                for q in self.network.into(p.name):
                    now = slots[q.name][t % len(slots[q.name])]
                    arrived[q.post_port] = arrived[q.post_port] + now if q.post_port in arrived else now
                given = {port: _frame(inputs[p.name], t) for port in p.neuron.outputs} if p.name in inputs else {}
                messages = neurons[p.name].step(t, nothing[p.name] | arrived | given)
                sent.update({f"{p.name}.{port}": values for port, values in messages.items()})
                self._count(p.name, arrived, messages)
            for q in self._projections:
                slots[q.name][(t + 1 + q.max_delay) % len(slots[q.name])] = self._arriving(q, sent[_port(q)])
            for name, parts in kept.items():
                parts.append(sent[name])
            for r, values in zip(self._probed, seen):
                name, what = r.part.name, r.probe.what
                value = sent[f"{name}.{what}"] if r.is_message else neurons[name].states()[what]
                values.append(value[:, r.items])
        self._record(seen, samples)
        self._keep_counts(neurons)
        self.samples += samples
        messages = {name: np.stack(parts, axis=1) for name, parts in kept.items()}
        self._keep_window(messages, window)
        return {name: messages[name] for name in record}

    def _neurons(self, samples: int) -> dict[str, Neurons]:
        """All populations at rest, for so many samples side by side."""
        made = {}
        for k, p in enumerate(self.network.populations):
            made[p.name] = Neurons(p.neuron, (samples, p.size), seed=self._seed, population=k)
            made[p.name].samples = list(range(self.samples, self.samples + samples))
        return made

    def _keep_counts(self, neurons: Mapping[str, Neurons]) -> None:
        """Add what populations counted; a NeurohwError for messages beyond what their ports declare."""
        broken = {f"{name}.{port}": n for name, p in neurons.items() for port, n in p.broken().items()}
        require_kept(promised(self.network), broken)
        for name, population in neurons.items():
            for what, times in population.overflows().items():
                self._overflows[f"{name}: {what}"] = self._overflows.get(f"{name}: {what}", 0) + times

    def _record(self, seen: list[list[NDArray[Any]]], samples: int) -> None:
        """Keep what probes saw in `samples` samples side by side, as if they had followed each other."""
        begin, end = self.samples * self.steps, (self.samples + samples) * self.steps
        require_room(self._probed, end)
        for p, values, parts in zip(self._probed, seen, self._recorded):
            times = p.probe.times(end)
            due = np.array(times[len(p.probe.times(begin)) :], np.int64) - begin
            parts.append(np.stack(values, axis=1).reshape(samples * self.steps, -1)[due])

    def records(self) -> dict[str, ProbeRecord]:
        """What the probes have recorded so far, by name."""
        end = self.samples * self.steps
        return {
            p.probe.key: p.record(np.concatenate([np.zeros((0, len(p.items)), np.int32), *parts]), end)
            for p, parts in zip(self._probed, self._recorded)
        }

    def _messages(self, p: Population) -> dict[str, NDArray[np.int64]]:
        """How many messages each neuron has sent, by port."""
        return {port: self._sent[f"{p.name}.{port}"].copy() for port in p.neuron.outputs}

    @property
    def _projections(self) -> tuple[Projection, ...]:
        return self.network.projections

    def _arriving(self, p: Projection, messages: NDArray[Any]) -> NDArray[np.int64]:
        """What a projection adds to its population's inputs: sums, shifted by the exponent."""
        assert p.format is not None
        y = self.matrices[p.name].sums(messages.astype(np.int32))
        exponent = p.format.exponent
        y = y << exponent if exponent >= 0 else y >> -exponent
        return (y + HALF_CONV) % (2 * HALF_CONV) - HALF_CONV if p.shared else y

    def _count(self, name: str, arrived: Messages, sent: Messages) -> None:
        """Count who sends something through any port, and who receives or sends something."""
        sends, active = False, False
        for port, values in sent.items():
            through = values != 0
            self._sent[f"{name}.{port}"] += through.sum(axis=0)
            sends = sends | through
        for values in arrived.values():
            active = active | (values != 0)
        self._counts[name] += (np.count_nonzero(sends | active), np.count_nonzero(sends))

    def _keep_window(self, messages: Messages, window: int) -> None:
        """The last steps of the run, in which samples follow each other."""
        samples = -(-window // self.steps)
        for p in self._projections:
            m = messages[_port(p)]
            last = m[max(0, len(m) - samples) :] != 0
            steps = last.reshape(len(last) * self.steps, m.shape[2])
            before = self._window.get(p.name, steps[:0])
            self._window[p.name] = np.concatenate([before, steps])[max(0, len(before) + len(steps) - window) :]

    def activity(self) -> Activity:
        """Counts of everything so far."""
        steps = self.samples * self.steps
        projections, overflows = {}, dict(self._overflows)
        for p in self._projections:
            events, matrix = self._sent[_port(p)], self.matrices[p.name]
            dense = int(events.sum()) * p.weight.shape[0]
            projections[p.name] = ProjectionActivity(events.copy(), int(events @ _fan_out(p)), dense)
            found = {"input clipped": matrix.clipped_inputs, "conversion clipped": matrix.activity().clipped}
            overflows.update({f"{p.name}: {what}": n for what, n in found.items() if n})
        populations = {
            p.name: PopulationActivity(p.size * steps, int(active), int(sending), self._messages(p))
            for p, (active, sending) in ((p, self._counts[p.name]) for p in self.network.populations)
        }
        arrays = {name: matrix.activity() for name, matrix in self.matrices.items()}
        return Activity(self.samples, steps, projections, populations, dict(self._window), overflows, arrays)


def _port(p: Projection) -> str:
    """What a projection carries."""
    return f"{p.pre}.{p.pre_port}"


def _frame(frames: NDArray[Any], t: int) -> NDArray[np.int64]:
    """What a source sends at step t of a sample."""
    if t <= frames.shape[1]:
        return np.asarray(frames[:, t - 1], np.int64)
    return np.zeros((len(frames), frames.shape[2]), np.int64)


def _fan_out(p: Projection) -> NDArray[np.int64]:
    """Non-zero weights, as they are stored, of each presynaptic neuron."""
    assert p.format is not None
    matrix = p.matrix
    if not (p.sparse or p.shared):
        return np.asarray(np.count_nonzero(p.format.stored(matrix), axis=0))
    stored = p.format.stored(matrix.data) != 0
    return np.bincount(matrix.indices, stored, matrix.shape[1]).astype(np.int64)
