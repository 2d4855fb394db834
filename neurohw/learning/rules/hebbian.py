"""Two-factor rules, presynaptic times postsynaptic, on one frame at a time: no sameness, no third factor.

Each finds W' for inputs x' and leaves a ReLU layer relu(W x + b) behind. Updates are means over a batch.

PCA  (Sanger 1989, the generalised Hebbian algorithm), x' = x - mean x, y = W' x':
     dw_i = y_i (x' - sum_{k <= i} y_k w_k)             b = -W mean x
     = minus the gradient by w_i of 1/2 |x' - sum_{k <= i} y_k w_k|^2 with y held constant: unit i explains what the
     units before it leave over, so the rows become the principal components, the first one first.
ICA  (nonlinear Hebbian, Hyvärinen & Oja 1998), x' = V (x - mean x) white, y = W' x', rows kept orthonormal:
     dw_i = (y_i - tanh y_i) x'                         W = W' V, b = -W mean x
     = the gradient of y_i^2 / 2 - log cosh y_i, large where y is often near zero and sometimes large. Orthonormal rows
     by W' <- 3/2 W' - 1/2 W' W'^T W', what lateral inhibition comes to rest at (Hyvärinen et al. 2001, section 8.4).
     The sign of a component is free: the one with a long positive tail is taken, since a ReLU drops the other half.
k-means  (competitive learning, Rumelhart & Zipser 1985; online k-means, MacQueen 1967), x' = x:
     dw_k = [k wins] (x - w_k), the winner has the largest w_k x - |w_k|^2 / 2, so the nearest w_k
     = minus the gradient of 1/2 min_k |x - w_k|^2      b_k = -|w_k|^2 / 2 - theta, the same theta for all units
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.learning.rules.clapp import Floats

_ORTHONORMAL_STEPS = 8
_SPREAD_MIN = 1e-6  # of the largest variance: directions below carry rounding errors only


@dataclass(frozen=True)
class Found:
    """Weights of a ReLU layer: W [n, m], b [n]."""

    feedforward: Floats
    bias: Floats


class HebbianRule(Protocol):
    """A two-factor rule for one layer, made for the inputs of a sample [S, m]."""

    def start(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw the W' that n units start from."""

    def update(self, w: Floats, x: Floats) -> tuple[float, Floats]:
        """Return the mean loss of a batch x [B, m] and what to add to W', times a rate."""

    def constrain(self, w: Floats) -> None:
        """Bring W', changed by an update, back to where it may be, in place."""

    def finish(self, w: Floats) -> Found:
        """Return the ReLU layer that W' stands for."""


class Pca:
    """Sanger's rule."""

    def __init__(self, sample: Floats) -> None:
        self._mean = sample.mean(axis=0)

    def start(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw small random rows."""
        inputs = len(self._mean)
        _at_most("pca", n, inputs)
        return rng.normal(0, 1 / np.sqrt(inputs), (n, inputs)).astype(self._mean.dtype)

    def update(self, w: Floats, x: Floats) -> tuple[float, Floats]:
        """Loss: half the squared error of the reconstruction from all units."""
        centred = x - self._mean
        y = centred @ w.T
        loss = 0.5 * np.mean(np.sum((centred - y @ w) ** 2, axis=1))
        return float(loss), (y.T @ centred - np.tril(y.T @ y) @ w) / len(x)

    def constrain(self, w: Floats) -> None:
        """Nothing: the rule itself keeps rows at length one."""

    def finish(self, w: Floats) -> Found:
        """Fold the mean into the bias."""
        return Found(w, -w @ self._mean)


class Ica:
    """Nonlinear Hebbian learning on white inputs."""

    def __init__(self, sample: Floats) -> None:
        self._mean = sample.mean(axis=0)
        variance, directions = np.linalg.eigh(np.atleast_2d(np.cov((sample - self._mean).T)).astype(np.float64))
        kept = variance > _SPREAD_MIN * variance.max()
        whitening = (directions[:, kept] / np.sqrt(variance[kept])).T
        self._whitening = whitening.astype(sample.dtype)
        self._sample = self._white(sample)

    def _white(self, x: Floats) -> Floats:
        white: Floats = (x - self._mean) @ self._whitening.T
        return white

    def start(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw orthonormal rows."""
        directions = len(self._whitening)
        _at_most("ica", n, directions)
        q, _ = np.linalg.qr(rng.normal(size=(directions, n)))
        return np.ascontiguousarray(q.T).astype(self._mean.dtype)

    def update(self, w: Floats, x: Floats) -> tuple[float, Floats]:
        """Loss: minus the mean of y^2 / 2 - log cosh y over the batch, summed over units."""
        white = self._white(x)
        y = white @ w.T
        log_cosh = np.logaddexp(y, -y) - np.log(2)
        loss = -np.mean(np.sum(y * y / 2 - log_cosh, axis=1))
        return float(loss), (y - np.tanh(y)).T @ white / len(x)

    def constrain(self, w: Floats) -> None:
        """Scale W' into the range where the iteration converges, and make its rows orthonormal."""
        w /= max(1, np.sqrt(np.abs(w @ w.T).sum(axis=1).max()))
        for _ in range(_ORTHONORMAL_STEPS):
            w += 0.5 * (w - (w @ w.T) @ w)

    def finish(self, w: Floats) -> Found:
        """Turn each component to its long tail, and fold whitening and mean in."""
        skew = np.mean((self._sample @ w.T) ** 3, axis=0)
        turned = (np.where(skew < 0, -1, 1)[:, None] * w @ self._whitening).astype(w.dtype)
        return Found(turned, -turned @ self._mean)


class KMeans:
    """Competitive learning; `active`: the share of the sample that a unit answers to in the end, on average."""

    def __init__(self, sample: Floats, active: float) -> None:
        self._sample, self._active = sample, active

    def start(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw n different inputs."""
        _at_most("kmeans", n, len(self._sample))
        chosen: Floats = self._sample[rng.choice(len(self._sample), n, replace=False)].copy()
        return chosen

    def update(self, w: Floats, x: Floats) -> tuple[float, Floats]:
        """Loss: half the squared distance to the winner."""
        nearness = _nearness(w, x)
        wins = np.zeros_like(nearness)
        wins[np.arange(len(x)), nearness.argmax(axis=1)] = 1
        loss = np.mean(0.5 * np.sum(x * x, axis=1) - nearness.max(axis=1))
        return float(loss), (wins.T @ x - wins.sum(axis=0)[:, None] * w) / len(x)

    def constrain(self, w: Floats) -> None:
        """Nothing: means of inputs lie among them."""

    def finish(self, w: Floats) -> Found:
        """Set the one threshold theta."""
        theta = np.quantile(_nearness(w, self._sample), 1 - self._active)
        return Found(w, (-0.5 * np.sum(w * w, axis=1) - theta).astype(w.dtype))


def _nearness(w: Floats, x: Floats) -> Floats:
    """w_k x - |w_k|^2 / 2: [B, n]."""
    nearness: Floats = x @ w.T - 0.5 * np.sum(w * w, axis=1)
    return nearness


def _at_most(method: str, n: int, limit: int) -> None:
    """A NeurohwError unless there are as many components as units."""
    if n > limit:
        what = f"a layer of {n} units"
        raise NeurohwError(Problem(method, what, f"its inputs have {limit} components", "use a smaller layer"))
