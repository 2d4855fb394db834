"""LPL, latent predictive learning: a layer-local, Hebbian form of VICReg (Halvagal & Zenke 2023, Nat Neurosci, eq. 7).

One layer at time t - dt (before) and t (now); i, k its M units, j its inputs, a mean over the B samples of a batch:
    z = relu(a) now, c = relu(a) before          z~ = z - mean z        var_i = mean z~_i^2        C_ik = mean z~_i z~_k
    L = L_pred + l1 L_hebb + l2 L_decorr, of which a unit knows the derivative by its own z alone, c being a constant:
    predict      L_pred   = 1 / (2 M) sum_i mean (z_i - c_i)^2       dL/dz_i = (z_i - c_i) / (M B)
    Hebb         L_hebb   = -1 / (2 M) sum_i log(var_i + eps)        dL/dz_i = -z~_i / (var_i + eps) / (M B)
    decorrelate  L_decorr = 1 / (4 M (M - 1)) sum_{i != k} C_ik^2    dL/dz_i = sum_{k != i} z~_k C_ik / (M (M - 1) B)
    dW_ij = -dL/dz_i relu'(a_i) x_j
Hebb's term is the postsynaptic activity over its variance, times the presynaptic one: units may not fall silent; the
decorrelating one is what lateral inhibition with Hebbian weights C does.
"""

from __future__ import annotations

import numpy as np

from neurohw.ir.weights import LayerWeights
from neurohw.learning.rules.clapp import Floats, preactivity
from neurohw.learning.rules.step import LayerStep, backward

EPSILON = 1e-4


def step(layer: LayerWeights, before: Floats, now: Floats, variance: float, decorrelation: float) -> LayerStep:
    """Return loss, updates and activity of a layer with inputs before and now [B, m].

    `variance`, `decorrelation`: l1 and l2. Parts: the three terms before they are weighted.
    """
    c, a = np.maximum(preactivity(layer, before), 0), preactivity(layer, now)
    z = np.maximum(a, 0)
    count, units = z.shape
    centred = z - z.mean(axis=0)
    spread = np.mean(centred**2, axis=0) + EPSILON
    covariance = centred.T @ centred / count
    np.fill_diagonal(covariance, 0)
    parts = {
        "predict": float(np.mean((z - c) ** 2)) / 2,
        "hebb": float(-np.mean(np.log(spread))) / 2,
        "decorrelate": float((covariance**2).sum()) / (4 * units * max(1, units - 1)),
    }
    towards = z - c - variance * centred / spread + decorrelation / max(1, units - 1) * (centred @ covariance)
    loss = parts["predict"] + variance * parts["hebb"] + decorrelation * parts["decorrelate"]
    return LayerStep(loss, backward(towards / (units * count), a, now), c, z, parts)
