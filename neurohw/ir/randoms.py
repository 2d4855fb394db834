"""The random numbers of the learning engine, the same for every backend: Lava 0.10.0's sequences, and the dither.

Lava draws from numpy's PCG64 (`magma/core/learning/random.py`). A connection with rule seed s has a trace-decay
generator for x (seed s) and y (s + 2) and an impulse generator for x (s + 1) and y (s + 3). Each is drawn once when
made (draw 0) and then twice a time step: after step t the latest is draw 2 t. The generator that rounds synaptic
variables has seed 2, always, and is drawn once when made (draw 0) and once an epoch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDING_SEED = 2
TRACE_LEVELS = 128


def decay_numbers(seed: int, draws: slice) -> NDArray[np.float64]:
    """Draws start:stop:step of a trace-decay generator, uniform in [0, 1)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    generator.bit_generator.advance(draws.start)  # type: ignore[attr-defined]
    return np.asarray(generator.random(max(0, draws.stop - draws.start))[:: draws.step or 1])


def impulse_numbers(seed: int, draws: slice) -> NDArray[np.int64]:
    """Draws start:stop:step of an impulse generator, integers 0..127.

    One 64-bit output serves two draws (numpy keeps the upper half for the next 32-bit request).
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    generator.bit_generator.advance(draws.start // 2)  # type: ignore[attr-defined]
    skipped = draws.start % 2
    count = max(0, draws.stop - draws.start)
    numbers = generator.integers(0, TRACE_LEVELS, size=skipped + count, dtype=np.int64)
    return np.asarray(numbers[skipped :: draws.step or 1])


def rounding_numbers(draws: slice) -> NDArray[np.int64]:
    """Draws start:stop:step of the rounding generator as r in 0..127; epoch e (from 1) uses draw e.

    Lava rounds v / 128 up where its number is below the fraction: (v + r) >> 7 with r = 127 - floor(128 number).
    """
    numbers = decay_numbers(ROUNDING_SEED, draws)
    return np.asarray(127 - np.floor(128 * numbers), np.int64)


def dither(seed: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Fixed numbers h [n_post, n_pre] in 0..127 of a rule: synapse k rounds with (h_k + r) % 128 (`per_synapse`)."""
    return np.random.default_rng([seed, 7]).integers(0, 128, size=shape, dtype=np.uint8)
