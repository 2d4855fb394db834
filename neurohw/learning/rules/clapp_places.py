"""CLAPP in a convolution: the layer's mean over places is what is scored, the same rule applies at every place.

With x^q what place q of Q sees, and W, b shared by all places:
    a^q = W x^q + b        z = 1/Q sum_q relu(a^q) now        c = 1/Q sum_q relu(a^q) before
    p, u, L, gamma of `clapp` from z and c
    dW = gamma 1/Q sum_q p relu'(a^q) x^q  (T1, now)  + T2 (before) as in `clapp`, averaged over places alike
    dWpred, dWretro as in `clapp`: minus the gradient of L with x held constant, so nothing reaches the layer below.
Source: Illing et al. 2021, where convolutional layers average over space before they are scored.
"""

from __future__ import annotations

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.weights import LayerWeights
from neurohw.learning.rules import clapp
from neurohw.learning.rules.apply import update
from neurohw.learning.rules.clapp import Floats, Retro
from neurohw.learning.rules.step import LayerStep

_SHARED = ("feedforward", "bias")  # learn at every place
_PAIR = ("p", "gamma", "q", "gamma_r")  # what a place hears of the whole layer


def step(layer: LayerWeights, before: Floats, now: Floats, sameness: Floats, retro: Retro) -> LayerStep:
    """Return loss, updates and activity [B, n * places] of a convolution with images before and now [B, m]."""
    if layer.window is None:
        raise NeurohwError(Problem("layer", "has no places", fix="give it a kernel"))
    seen_before, seen = layer.window.patches(before), layer.window.patches(now)
    a_before, a = clapp.weighted(layer, seen_before), clapp.weighted(layer, seen)
    c, z = np.maximum(a_before, 0), np.maximum(a, 0)
    found = clapp.scores(layer, c.mean(axis=1), z.mean(axis=1), sameness, retro)
    at_places = {name: np.repeat(found[name], a.shape[1], axis=0) for name in _PAIR if name in found}
    at_places |= {"x": _rows(seen), "slope": clapp.step(_rows(a))}
    at_places |= {"x_before": _rows(seen_before), "slope_before": clapp.step(_rows(a_before))}
    rules = clapp.rules(retro)
    updates = {name: update(rule, at_places if name in _SHARED else found) for name, rule in rules.items()}
    loss = float(np.mean(clapp.hinge(found["u"], sameness)))
    return LayerStep(loss, updates, _flat(c), _flat(z), {"gate": float(np.mean(found["gamma"] != 0))})


def _rows(x: Floats) -> Floats:
    """[B, places, n] as [B * places, n]."""
    return x.reshape(-1, x.shape[-1])


def _flat(x: Floats) -> Floats:
    """[B, places, n] as the layer above reads it: [B, n * places], channels first."""
    return np.ascontiguousarray(x.transpose(0, 2, 1)).reshape(len(x), -1)
