"""The network in floats on the host: initial weights and the forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.data.seeds import generator
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import read_only
from neurohw.ir.weights import LayerWeights, Weights, Window
from neurohw.learning.rules.clapp import preactivity
from neurohw.spec import ModelSpec


def init_weights(model_spec: ModelSpec, n_inputs: int, seed: int) -> Weights:
    """Draw the weights a model starts from, float32, read-only; each layer has a generator of its own.

    W ~ N(0, 2 / fan-in) (He et al. 2015, for ReLU), b = 0, Wpred and, if clapp.retro is own, Wretro ~ U(+-1 / sqrt(n)),
    with n = `LayerWeights.scored`.
    """
    own = model_spec.host.clapp.retro == "own"
    layers: list[LayerWeights] = []
    below = n_inputs
    for number, layer in enumerate(model_spec.layers, 1):
        window = _window(model_spec, number, layers, n_inputs)
        m = below if window is None else window.input_shape[0] * window.kernel**2
        layers.append(_layer(layer.size, m, window, own, generator(seed, f"layer {number}")))
        below = layers[-1].units
    return Weights(model_spec.name, "random", tuple(layers))


def encode(weights: Weights, x: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return the activity relu(W x + b) of every layer, [B, n] each, for inputs x [B, D] in 0..1.

    A NeurohwError if the weights are integers.
    """
    if weights.exponent is not None:
        raise NeurohwError(
            Problem(
                f"weights of {weights.model}",
                "are integers",
                "the float encoder reads float weights",
                "run them on a backend (simulate)",
            )
        )
    return tuple(activities(weights.layers, x))


def activities(layers: Sequence[LayerWeights], x: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the activity relu(W x + b) of each of a stack of float layers, [B, n] each, for inputs x [B, D]."""
    found = []
    for layer in layers:
        x = np.maximum(preactivity(layer, x), 0)
        found.append(x)
    return found


def dense(n: int, m: int, rng: np.random.Generator) -> LayerWeights:
    """Draw W ~ N(0, 2 / m) for n units with m inputs, float32; b = 0."""
    return LayerWeights(
        feedforward=read_only(rng.normal(0, np.sqrt(2 / m), (n, m)).astype(np.float32)),
        bias=read_only(np.zeros(n, np.float32)),
    )


def _layer(n: int, m: int, window: Window | None, own_retro: bool, rng: np.random.Generator) -> LayerWeights:
    """Random weights of n units, or channels, with m inputs."""
    layer = replace(dense(n, m, rng), window=window)
    bound, square = 1 / np.sqrt(layer.scored), (layer.scored, layer.scored)
    prediction = rng.uniform(-bound, bound, square)
    retro = rng.uniform(-bound, bound, square) if own_retro else None
    return replace(
        layer,
        prediction=read_only(prediction.astype(np.float32)),
        retro=None if retro is None else read_only(retro.astype(np.float32)),
    )


def _window(spec: ModelSpec, number: int, below: Sequence[LayerWeights], n_inputs: int) -> Window | None:
    """Where layer `number` looks, if it is a convolution; the first one takes its input for a square image."""
    layer = spec.layers[number - 1]
    if layer.kernel is None:
        return None
    where = f"{spec.name}: layers.{number - 1}"
    side = isqrt(n_inputs)
    image = (1, side, side)
    if below and below[-1].window is not None:
        image = (spec.layers[number - 2].size, *below[-1].window.places)
    elif side * side != n_inputs:
        raise NeurohwError(Problem(where, f"a convolution of {n_inputs} inputs", "needs a square image"))
    if layer.kernel > min(image[1:]):
        what = f"a kernel of {layer.kernel} x {layer.kernel}"
        raise NeurohwError(Problem(where, what, f"the image below has {image[1]} x {image[2]}", "use a smaller kernel"))
    return Window(image, layer.kernel, layer.stride, spec.host.clapp.regions)
