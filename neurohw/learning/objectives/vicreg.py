"""VICReg: two views alike, units that vary, units that differ (Bardes et al. 2022, arXiv 2105.04906, eqs. 1-6).

    L = lambda s(c, z) + mu (v(c) + v(z)) / 2 + nu (k(c) + k(z))
    invariance   s(c, z) = mean over samples and units of (z - c)^2
    variance     v(z) = mean_j max(0, 1 - sqrt(Var z_j + 1e-4))
    covariance   k(z) = sum_{i != j} Cov(z)_ij^2 / n
Variance and covariance with B - 1 in the denominator. The paper writes mu (v + v') where its code takes half; the
code's 25, 25, 1 are the defaults here, so the half is too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from neurohw.learning.objectives.loss import Floats, Loss
from neurohw.spec import HostSpec

_EPSILON = 1e-4


@dataclass(frozen=True)
class VicReg:
    """VICReg with the weights lambda (invariance), mu (variance) and nu (covariance) of its terms."""

    invariance: float = 25.0
    variance: float = 25.0
    covariance: float = 1.0
    pairs: Literal["same"] = "same"
    predicts: ClassVar[bool] = False

    def loss(self, c: Floats, z: Floats, sameness: Floats, prediction: Floats | None) -> Loss:
        """Evaluate the loss; the parts are the three terms before they are weighted."""
        difference = z - c
        invariance = float(np.mean(difference**2))
        towards = self.invariance * 2 * difference / difference.size
        terms = [_spread(one) for one in (c, z)]
        variance = (terms[0].variance + terms[1].variance) / 2
        covariance = terms[0].covariance + terms[1].covariance
        value = self.invariance * invariance + self.variance * variance + self.covariance * covariance
        first, second = (
            self.variance / 2 * term.variance_gradient + self.covariance * term.covariance_gradient for term in terms
        )
        parts = {"invariance": invariance, "variance": variance, "covariance": covariance}
        return Loss(value, first - towards, second + towards, parts=parts)


def objective(host: HostSpec) -> VicReg:
    """The objective with a model's settings."""
    return VicReg(host.vicreg.invariance, host.vicreg.variance, host.vicreg.covariance)


@dataclass(frozen=True)
class _Spread:
    """Variance and covariance terms of one view, with their gradients [B, n]."""

    variance: float
    variance_gradient: Floats
    covariance: float
    covariance_gradient: Floats


def _spread(z: Floats) -> _Spread:
    count, units = z.shape
    centred = z - z.mean(axis=0)
    deviation = np.sqrt((centred**2).sum(axis=0) / (count - 1) + _EPSILON)
    falling = (deviation < 1) / (units * (count - 1) * deviation)
    covariance = centred.T @ centred / (count - 1)
    np.fill_diagonal(covariance, 0)
    return _Spread(
        float(np.maximum(0, 1 - deviation).mean()),
        -falling * centred,
        float((covariance**2).sum() / units),
        4 / (units * (count - 1)) * (centred @ covariance),
    )
