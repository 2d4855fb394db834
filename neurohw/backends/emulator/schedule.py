"""Which populations run through a block of steps before the next begins, and the room that a run works in."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.emulator.population import LIF
from neurohw.backends.emulator.tables import BLOCK, HISTORY, Scratch, State, Tables
from neurohw.ir.network import Network


def order(network: Network) -> NDArray[np.int64]:
    """Populations, each before those it speaks to; none if there is a cycle, or a weight that may change."""
    if any(p.plasticity for p in network.projections):
        return np.zeros(0, np.int64)
    index = {p.name: k for k, p in enumerate(network.populations)}
    graph: dict[int, set[int]] = {k: set() for k in index.values()}
    for p in network.projections:
        graph[index[p.post]].add(index[p.pre])
    try:
        return np.array(list(TopologicalSorter(graph).static_order()), np.int64)
    except CycleError:
        return np.zeros(0, np.int64)


def incoming(projections: NDArray[Any], populations: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Projections by postsynaptic population, and where those of each begin."""
    counts = np.bincount(projections["post"], minlength=populations)
    return np.cumsum([0, *counts], dtype=np.int64), np.argsort(projections["post"], kind="stable").astype(np.int64)


def ahead(populations: NDArray[Any], projections: NDArray[Any]) -> NDArray[np.uint8]:
    """Lif populations that hear binary spikes through dense weights only, one step after they are sent."""
    found = populations["kind"] == LIF
    for q in projections:
        found[q["post"]] &= bool(q["blocked"] and q["slots"] == 1)
    return np.asarray(found, np.uint8)


def scratch(tables: Tables, state: State, steps: int) -> Scratch:
    """Room for a block of up to `steps` steps, the largest population and the sums of the largest projection."""
    slots, ports = len(state.messages), int(np.sum(tables.populations["ports"] >= 0))
    block, heard, history = 1, 0, state.messages.reshape(1, -1)
    if len(tables.order):
        block = max(1, min(steps, HISTORY // max(1, slots)))
        heard = (block + 1) * int(tables.populations["size"][tables.ahead != 0].max(initial=0))
        history = np.zeros((block, slots), np.int32)
    widest = int(tables.populations["size"].max(initial=1))
    delays = np.where(tables.projections["delays"] >= 0, tables.projections["slots"], 1)
    sums = int((tables.projections["n_post"].astype(np.int64) * delays).max(initial=1))
    plastic = tables.projections[tables.plastics["projection"]]
    traces = (tables.plastics["epoch"] + 1) * (2 * plastic["n_pre"].astype(np.int64) + 3 * plastic["n_post"])
    posts = int(plastic["n_post"].max(initial=1))
    return Scratch(
        history, np.empty((block, slots), np.int32), np.zeros((block, ports), np.int64), np.empty(heard, np.int32),
        np.empty(widest, np.int32), np.empty(sums, np.int32), np.empty(traces.max(initial=1), np.int32),
        np.empty(len(tables.products) * posts, np.int32), np.empty(5 * max(BLOCK, posts), np.int32),
    )  # fmt: skip
