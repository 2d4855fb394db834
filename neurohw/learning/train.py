"""Train a model in floats on the host: layer-local rules, or an objective end to end, on batches of pairs of views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset
from neurohw.data.sampling import pairs
from neurohw.data.seeds import generator
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import read_only
from neurohw.ir.plasticity import Plasticity
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.learning.encoder import activities, init_weights
from neurohw.learning.methods import TWO_FACTOR, check_rules, learned_arrays, learning_of, objective_of
from neurohw.learning.network import network_step, start_head
from neurohw.learning.optimise import make_optimiser
from neurohw.learning.precision import Precision
from neurohw.spec import ModelSpec

_REPORTS = 100  # calls of `progress` in one training, about
_SAMPLE = 4096  # views on which two-factor rules find means and directions of their inputs
Progress = Callable[[int, int], None]
Layers = tuple[LayerWeights, ...]


@dataclass(frozen=True)
class TrainResult:
    """Trained weights (origin host) and what every step said, read-only float32.

    loss [steps, layers], of the batch and layer, or [steps, 1] where one loss trains all layers; parts: what it is made
    of by name, in the same shape, such as `gate`, the fraction of pairs with an open hinge (gamma != 0).
    """

    weights: Weights
    loss: NDArray[np.float32]
    parts: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class _Said:
    """What one step said of one loss."""

    loss: float
    parts: Mapping[str, float]


def train(
    spec: ModelSpec, data: Dataset, seed: int, progress: Progress | None = None,
    rules: Mapping[str, Plasticity] | None = None,
) -> TrainResult:  # fmt: skip
    """Train `spec` as spec.host says on data.views; labels are not read. Same seed, same weights.

    Where layers learn apart, each layer's inputs are constants for it, so the first layers of a deep model learn
    exactly what they learn alone. `progress` gets (steps done, all steps) now and then. `rules`: of CLAPP's arrays by
    their names in `LayerWeights`, in place of CLAPP's own, in the names of its signals. A NeurohwError names step and
    layer if the numbers diverge.
    """
    check_rules(spec.host, rules or {})
    if data.views.shape[2] != data.channels:
        what = f"is events in {data.views.shape[2] // data.channels} steps"
        raise NeurohwError(
            Problem(f"data.name: '{data.name}'", what, "the host learns from images", "learn on the chip")
        )
    layers = _start(spec, data, seed)
    if spec.host.method in TWO_FACTOR:
        said = _two_factor(spec, data, seed, layers)
    elif spec.host.network_wide:
        said = _end_to_end(spec, data, seed, layers)
    else:
        said = _layer_by_layer(spec, data, seed, layers, rules or {})
    found: list[list[_Said]] = []
    total = spec.host.steps * (len(layers) if spec.host.method in TWO_FACTOR else 1)
    # the loop looks at the loss and says what to do
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for step, losses in enumerate(said):
            for k, one in enumerate(losses):
                if not np.isfinite(one.loss):
                    raise _diverged(spec, step, k)
            found.append(losses)
            if progress and ((step + 1) % max(1, total // _REPORTS) == 0 or step + 1 == total):
                progress(step + 1, total)
    return _result(spec, layers, found)


def _layer_by_layer(
    spec: ModelSpec, data: Dataset, seed: int, layers: Layers, rules: Mapping[str, Plasticity]
) -> Iterator[list[_Said]]:
    """Every layer at once, from its own loss; changes `layers` in place."""
    step, update = learning_of(spec.host, rules).steps, _Updates(spec, layers, seed)
    for before, now, sameness in _batches(spec, data, seed):
        steps = step(update.seen(), before, now, sameness)
        update([one.updates for one in steps])
        yield [_Said(one.loss, one.parts) for one in steps]


def _end_to_end(spec: ModelSpec, data: Dataset, seed: int, layers: Layers) -> Iterator[list[_Said]]:
    """One loss at the top; changes `layers` in place, and a projection head that is dropped in the end."""
    host, objective = spec.host, objective_of(spec.host)
    head = start_head(host.head, layers[-1].feedforward.shape[0], generator(seed, "head"))
    update = _Updates(spec, layers, seed, tuple(_map(layer, np.array) for layer in head))
    for before, now, sameness in _batches(spec, data, seed):
        loss, changes = network_step(objective, update.seen(), update.head, before, now, sameness)
        update(changes)
        yield [_Said(loss.value, loss.parts)]


class _Updates:
    """Adds what steps ask for to the layers, and to a `head` that is always in float, in place."""

    def __init__(self, spec: ModelSpec, layers: Layers, seed: int, head: Layers = ()) -> None:
        self.layers, self.head = layers, head
        self.precision = Precision(spec, layers, generator(seed, "weight rounding"))
        self.optimisers = [make_optimiser(spec.host.optimiser, spec.host.rate) for _ in (*layers, *head)]

    def seen(self) -> Sequence[LayerWeights]:
        """The layers as the forward pass sees them."""
        return self.precision.seen(self.layers)

    def __call__(self, changes: Sequence[Mapping[str, NDArray[Any]]]) -> None:
        """Take one step; for each layer and then each of the head, what to add times a rate by array."""
        for k, (layer, optimiser, named) in enumerate(zip((*self.layers, *self.head), self.optimisers, changes)):
            for name, change in named.items():
                array = getattr(layer, name)
                optimiser.step(name, array, change)
                self.precision.settle(k, name, array)


def _two_factor(spec: ModelSpec, data: Dataset, seed: int, layers: Layers) -> Iterator[list[_Said]]:
    """One layer after the other, each on frozen layers below it; changes `layers` in place."""
    host, rng = spec.host, generator(seed, "training frames")
    for k, layer in enumerate(layers):

        def below(count: int, k: int = k) -> NDArray[Any]:
            seen, _, _ = pairs(data.views, rng, count, "one", spec.data.noise, data.lengths, spec.data.dt)
            return activities(layers[:k], seen)[-1] if k else seen

        rule = TWO_FACTOR[host.method](host, below(_SAMPLE))
        w = rule.start(len(layer.feedforward), generator(seed, f"two-factor {k + 1}"))
        optimiser = make_optimiser(host.optimiser, host.rate)
        for _ in range(host.steps):
            loss, change = rule.update(w, below(host.batch))
            optimiser.step("w", w, change)
            rule.constrain(w)
            yield [_Said(loss, {})]
        found = rule.finish(w)
        layer.feedforward[:], layer.bias[:] = found.feedforward, found.bias  # type: ignore[index]


def _batches(spec: ModelSpec, data: Dataset, seed: int) -> Iterator[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
    """Frames before and now [B, D] and their sameness [B], for each step."""
    host, draw = spec.host, learning_of(spec.host).pairs
    pair_rng, sign_rng = generator(seed, "training pairs"), generator(seed, "training signs")
    eye = spec.data
    for _ in range(host.steps):
        before, now, sameness = pairs(data.views, pair_rng, host.batch, draw, eye.noise, data.lengths, eye.dt)
        if host.shuffle_sign:
            sameness = sign_rng.choice(np.array([-1, 1], np.float32), len(sameness))
        yield before, now, sameness


def _start(spec: ModelSpec, data: Dataset, seed: int) -> Layers:
    """Initial weights in arrays that training may change, without those it does not use."""
    kept, initial = learned_arrays(spec.host), init_weights(spec, data.views.shape[2], seed)
    layers = []
    for number, layer in enumerate(initial.layers, 1):
        top = number == len(initial.layers)
        predicts = "prediction" in kept and (top or not spec.host.network_wide)
        prediction = _first_prediction(spec, layer, initial.layers[-1], number, seed) if predicts else None
        own = replace(layer, prediction=prediction, retro=layer.retro if "retro" in kept else None)
        layers.append(_map(own, np.array))
    return tuple(layers)


def _first_prediction(
    spec: ModelSpec, layer: LayerWeights, top: LayerWeights, number: int, seed: int
) -> NDArray[Any] | None:
    """Wpred as it is drawn; the identity where a unit predicts itself; [n, n of the top] where the top predicts."""
    if spec.host.clapp.prediction == "identity":
        return np.eye(len(layer.feedforward), dtype=np.float32)
    if spec.host.clapp.prediction == "top":
        shape = len(layer.feedforward), len(top.feedforward)
        bound = 1 / np.sqrt(shape[1])
        return generator(seed, f"top-down {number}").uniform(-bound, bound, shape).astype(np.float32)
    return layer.prediction


def _result(spec: ModelSpec, layers: Layers, found: Sequence[Sequence[_Said]]) -> TrainResult:
    """The trained arrays and curves, read-only; the last update was not yet seen by a loss."""
    for k, layer in enumerate(layers):
        if not all(np.all(np.isfinite(array)) for array in _arrays(layer).values()):
            raise _diverged(spec, len(found) - 1, k)
    loss = np.array([[one.loss for one in losses] for losses in found], np.float32)
    parts = {
        name: np.array([[one.parts[name] for one in losses] for losses in found], np.float32)
        for name in found[0][0].parts
    }
    if spec.host.method in TWO_FACTOR:  # one layer after the other: columns of steps
        loss = np.ascontiguousarray(loss.reshape(len(layers), -1).T)
    if spec.host.clapp.prediction == "top":  # belongs to two layers, so no layer can go on with it
        layers = tuple(replace(layer, prediction=None) for layer in layers)
    frozen = tuple(_map(layer, read_only) for layer in layers)
    return TrainResult(
        Weights(spec.name, "host", frozen), read_only(loss), {name: read_only(part) for name, part in parts.items()}
    )


def _map(layer: LayerWeights, change: Callable[[Any], NDArray[Any]]) -> LayerWeights:
    """A layer with `change` applied to each of its arrays."""
    changed: dict[str, Any] = {name: change(array) for name, array in _arrays(layer).items()}
    return replace(layer, **changed)


def _arrays(layer: LayerWeights) -> dict[str, Any]:
    """The arrays that a layer has, by name."""
    return {name: array for name, array in vars(layer).items() if isinstance(array, np.ndarray)}


def _diverged(spec: ModelSpec, step: int, layer: int) -> NeurohwError:
    where = f"{spec.name}: training step {step % spec.host.steps + 1} of {spec.host.steps}"
    layer = step // spec.host.steps if spec.host.method in TWO_FACTOR else layer
    return NeurohwError(
        Problem(
            where if spec.host.network_wide else f"{where}, layer {layer + 1}",
            "the numbers diverged (NaN or infinite)",
            fix=f"use a host.rate below {spec.host.rate:g}",
        )
    )
