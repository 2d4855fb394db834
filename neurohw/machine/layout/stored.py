"""Weights of a projection in the order and the width that the kernels read them in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import Projection
from neurohw.machine.simd.lanes import COLUMNS


def blocked(mantissa: NDArray[np.int8], nothing: int) -> NDArray[np.int8]:
    """Rows of a dense matrix, cut so that COLUMNS columns of all rows lie together; `nothing` fills up the last."""
    n_pre, n_post = mantissa.shape
    filled = np.pad(mantissa, ((0, 0), (0, -n_post % COLUMNS)), constant_values=nothing)
    return np.ascontiguousarray(filled.reshape(n_pre, filled.shape[1] // COLUMNS, COLUMNS).swapaxes(0, 1)).ravel()


def fan_out_of(p: Projection, stored: NDArray[np.int16], starts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Non-zero weights of each presynaptic neuron."""
    if p.shared:
        _, pre, place = p.weight.taps
        return np.bincount(pre[stored[place] != 0], minlength=p.weight.shape[1]).astype(np.int32)
    per_row = np.add.reduceat(np.r_[stored != 0, False], starts[:-1]) if len(stored) else np.zeros(len(starts) - 1)
    return np.where(np.diff(starts) > 0, per_row, 0).astype(np.int32)


def synapses(p: Projection) -> tuple[NDArray[np.int16], NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
    """Weights pre-major, row starts, columns (sparse only) and per-synapse delays (only where they differ)."""
    if p.shared:
        no_rows = np.zeros(p.weight.shape[1] + 1, np.int64)
        return truncate(p.weight.kernel.ravel(), p), no_rows, np.zeros(0, np.int32), np.zeros(0, np.uint8)
    if p.sparse:
        by_pre = sparse.csr_array(p.weight.T)
        by_pre.sort_indices()
        return (
            truncate(by_pre.data, p),
            by_pre.indptr.astype(np.int64),
            by_pre.indices.astype(np.int32),
            np.zeros(0, np.uint8),
        )
    n_post, n_pre = p.weight.shape
    stored = truncate(np.ascontiguousarray(p.weight.T).ravel(), p)
    starts = np.arange(n_pre + 1, dtype=np.int64) * n_post
    delay = np.zeros(0, np.uint8)
    if isinstance(p.delay, np.ndarray):
        delay = np.ascontiguousarray(p.delay.T).ravel().astype(np.uint8)
    return stored, starts, np.zeros(0, np.int32), delay


def scale(p: Projection) -> tuple[int, int]:
    """(shift, offset) with which every weight of a format is an int8 mantissa; full 8-bit one-signed ones need one."""
    if p.format is None or p.format.truncated:
        return p.format.truncated if p.format else 0, 0
    return 0, 128 if p.format.sign == "excitatory" else -127


def truncate(weights: NDArray[Any], projection: Projection) -> NDArray[np.int16]:
    """Weights as the projection's format stores them."""
    if projection.format is None:
        raise NeurohwError(Problem(projection.name, "has float weights", fix="give it a Format and integer weights"))
    return projection.format.stored(weights)
