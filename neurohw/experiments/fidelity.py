"""What quantisation and what discrete time cost a spiking network: floats, the chip's integers, and continuous time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw import api
from neurohw.compiler.lower import lower_inference
from neurohw.compiler.quantise import quantise_spiking, quantise_weights
from neurohw.data.coding import Coder
from neurohw.data.dataset import Dataset, payload
from neurohw.errors import NeurohwError, Problem
from neurohw.experiments.scores import frozen_network, linear
from neurohw.ir.fidelity import Fidelity, FidelityRow
from neurohw.ir.network import Projection
from neurohw.ir.weights import Weights
from neurohw.learning.spikes import encode_spikes
from neurohw.spec import ModelSpec, QuantiseSpec

Counts = tuple[NDArray[np.int32], ...]
Progress = Callable[[int, int], None]


def check(model: ModelSpec, weights: Weights | None = None) -> None:
    """Raise a NeurohwError if the model, or its weights where they are known, cannot be measured."""
    if not model.spiking or (weights is not None and weights.exponent is not None):
        what = "sends payloads" if not model.spiking else "comes with weights in integers"
        limit, fix = "spiking models with float weights only", "try clapp_host_spiking"
        raise NeurohwError(Problem(model.name, what, limit, fix))


def fidelity(
    model: ModelSpec, weights: Weights, *, bits: Sequence[int] = (8, 6, 4), seed: int = 0, runtime: Any = "auto",
    progress: Progress | None = None,
) -> Fidelity:  # fmt: skip
    """Run one spiking network in floats, with weights of each of `bits`, and in continuous time (Brian2).

    Accuracy is that of a linear classifier on the run's own counts. Quantisation shows between the float and the
    integer rows, discrete time between the float and the last row. `weights`: trained on the host.
    """
    check(model, weights)
    data = api.data_of(model, seed)
    coder = Coder(model.input, seed, "images")
    frames = [coder.frames(payload(x)) for x in (data.train_x, data.test_x)]
    runs: list[tuple[str, Callable[[], tuple[Counts, Counts]]]] = [
        ("float, discrete time", partial(_floats, model, weights, frames, data)),
        *[(f"{b} bits, discrete time", partial(_integers, model, weights, frames, data, b)) for b in bits],
        ("float, continuous time", partial(_ideal, model, weights, frames, data, runtime)),
    ]
    rows: list[FidelityRow] = []
    reference: Counts = ()
    for done, (name, measure) in enumerate(runs):
        train, test = measure()
        reference = reference or test
        rows.append(_row(name, data, train, test, reference, model))
        if progress:
            progress(done + 1, len(runs))
    return Fidelity(model.name, seed, model.input.steps, tuple(rows))


def _row(name: str, data: Dataset, train: Counts, test: Counts, reference: Counts, model: ModelSpec) -> FidelityRow:
    steps = model.input.steps
    accuracy = tuple(linear(data, a, b, model.probe) for a, b in zip(train, test))
    rates = tuple(float(counts.mean()) / steps for counts in test)
    correlation = tuple(_correlation(a, b) for a, b in zip(test, reference))
    return FidelityRow(name, accuracy, rates, correlation)


def _correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Pearson's coefficient; of equal arrays exactly 1, where that of numpy leaves a last bit on some processors."""
    x, y = a.ravel() - a.mean(), b.ravel() - b.mean()
    return float((x @ y) / np.sqrt((x @ x) * (y @ y)))


def _thresholds(model: ModelSpec, weights: Weights, data: Dataset) -> list[float]:
    """Thresholds on the scale of the float weights: those that the model's own bits were balanced to."""
    network = frozen_network(model, weights, data)
    neurons: list[Any] = [p.neuron for p in network.populations[1:]]
    return [n.vth / 2.0**e for n, e in zip(neurons, _exponents(model, weights))]


def _exponents(model: ModelSpec, weights: Weights) -> list[int]:
    """e of each layer, with integer = float * 2^e."""
    bits = model.quantise.bits
    each = bits if isinstance(bits, tuple) else (bits,) * len(weights.layers)
    layers = [Projection("W", "", "", layer.feedforward) for layer in weights.layers]
    return [quantise_weights(p, b, model.quantise.clip)[1] for p, b in zip(layers, each)]


def _floats(model: ModelSpec, weights: Weights, frames: Sequence[Any], data: Dataset) -> tuple[Counts, Counts]:
    thresholds = _thresholds(model, weights, data)
    train, test = (encode_spikes(weights.layers, thresholds, model.lif, x) for x in frames)
    return train, test


def _integers(
    model: ModelSpec, weights: Weights, frames: Sequence[Any], data: Dataset, bits: int
) -> tuple[Counts, Counts]:
    """The emulator, with weights of other bits and the same thresholds as near as they come."""
    quantise = QuantiseSpec(bits=bits, clip=model.quantise.clip)
    other = model.model_copy(update={"quantise": quantise})
    thresholds = [t * 2.0**e for t, e in zip(_thresholds(model, weights, data), _exponents(other, weights))]
    network = quantise_spiking(lower_inference(other, weights), quantise)
    source, *layers = network.populations
    neurons: list[Any] = [p.neuron for p in layers]
    neurons = [replace(n, vth=round(t)) for n, t in zip(neurons, thresholds)]
    layers = [replace(p, neuron=n) for p, n in zip(layers, neurons)]
    network = replace(network, populations=(source, *layers))
    train, test = (tuple(api.run_network(network, [{"input": x}], reset=True).totals.values()) for x in frames)
    return train, test


def _ideal(
    model: ModelSpec, weights: Weights, frames: Sequence[Any], data: Dataset, runtime: Any
) -> tuple[Counts, Counts]:
    """Brian2 in continuous time, training and test images in one run."""
    from neurohw.backends.brian2.ideal import IdealLayer, ideal_counts

    layers = []
    for layer, threshold in zip(weights.layers, _thresholds(model, weights, data)):
        bias = np.zeros(len(layer.feedforward)) if layer.bias is None else np.asarray(layer.bias, float)
        weight = np.asarray(layer.feedforward, float)
        layers.append(IdealLayer(weight, bias, threshold, model.lif.du, model.lif.dv))
    counts = ideal_counts(layers, np.concatenate(frames), evenly=model.input.coding == "rate", runtime=runtime)
    split = len(frames[0])
    return tuple(c[:split] for c in counts), tuple(c[split:] for c in counts)
