"""Which populations run through a block of steps before the next begins, and the room that a run works in."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Lif, given_range, is_source
from neurohw.machine.layout.tables import (
    BLOCK,
    HISTORY,
    LIF,
    LONGEST,
    SOURCE,
    STEPS,
    TAP,
    Scratch,
    State,
    Tables,
    aligned,
)
from neurohw.machine.simd.lanes import COLUMNS


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
    """Sources, and Lif populations that hear binary spikes through dense weights only, one step after they are sent."""
    hears = np.isin(np.arange(len(populations)), projections["post"])
    found = (populations["kind"] == SOURCE) | ((populations["kind"] == LIF) & hears)
    for q in projections:
        found[q["post"]] &= bool(q["blocked"] and q["slots"] == 1)
    return np.asarray(found, np.uint8)


def says_one(population: Population) -> bool:
    """Whether all messages of a population are 1."""
    neuron = population.neuron
    return isinstance(neuron, Lif) or (is_source(neuron) and given_range(neuron) == (0, 1))


def early(network: Network, populations: NDArray[Any], first: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of each port: `Tables.early`, where populations `first` run ahead."""
    found = np.zeros(sum(len(p.neuron.outputs) for p in network.populations), np.uint8)
    for p, row, runs_ahead in zip(network.populations, populations, first):
        found[row["ports"][row["ports"] >= 0]] = runs_ahead * (1 + says_one(p))
    return found


def scratch(tables: Tables, state: State, steps: int, pulses: bool = False) -> Scratch:
    """Room for a block of steps, the largest population and the sums of the largest projection.

    A block is a sample's `steps` or less; where all populations run ahead, it can be a part of it, or several samples.
    `pulses`: what learning asks of weights is kept apart from them.
    """
    slots, ports = len(state.messages), len(tables.early)
    block, history = 1, state.messages.reshape(1, -1)
    if len(tables.order):
        block = max(1, min(HISTORY // max(1, slots), LONGEST if tables.ahead.all() else steps))
        history = np.zeros((block, slots), np.int32)
    widest = int(tables.populations["size"].max(initial=1))
    words = -(-int(tables.populations["size"][tables.ahead != 0].max(initial=0)) // COLUMNS)
    delays = np.where(tables.projections["delays"] >= 0, tables.projections["slots"], 1)
    sums = int((tables.projections["n_post"].astype(np.int64) * delays).max(initial=1))
    plastic = tables.projections[tables.plastics["projection"]]
    traces = (tables.plastics["epoch"] + 1) * (2 * plastic["n_pre"].astype(np.int64) + 3 * plastic["n_post"])
    posts, pres = int(plastic["n_post"].max(initial=1)), int(plastic["n_pre"].max(initial=1))
    products = len(tables.products)
    packed = block * slots if tables.early.any() else 0
    return Scratch(
        history, np.empty((block, slots), np.int32), np.zeros((block, ports), np.int64), np.empty(packed, np.int32),
        np.zeros((block, ports), np.int64), np.empty((block, words), np.uint64),
        aligned(np.zeros((8, COLUMNS), np.int32)), np.empty(widest, np.int32), np.empty(sums, np.int32),
        np.empty(widest, np.int16),
        np.empty(traces.max(initial=1), np.int32), np.empty(products * posts, np.int32), np.empty(products, np.int64),
        np.empty(posts, np.int16), np.empty(pres, np.int32), np.empty(pres, np.int32),
        aligned(np.zeros(STEPS * posts if products else 0, np.int16)), np.empty(STEPS, np.int32),
        np.empty(STEPS, np.int64), np.empty((2, products), np.int64), np.empty(5 * max(BLOCK, posts), np.int32),
        np.zeros_like(state.weights if pulses else state.weights[:0]), np.zeros(0, TAP),
        np.zeros(len(tables.populations) + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32),
    )  # fmt: skip
