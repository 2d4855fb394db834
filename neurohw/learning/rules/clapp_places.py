"""CLAPP in a convolution: its channels' means over regions of the image are scored, one rule applies at every place.

With x^q what place q of Q sees, r(q) the region it lies in, N_r the places of region r, W and b shared by all places:
    a^q = W x^q + b        z_r = 1/N_r sum_(q in r) relu(a^q) now        c_r = the same before
    p, u, L, gamma of `clapp` from all z_r and c_r, one after the other as one vector
    dW = gamma sum_q 1/N_r(q) p_r(q) relu'(a^q) x^q  (T1, now)  + T2 (before) as in `clapp`, summed over places alike
    dWpred, dWretro as in `clapp`: minus the gradient of L with x held constant, so nothing reaches the layer below.
One region is what Illing et al. 2021 do, who average convolutional layers over space before they are scored. On moved
digits that ends below random convolutions: the mean over the whole image does not tell where a stroke is, and no layer
above gets to know (`clapp_convolutional`, 1500 steps, validation split, one seed, classifier on layer 3: random 56.0 %,
with 1 region 49.2, 2 x 2 69.0, 4 x 4 75.0).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.plasticity import Plasticity
from neurohw.ir.weights import LayerWeights, Window
from neurohw.learning.rules import clapp
from neurohw.learning.rules.apply import update
from neurohw.learning.rules.clapp import Floats, Retro
from neurohw.learning.rules.step import LayerStep

_SHARED = ("feedforward", "bias")  # learn at every place
_OF_REGIONS = ("p", "q")  # what a place hears of its region; of the whole layer it hears numbers, [B] each


def step(
    layer: LayerWeights, before: Floats, now: Floats, sameness: Floats, retro: Retro, rules: Mapping[str, Plasticity]
) -> LayerStep:
    """Return loss, updates and activity [B, n * places] of a convolution with images before and now [B, m]."""
    if layer.window is None:
        raise NeurohwError(Problem("layer", "has no places", fix="give it a kernel"))
    seen_before, seen = layer.window.patches(before), layer.window.patches(now)
    a_before, a = clapp.weighted(layer, seen_before), clapp.weighted(layer, seen)
    c, z = np.maximum(a_before, 0), np.maximum(a, 0)
    found = clapp.scores(layer, means(layer.window, c), means(layer.window, z), sameness, retro)
    at_places = _at_places(layer.window, found)
    at_places |= {"x": _rows(seen), "z": _rows(z), "slope": clapp.step(_rows(a)), "c": _rows(c)}
    at_places |= {"x_before": _rows(seen_before), "z_before": _rows(c), "slope_before": clapp.step(_rows(a_before))}
    updates = {name: update(rule, at_places if name in _SHARED else found) for name, rule in rules.items()}
    loss = float(np.mean(clapp.hinge(found["u"], sameness)))
    return LayerStep(loss, updates, _flat(c), _flat(z), {"gate": float(np.mean(found["gamma"] != 0))})


def means(window: Window, activity: Floats) -> Floats:
    """Means over each region: [B, places, n] to [B, regions * n]."""
    region = window.region_of_place
    mean = (np.arange(region[-1] + 1)[:, None] == region) / np.bincount(region)[:, None]
    pooled = mean.astype(activity.dtype) @ activity
    return np.asarray(pooled.reshape(len(activity), -1))


def _at_places(window: Window, found: Mapping[str, Floats]) -> dict[str, Floats]:
    """What each of [B * places] hears; a rule's mean over all of them is then its sum over the places of a sample."""
    region = window.region_of_place
    share = (len(region) / np.bincount(region))[region]
    at_places = {}
    for name, values in found.items():
        if name in _OF_REGIONS:
            by_region = values.reshape(len(values), region[-1] + 1, -1)[:, region]
            at_places[name] = _rows(by_region * share[:, None].astype(values.dtype))
        elif values.ndim == 1:
            at_places[name] = np.repeat(values, len(region))
    return at_places


def _rows(x: Floats) -> Floats:
    """[B, places, n] as [B * places, n]."""
    return x.reshape(-1, x.shape[-1])


def _flat(x: Floats) -> Floats:
    """[B, places, n] as the layer above reads it: [B, n * places], channels first."""
    return np.ascontiguousarray(x.transpose(0, 2, 1)).reshape(len(x), -1)
