"""One seed a run, one random generator a purpose."""

from __future__ import annotations

import numpy as np

from neurohw.errors import raise_if_any
from neurohw.ir.checks import SEED, value_problems


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose of a run, independent of all others; the same for the same seed >= 0."""
    raise_if_any(value_problems("seed", seed, SEED))
    return np.random.default_rng((seed, int.from_bytes(purpose.encode(), "little")))
