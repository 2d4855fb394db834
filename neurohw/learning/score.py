"""Score: how much a simple classifier, fitted to labels on fixed features, finds in a representation.

Features are standardised on the training set. `linear` is multinomial logistic regression with an L2 penalty
1 / (2 inverse_penalty) |w|^2, by at most 500 steps of L-BFGS. About 100 are enough at inverse_penalty 1; a classifier
with a hundredth of that penalty may stop at 500, and is then scored as it stands: stopping early is a penalty too.
`knn` is the majority of the k nearest training items in Euclidean distance; of classes that tie, the first in order.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.checks import is_integer, shown
from neurohw.learning.score_checks import Method, data_problems, fit_problems, option_problems, require_arrays

Items = Union[NDArray[np.int64], slice]
PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)  # of which inverse_penalty is chosen; of equals the strongest penalty
NEIGHBOURS = (31, 15, 7, 3, 1)  # of which k is chosen; of equals the most
HELD_OUT = 5  # one in so many training items of each class, at least one, is for that choice
FAR = 1e140  # deviations of an item in the test: squares of distances fit float64
_SQUARED = 400  # exponents of features whose squares, and those of their rounding errors, fit float64
_STEPS_MAX = 500


@dataclass(frozen=True)
class Score:
    """What a classifier gets right of the test items: `accuracy`, as a fraction, the mean of `draws`.

    draws: one accuracy for each choice of labelled items, or the only one where all labels were used. settings: what
    each was fitted with: inverse_penalty (`linear`) or k (`knn`), as given or as chosen.
    """

    method: Method
    draws: tuple[float, ...]
    settings: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        """The mean of all draws."""
        return float(np.mean(self.draws))


def score(
    train_x: NDArray[Any], train_y: NDArray[Any], test_x: NDArray[Any], test_y: NDArray[Any], *,
    method: Method = "linear", labels_per_class: int | None = None, draws: int = 5, k: int | None = None,
    inverse_penalty: float | None = None, seed: int = 0,
) -> Score:  # fmt: skip
    """Fit a classifier to train_x [N, n] with labels train_y [N] and score it once on test_x [M, n], test_y [M].

    `labels_per_class`: so many training items of each class in place of all, in `draws` random choices, which depend
    on train_y, their number and `seed` alone, so that representations are compared on the same items. `k` of `knn`
    and `inverse_penalty` of `linear`: without it, chosen on a fifth of the training items in use, which takes two
    labels of each class; the classifier is then fitted to all of them.

    Labels are integers, names or truth values, in training and test the same; items of a class that no training item
    has are wrong. A feature that is constant in training carries no weight. The score depends on the arguments alone:
    the linear algebra runs in float64 on one thread, since the order of sums over threads can tip an item. A
    NeurohwError lists all that is wrong with shapes, labels and options.
    """
    given = {"train_x": train_x, "train_y": train_y, "test_x": test_x, "test_y": test_y}
    require_arrays(given)
    arrays = {name: np.asarray(values) for name, values in given.items()}
    raise_if_any([*data_problems(**arrays), *option_problems(method, draws, k, inverse_penalty, seed)])
    data, setting = _Data(**arrays), inverse_penalty if method == "linear" else k
    counts = np.unique(data.train_y, return_counts=True)[1]
    raise_if_any([*_few_problems(data.train_y, labels_per_class), *fit_problems(counts, labels_per_class, k, setting)])
    found = [
        _fitted(data, items, method, setting, np.random.default_rng([seed, draw]))
        for draw, items in enumerate(_labelled(data.train_y, labels_per_class, draws, seed))
    ]
    return Score(method, tuple(right for right, _ in found), tuple(setting for _, setting in found))


def require_few(labels: NDArray[Any], few: int, where: str = "probe.few") -> None:
    """A NeurohwError that names the class that has fewer than `few` of these labels, or says that there is only one."""
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise NeurohwError(Problem("data", f"has one class, {classes[0]}", "a classifier tells two or more apart"))
    if counts.min() < few:
        scarce = classes[counts.argmin()]
        raise NeurohwError(
            Problem(where, f"is {shown(few)}", f"class {scarce} has {counts.min()} training items", "ask for fewer")
        )


@dataclass(frozen=True)
class _Data:
    """Training and test items [N, n], [M, n] with their labels."""

    train_x: NDArray[Any]
    train_y: NDArray[Any]
    test_x: NDArray[Any]
    test_y: NDArray[Any]

    def held_out(self, items: Items, rng: np.random.Generator) -> _Data:
        """Of these training items, most to fit and some of each class in place of the test."""
        items = np.arange(len(self.train_y))[items]
        classes = [items[self.train_y[items] == c] for c in np.unique(self.train_y[items])]
        out = np.concatenate([rng.choice(own, max(1, len(own) // HELD_OUT), replace=False) for own in classes])
        kept = np.setdiff1d(items, out)
        return _Data(self.train_x[kept], self.train_y[kept], self.train_x[out], self.train_y[out])

    def accuracy(self, method: Method, setting: float) -> float:
        """Fraction of the test items that a classifier fitted to the training items gets right."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from sklearn.neighbors import KNeighborsClassifier

        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            train, test = _standardised(self.train_x, self.test_x)
            if method == "knn":
                classifier = KNeighborsClassifier(int(setting), algorithm="brute")
            else:
                classifier = LogisticRegression(C=setting, max_iter=_STEPS_MAX)
            classifier.fit(train, self.train_y)
            return float(classifier.score(test, self.test_y))


def _standardised(train: NDArray[Any], test: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Features with the mean 0 and the deviation 1 in training, those of the test within FAR.

    Features whose squares would leave float64 are brought near 1 by powers of two first, which changes no bit.
    """
    from sklearn.preprocessing import StandardScaler

    train, test = (np.asarray(x, np.float64) for x in (train, test))
    test = np.where(train.min(axis=0) == train.max(axis=0), train[0], test)
    exponent = np.frexp(np.abs(train).max(axis=0))[1]
    exponent[np.abs(exponent) < _SQUARED] = 0
    most = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        train, test = (np.ldexp(x, -exponent).clip(-most, most) for x in (train, test))
        scaler = StandardScaler().fit(train)
        return scaler.transform(train), scaler.transform(test).clip(-FAR, FAR)


def _labelled(labels: NDArray[Any], few: int | None, draws: int, seed: int) -> Iterator[Items]:
    """The training items of each draw: `few` of each class, or all of them once."""
    if few is None:
        yield slice(None)
        return
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        own = [rng.choice(np.flatnonzero(labels == c), few, replace=False) for c in np.unique(labels)]
        yield np.concatenate(own)


def _fitted(
    data: _Data, items: Items, method: Method, setting: float | None, rng: np.random.Generator
) -> tuple[float, float]:
    """Test accuracy of a classifier that is fitted to these training items, and the setting it was fitted with."""
    if setting is None:
        inner = data.held_out(items, rng)
        choices = [c for c in NEIGHBOURS if c <= len(inner.train_y)] if method == "knn" else PENALTIES
        found = [inner.accuracy(method, choice) for choice in choices]
        setting = choices[int(np.argmax(found))]
    every = _Data(data.train_x[items], data.train_y[items], data.test_x, data.test_y)
    return every.accuracy(method, setting), setting


def _few_problems(labels: NDArray[Any], few: Any) -> Iterator[Problem]:
    """Whether there are two classes, and so many labels of each."""
    if few is not None and not (is_integer(few) and few >= 1):
        yield Problem(
            "score: labels_per_class", f"is {shown(few)}", "an integer from 1 on", "omit it to use all labels"
        )
        return
    try:
        require_few(labels, few or 1, "score: labels_per_class")
    except NeurohwError as error:
        yield from error.problems
