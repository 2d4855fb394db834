"""Initial weights and the forward pass in floats."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.errors import NeurohwError
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.learning.encoder import encode, init_weights
from neurohw.parsing import parse
from neurohw.spec import ModelSpec


def model(sizes=(300, 200), **host) -> ModelSpec:
    layers = [{"size": size} for size in sizes]
    data = {
        "schema": "neurohw.model/1",
        "name": "toy",
        "data": {"name": "moved_digits"},
        "layers": layers,
        "host": host,
    }
    return parse(ModelSpec, data, "toy")


def test_shapes_types_and_origin():
    weights = init_weights(model(), 144, 0)
    assert (weights.model, weights.origin, weights.exponent) == ("toy", "random", None)
    for layer, (n, m) in zip(weights.layers, [(300, 144), (200, 300)]):
        assert layer.feedforward.shape == (n, m)
        assert layer.bias.shape == (n,)
        assert layer.prediction.shape == layer.retro.shape == (n, n)
        for array in (layer.feedforward, layer.bias, layer.prediction, layer.retro):
            assert array.dtype == np.float32
            assert not array.flags.writeable


def test_distributions():
    for layer, (n, m) in zip(init_weights(model(), 144, 1).layers, [(300, 144), (200, 300)]):
        assert layer.feedforward.std() == pytest.approx(np.sqrt(2 / m), rel=0.03)
        assert layer.feedforward.mean() == pytest.approx(0, abs=5 * np.sqrt(2 / m / (n * m)))
        assert not layer.bias.any()
        for matrix in (layer.prediction, layer.retro):
            assert np.abs(matrix).max() <= np.float32(1 / np.sqrt(n))
            assert matrix.std() == pytest.approx(1 / np.sqrt(3 * n), rel=0.03)


@pytest.mark.parametrize("retro", ["transpose", "none"])
def test_only_a_model_with_its_own_retro_matrix_gets_one(retro):
    assert all(layer.retro is None for layer in init_weights(model(clapp={"retro": retro}), 10, 0).layers)


def test_a_layer_does_not_depend_on_those_above_it():
    alone, deep = init_weights(model((30,)), 10, 4), init_weights(model((30, 20)), 10, 4)
    np.testing.assert_array_equal(alone.layers[0].feedforward, deep.layers[0].feedforward)


def test_seeds_differ_and_repeat():
    first, again, other = (init_weights(model(), 10, seed).layers[0].feedforward for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_encode_by_hand():
    layers = (
        LayerWeights(np.array([[1.0, -1.0], [2.0, 0.0]]), np.array([0.0, -1.0])),
        LayerWeights(np.array([[1.0, 3.0]]), None),
    )
    first, second = encode(Weights("toy", "host", layers), np.array([[0.5, 0.25], [0.25, 1.0]]))
    np.testing.assert_allclose(first, [[0.25, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(second, [[0.25], [0.0]])


def test_integer_weights_are_refused():
    integers = Weights("toy", "chip", (LayerWeights(np.ones((2, 2), int)),), exponent=8)
    with pytest.raises(NeurohwError, match=r"weights of toy: are integers; .*; run them on a backend"):
        encode(integers, np.ones((1, 2)))
