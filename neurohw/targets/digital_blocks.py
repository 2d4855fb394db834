"""The largest block of a population that one core can hold, wherever in the population it is cut out.

Every contiguous run of that many neurons fits, so a partitioner may cut blocks of any size up to it, anywhere. Dense
projections need one number a size; for sparse ones the axons and synapses of ALL runs are found at once. Where axons
share synapses, only the near-equal runs that a partitioner makes are known to fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Population, Projection
from neurohw.targets import work
from neurohw.targets.digital_memory import axon_bits, slice_memory, synapse_bits, thresholds
from neurohw.targets.digital_spec import CoreSpec, MemorySpec

CHUNK = 1 << 20  # synapses looked at together: what fits a cache


@dataclass(frozen=True)
class Entries:
    """Items in rows (synapses of neurons, thresholds of neurons): row of each and of its previous twin, or -1."""

    row: NDArray[Any]
    twin: NDArray[Any]
    rows: int

    @cached_property
    def in_row(self) -> NDArray[np.int64]:
        """Items of each row: [rows]."""
        counts = np.zeros(self.rows, np.int64)
        for start in range(0, len(self.row), CHUNK):
            counts += np.bincount(self.row[start : start + CHUNK], minlength=self.rows)
        return counts

    def distinct(self, size: int) -> NDArray[np.int64]:
        """Different items in each run of `size` rows: [rows - size + 1]. One that has a twin in the run adds none."""
        last = self.rows - size
        steps = np.zeros(last + 2, np.int64)
        for start in range(0, len(self.row), CHUNK):
            row, twin = self.row[start : start + CHUNK], self.twin[start : start + CHUNK]
            first_run = np.maximum(twin + 1, row - size + 1).clip(0)
            last_run = np.minimum(row, last)
            counted = first_run <= last_run
            steps += np.bincount(first_run[counted], minlength=last + 2)
            steps -= np.bincount(last_run[counted] + 1, minlength=last + 2)
        return np.cumsum(steps)[: last + 1]

    def total(self, size: int) -> NDArray[np.int64]:
        """Items in each run of `size` rows: [rows - size + 1]."""
        before = np.concatenate(([0], np.cumsum(self.in_row)))
        return np.asarray(before[size:] - before[: self.rows - size + 1])


def largest_block(
    population: Population, into: tuple[Projection, ...], outgoing: int, core: CoreSpec, memory: MemorySpec, most: int
) -> int:
    """Most neurons of `population`, up to `most`, that fit one core with their incoming weights and `outgoing` axons
    each; 0: none."""
    low, high = 0, min(most, core.compartments.value)
    if core.state_bits is not None and (bits := work.size(population.neuron).state_bits):
        high = min(high, core.state_bits.value // bits)
    if outgoing:
        high = min(high, core.output_axons.value // outgoing)
    if any(p.shared for p in into) and memory.shared_lists.value:
        return _largest_shared_block(population, into, high, core, memory)
    dense = [p for p in into if not (p.sparse or p.shared)]
    sparse = [(p, _synapses(p)) for p in into if p.sparse or p.shared]
    levels = thresholds(population)
    kinds = _entries(np.arange(levels.size), levels, levels.size) if levels.size > 1 else None

    def fits(neurons: int) -> bool:
        if kinds is not None and kinds.distinct(neurons).max() > core.threshold_configs.value:
            return False
        for p, entries in sparse:  # what the synapses take without headers is known at once
            if entries.total(neurons).max() * synapse_bits(p, neurons, memory) > core.synapse_bits.value:
                return False
        axons, bits = _dense_need(dense, neurons, memory)
        for p, entries in sparse:  # numbers become one a run
            more_axons, more_bits = _sparse_need(p, entries, neurons, memory)
            axons, bits = axons + more_axons, bits + more_bits
        if sparse:
            axons, bits = axons.max(), bits.max()
        return bool(axons <= core.input_axons.value and bits <= core.synapse_bits.value)

    if high and fits(high):  # small populations, and what was found with fewer axons
        return high
    while low < high:  # needs never fall as a run grows
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _largest_shared_block(
    population: Population, into: tuple[Projection, ...], most: int, core: CoreSpec, memory: MemorySpec
) -> int:
    """The same where synapses are shared: how many depends on where a run begins, so near-equal runs are tried."""
    size, levels = population.size, thresholds(population)

    def fits(start: int, stop: int) -> bool:
        needs = [slice_memory(p, start, stop, memory) for p in into]
        kinds = np.unique(levels[start:stop]).size if levels.size > 1 else 1
        return (
            sum(axons for axons, _ in needs) <= core.input_axons.value
            and sum(bits for _, bits in needs) <= core.synapse_bits.value
            and kinds <= core.threshold_configs.value
        )

    for count in range(-(-size // most), size + 1):
        edges = [size * k // count for k in range(count + 1)]
        if all(fits(a, b) for a, b in pairwise(edges)):
            return -(-size // count)
    return 0


def _dense_need(into: list[Projection], neurons: int, memory: MemorySpec) -> tuple[Any, Any]:
    """Axons and memory [bits] of dense projections: the same for every run of `neurons`."""
    axons = bits = 0
    for p in into:
        n_pre = p.weight.shape[1]
        axons += n_pre
        bits += n_pre * axon_bits(neurons, synapse_bits(p, neurons, memory), memory)
    return axons, bits


def _sparse_need(p: Projection, entries: Entries, neurons: int, memory: MemorySpec) -> tuple[Any, Any]:
    """Axons and memory [bits] of a sparse projection for each run of `neurons`: [rows - neurons + 1].

    How an axon shares its synapses among runs is not known: the memory is an upper bound, a word an axon at most.
    """
    bits = synapse_bits(p, neurons, memory)
    axons, synapses = entries.distinct(neurons), entries.total(neurons)
    headers = axons + (synapses - axons) // memory.entry_synapses.value
    rounded = memory.header_bits.value + memory.word_bits.value - 1
    return axons, np.minimum(axons * axon_bits(neurons, bits, memory), synapses * bits + headers * rounded)


def _synapses(p: Projection) -> Entries:
    """The stored synapses of a sparse projection; twins come from the same presynaptic neuron."""
    by_pre = p.matrix.tocsc()  # rows of one column in order, in time linear in the synapses
    if not p.plasticity and not np.all(by_pre.data):
        by_pre.eliminate_zeros()
    row = by_pre.indices
    twin = np.empty_like(row)
    twin[1:] = row[:-1]
    starts = by_pre.indptr[:-1]
    twin[starts[starts < by_pre.indptr[1:]]] = -1
    return Entries(row, twin, by_pre.shape[0])


def _entries(row: NDArray[np.int64], key: NDArray[np.int64], rows: int) -> Entries:
    """Entries in order of their rows, with the row of the previous entry of the same key."""
    order = np.argsort(key, kind="stable")
    twin = np.full(row.size, -1)
    same = key[order[1:]] == key[order[:-1]]
    twin[order[1:][same]] = row[order[:-1][same]]
    return Entries(row, twin, rows)
