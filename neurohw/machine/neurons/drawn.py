"""Random numbers of neurons by the sample that they are drawn in, as `microcode.hashing` has them."""

from __future__ import annotations

import numpy as np

from neurohw.machine.programs.table import KEY
from neurohw.machine.simd.jit import kernel, merged
from neurohw.microcode.hashing import GOLDEN_64, MIX_64

U64 = np.uint64
GOLDEN, FIRST, SECOND = U64(GOLDEN_64), U64(MIX_64[0]), U64(MIX_64[1])


@merged
def _mix64(x):
    """A bijection of 64 bits in which each bit depends on all."""
    x = (x ^ (x >> U64(30))) * FIRST
    x = (x ^ (x >> U64(27))) * SECOND
    return x ^ (x >> U64(31))


@kernel
def begin_sample(tables, s):
    """Give populations that draw numbers the key of sample s of the call: `hashing.key(seed, population, sample)`."""
    for k in range(len(tables.populations)):
        p = tables.populations[k]
        if p.draws:
            sample = U64(tables.sample[0] + s)
            tables.words[p.words + KEY] = np.int64(_mix64(U64(p.key) + GOLDEN + sample))
