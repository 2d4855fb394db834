"""One seed a run, one random generator a purpose."""

from __future__ import annotations

import numpy as np


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose of a run, independent of all others; the same for the same seed >= 0."""
    return np.random.default_rng((seed, int.from_bytes(purpose.encode(), "little")))
