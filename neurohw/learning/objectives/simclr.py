"""SimCLR: each view must find its partner among all others of the batch (Chen et al. 2020, arXiv 2002.05709, eq. 1).

The 2B representations of two views of B images, h = z / |z|:
    s_ik = h_i . h_k / tau        q_ik = exp(s_ik) / sum_{m != i} exp(s_im)        L = -mean_i log q_i,partner(i)
    G_ik = (q_ik - [k = partner(i)]) / (2B tau)       dL/dh = (G + G^T) h       dL/dz = (dL/dh - h (dL/dh . h)) / |z|
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from neurohw.learning.objectives.infomax import softmax
from neurohw.learning.objectives.loss import Floats, Loss
from neurohw.spec import HostSpec

_SILENT = 1e-6  # added to the length, so that a silent representation has a direction


@dataclass(frozen=True)
class SimClr:
    """NT-Xent with temperature tau."""

    temperature: float = 0.2
    pairs: Literal["same"] = "same"
    predicts: ClassVar[bool] = False

    def loss(self, c: Floats, z: Floats, sameness: Floats, prediction: Floats | None) -> Loss:
        """Evaluate the loss; part `right` is the share of views whose partner is the most similar."""
        count = len(z)
        both = np.concatenate([c, z])
        length = np.sqrt(np.einsum("bj,bj->b", both, both))[:, None]
        h = both / (length + _SILENT)
        scores = h @ h.T / self.temperature
        np.fill_diagonal(scores, -np.inf)
        q, logs = softmax(scores)
        views = np.arange(2 * count)
        partner = (views + count) % (2 * count)
        parts = {"right": float(np.mean(scores.argmax(axis=1) == partner))}
        value = float(-logs[views, partner].mean())
        q[views, partner] -= 1
        q /= 2 * count * self.temperature
        towards = (q + q.T) @ h
        radial = np.einsum("bj,bj->b", towards, both)[:, None] / np.maximum(length, _SILENT)
        gradient = (towards - h * radial) / (length + _SILENT)
        return Loss(value, gradient[:count], gradient[count:], parts=parts)


def objective(host: HostSpec) -> SimClr:
    """The objective with a model's settings."""
    return SimClr(host.simclr.temperature)
