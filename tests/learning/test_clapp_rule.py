"""The CLAPP rule as data is minus the gradient of its hinge loss, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.gradients import central_of

from neurohw.errors import NeurohwError
from neurohw.ir.weights import LayerWeights
from neurohw.learning.rules import clapp
from neurohw.learning.rules.apply import update

RETROS = ("none", "own", "transpose")
STEP = 1e-4  # of the central differences; the losses are quadratic between kinks, so it need not be small
CLEARANCE = 20 * STEP  # of activities and margins from the kinks at zero


def layer_and_pairs(seed: int):
    """A float64 layer of 7 units with 5 inputs, six pairs and y, all away from the kinks of relu and hinge."""
    for attempt in range(100):
        rng = np.random.default_rng((seed, attempt))
        layer = LayerWeights(
            rng.normal(0, 0.6, (7, 5)), rng.normal(0, 0.2, 7), rng.normal(0, 0.4, (7, 7)), rng.normal(0, 0.4, (7, 7))
        )
        before, now = rng.random((2, 6, 5))
        y = np.array([1.0, -1, 1, -1, 1, -1])
        s = clapp.signals(layer, before, now, y, "own")
        kinks = [clapp.preactivity(layer, before), clapp.preactivity(layer, now), 1 - y * s["u"], 1 - y * s["u_r"]]
        gates = [s["gamma"], s["gamma_r"]]
        if min(np.abs(k).min() for k in kinks) > CLEARANCE and all(0 < np.mean(g != 0) < 1 for g in gates):
            return layer, before, now, y
    raise AssertionError("no layer with open and closed hinges, clear of kinks")


def relu_layer(layer, x):
    return np.array([[max(0.0, w @ row + b) for w, b in zip(layer.feedforward, layer.bias)] for row in x])


def hinge_loss(z, c, matrix, y):
    """Mean over pairs of max(0, 1 - y z^T matrix c), written out."""
    return np.mean(
        [max(0.0, 1 - s * sum(zj * (row @ cn) for zj, row in zip(zn, matrix))) for zn, cn, s in zip(z, c, y)]
    )


def loss(layer, held, before, now, y, retro):
    """The loss that a layer's own weights descend; `held` gives the activities that are constants for them."""
    z, c = relu_layer(layer, now), relu_layer(layer, before)
    z_held, c_held = relu_layer(held, now), relu_layer(held, before)
    if retro == "transpose":
        return hinge_loss(z, c, layer.prediction, y)
    total = hinge_loss(z, c_held, layer.prediction, y)
    return total + hinge_loss(c, z_held, layer.retro, y) if retro == "own" else total


def central_differences(layer, name, before, now, y, retro):
    return central_of(lambda moved: loss(moved, layer, before, now, y, retro), layer, name, STEP)


@pytest.mark.parametrize("retro", RETROS)
@pytest.mark.parametrize("seed", range(4))
def test_updates_are_minus_the_gradient_of_the_hinge_loss(retro, seed):
    layer, before, now, y = layer_and_pairs(seed)
    signals = clapp.signals(layer, before, now, y, retro)
    for name, rule in clapp.rules(retro).items():
        change = update(rule, signals)
        assert change.shape == getattr(layer, name).shape
        assert np.abs(change).max() > 1e-3
        error = np.abs(change + central_differences(layer, name, before, now, y, retro)).max()
        assert error < 1e-9, (name, error)


def test_which_arrays_learn():
    assert set(clapp.rules("own")) == {"feedforward", "bias", "prediction", "retro"}
    for retro in ("none", "transpose"):
        assert set(clapp.rules(retro)) == {"feedforward", "bias", "prediction"}


@pytest.mark.parametrize("retro", RETROS)
def test_no_update_when_the_hinge_is_inactive(retro):
    layer, before, now, _ = layer_and_pairs(0)
    layer = replace(layer, prediction=np.full((7, 7), 50.0), retro=np.full((7, 7), 50.0))
    signals = clapp.signals(layer, before, now, np.ones(6), retro)
    assert (signals["u"] > 1).all()
    for rule in clapp.rules(retro).values():
        assert not update(rule, signals).any()


@pytest.mark.parametrize("retro", RETROS)
def test_the_update_flips_with_the_sign_of_y(retro):
    layer, before, now, y = layer_and_pairs(1)
    layer = replace(layer, prediction=layer.prediction / 100, retro=layer.retro / 100)
    right, flipped = (clapp.signals(layer, before, now, s * y, retro) for s in (1, -1))
    assert (np.abs(right["u"]) < 1).all()
    for rule in clapp.rules(retro).values():
        change = update(rule, right)
        assert np.abs(change).max() > 0
        np.testing.assert_array_equal(change, -update(rule, flipped))


def test_a_pair_without_sameness_teaches_nothing():
    layer, before, now, _ = layer_and_pairs(2)
    signals = clapp.signals(layer, before, now, np.zeros(6), "own")
    for rule in clapp.rules("own").values():
        assert not update(rule, signals).any()


@pytest.mark.parametrize(
    ("score", "y", "loss", "gamma"), [(1, 1, 0, 0), (0.5, 1, 0.5, 1), (-1, -1, 0, 0), (2, -1, 3, -1)]
)
def test_gate_is_closed_at_the_margin_and_open_within(score, y, loss, gamma):
    score, y = np.array([float(score)]), np.array([float(y)])
    assert clapp.hinge(score, y) == loss
    assert clapp.gate(score, y) == gamma


def test_own_and_transpose_agree_when_the_matrices_are_transposes_of_each_other():
    layer, before, now, y = layer_and_pairs(3)
    layer = replace(layer, retro=layer.prediction.T)
    changes = [update(clapp.FEEDFORWARD[r], clapp.signals(layer, before, now, y, r)) for r in ("own", "transpose")]
    np.testing.assert_allclose(*changes, rtol=0, atol=1e-14)


def test_signals_keep_float32():
    layer, before, now, y = layer_and_pairs(0)
    layer = LayerWeights(*(np.float32(a) for a in (layer.feedforward, layer.bias, layer.prediction, layer.retro)))
    signals = clapp.signals(layer, np.float32(before), np.float32(now), np.float32(y), "own")
    assert {s.dtype for s in signals.values()} == {np.dtype(np.float32)}
    assert {update(rule, signals).dtype for rule in clapp.rules("own").values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(("missing", "name"), [("prediction", "Wpred"), ("retro", "Wretro")])
def test_a_layer_without_the_matrix_it_learns_with_is_refused(missing, name):
    layer, before, now, y = layer_and_pairs(0)
    with pytest.raises(NeurohwError, match=f"layer: has no {name} to learn with"):
        clapp.signals(replace(layer, **{missing: None}), before, now, y, "own")
