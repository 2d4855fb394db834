"""Evaluating terms on a batch."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.errors import NeurohwError
from neurohw.ir.plasticity import Plasticity, Term
from neurohw.learning.rules.apply import update

SIGNALS = {
    "m": np.array([1.0, -2.0]),
    "a": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "b": np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]),
    "x": np.array([[1.0, 10.0], [2.0, 20.0]]),
    "y": np.array([[3.0, 1.0], [1.0, 1.0]]),
}


def test_a_term_is_the_mean_of_modulated_outer_products():
    change = update(Plasticity("", (Term("m", ("a",), ("x",)),)), SIGNALS)
    expected = (np.outer([1, 2, 3], [1, 10]) - 2 * np.outer([4, 5, 6], [2, 20])) / 2
    np.testing.assert_allclose(change, expected)


def test_several_signals_of_one_side_are_multiplied():
    change = update(Plasticity("", (Term("m", ("a", "b"), ("x", "y")),)), SIGNALS)
    expected = (np.outer([1, 0, 3], [3, 10]) - 2 * np.outer([4, 5, 0], [2, 20])) / 2
    np.testing.assert_allclose(change, expected)


def test_terms_add_with_their_gains():
    change = update(Plasticity("", (Term("m", ("a",), ("x",)), Term("m", ("b",), ("y",), gain=-0.5))), SIGNALS)
    first = np.outer([1, 2, 3], [1, 10]) - 2 * np.outer([4, 5, 6], [2, 20])
    second = np.outer([1, 0, 1], [3, 1]) - 2 * np.outer([1, 1, 0], [1, 1])
    np.testing.assert_allclose(change, (first - 0.5 * second) / 2)


def test_without_a_pre_signal_the_update_is_a_vector():
    change = update(Plasticity("", (Term("m", ("a",), ()),)), SIGNALS)
    np.testing.assert_allclose(change, [(1 - 8) / 2, (2 - 10) / 2, (3 - 12) / 2])


def test_the_signals_are_left_as_they_are():
    before = {name: signal.copy() for name, signal in SIGNALS.items()}
    update(Plasticity("", (Term("m", ("a", "b"), ("x", "y")), Term("m", ("a",), ("x",)))), SIGNALS)
    for name, signal in SIGNALS.items():
        np.testing.assert_array_equal(signal, before[name])


@pytest.mark.parametrize(
    "term", [Term("gama", ("a",), ("x",)), Term("m", ("gama",), ("x",)), Term("m", ("a",), ("gama",))]
)
def test_a_rule_that_reads_an_unknown_signal_is_refused(term):
    with pytest.raises(NeurohwError, match=r"rule 'dW = q': no signal 'gama'; did you mean 'gamma'\?"):
        update(Plasticity("dW = q", (term,)), SIGNALS | {"gamma": SIGNALS["m"]})
