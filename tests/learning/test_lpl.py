"""LPL: each of its three terms, as loss and as update, against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from support.gradients import central_of

from neurohw.ir.weights import LayerWeights
from neurohw.learning.rules import lpl

STEP = 1e-6
TERMS = {"predict": (0.0, 0.0), "hebb": (1.0, 0.0), "decorrelate": (0.0, 1.0), "all": (1.3, 7.0)}


def toy(seed: int):
    """A layer of 7 units with 5 inputs and eight pairs in float64, clear of the kinks of relu."""
    for attempt in range(100):
        rng = np.random.default_rng((seed, attempt))
        layer = LayerWeights(rng.normal(0, 0.6, (7, 5)), rng.normal(0, 0.2, 7))
        before, now = rng.random((2, 8, 5))
        if np.abs(now @ layer.feedforward.T + layer.bias).min() > 100 * STEP:
            return layer, before, now
    raise AssertionError("no layer clear of the kinks")


def relu(layer, x):
    return np.maximum(x @ layer.feedforward.T + layer.bias, 0)


def terms(layer, held, before, now):
    """The three losses written out; the activity before is that of the weights `held`."""
    z, c = relu(layer, now), relu(held, before)
    units = z.shape[1]
    covariance = np.cov(z.T, ddof=0)
    off = covariance - np.diag(np.diag(covariance))
    predict = np.mean([((a - b) ** 2).sum() for a, b in zip(z, c)]) / (2 * units)
    hebb = -np.sum(np.log(z.var(axis=0) + lpl.EPSILON)) / (2 * units)
    return predict, hebb, (off**2).sum() / (4 * units * (units - 1))


def weighted(layer, held, before, now, variance, decorrelation):
    predict, hebb, decorrelate = terms(layer, held, before, now)
    return predict + variance * hebb + decorrelation * decorrelate


def central(layer, name, before, now, weights):
    return central_of(lambda moved: weighted(moved, layer, before, now, *weights), layer, name, STEP)


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("seed", range(3))
def test_updates_are_minus_the_gradient_of_each_term(term, seed):
    layer, before, now = toy(seed)
    base = central(layer, "feedforward", before, now, TERMS["predict"])
    found = lpl.step(layer, before, now, *TERMS[term])
    for name, change in found.updates.items():
        expected = central(layer, name, before, now, TERMS[term])
        assert np.abs(expected).max() > 1e-4
        np.testing.assert_allclose(change, -expected, rtol=0, atol=1e-7)
    if term != "predict":  # the term adds something of its own
        assert np.abs(found.updates["feedforward"] + base).max() > 1e-5


def test_the_loss_is_the_sum_of_its_weighted_parts():
    layer, before, now = toy(5)
    found = lpl.step(layer, before, now, 1.3, 7.0)
    predict, hebb, decorrelate = terms(layer, layer, before, now)
    assert found.parts == pytest.approx({"predict": predict, "hebb": hebb, "decorrelate": decorrelate})
    assert found.loss == pytest.approx(predict + 1.3 * hebb + 7.0 * decorrelate)


def test_what_a_layer_passes_on_is_its_activity():
    layer, before, now = toy(1)
    found = lpl.step(layer, before, now, 1.0, 10.0)
    np.testing.assert_array_equal(found.before, relu(layer, before))
    np.testing.assert_array_equal(found.now, relu(layer, now))
