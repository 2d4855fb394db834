"""Reads of arrays, many at a time: digits of the inputs, one matrix product, converters, sums.

The matrix product is BLAS; what comes before and after it is one compiled pass each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROOM = 1 << 19  # currents that are worked on at once: as many as stay in the second-level cache


class Digits(NamedTuple):
    """How inputs are cut: `planes` digits of `bits` bits, least significant first."""

    planes: int
    bits: int

    @property
    def largest(self) -> int:
        """Largest digit."""
        return (1 << self.bits) - 1


class Codes(NamedTuple):
    """Converters [n]: the current of one step and its inverse, smallest and largest code."""

    step: NDArray[Any]
    inverse: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]


class Tally(NamedTuple):
    """What reads add up: non-zero digits and squared digits of each row; clipped conversions [1]."""

    active: NDArray[np.int64]
    squares: NDArray[np.float64]
    clipped: NDArray[np.int64]


@njit(cache=True)
def cut(x: Any, planes: int, bits: int, out: Any, active: Any, squares: Any) -> None:
    """Digits of non-negative integers x [n, rows] as out [n * planes, rows], counted by row."""
    mask = np.int32((1 << bits) - 1)
    for b in range(x.shape[0]):
        for p in range(planes):
            row, shift = out[b * planes + p], np.int32(p * bits)
            for i in range(x.shape[1]):
                digit = np.int32(np.int32(x[b, i] >> shift) & mask)
                row[i] = digit
                active[i] += digit != 0
                squares[i] += digit * digit


@njit(cache=True, fastmath={"contract"})
def convert(
    z: Any, places: Any, step: Any, inverse: Any, low: Any, high: Any, coefficients: Any, shared: Any, room: Any,
    out: Any, clipped: Any,
) -> None:  # fmt: skip
    """Add what the converters make of currents z [n * planes, converters] to the outputs out [n, outputs].

    `places` [planes], one at least: what a digit of each plane counts. Codes of a converter are added up over the
    planes first, and then over the converters of an output. `room` [converters]: float64 for several planes, as these
    may need more than 24 bits.
    """
    blocks, outputs = coefficients.shape
    own, count, nothing = blocks * outputs, np.int32(0), room.dtype.type(0)
    for b in range(out.shape[0]):
        for p in range(len(places)):
            row, place, first = z[b * len(places) + p], places[p], p == 0
            for a in range(len(row)):
                code = np.rint(row[a] * inverse[a])
                kept = min(max(code, low[a]), high[a])
                count += np.int32(kept != code)
                room[a] = place * kept * step[a] + (nothing if first else room[a])
        for k in range(blocks):
            for j in range(outputs):
                out[b, j] += coefficients[k, j] * room[k * outputs + j]
        for s in range(shared.shape[0]):
            for j in range(outputs):
                out[b, j] += shared[s, j] * room[own + s]
    clipped[0] += count


def places(digits: Digits, kind: Any) -> NDArray[Any]:
    """What a digit of each plane counts."""
    return np.asarray(2.0 ** (digits.bits * np.arange(digits.planes)), kind)
