"""A NIR graph as nodes and edges without graphs inside, checked as far as it can be without understanding it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any

NEURONS = ("LIF", "CubaLIF", "IF", "LI", "Threshold")
LINEAR = ("Affine", "Linear", "Scale", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten", "Delay")
ENDS = ("Input", "Output")
SUPPORTED = (*ENDS, *LINEAR, *NEURONS)


@dataclass(frozen=True)
class Graph:
    """Nodes by name, and for each the names of those before it, in the order of the edges."""

    nodes: dict[str, Any]
    before: dict[str, tuple[str, ...]]
    metadata: dict[str, Any]

    def kind(self, name: str) -> str:
        """The name of a node's class."""
        return type(self.nodes[name]).__name__


def read_graph(path: Path) -> Graph:
    """Read a NIR file; a NeurohwError says what is wrong with one that is not."""
    import h5py
    import nir

    if not path.is_file():
        raise NeurohwError(Problem(str(path), "no such file", fix="check the path"))
    if not h5py.is_hdf5(path):
        raise NeurohwError(Problem(str(path), "is not an HDF5 file, so no NIR graph", fix="write it with nir.write"))
    try:
        graph = nir.read(path, type_check=False)
    except (KeyError, ValueError, TypeError, AssertionError, AttributeError) as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NeurohwError(Problem(str(path), f"cannot be read as a NIR graph: {text}")) from None
    return flat(graph)


def flat(graph: Any) -> Graph:
    """The graph with the nodes of inner graphs as 'outer.inner'; all problems of nodes and edges at once."""
    nodes, edges = _flatten(graph, "")
    found = [
        Problem(f"node '{name}'", f"is a {type(node).__name__}", f"supported are {', '.join(SUPPORTED)}")
        for name, node in nodes.items()
        if type(node).__name__ not in SUPPORTED
    ]
    for a, b in edges:
        for end in (a, b):
            if end not in nodes:
                found.append(Problem(f"edge {a} -> {b}", f"no node '{end}'", fix=did_you_mean(end, nodes)))
    for end in ENDS:
        if not any(type(node).__name__ == end for node in nodes.values()):
            found.append(Problem("graph", f"has no {end}", fix=f"add an {end} node"))
    for name, node in nodes.items():
        found += _numbers(name, node)
    raise_if_any(found)
    before = {name: tuple(a for a, b in edges if b == name) for name in nodes}
    alone = [n for n in nodes if type(nodes[n]).__name__ != "Input" and not before[n]]
    raise_if_any([Problem(f"node '{n}'", "has no input", fix="connect it or drop it") for n in alone])
    return Graph(nodes, before, dict(getattr(graph, "metadata", {}) or {}))


def _flatten(graph: Any, prefix: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = [(f"{prefix}{a}", f"{prefix}{b}") for a, b in graph.edges]
    for name, node in graph.nodes.items():
        if type(node).__name__ != "NIRGraph":
            nodes[f"{prefix}{name}"] = node
            continue
        inner_nodes, inner_edges = _flatten(node, f"{prefix}{name}.")
        own = f"{prefix}{name}."
        enters, leaves = (
            [n for n, inner in inner_nodes.items() if type(inner).__name__ == end and "." not in n[len(own) :]]
            for end in ENDS
        )
        edges = [
            (x, y)
            for a, b in edges
            for x in (leaves if a == own[:-1] else [a])
            for y in (enters if b == own[:-1] else [b])
        ]
        edges = _bypass(edges + inner_edges, {*enters, *leaves})
        nodes |= {n: inner for n, inner in inner_nodes.items() if n not in (*enters, *leaves)}
    return nodes, edges


def _bypass(edges: list[tuple[str, str]], through: set[str]) -> list[tuple[str, str]]:
    """Edges that lead past the ends of an inner graph."""
    for node in through:
        sources, targets = [a for a, b in edges if b == node], [b for a, b in edges if a == node]
        edges = [e for e in edges if node not in e] + [(a, b) for a in sources for b in targets]
    return edges


def _numbers(name: str, node: Any) -> Iterator[Problem]:
    """Parameters that are not finite numbers, and time constants that are not positive."""
    for key, value in vars(node).items():
        if key in ("input_type", "output_type", "metadata"):
            continue
        array = np.asarray(value)
        if array.dtype.kind in "fc" and not np.all(np.isfinite(array)):
            yield Problem(f"node '{name}'", f"{int(np.sum(~np.isfinite(array)))} values of {key} are NaN or infinite")
        elif key.startswith("tau") and np.any(array <= 0):
            yield Problem(f"node '{name}'", f"{key} goes down to {array.min():g} s", "time constants are above 0")
