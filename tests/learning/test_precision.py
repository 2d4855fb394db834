"""Weights of few bits while learning: what layers see, what becomes of an update, what the compiler makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.compiler.quantise import quantise_weights
from neurohw.data.dataset import Dataset
from neurohw.ir.network import Projection
from neurohw.ir.weights import LayerWeights
from neurohw.learning.precision import Precision
from neurohw.learning.train import train
from neurohw.parsing import parse
from neurohw.spec import ModelSpec


def model(precision, bits=4, **host) -> ModelSpec:
    data = {
        "schema": "neurohw.model/1",
        "name": "toy",
        "data": {"name": "toy", "noise": 0.05},
        "layers": [{"size": 12}],
        "learns": "host",
        "host": {"precision": precision, "steps": 60, "batch": 16} | host,
        "quantise": {"bits": bits, "clip": "maximum"},
    }
    return parse(ModelSpec, data, "toy")


def layer(seed=0):
    rng = np.random.default_rng(seed)
    w, prediction = (rng.normal(0, 0.3, shape).astype(np.float32) for shape in ((12, 20), (12, 12)))
    return LayerWeights(w, np.full(12, 0.123, np.float32), prediction)


def levels(array):
    """Whole steps of the largest power of two that all of an array are multiples of."""
    for exponent in range(-3, 12):
        steps = array * 2.0**exponent
        if np.array_equal(steps, np.rint(steps)):
            return np.abs(steps).max()
    return np.inf


@pytest.fixture(scope="module")
def data() -> Dataset:
    rng = np.random.default_rng(0)
    views = (rng.random((20, 1, 20)) + 0.1 * rng.standard_normal((20, 8, 20))).clip(0, 1)
    labels = np.arange(20) % 2
    return Dataset("toy", views[:, 0], labels, views[:, 1], labels, views, 2)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_shadow_is_seen_in_few_bits_and_kept_in_float(bits):
    kept = layer()
    before = kept.feedforward.copy()
    (seen,) = Precision(model("shadow", bits), [kept], np.random.default_rng(0)).seen([kept])
    np.testing.assert_array_equal(kept.feedforward, before)
    for array in (seen.feedforward, seen.prediction):
        assert levels(array) <= 2 ** (bits - 1) - 1
    np.testing.assert_array_equal(seen.bias, kept.bias)
    assert np.abs(seen.feedforward - before).max() <= np.abs(before).max() / (2 ** (bits - 1) - 1)


def test_a_shadow_is_what_the_compiler_makes_of_the_weights():
    kept = layer(1)
    (seen,) = Precision(model("shadow", 4), [kept], np.random.default_rng(0)).seen([kept])
    quantised, exponent = quantise_weights(Projection("W", "a", "b", kept.feedforward), 4, "maximum")
    np.testing.assert_array_equal(seen.feedforward, quantised.weight / 2.0**exponent)


@pytest.mark.parametrize("precision", ["in_place", "in_place_nearest"])
def test_in_place_weights_stay_on_their_grid_through_learning_and_compiling(data, precision):
    weights = train(model(precision, 4), data, 0).weights.layers[0]
    for array in (weights.feedforward, weights.prediction, weights.retro):
        assert levels(array) <= 7
    quantised, exponent = quantise_weights(Projection("W", "a", "b", weights.feedforward), 4, "maximum")
    np.testing.assert_array_equal(quantised.weight / 2.0**exponent, weights.feedforward)


def test_random_rounding_keeps_the_mean_of_small_updates_and_the_nearest_loses_them():
    moved = {}
    for mode in ("in_place", "in_place_nearest"):
        kept = layer()
        precision = Precision(model(mode, 4), [kept], np.random.default_rng(0))
        kept.feedforward[:] = 0
        for _ in range(100):
            kept.feedforward[:] += np.float32(0.003)
            precision.settle(0, "feedforward", kept.feedforward)
        moved[mode] = float(kept.feedforward.mean())
    assert moved["in_place"] == pytest.approx(0.3, abs=0.08)  # three deviations of 240 weights
    assert moved["in_place_nearest"] == 0


def test_biases_are_not_rounded():
    kept = layer()
    precision = Precision(model("in_place", 2), [kept], np.random.default_rng(0))
    kept.bias[:] += np.float32(1e-3)
    precision.settle(0, "bias", kept.bias)
    np.testing.assert_allclose(kept.bias, 0.124, rtol=1e-6)


def test_the_rounding_repeats_with_the_seed(data):
    first, again, other = (train(model("in_place", 4), data, seed).weights.layers[0].feedforward for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("precision", ["shadow", "in_place"])
def test_an_identity_that_does_not_learn_is_not_rounded(precision):
    spec = model(precision, 4, clapp={"retro": "none", "prediction": "identity"})
    kept = LayerWeights(layer().feedforward, prediction=np.eye(12, dtype=np.float32))
    seen = Precision(spec, [kept], np.random.default_rng(0)).seen([kept])[0]
    np.testing.assert_array_equal(seen.prediction, np.eye(12))
    assert len(np.unique(seen.feedforward)) <= 15
