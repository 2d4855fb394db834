"""InfoNCE, the softmax cousin of the hinge (van den Oord et al. 2018); by layer: Greedy InfoMax (Löwe et al. 2019).

With c_b the representation before and z_k those now of all images of the batch:
    s_bk = z_k^T Wpred c_b           q_b. = softmax over k of s_b.           L = -mean_b log q_bb
    dL/ds_bk = (q_bk - [b = k]) / B = G_bk
    dL/dz_k = sum_b G_bk Wpred c_b   dL/dc_b = Wpred^T sum_k G_bk z_k        dL/dWpred = sum_bk G_bk z_k c_b^T
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from neurohw.learning.objectives.loss import Floats, Loss
from neurohw.learning.rules.clapp import present
from neurohw.spec import HostSpec


@dataclass(frozen=True)
class InfoMax:
    """InfoNCE with the other images of the batch as negatives."""

    pairs: Literal["same"] = "same"
    predicts: ClassVar[bool] = True

    def loss(self, c: Floats, z: Floats, sameness: Floats, prediction: Floats | None) -> Loss:
        """Evaluate the loss; part `right` is the share of pairs whose own view has the largest score."""
        prediction = present(prediction)
        p = c @ prediction.T
        scores = p @ z.T
        own = np.arange(len(z))
        q, logs = softmax(scores)
        parts = {"right": float(np.mean(scores.argmax(axis=1) == own))}
        value = float(-logs[own, own].mean())
        q[own, own] -= 1
        q /= len(z)
        gathered = q @ z
        return Loss(value, gathered @ prediction, q.T @ p, gathered.T @ c, parts)


def objective(host: HostSpec) -> InfoMax:
    """The objective with a model's settings."""
    return InfoMax()


def softmax(scores: Floats) -> tuple[Floats, Floats]:
    """Return the softmax of each row and its logarithm."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.exp(logs), logs
