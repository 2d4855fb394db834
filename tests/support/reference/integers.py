"""Integers of limited width, in int64 arrays so that nothing wraps unless it is asked to."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def wrap32(x: Ints) -> Ints:
    """Two's complement in 32 bits: what an int32 array of Lava keeps of x."""
    return (np.asarray(x, np.int64) + 2**31) % 2**32 - 2**31


def shift_left(x: Ints, bits: int) -> Ints:
    """Shift left in 32 bits if `bits` > 0, else right by -bits towards minus infinity."""
    return wrap32(x << bits) if bits > 0 else x >> -bits


def decay(x: Ints, d: int) -> Ints:
    """x (4096 - d) / 4096, towards zero."""
    return np.sign(x) * ((np.abs(x) * (4096 - d)) >> 12)
