"""What keeps features, labels and options from being scored: all of it at once, by argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import SEED, UNEQUAL, is_integer, is_ragged, shown, value_problems

Method = Literal["linear", "knn"]
LABELS = {"b": "truth values", "i": "integers", "u": "integers", "U": "names"}  # by the kind of their array
PENALTY_MAX = 1e100  # of inverse_penalty, whose least is its inverse: what the optimiser's float64 can sum up


def require_arrays(given: Mapping[str, Any]) -> None:
    """A NeurohwError for arguments that are no arrays: lists of unequal length."""
    limit = {"x": "needs items of numbers [N, n]", "y": "needs one label an item"}
    raise_if_any([
        Problem(f"score: {name}", UNEQUAL, limit[name[-1]]) for name, values in given.items() if is_ragged(values)
    ])  # fmt: skip


def data_problems(
    train_x: NDArray[Any], train_y: NDArray[Any], test_x: NDArray[Any], test_y: NDArray[Any]
) -> Iterator[Problem]:
    """Whether features and labels are what they are said to be, and those of the test are like those of training."""
    for side, x, y in (("train", train_x, train_y), ("test", test_x, test_y)):
        yield from _feature_problems(f"score: {side}_x", x)
        if y.dtype.kind not in LABELS:
            fix = f"use {side}_y.astype({_label_type(y)})" if y.ndim else ""
            yield Problem(f"score: {side}_y", f"is an array of {y.dtype}", "labels are integers or names", fix)
        if y.ndim != 1 or (x.ndim > 0 and len(y) != len(x)):
            what = f"has shape {y.shape}, {side}_x {x.shape}"
            yield Problem(f"score: {side}_y", what, "one label an item")
    if train_x.ndim == test_x.ndim == 2 and train_x.shape[1] != test_x.shape[1]:
        what = f"has {test_x.shape[1]} features, train_x {train_x.shape[1]}"
        yield Problem("score: test_x", what, fix="take both from the same layer")
    kinds = [LABELS.get(y.dtype.kind) for y in (train_y, test_y)]
    if None in kinds or not train_y.size or not test_y.size:
        return
    if kinds[0] != kinds[1]:
        what = f"holds {kinds[1]}, train_y {kinds[0]}"
        yield Problem("score: test_y", what, "labels of both are compared", "give both in one way")
    elif set(train_y.tolist()).isdisjoint(test_y.tolist()):
        what = f"has no label that train_y has: {shown(test_y[0].item())}, but {shown(train_y[0].item())}"
        yield Problem("score: test_y", what, fix="name the classes of both alike")


def _feature_problems(where: str, x: NDArray[Any]) -> Iterator[Problem]:
    """Whether they are finite numbers [N, n] in float64, at least one."""
    numbers = x.dtype.kind in "biuf"
    if x.ndim != 2 or not numbers or not x.size:
        what, name = f"is an array of {x.dtype} with shape {x.shape}", where.removeprefix("score: ")
        fix = "flatten each item to one row" if x.ndim > 2 or (x.ndim and numbers and x.size) else ""
        fix = fix or ("give at least one item of at least one feature" if x.ndim and not x.size else "")
        fix = fix or (f"use {name}.astype(float)" if x.ndim else "give an array; of a sparse matrix, its toarray()")
        yield Problem(where, what, "items of numbers [N, n]", fix)
        return
    with np.errstate(over="ignore"):
        infinite = np.sum(~np.isfinite(np.asarray(x, np.float64)))
    if infinite:
        what = f"has {infinite:,} values that are NaN or infinite"
        yield Problem(where, what, fix="remove or replace them")


def _label_type(labels: NDArray[Any]) -> str:
    """Name of the type that tells as many labels apart as there are."""
    if labels.dtype.kind == "O":
        return "int" if all(map(is_integer, labels.flat)) else "str"
    return "int" if labels.dtype.kind == "f" and bool(np.all(labels == np.trunc(labels))) else "str"


def option_problems(method: Any, draws: Any, k: Any, inverse_penalty: Any, seed: Any) -> Iterator[Problem]:
    """Whether options are in their ranges and have an effect."""
    methods = get_args(Method)
    if not isinstance(method, str) or method not in methods:
        yield Problem("score: method", f"is '{method}'", fix=did_you_mean(str(method), methods))
    for name, value, least in (("draws", draws, 1), ("k", k, 1)):
        if not (is_integer(value) and value >= least) and not (name == "k" and value is None):
            yield Problem(f"score: {name}", f"is {shown(value)}", f"an integer from {least} on")
    yield from value_problems("score: seed", seed, SEED)
    if inverse_penalty is not None and not (_is_number(inverse_penalty) and 0 < inverse_penalty < np.inf):
        yield Problem("score: inverse_penalty", f"is {shown(inverse_penalty)}", "a number above 0, such as 1.0")
    elif inverse_penalty is not None and not 1 / PENALTY_MAX <= inverse_penalty <= PENALTY_MAX:
        limit = f"a number from {1 / PENALTY_MAX:g} to {PENALTY_MAX:g}, such as 1.0"
        yield Problem("score: inverse_penalty", f"is {shown(inverse_penalty)}", limit)
    for name, value, of in (("k", k, "knn"), ("inverse_penalty", inverse_penalty, "linear")):
        if value is not None and isinstance(method, str) and method in methods and method != of:
            yield Problem(f"score: {name}", f"has no effect with method {method}", fix=f"omit it, or use method '{of}'")


def fit_problems(counts: NDArray[np.int64], few: Any, k: int | None, given: float | None) -> Iterator[Problem]:
    """Whether the labels in use are enough for k neighbours, or to choose a setting."""
    used = np.minimum(counts, few) if is_integer(few) and few >= 1 else counts
    if k is not None and k > used.sum():
        yield Problem("score: k", f"is {shown(k)}", f"{used.sum()} training items have labels", "use a smaller k")
    if given is None and used.min() < 2:
        what, limit = "a class has one label", "choosing k or inverse_penalty takes two"
        yield Problem("score", what, limit, "give k or inverse_penalty, or more labels")


def _is_number(value: Any) -> bool:
    return is_integer(value) or isinstance(value, (float, np.floating))
