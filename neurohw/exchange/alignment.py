"""Paths of different length: where signals that belong to one step of a graph meet in different steps on a chip.

A projection takes a step on the chips and none in NIR. All is as in the graph, only later, as long as each population
lies one projection deeper than all that it hears; what is heard in a loop may also be of the same depth, since there
the graph's signals take a step too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from scipy import sparse
from scipy.sparse.csgraph import connected_components

from neurohw.errors import Problem

LIMIT = "each projection takes a step on a chip, none in NIR"
FIX = "make the paths equally long, or take them as they are with --accept-skew (accept_skew=True)"


def skew_problems(inputs: Collection[str], projections: Iterable[tuple[str, str]]) -> list[Problem]:
    """Populations that hear paths of different length, and loops over several layers.

    `inputs`: names of the populations that are given from outside; `projections`: (from, to).
    """
    projections = list(projections)
    edges = _edges(inputs, projections)
    paths, loop = _shortest_paths(edges, inputs), _loops(edges)
    found = []
    for pre, post in projections:
        if pre not in paths:
            continue
        deeper = len(paths[post]) - len(paths[pre])
        if loop[pre] == loop[post]:
            if deeper < 0:
                round_trip = [*_shortest_paths(edges, [post])[pre], post]
                what = f"hears itself through a loop of {len(round_trip) - 1} steps: {' -> '.join(round_trip)}"
                found.append(Problem(f"node '{post}'", what, LIMIT, FIX))
        elif deeper != 1:
            what = f"hears paths of different length: {_said(paths[post])} and {_said([*paths[pre], post])}"
            found.append(Problem(f"node '{post}'", what, LIMIT, FIX))
    return found


def depths(inputs: Collection[str], projections: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Projections on the shortest way from one of `inputs` to each population that hears them."""
    paths = _shortest_paths(_edges(inputs, list(projections)), inputs)
    return {name: len(path) - 1 for name, path in paths.items()}


def _edges(inputs: Iterable[str], projections: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Name -> names of those that hear it."""
    edges: dict[str, list[str]] = {name: [] for name in (*inputs, *(end for pair in projections for end in pair))}
    for pre, post in projections:
        edges[pre].append(post)
    return edges


def _shortest_paths(edges: dict[str, list[str]], starts: Collection[str]) -> dict[str, list[str]]:
    """Names on the shortest way from one of `starts` to each population that can be reached."""
    found = {name: [name] for name in starts}
    queue = list(starts)
    for name in queue:  # grows on the way
        for after in edges[name]:
            if after not in found:
                found[after] = [*found[name], after]
                queue.append(after)
    return found


def _loops(edges: dict[str, list[str]]) -> dict[str, int]:
    """Name -> number; populations with the same number reach each other."""
    number = {name: k for k, name in enumerate(edges)}
    pairs = [(number[a], number[b]) for a, after in edges.items() for b in after]
    rows, columns = zip(*pairs) if pairs else ((), ())
    matrix = sparse.csr_array(([1] * len(pairs), (rows, columns)), shape=(len(edges),) * 2)
    _, labels = connected_components(matrix, connection="strong")
    return dict(zip(edges, (int(k) for k in labels)))


def _said(path: list[str]) -> str:
    steps = len(path) - 1
    return f"{' -> '.join(path)} ({steps} step{'s' * (steps > 1)})"
