"""Optimisers over named arrays. They ascend: an update is minus the gradient of a loss, as local rules give it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray


class Optimiser(Protocol):
    """Changes a named array in place, given its update."""

    def step(self, name: Hashable, value: NDArray[Any], update: NDArray[Any]) -> None:
        """Add to `value` what `update`, of the same shape, asks for; `name` is the array's from step to step."""


class Sgd:
    """value += rate * update."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def step(self, name: Hashable, value: NDArray[Any], update: NDArray[Any]) -> None:
        """Add rate * update to `value` in place."""
        value += self._rate * update


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1), with g = update and t the steps of this array so far:

    m += (1 - beta1) (g - m);  v += (1 - beta2) (g^2 - v);  value += rate mhat / (sqrt(vhat) + epsilon)
    mhat = m / (1 - beta1^t);  vhat = v / (1 - beta2^t)
    """

    def __init__(self, rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self._rate, self._beta1, self._beta2, self._epsilon = rate, beta1, beta2, epsilon
        self._moments: dict[Hashable, _Moments] = {}

    def step(self, name: Hashable, value: NDArray[Any], update: NDArray[Any]) -> None:
        """Move `value` in place by about `rate` along the running mean of its updates."""
        moments = self._moments.setdefault(name, _Moments(value))
        moments.steps += 1
        mean, square, scratch = moments.mean, moments.square, moments.scratch
        # every product goes to `scratch`: at 50 k weights a layer, fresh arrays would cost more than the arithmetic
        mean *= self._beta1
        mean += np.multiply(update, 1 - self._beta1, out=scratch)
        square *= self._beta2
        np.multiply(update, update, out=scratch)
        scratch *= 1 - self._beta2
        square += scratch
        np.sqrt(square, out=scratch)
        scratch /= np.sqrt(1 - self._beta2**moments.steps)
        scratch += self._epsilon
        np.divide(mean, scratch, out=scratch)
        scratch *= self._rate / (1 - self._beta1**moments.steps)
        value += scratch


class _Moments:
    """Adam's memory of one array."""

    def __init__(self, value: NDArray[Any]) -> None:
        self.mean, self.square, self.scratch = np.zeros_like(value), np.zeros_like(value), np.empty_like(value)
        self.steps = 0


def make_optimiser(kind: Literal["adam", "sgd"], rate: float) -> Optimiser:
    """Return the optimiser of that name."""
    return Adam(rate) if kind == "adam" else Sgd(rate)
