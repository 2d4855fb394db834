"""What a diagnosis looks at: the network with the weights a run ended with, its graph, and what the run counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.arrival import arrivals
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import is_layer
from neurohw.ir.run import Run, ended
from neurohw.targets.digital_departures import payload

UNBOUNDED = 1 << 23  # of messages whose neuron does not bound them: as wide as a current
BACKWARDS = ("gate", "prediction", "contest", "label")  # input ports that close a loop


@dataclass(frozen=True)
class Facts:
    """A network as it started and one run of it."""

    start: Network
    run: Run

    @cached_property
    def network(self) -> Network:
        """The network with the weights that the run ended with."""
        return ended(self.start, self.run)

    @property
    def samples(self) -> int:
        """Samples, or fixations, of the run."""
        return self.run.activity.samples

    @property
    def steps(self) -> int:
        """Time steps of one sample."""
        return self.run.activity.steps // max(1, self.samples)

    @cached_property
    def rests(self) -> bool:
        """Whether each sample starts from rest: frozen networks do."""
        return not any(p.plasticity for p in self.network.projections)

    def sent(self, population: str, port: str = "out") -> NDArray[np.int64]:
        """How many messages each neuron sent [n]; of a kind without that port, through all that it has."""
        messages = self.run.activity.populations[population].messages
        return messages[port] if port in messages else np.sum([*messages.values()], axis=0)

    def silent(self, population: str) -> bool:
        """Whether no neuron of a population sent anything through any port."""
        return not any(np.any(counts) for counts in self.run.activity.populations[population].messages.values())

    def into(self, population: Population, port: str = "in") -> tuple[Projection, ...]:
        """Projections that end at an input port."""
        return tuple(p for p in self.network.into(population.name) if p.post_port == port)

    def payload(self, projection: Projection) -> tuple[int, int]:
        """Smallest and largest value of a message."""
        return payload(self.network, projection) or (-UNBOUNDED, UNBOUNDED)

    @cached_property
    def depth(self) -> dict[str, float]:
        """Distance from the inputs of each population, and of each projection just before that of where it ends; loops
        count once."""
        depths: dict[str, int] = {}

        def visit(name: str) -> int:
            if name not in depths:
                depths[name] = 0
                before = [visit(p.pre) for p in self.network.into(name) if p.post_port not in BACKWARDS]
                depths[name] = 1 + max(before) if before else 0
            return depths[name]

        for population in self.network.populations:
            visit(population.name)
        return {**depths, **{p.name: depths[p.post] - 0.5 for p in self.network.projections}}

    @cached_property
    def arrival(self) -> dict[str, int]:
        """First step of a sample in which an input can reach each population; see `ir.arrival`."""
        return arrivals(self.network)

    def messages(self, projection: Projection) -> NDArray[Any] | None:
        """Messages of the recorded last steps [steps, n_pre] as the synapses see them; None if they were not kept."""
        trace = self.run.traces.get(f"{projection.pre}.{projection.pre_port}")
        if trace is not None and len(trace.values):
            return trace.values if projection.graded else (trace.values != 0).astype(np.int32)
        window = self.run.activity.window.get(projection.name)
        if window is None or not len(window) or self.payload(projection) != (0, 1):
            return None
        return window.astype(np.int32)


def fires(population: Population) -> bool:
    """Whether a population is a layer, dead if it never sends: not a source, hinge, critic or readout."""
    return is_layer(population.neuron)
