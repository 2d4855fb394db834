"""Weights of few bits while learning: a grid of step 2^-k, and where the float numbers are kept.

float            weights are float32
shadow           the forward pass sees weights on the grid; float copies take the updates (Courbariaux et al. 2015)
in_place         there are no float copies: every update ends on the grid, rounded up or down at random so that the mean
                 is right (stochastic rounding, Gupta et al. 2015); the grid is fixed at the start
in_place_nearest the same, rounded to the nearest: an update below half a step is lost
Wpred and Wretro count as weights, unless Wpred is the identity; biases stay in float32, as a neuron's bias has more
bits than a synapse.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.weights import LayerWeights
from neurohw.spec import ModelSpec, PercentileClip

HEADROOM = 2.0  # how far weights may grow in place, in units of the largest at the start


def grid_exponent(weight: NDArray[Any], bits: int, clip: Any) -> int:
    """Return k of the step 2^-k with which `bits` signed bits reach the largest weight, or about that percentile."""
    size = np.abs(weight)
    reach = np.percentile(size, clip.percentile) if isinstance(clip, PercentileClip) else size.max()
    if reach == 0:
        reach = max(float(size.max()), 1.0)
    steps = np.log2((2 ** (bits - 1) - 1) / reach)
    return int(np.round(steps) if isinstance(clip, PercentileClip) else np.floor(steps))


class Precision:
    """What layers of a model see of their weights, and what becomes of an updated one."""

    def __init__(self, spec: ModelSpec, layers: Sequence[LayerWeights], rng: np.random.Generator) -> None:
        bits = spec.quantise.bits
        self._mode, self._clip, self._rng = spec.host.precision, spec.quantise.clip, rng
        self._bits = bits if isinstance(bits, tuple) else (bits,) * len(layers)
        fixed = spec.host.clapp.prediction == "identity"
        self._weights = ("feedforward",) if fixed else ("feedforward", "prediction", "retro")
        self._exponents: dict[Hashable, int] = {}
        if self._mode.startswith("in_place"):
            for k, layer in enumerate(layers):
                for name in self._names(layer):
                    array = getattr(layer, name)
                    self._exponents[k, name] = grid_exponent(HEADROOM * array, self._bits[k], "maximum")
                    array[:] = self._rounded(array, self._exponents[k, name], self._bits[k], np.float32(0.5))

    def seen(self, layers: Sequence[LayerWeights]) -> Sequence[LayerWeights]:
        """The layers as the forward pass sees them."""
        if self._mode != "shadow":
            return layers
        return [replace(layer, **self._shadowed(layer, bits)) for layer, bits in zip(layers, self._bits)]

    def settle(self, k: int, name: str, array: NDArray[Any]) -> None:
        """Bring array `name` of layer k, just updated, back to where it may be, in place."""
        if (k, name) in self._exponents:
            stochastic = self._mode == "in_place"
            up = self._rng.random(array.shape, np.float32) if stochastic else np.float32(0.5)
            array[:] = self._rounded(array, self._exponents[k, name], self._bits[k], up)

    def _shadowed(self, layer: LayerWeights, bits: int) -> dict[str, Any]:
        arrays = {name: getattr(layer, name) for name in self._names(layer)}
        return {
            name: self._rounded(array, grid_exponent(array, bits, self._clip), bits, np.float32(0.5))
            for name, array in arrays.items()
        }

    def _names(self, layer: LayerWeights) -> list[str]:
        """The weight matrices that a layer has and learns."""
        return [name for name in self._weights if getattr(layer, name) is not None]

    @staticmethod
    def _rounded(array: NDArray[Any], exponent: int, bits: int, up: Any) -> NDArray[Any]:
        """floor(w 2^k + up) / 2^k, clipped to +-(2^(bits-1) - 1) steps."""
        top, scale = 2 ** (bits - 1) - 1, np.float32(2.0**exponent)
        rounded: NDArray[Any] = np.clip(np.floor(array * scale + up), -top, top) / scale
        return rounded
