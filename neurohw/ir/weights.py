"""Trained or initial parameters of a model, in floats (host) or integers (chip)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray


@dataclass(frozen=True)
class LayerWeights:
    """One layer: feedforward W [n, m], bias [n] or None, Wpred [n, n] or None, Wretro [n, n] or None.

    `threshold`: of spiking neurons, on the scale of the weights; None until it is calibrated.
    """

    feedforward: NDArray[Any]
    bias: NDArray[Any] | None = None
    prediction: NDArray[Any] | None = None
    retro: NDArray[Any] | None = None
    threshold: int | None = None


@dataclass(frozen=True)
class Weights:
    """All layers of `model`; `origin` says who made them. `exponent` None: floats; k: integers, value = w / 2^k."""

    model: str
    origin: Literal["random", "host", "chip"]
    layers: tuple[LayerWeights, ...]
    exponent: int | None = None
