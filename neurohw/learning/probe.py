"""The probe: how much a linear readout, trained with labels on fixed features, finds in a representation.

Features are standardised on the training set; the readout is multinomial logistic regression with an L2 penalty
1 / (2 inverse_penalty) |w|^2, by at most 500 steps of L-BFGS. About 100 are enough at inverse_penalty 1; a readout with
a hundredth of that penalty may stop at 500, and is then scored as it stands: stopping early is a penalty too.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neurohw.errors import NeurohwError, Problem

_STEPS_MAX = 500


def probe(
    train_x: NDArray[Any], train_y: NDArray[Any], test_x: NDArray[Any], test_y: NDArray[Any], inverse_penalty: float
) -> float:
    """Return the fraction of test features [M, n] whose label a readout trained on train_x [N, n] gets right.

    A feature that is constant in training carries no weight. The score depends on the arguments alone: the linear
    algebra runs in float64 on one thread, since the order of sums over threads can tip an item.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        scaler = StandardScaler().fit(np.asarray(train_x, np.float64))
        readout = LogisticRegression(C=inverse_penalty, max_iter=_STEPS_MAX)
        readout.fit(scaler.transform(np.asarray(train_x, np.float64)), train_y)
        return float(readout.score(scaler.transform(np.asarray(test_x, np.float64)), test_y))


def require_few(labels: NDArray[Any], few: int) -> None:
    """A NeurohwError that names the class that has fewer than `few` of these labels, or says that there is only one."""
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise NeurohwError(Problem("data", f"has one class, {classes[0]}", "a readout tells two or more apart"))
    if counts.min() < few:
        scarce = classes[counts.argmin()]
        raise NeurohwError(
            Problem("probe.few", f"is {few}", f"class {scarce} has {counts.min()} training items", "ask for fewer")
        )


def probe_few(
    train_x: NDArray[Any],
    train_y: NDArray[Any],
    test_x: NDArray[Any],
    test_y: NDArray[Any],
    inverse_penalty: float,
    few: int = 10,
    draws: int = 5,
) -> float:
    """Return the mean `probe` over `draws` random choices of `few` training items of each class.

    The choices depend on train_y, few and draws alone, so that representations are compared on the same items.
    A NeurohwError names the class that has fewer than `few` items.
    """
    require_few(train_y, few)
    classes = np.unique(train_y)
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(draws):
        chosen = np.concatenate([rng.choice(np.flatnonzero(train_y == c), few, replace=False) for c in classes])
        scores.append(probe(train_x[chosen], train_y[chosen], test_x, test_y, inverse_penalty))
    return float(np.mean(scores))
