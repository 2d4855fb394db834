"""Central differences, which every rule and objective is measured against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from neurohw.ir.weights import LayerWeights


def central(value: Callable[[Any], float], array: Any, step: float) -> Any:
    """Gradient of `value` by each entry of an array."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        ends = []
        for sign in (1, -1):
            moved = array.copy()
            moved[index] += sign * step
            ends.append(value(moved))
        gradient[index] = (ends[0] - ends[1]) / (2 * step)
    return gradient


def central_of(value: Callable[[LayerWeights], float], layer: LayerWeights, name: str, step: float) -> Any:
    """Gradient of `value` of a layer by each entry of its array `name`."""
    return central(lambda moved: value(replace(layer, **{name: moved})), getattr(layer, name), step)
