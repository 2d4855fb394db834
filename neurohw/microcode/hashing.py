"""Random numbers of neurons by counting: a hash of what a number is for, so that no order of computing matters.

`key` mixes seed, population, sample, step and place into 64 bits, once for all neurons; `draw` mixes a neuron's number
into them, in 32 bits. The mixers are the finalisers of SplitMix64 (Steele, Lea and Flood 2014) and of MurmurHash3
(Appleby, public domain).

The seed is the run's, a population has its number in the network. With `reset` a sample has its number in the run, and
steps are those of the sample, from 1; without, all of a run is sample 0, and its steps run on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

U32 = np.uint32
WORD64 = (1 << 64) - 1
GOLDEN_64, GOLDEN_32 = 0x9E3779B97F4A7C15, 0x9E3779B9  # 2^n over the golden ratio
MIX_64, MIX_32 = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB), (0x85EBCA6B, 0xC2B2AE35)


def mix64(x: int) -> int:
    """A bijection of 64 bits in which each bit depends on all."""
    x = ((x ^ (x >> 30)) * MIX_64[0]) & WORD64
    x = ((x ^ (x >> 27)) * MIX_64[1]) & WORD64
    return x ^ (x >> 31)


def key(*values: int) -> int:
    """64 bits for seed, population, sample, step and place."""
    found = 0
    for value in values:
        found = mix64((found + GOLDEN_64 + int(value)) & WORD64)
    return found


def draw(key: int, neurons: Any, bits: int) -> NDArray[np.int32]:
    """Numbers 0..2^bits - 1 of the neurons with these numbers, int32."""
    x = np.asarray(neurons).astype(U32) * U32(GOLDEN_32)
    x = _mix32(x ^ U32(key & 0xFFFFFFFF))
    x = _mix32(x ^ U32(key >> 32))
    return (x >> U32(32 - bits)).astype(np.int32)


def _mix32(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    x = (x ^ (x >> U32(16))) * U32(MIX_32[0])
    x = (x ^ (x >> U32(13))) * U32(MIX_32[1])
    return x ^ (x >> U32(16))
