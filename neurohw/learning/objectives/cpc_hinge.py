"""Hinge-loss CPC: the loss of CLAPP at the top of the network only, backpropagated (Illing et al. 2021, section 2).

With c the representation before, z the one now, y = +1 for the same object and -1 for another one:
    u = sum_ji z_j Wpred_ji c_i          L = max(0, 1 - y u)          g = dL/du = -y [1 - y u > 0]
    dL/dz = g Wpred c                    dL/dc = g Wpred^T z          dL/dWpred = g z c^T
With scope `layer` it is CLAPP with the transpose of Wpred for the earlier frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from neurohw.learning.objectives.loss import Floats, Loss
from neurohw.learning.rules.clapp import gate, hinge, present
from neurohw.spec import HostSpec


@dataclass(frozen=True)
class CpcHinge:
    """Hinge-loss CPC; `pairs`: one (a fair coin) or both a step."""

    pairs: Literal["one", "both"] = "both"
    predicts: ClassVar[bool] = True

    def loss(self, c: Floats, z: Floats, sameness: Floats, prediction: Floats | None) -> Loss:
        """Evaluate the mean hinge loss of the batch; part `gate` is the share of pairs with an open hinge."""
        prediction = present(prediction)
        p = c @ prediction.T
        u = np.einsum("bj,bj->b", z, p)
        g = (-gate(u, sameness) / len(z))[:, None]
        parts = {"gate": float(np.mean(g != 0))}
        value = float(hinge(u, sameness).mean())
        return Loss(value, g * (z @ prediction), g * p, (g * z).T @ c, parts)


def objective(host: HostSpec) -> CpcHinge:
    """The objective with a model's settings."""
    return CpcHinge(host.cpc_hinge.pairs)
