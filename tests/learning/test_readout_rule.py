"""The readout rules as data are minus the gradient of a squared error; on the chip they are sums of products."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.ir.rule_text import rule_text
from neurohw.learning.rules.apply import update
from neurohw.learning.rules.readout import RULES, readout_rule
from neurohw.spec import ReadoutSpec

STEP = 1e-5


def batch(seed):
    rng = np.random.default_rng(seed)
    return rng.random((6, 5)), rng.normal(size=(3, 5)), rng.normal(size=(6, 3)), rng.integers(0, 3, 6)


def loss(w, x, goals, acts):
    """Mean over the batch of half the squared error of the neurons that act (one each), or of all."""
    errors = (goals - x @ w.T) ** 2 / 2
    return np.mean(errors.sum(axis=1) if acts is None else errors[np.arange(len(x)), acts])


def gradient(w, *rest):
    found = np.empty_like(w)
    for at in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[at] += STEP
        down[at] -= STEP
        found[at] = (loss(up, *rest) - loss(down, *rest)) / (2 * STEP)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_reward_rule_descends_the_error_of_the_expected_reward(seed):
    x, w, goals, acts = batch(seed)
    reward = goals[:, :1] * np.ones((1, 3))  # one number for all neurons
    surprise = (reward - x @ w.T)[np.arange(6), acts]
    signals = {"x": x, "acts": np.eye(3)[acts], "surprise": surprise}
    np.testing.assert_allclose(update(RULES["reward"], signals), -gradient(w, x, reward, acts), atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_delta_rule_descends_the_error_of_all_targets(seed):
    x, w, goals, _ = batch(seed)
    signals = {"x": x, "error": goals - x @ w.T, "one": np.ones(6)}
    np.testing.assert_allclose(update(RULES["delta"], signals), -gradient(w, x, goals, None), atol=1e-6)


def test_on_the_chip_the_product_goes_through_the_tag():
    rule = readout_rule(ReadoutSpec(exponent=-5, decimate=3), 18, 42)
    assert rule_text(rule.dt, 3) == "2^-5*x0*x1*y1 - 2^6*u3*sgn(t+64) - 2^6*u3*sgn(t-64)"
    assert rule_text(rule.dw, 3) == "2^0*u3*sgn(t+64) + 2^0*u3*sgn(t-64)"
    assert (rule.epoch, rule.seed, rule.decimate, rule.third_factor) == (18, 42, 3, True)
