"""SGD and Adam against steps worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.learning.optimise import Adam, Sgd, make_optimiser


def test_sgd_adds_rate_times_update_in_place():
    value = np.array([1.0, -2.0])
    Sgd(0.5).step("w", value, np.array([2.0, 4.0]))
    np.testing.assert_array_equal(value, [2.0, 0.0])


def test_adam_by_hand():
    value, adam = np.array([1.0]), Adam(rate=0.1, beta1=0.9, beta2=0.99, epsilon=1e-3)
    adam.step("w", value, np.array([2.0]))
    # m = .2, v = .04; mhat = 2, vhat = 4
    expected = 1 + 0.1 * 2 / (2 + 1e-3)
    assert value == pytest.approx(expected, rel=1e-14)
    adam.step("w", value, np.array([-1.0]))
    # m = .9 * .2 - .1 = .08, v = .99 * .04 + .01 = .0496; mhat = .08 / .19, vhat = .0496 / .0199
    expected += 0.1 * (0.08 / 0.19) / (np.sqrt(0.0496 / 0.0199) + 1e-3)
    assert value == pytest.approx(expected, rel=1e-14)


def test_adams_first_step_is_the_rate_whatever_the_size_of_the_update():
    value = np.zeros(3)
    Adam(0.01).step("w", value, np.array([1e-3, -5.0, 1e3]))
    np.testing.assert_allclose(value, [0.01, -0.01, 0.01], rtol=1e-4)


def test_adam_keeps_the_arrays_apart():
    together, alone = Adam(0.1), Adam(0.1)
    a, b, only = np.zeros(2), np.zeros((3, 3)), np.zeros(2)
    for step in range(5):
        together.step("a", a, np.array([1.0, step]))
        together.step("b", b, np.full((3, 3), -float(step)))
        alone.step("a", only, np.array([1.0, step]))
    np.testing.assert_array_equal(a, only)


@pytest.mark.parametrize("optimiser", [Sgd(0.1), Adam(0.1)])
def test_a_zero_update_from_the_start_changes_nothing(optimiser):
    value = np.array([3.0, -1.0])
    for _ in range(3):
        optimiser.step("w", value, np.zeros(2))
    np.testing.assert_array_equal(value, [3.0, -1.0])


@pytest.mark.parametrize("optimiser", [Sgd(0.1), Adam(0.1)])
def test_float32_stays_and_the_update_is_left_as_it_is(optimiser):
    value, update = np.ones(2, np.float32), np.array([0.5, 2.0], np.float32)
    optimiser.step("w", value, update)
    assert value.dtype == np.float32
    np.testing.assert_array_equal(update, np.array([0.5, 2.0], np.float32))


def test_both_climb_a_hill():
    for kind, rate in (("sgd", 0.1), ("adam", 0.05)):
        value, optimiser = np.array([3.0, -2.0]), make_optimiser(kind, rate)
        for _ in range(400):
            optimiser.step("w", value, np.array([1.0, 1.0]) - value)
        np.testing.assert_allclose(value, 1, atol=1e-3)
