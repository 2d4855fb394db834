"""Axons: which presynaptic neurons reach which pieces of a network, with how many synapses; no dense mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.ir.mapping import Block, Slice
from neurohw.ir.network import Projection

OUTSIDE = -1  # the block of neurons that no block holds: of Source populations


def pieces(blocks: Sequence[Block], population: str) -> tuple[NDArray[np.int64], list[Slice]]:
    """The slices of a population, and the index of the block that each lies in."""
    found = [(k, s) for k, block in enumerate(blocks) for s in block.slices if s.population == population]
    return np.array([k for k, _ in found], np.int64), [s for _, s in found]


def home(blocks: Sequence[Block], population: str, size: int) -> NDArray[np.int64]:
    """Index of the block that holds each neuron, or OUTSIDE: [size]."""
    blocks_of = np.full(size, OUTSIDE)
    for index, piece in zip(*pieces(blocks, population)):
        blocks_of[piece.start : piece.stop] = index
    return blocks_of


def fan_out(projection: Projection, slices: Sequence[Slice]) -> Any:
    """Synapses of each presynaptic neuron onto each of `slices` of the postsynaptic population that are not zero, or,
    of a plastic projection, all that are stored: csr_array [slices, n_pre] of int32 without zeros."""
    matrix, keeps_zeros = projection.matrix, projection.plasticity is not None
    if not sparse.issparse(matrix):
        rows = [matrix[s.start : s.stop] for s in slices]
        counts = [
            np.full(w.shape[1], len(w), np.int32) if keeps_zeros else np.count_nonzero(w, axis=0).astype(np.int32)
            for w in rows
        ]
        return sparse.csr_array(np.array(counts, np.int32).reshape(len(slices), matrix.shape[1]))
    ones = np.ones(len(matrix.data), np.int32) if keeps_zeros else (matrix.data != 0).astype(np.int32)
    stored = sparse.csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)
    row = np.concatenate([np.arange(s.start, s.stop) for s in slices]) if slices else np.zeros(0, np.int64)
    edges = np.cumsum([0, *(s.size for s in slices)])
    chosen = sparse.csr_array((np.ones(len(row), np.int32), row, edges), shape=(len(slices), matrix.shape[0]))
    found = chosen @ stored
    found.eliminate_zeros()
    return found


def by_block(
    projection: Projection, blocks: Sequence[Block], values: NDArray[np.int64] | None = None
) -> dict[tuple[int, int], int]:
    """Sums of `values` [n_pre] (of ones: the axons) over the presynaptic neurons of each block, or OUTSIDE, with a
    synapse in each other block: (from, to) -> sum."""
    index, slices = pieces(blocks, projection.post)
    reached = fan_out(projection, slices)
    n_pre = reached.shape[1]
    to = np.repeat(index, np.diff(reached.indptr))
    axons = np.unique(to * n_pre + reached.indices)  # a neuron has one axon to a block, whatever slices it reaches
    to, pre = axons // n_pre, axons % n_pre
    origin = home(blocks, projection.pre, n_pre)[pre]
    pairs, position = np.unique(to * (len(blocks) + 1) + origin + 1, return_inverse=True)
    sums = np.zeros(len(pairs), np.int64)
    np.add.at(sums, position, 1 if values is None else values[pre])
    ends = zip((pairs % (len(blocks) + 1) - 1).tolist(), (pairs // (len(blocks) + 1)).tolist())
    return dict(zip(ends, sums.tolist()))
