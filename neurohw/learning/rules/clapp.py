"""CLAPP: hinge-loss, layer-local self-supervised learning, as data (Illing et al. 2021, arXiv 2010.08262).

One layer at time t (before) and t + dt (now); j, i its units, k its inputs; y = +1 fixation, -1 saccade:
    a_j = sum_k W_jk x_k + b_j        z = relu(a) now        c = relu(a) before (the context)
    p = Wpred c                       u = sum_j z_j p_j      L = max(0, 1 - y u)        gamma = y [1 - y u > 0]
The rules are minus the gradient of L with x, the layer's input, held constant; for one sample, times a learning rate:
    dW_jk     = gamma p_j relu'(a_j) x_k      (T1, now)    + T2 (before), one of
                gamma_r q_j relu'(a_j) x_k    own:         q = Wretro z, with its own score u_r = c . q and gate gamma_r
                gamma q_j relu'(a_j) x_k      transpose:   q = Wpred^T z
                nothing                       none:        no frame has to be remembered
    dWpred_ji = gamma z_j c_i
    dWretro_ij = gamma_r c_i z_j
A bias learns as a weight from an input of 1. Names of the signals, [batch, n] each and [batch] for scores and gammas:
x, z, slope, p, u, gamma, y and x_before, z_before, slope_before, c (z_before unless the top predicts), q, u_r, gamma_r.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.plasticity import Plasticity, Term
from neurohw.ir.weights import LayerWeights

Retro = Literal["own", "transpose", "none"]
Floats = NDArray[Any]

_T1 = Term("gamma", ("p", "slope"), ("x",))
_T2_OWN = Term("gamma_r", ("q", "slope_before"), ("x_before",))
_T2_TRANSPOSE = Term("gamma", ("q", "slope_before"), ("x_before",))

FEEDFORWARD: Mapping[Retro, Plasticity] = {
    "none": Plasticity("dW = gamma (Wpred c) relu'(a) x", (_T1,)),
    "own": Plasticity("dW = gamma (Wpred c) relu'(a) x + gamma_r (Wretro z) relu'(a_before) x_before", (_T1, _T2_OWN)),
    "transpose": Plasticity(
        "dW = gamma (Wpred c) relu'(a) x + gamma (Wpred^T z) relu'(a_before) x_before", (_T1, _T2_TRANSPOSE)
    ),
}
"""Rule of W [n, m] by how the earlier frame learns."""

PREDICTION = Plasticity("dWpred = gamma z c^T", (Term("gamma", ("z",), ("c",)),))
"""Rule of Wpred [n, n]."""

RETRO = Plasticity("dWretro = gamma_r c z^T", (Term("gamma_r", ("c",), ("z",)),))
"""Rule of Wretro [n, n]."""


def rules(retro: Retro) -> dict[str, Plasticity]:
    """Return the rule of each learned array of a layer, by its name in `LayerWeights`."""
    feedforward = FEEDFORWARD[retro]
    learned = {"feedforward": feedforward, "bias": bias(feedforward), "prediction": PREDICTION}
    return learned | {"retro": RETRO} if retro == "own" else learned


def bias(feedforward: Plasticity) -> Plasticity:
    """Return the rule of b [n]: that of W with an input of 1."""
    return Plasticity(
        feedforward.equation.replace("dW", "db") + ", x = 1",
        tuple(replace(term, pre=()) for term in feedforward.terms),
    )


def signals(
    layer: LayerWeights, before: Floats, now: Floats, sameness: Floats, retro: Retro, context: Floats | None = None
) -> dict[str, Floats]:
    """Compute what the rules read from the layer's input before and now [B, m] and y [B]; all in the inputs' type.

    `context`: what the prediction is made from, by default the layer's own activity before; CLAPP++ takes the top's.
    """
    a_before, a = preactivity(layer, before), preactivity(layer, now)
    c, z = np.maximum(a_before, 0), np.maximum(a, 0)
    found = scores(layer, c if context is None else context, z, sameness, retro)
    found |= {"x": now, "slope": step(a)}
    return found | {"x_before": before, "z_before": c, "slope_before": step(a_before)}


def scores(layer: LayerWeights, c: Floats, z: Floats, sameness: Floats, retro: Retro) -> dict[str, Floats]:
    """Compute p, u, gamma and their retro forms from the activity before and now [B, n] and y [B]."""
    prediction = present(layer.prediction)
    p = c @ prediction.T
    found = {"z": z, "c": c, "p": p}
    found["u"] = np.einsum("bj,bj->b", z, p)
    found["y"] = sameness
    found["gamma"] = gate(found["u"], sameness)
    if retro == "own":
        found["q"] = z @ present(layer.retro, "Wretro").T
        found["u_r"] = np.einsum("bj,bj->b", c, found["q"])
        found["gamma_r"] = gate(found["u_r"], sameness)
    elif retro == "transpose":
        found["q"] = z @ prediction
    return found


def preactivity(layer: LayerWeights, x: Floats) -> Floats:
    """Return a = W x + b: [B, m] to [B, n], or, at every place of a convolution, to [B, n * places]."""
    if layer.window is not None:
        places = weighted(layer, layer.window.patches(x))
        return np.ascontiguousarray(places.transpose(0, 2, 1)).reshape(len(x), -1)
    return weighted(layer, x)


def weighted(layer: LayerWeights, x: Floats) -> Floats:
    """Return W x + b of inputs [..., m]: [..., n]."""
    a: Floats = x @ layer.feedforward.T
    return a if layer.bias is None else a + layer.bias


def hinge(score: Floats, sameness: Floats) -> Floats:
    """Return the loss max(0, 1 - y u) of each sample [B]."""
    return np.maximum(0, 1 - sameness * score)


def gate(score: Floats, sameness: Floats) -> Floats:
    """Return gamma = y [1 - y u > 0] of each sample [B]: the third factor."""
    return sameness * (1 - sameness * score > 0)


def step(a: Floats) -> Floats:
    """Return relu'(a), as 0 and 1."""
    return np.greater(a, 0).astype(a.dtype)


def present(matrix: Floats | None, name: str = "Wpred") -> Floats:
    """Return the matrix, or raise a NeurohwError when the weights come from a network that was never meant to learn."""
    if matrix is None:
        raise NeurohwError(Problem("layer", f"has no {name} to learn with", fix="start from init_weights"))
    return matrix
