"""NIR graphs to networks in floats: neurons become populations, what lies between them becomes projections.

Time is discretised by the forward Euler method with steps of dt, as the equations of the NIR primitives are commonly
run (Pedersen et al. 2024, doi 10.1038/s41467-024-52259-9):
    LIF      v += dt / tau (v_leak - v + R I)
    CubaLIF  I += dt / tau_syn (w_in S - I), then v += dt / tau_mem (v_leak - v + R I)
    IF       v += dt R I
Signals take a step through each projection here, none in NIR: a layer is as many steps late as it lies deep, which has
a meaning only where all paths to it are of one length (`alignment`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.exchange.exact import exact_of
from neurohw.exchange.floats import FloatNetwork, FloatPopulation, FloatProjection
from neurohw.exchange.graph import LINEAR, Graph
from neurohw.exchange.linear import LinearMap
from neurohw.exchange.nir_nodes import Discrete, discretise, node_map, shape_after, takes

Signals = tuple[list[tuple[str, LinearMap]], Any]  # maps from populations, and the constant that comes with them


def network_of(graph: Graph, dt: float) -> FloatNetwork:
    """Populations and projections of a NIR graph, in steps of `dt` [s]; a NeurohwError lists all that is wrong."""
    reader = _Reader(graph, dt)
    populations, projections = reader.read()
    exact = exact_of("graph", graph.metadata) or {}
    return FloatNetwork(tuple(populations), tuple(projections), dt, exact)


class _Reader:
    """Walks a graph against its edges, from each neuron to those that it hears."""

    def __init__(self, graph: Graph, dt: float) -> None:
        self.graph, self.dt = graph, dt
        self.problems: list[Problem] = []
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.signals: dict[str, Signals] = {}

    def read(self) -> tuple[list[FloatPopulation], list[FloatProjection]]:
        """All populations and projections, those next to the inputs first."""
        populations: list[FloatPopulation] = []
        projections: list[FloatProjection] = []
        for name in _from_the_inputs(self.graph):
            if self.graph.kind(name) in LINEAR:
                continue
            maps, constant = ([], 0.0) if self.graph.kind(name) == "Input" else self._into(name)
            if self.graph.kind(name) == "Output" and all(m.matrix is None and not np.any(m.delay) for _, m in maps):
                continue  # it only says which population is read
            populations.append(self._population(name, constant))
            projections += [_projection(source, m, name) for source, m in maps]
        raise_if_any(list(dict.fromkeys(self.problems)))
        return populations, _distinct(projections, {p.name for p in populations})

    def _into(self, name: str) -> Signals:
        """What arrives at a node: maps from populations, and constants."""
        maps: list[tuple[str, LinearMap]] = []
        constant: Any = 0.0
        for source in self.graph.before[name]:
            try:
                found, more = self._from(source, ())
                self._fits(source, name)
            except NeurohwError as error:
                self.problems += error.problems
                continue
            maps += found
            constant = constant + more
        return maps, constant

    def _from(self, name: str, on_the_way: tuple[str, ...]) -> Signals:
        """What a node sends, as maps of what populations send."""
        if name in on_the_way:
            loop = " -> ".join(reversed(on_the_way[on_the_way.index(name) :]))
            raise NeurohwError(Problem(f"nodes {loop}", "are a cycle without delay", fix="put a neuron between them"))
        if self.graph.kind(name) not in LINEAR:
            return [(name, LinearMap(int(np.prod(self._shape(name)))))], 0.0
        if name in self.signals:
            return self.signals[name]
        maps: list[tuple[str, LinearMap]] = []
        constant: Any = 0.0
        for source in self.graph.before[name]:
            found, more = self._from(source, (*on_the_way, name))
            self._fits(source, name)
            maps += found
            constant = constant + more
        step = node_map(name, self.graph.nodes[name], self._shape_into(name), self.dt)
        exact = exact_of(f"node '{name}'", getattr(self.graph.nodes[name], "metadata", {}))
        self.signals[name] = [(source, step.of(m, name, exact)) for source, m in maps], step.constant(constant)
        return self.signals[name]

    def _shape_into(self, name: str) -> tuple[int, ...]:
        return self._shape(self.graph.before[name][0])

    def _shape(self, name: str, on_the_way: tuple[str, ...] = ()) -> tuple[int, ...]:
        """Shape of what a node sends."""
        if name in on_the_way:
            raise NeurohwError(
                Problem(f"node '{name}'", "has a shape that depends on itself", fix="give its parameters")
            )
        if name not in self.shapes:
            below = self.graph.before.get(name, ())
            into: Callable[[], tuple[int, ...]] = lambda: self._shape(below[0], (*on_the_way, name))  # noqa: E731
            self.shapes[name] = shape_after(name, self.graph.nodes[name], into)
        return self.shapes[name]

    def _fits(self, source: str, name: str) -> None:
        """What a node sends must be as many values as the next one takes."""
        given, wanted = self._shape(source), takes(self.graph.nodes[name])
        if wanted is not None and int(np.prod(given)) != int(np.prod(wanted)):
            what = f"'{source}' sends {given}, '{name}' takes {tuple(wanted)}"
            raise NeurohwError(Problem(f"edge {source} -> {name}", what, "as many values on both ends"))

    def _population(self, name: str, constant: Any) -> FloatPopulation:
        """One neuron, input or output node."""
        node, kind, size = self.graph.nodes[name], self.graph.kind(name), 0
        exact = exact_of(f"node '{name}'", getattr(node, "metadata", {}))
        try:
            size = int(np.prod(self._shape(name)))
            if kind == "Input":
                return FloatPopulation(name, size, "input", exact=exact)
            if kind == "Output":
                if np.any(constant):
                    what = "reads weights with a bias"
                    raise NeurohwError(Problem(f"node '{name}'", what, "a bias needs a neuron", "add it on the host"))
                return FloatPopulation(name, size, "readout", exact=exact)
            made: Discrete = discretise(name, node, size, self.dt)
        except NeurohwError as error:
            self.problems += error.problems
            return FloatPopulation(name, max(size, 1), "readout")
        bias = made.bias + made.gain * constant / made.leak_u
        return FloatPopulation(name, size, made.kind, made.leak_u, made.leak_v, made.gain, made.threshold, bias, exact)


def _from_the_inputs(graph: Graph) -> list[str]:
    """All nodes, in order of their distance from the inputs."""
    found = [name for name in graph.nodes if graph.kind(name) == "Input"]
    for name in found:  # grows on the way
        found += [n for n, before in graph.before.items() if name in before and n not in found]
    return found + [name for name in graph.nodes if name not in found]


def _projection(source: str, m: LinearMap, post: str) -> FloatProjection:
    name = "+".join(m.path) or f"{source}_to_{post}"
    return FloatProjection(name, source, post, m.weight, m.delay, m.exact)


def _distinct(projections: list[FloatProjection], taken: set[str]) -> list[FloatProjection]:
    """The same with names that nothing else has."""
    found: list[FloatProjection] = []
    for p in projections:
        name = p.name
        if name in taken:
            name = f"{p.name}_{p.pre}_to_{p.post}"
        taken.add(name)
        found.append(FloatProjection(name, p.pre, p.post, p.weight, p.delay, p.exact))
    return found
