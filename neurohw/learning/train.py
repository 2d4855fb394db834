"""Train a model in floats on the host: layer-local CLAPP on batches of pairs of views, every layer at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset
from neurohw.data.sampling import pairs
from neurohw.data.seeds import generator
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import read_only
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.learning.encoder import init_weights
from neurohw.learning.optimise import Optimiser, make_optimiser
from neurohw.learning.rules import clapp
from neurohw.learning.rules.apply import update
from neurohw.spec import ModelSpec

_REPORTS = 100  # calls of `progress` in one training, about


@dataclass(frozen=True)
class TrainResult:
    """Trained weights (origin host) and, for each step and layer, [steps, layers] float32, read-only:

    loss, the mean hinge loss of the batch, and gate, the fraction of its pairs with an open hinge (gamma != 0).
    """

    weights: Weights
    loss: NDArray[np.float32]
    gate: NDArray[np.float32]


def train(spec: ModelSpec, data: Dataset, seed: int, progress: Callable[[int, int], None] | None = None) -> TrainResult:
    """Train `spec` as spec.host says on data.views; labels are not read. Same seed, same weights.

    Each layer's inputs are constants for it, so the first layers of a deep model learn exactly what they learn alone.
    `progress` gets (steps done, all steps) now and then. A NeurohwError names step and layer if the numbers diverge.
    """
    host, layers = spec.host, _start(spec, data, seed)
    optimisers = [make_optimiser(host.optimiser, host.rate) for _ in layers]
    pair_rng, sign_rng = generator(seed, "training pairs"), generator(seed, "training signs")
    loss, gate = np.empty((2, host.steps, len(layers)), np.float32)
    for step in range(host.steps):
        before, now, sameness = pairs(
            data.views, pair_rng, host.batch, host.pairs, spec.data.noise, data.lengths, spec.data.dt
        )
        if host.shuffle_sign:
            sameness = sign_rng.choice(np.array([-1, 1], np.float32), len(sameness))
        for k, (layer, optimiser) in enumerate(zip(layers, optimisers)):
            signals = _learn(layer, before, now, sameness, spec, optimiser)
            if not np.all(np.isfinite(signals["u"])):
                raise _diverged(spec, step, k)
            loss[step, k] = np.mean(clapp.hinge(signals["u"], sameness))
            gate[step, k] = np.mean(signals["gamma"] != 0)
            before, now = signals["c"], signals["z"]
        if progress and ((step + 1) % max(1, host.steps // _REPORTS) == 0 or step + 1 == host.steps):
            progress(step + 1, host.steps)
    return TrainResult(_finish(spec, layers), read_only(loss), read_only(gate))


@np.errstate(over="ignore", invalid="ignore")  # `train` looks at the score and says what to do
def _learn(
    layer: LayerWeights,
    before: NDArray[Any],
    now: NDArray[Any],
    sameness: NDArray[Any],
    spec: ModelSpec,
    optimiser: Optimiser,
) -> dict[str, NDArray[Any]]:
    """One step of one layer, in place; returns the signals from before the step."""
    signals = clapp.signals(layer, before, now, sameness, spec.host.retro)
    for name, rule in clapp.rules(spec.host.retro).items():
        optimiser.step(name, getattr(layer, name), update(rule, signals))
    return signals


def _start(spec: ModelSpec, data: Dataset, seed: int) -> tuple[LayerWeights, ...]:
    """Initial weights in arrays that training may change."""
    initial = init_weights(spec, data.views.shape[2], seed)
    return tuple(_map(layer, np.array) for layer in initial.layers)


def _finish(spec: ModelSpec, layers: tuple[LayerWeights, ...]) -> Weights:
    """The trained arrays, read-only; the last update was not yet seen by a score."""
    for k, layer in enumerate(layers):
        if not all(np.all(np.isfinite(array)) for array in _arrays(layer).values()):
            raise _diverged(spec, spec.host.steps - 1, k)
    return Weights(spec.name, "host", tuple(_map(layer, read_only) for layer in layers))


def _map(layer: LayerWeights, change: Callable[[Any], NDArray[Any]]) -> LayerWeights:
    """A layer with `change` applied to each of its arrays."""
    changed: dict[str, Any] = {name: change(array) for name, array in _arrays(layer).items()}
    return replace(layer, **changed)


def _arrays(layer: LayerWeights) -> dict[str, Any]:
    """The arrays that a layer has, by name."""
    return {name: array for name, array in vars(layer).items() if isinstance(array, np.ndarray)}


def _diverged(spec: ModelSpec, step: int, layer: int) -> NeurohwError:
    return NeurohwError(
        Problem(
            f"{spec.name}: training step {step + 1} of {spec.host.steps}, layer {layer + 1}",
            "the numbers diverged (NaN or infinite)",
            fix=f"use a host.rate below {spec.host.rate:g}",
        )
    )
