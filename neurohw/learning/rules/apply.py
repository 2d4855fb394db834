"""Evaluate a rule in the paper's form on a batch: the one place where terms become arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.plasticity import Plasticity, Term

Signals = Mapping[str, NDArray[Any]]


def update(plasticity: Plasticity, signals: Signals) -> NDArray[Any]:
    """Return the mean update of a batch, to be added times a learning rate.

    The sum over terms of gain / B sum_b modulator_b (product of post signals)_b (product of pre signals)_b^T, so
    [n_post, n_pre]; or [n_post] for terms without a pre signal. `signals`: modulators [B], all others [B, n].
    A NeurohwError for a rule that reads a signal which is not there.
    """
    first, *others = plasticity.terms
    change = _term(first, signals, plasticity)
    for term in others:
        change += _term(term, signals, plasticity)
    return change


def _term(term: Term, signals: Signals, plasticity: Plasticity) -> NDArray[Any]:
    """One term, as a new array."""
    modulator = _read(term.modulator, signals, plasticity)
    post = modulator[:, None] * (term.gain / len(modulator))
    for name in term.post:
        post = post * _read(name, signals, plasticity)
    if not term.pre:
        return np.asarray(post.sum(axis=0))
    pre = _read(term.pre[0], signals, plasticity)
    for name in term.pre[1:]:
        pre = pre * _read(name, signals, plasticity)
    return np.asarray(post.T @ pre)


def _read(name: str, signals: Signals, plasticity: Plasticity) -> NDArray[Any]:
    try:
        return signals[name]
    except KeyError:
        raise NeurohwError(
            Problem(f"rule '{plasticity.equation}'", f"no signal '{name}'", fix=did_you_mean(name, signals))
        ) from None
