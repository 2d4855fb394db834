"""A NIR graph as nodes and edges without graphs inside, checked as far as it can be without understanding it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import shown

NEURONS = ("LIF", "CubaLIF", "IF", "Threshold")
LINEAR = ("Affine", "Linear", "Scale", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten", "Delay")
STEP_MIN, STEP_MAX = 1e-100, 1e100  # seconds, with which no product or quotient leaves float64
ENDS = ("Input", "Output")
SUPPORTED = (*ENDS, *LINEAR, *NEURONS)
TIMED = ("LIF", "CubaLIF", "IF", "Delay")  # currents, decays and delays are seconds in NIR, steps on a chip
WHOSE_STEP = (
    "snnTorch and spikingjelly write graphs with 1e-4 s a step, sinabs with 1, norse LIF with 1e-6 and IF with 1",
    "give the step of the tool that wrote it with --dt (dt= in Python)",
)
INTEGRATOR = (
    "integrators that send their voltage are not supported yet",
    "end the graph at the spiking neurons and integrate their spikes on the host",
)


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
        fix = "write it with nir.write, with names of nodes that hold no '/'"
        raise NeurohwError(Problem(str(path), f"cannot be read as a NIR graph: {text}", fix=fix)) from None
    return flat(graph)


def flat(graph: Any) -> Graph:
    """The graph with the nodes of inner graphs as 'outer.inner'; all problems of nodes and edges at once."""
    found: list[Problem] = []
    nodes, edges = _flatten(graph, "", found)
    for name, node in nodes.items():
        kind = type(node).__name__
        if kind == "LI":
            found.append(Problem(f"node '{name}'", "is an LI", *INTEGRATOR))
        elif kind not in SUPPORTED:
            found.append(Problem(f"node '{name}'", f"is a {kind}", f"supported are {', '.join(SUPPORTED)}"))
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


def _flatten(graph: Any, prefix: str, found: list[Problem]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Nodes and edges with inner graphs opened; what is ambiguous is added to `found`."""
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = [(f"{prefix}{a}", f"{prefix}{b}") for a, b in graph.edges]
    for (a, b), times in Counter(edges).items():
        if times > 1:
            fix = "give it once; to make a signal stronger, scale its weights"
            found.append(Problem(f"edge {a} -> {b}", f"is given {times} times", fix=fix))
    for name, node in graph.nodes.items():
        own = f"{prefix}{name}"
        inner, inside = _flatten(node, f"{own}.", found) if type(node).__name__ == "NIRGraph" else ({own: node}, [])
        found += [Problem(f"node '{n}'", "is there twice", fix="rename one") for n in inner if n in nodes]
        nodes |= inner
        if type(node).__name__ != "NIRGraph":
            continue
        enters, leaves = ([n for n in inner if type(inner[n]).__name__ == end] for end in ENDS)
        edges = [
            (_port(own, "output", leaves, (a, b), found) if a == own else a,
             _port(own, "input", enters, (a, b), found) if b == own else b)
            for a, b in edges
        ]  # fmt: skip
        edges = _bypass(edges + inside, [*enters, *leaves])
        nodes = {n: kept for n, kept in nodes.items() if n not in (*enters, *leaves)}
    return nodes, edges


def _port(graph: str, kind: str, ports: list[str], edge: tuple[str, str], found: list[Problem]) -> str:
    """The port of an inner graph that an edge means which names only the graph: the one there is."""
    if len(ports) != 1:
        what = f"'{graph}' has {len(ports)} {kind}s" + (f": {', '.join(ports)}" if ports else "")
        fix = f"name the one that is meant, such as '{ports[0]}'" if ports else f"add an {kind.capitalize()} node to it"
        found.append(Problem(f"edge {' -> '.join(edge)}", what, fix=fix))
    return ports[0] if ports else graph


def _bypass(edges: list[tuple[str, str]], through: list[str]) -> list[tuple[str, str]]:
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
        if not array.size:
            yield Problem(f"node '{name}'", f"{key} is empty")
        elif array.dtype.kind in "fc" and not np.all(np.isfinite(array)):
            yield Problem(f"node '{name}'", f"{int(np.sum(~np.isfinite(array)))} values of {key} are NaN or infinite")
        elif key.startswith("tau") and np.any(array <= 0):
            yield Problem(f"node '{name}'", f"{key} goes down to {array.min():g} s", "time constants are above 0")


def time_step(graph: Graph, given: float | None) -> float:
    """Seconds a step: as `given`, or as the graph's metadata says; a NeurohwError when nothing says it."""
    written = graph.metadata.get("dt")
    try:
        said = None if written is None else float(np.ravel(written).item())
    except (ValueError, TypeError):
        raise NeurohwError(Problem("metadata", f"dt is {shown(written)}", "seconds, a number")) from None
    if said is not None and given is not None and not np.isclose(said, given, atol=0):
        fix = "omit dt, or correct the metadata"
        raise NeurohwError(Problem("dt", f"{given:g} s", f"the metadata of the graph says {said:g} s", fix))
    found = said if given is None else given
    if found is None:
        if not any(graph.kind(name) in TIMED for name in graph.nodes):
            return 1.0  # no node asks for it
        raise NeurohwError(Problem("dt", "nothing in the graph says how long a time step is", *WHOSE_STEP))
    require_step(found)
    return float(found)


def require_step(dt: Any) -> None:
    """A NeurohwError unless `dt` is a number of seconds that a time step may take."""
    if not isinstance(dt, (int, float, np.integer, np.floating)) or isinstance(dt, bool):
        raise NeurohwError(Problem("dt", f"is {shown(dt)}", "needs seconds, a number above 0"))
    if not 0 < dt < np.inf:
        raise NeurohwError(Problem("dt", f"{dt:g} s", "time steps are above 0"))
    if not STEP_MIN <= dt <= STEP_MAX:
        what = f"is {shown(dt)}" if isinstance(dt, int) else f"{dt:g} s"
        raise NeurohwError(Problem("dt", what, f"time steps are {STEP_MIN:g} to {STEP_MAX:g} s"))
