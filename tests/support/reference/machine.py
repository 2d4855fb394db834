"""The schedule of a time step: deliver, update neurons, propagate, learn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurohw.ir.network import Network
from neurohw.ir.neurons import Source
from neurohw.ir.run import Learned
from support.reference.integers import Ints, wrap32
from support.reference.learning import Learning
from support.reference.neurons import CELLS, ClappCells, ClappLifCells, LifCells, SourceCells
from support.reference.synapses import Synapses, stored
from support.reference.texts import TextCells

LOGGED = (  # what the log has of which cells
    (LifCells, "states", ("u", "v")),
    (ClappLifCells, "states", ("u", "v")),
    (TextCells, "states", ("u", "v")),
    (ClappCells, "traces", ("y1", "y2", "y3", "bap")),
)


@dataclass(frozen=True)
class ReferenceRun:
    """Everything the machine did, by 'population.name', values [steps, n].

    messages: every output port. states: u and v of LIF neurons. traces: y1, y2, y3, bap of CLAPP neurons.
    learned: final weights and tags by projection.
    """

    messages: Mapping[str, Ints]
    states: Mapping[str, Ints]
    traces: Mapping[str, Ints]
    learned: Mapping[str, Learned]


def run_reference(
    network: Network, inputs: Mapping[str, Any], steps_per_sample: int, samples: int, reset: bool = False
) -> ReferenceRun:
    """Run all samples; time and state run on from one to the next unless `reset` (then nothing may learn)."""
    if reset:
        if any(p.plasticity for p in network.projections):
            raise ValueError("a learning network cannot be reset each sample")
        alone = [{name: np.asarray(v)[s : s + 1] for name, v in inputs.items()} for s in range(samples)]
        return _join(
            [_run(Machine(network, one, steps_per_sample, s), steps_per_sample) for s, one in enumerate(alone)]
        )
    return _run(Machine(network, inputs, steps_per_sample), samples * steps_per_sample)


def _run(machine: "Machine", steps: int) -> ReferenceRun:
    for t in range(1, steps + 1):
        machine.step(t)
    return machine.result()


class Machine:
    """Neurons, synapses and learning of a network, and a log of all they do; `sample`: what random numbers are of."""

    def __init__(self, network: Network, inputs: Mapping[str, Any], steps_per_sample: int, sample: int = 0) -> None:
        self.network = network
        self.cells: dict[str, Any] = {
            p.name: SourceCells(p, inputs[p.name], steps_per_sample)
            if isinstance(p.neuron, Source)
            else CELLS[type(p.neuron)](p)
            if type(p.neuron) in CELLS
            else TextCells(p, number, sample)
            for number, p in enumerate(network.populations)
        }
        self.synapses = {p.name: Synapses(p) for p in network.projections}
        self.learning = {
            p.name: Learning(p.plasticity.chip, p.format, self.synapses[p.name].weight, stored(p))
            for p in network.projections
            if p.plasticity is not None and p.plasticity.chip is not None and p.format is not None
        }
        self.log: dict[str, dict[str, list[Ints]]] = {"messages": {}, "states": {}, "traces": {}}

    def step(self, t: int) -> None:
        """One time step of everything."""
        inputs = {
            p.name: {port: np.zeros(p.size, np.int64) for port in p.neuron.inputs} for p in self.network.populations
        }
        for p in self.network.projections:
            inputs[p.post][p.post_port] = wrap32(inputs[p.post][p.post_port] + self.synapses[p.name].deliver())
        sent = {name: cells.step(t, inputs[name]) for name, cells in self.cells.items()}
        for p in self.network.projections:
            self.synapses[p.name].send(sent[p.pre][p.pre_port])
            if p.name in self.learning:
                self._learn(t, p, sent)
        self._keep(sent)

    def _learn(self, t: int, p: Any, sent: Mapping[str, Mapping[str, Ints]]) -> None:
        """Let a plastic projection see the step, and use the weights it has afterwards from the next step on."""
        payload = sent[p.pre][p.pre_port]
        payload = payload if p.graded else (payload != 0).astype(np.int64)
        post = self.cells[p.post]
        if p.plasticity.chip.third_factor:
            self.learning[p.name].step(t, payload, post.bap, np.stack([post.y1, post.y2, post.y3]))
        else:
            self.learning[p.name].step(t, payload, sent[p.post]["out"], None)
        self.synapses[p.name].weight = self.learning[p.name].w

    def _keep(self, sent: Mapping[str, Mapping[str, Ints]]) -> None:
        for name, cells in self.cells.items():
            for port, values in sent[name].items():
                self.log["messages"].setdefault(f"{name}.{port}", []).append(values)
            for kind, log, signals in LOGGED:
                with_all = isinstance(cells, kind) and all(hasattr(cells, signal) for signal in signals)
                for signal in signals if with_all else ():
                    self.log[log].setdefault(f"{name}.{signal}", []).append(getattr(cells, signal).copy())

    def result(self) -> ReferenceRun:
        """Stack the log and take the synapses as they are."""
        logs = {kind: {name: np.stack(rows) for name, rows in log.items()} for kind, log in self.log.items()}
        learned = {
            name: Learned(*(v.astype(np.int32) for v in (learning.w, learning.t, learning.d)))
            for name, learning in self.learning.items()
        }
        return ReferenceRun(**logs, learned=learned)


def _join(runs: list[ReferenceRun]) -> ReferenceRun:
    def joined(kind: str) -> dict[str, Ints]:
        return {name: np.concatenate([getattr(run, kind)[name] for run in runs]) for name in getattr(runs[0], kind)}

    return ReferenceRun(joined("messages"), joined("states"), joined("traces"), {})
