"""Two-factor rules: each is the gradient it claims to be, and finds what it is named for."""

from __future__ import annotations

import numpy as np
import pytest
from support.gradients import central

from neurohw.errors import NeurohwError
from neurohw.learning.optimise import make_optimiser
from neurohw.learning.rules.hebbian import Ica, KMeans, Pca

STEP = 1e-5


def learn(rule, x, n, rate, steps, seed=0):
    rng = np.random.default_rng(seed)
    w, optimiser = rule.start(n, rng), make_optimiser("sgd", rate)
    for _ in range(steps):
        _, change = rule.update(w, x[rng.integers(0, len(x), 32)])
        optimiser.step("w", w, change)
        rule.constrain(w)
    return w


@pytest.fixture(scope="module")
def x():
    """Two thousand points in six dimensions with different spreads, turned at random; mean not zero."""
    rng = np.random.default_rng(1)
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    return rng.normal(size=(2000, 6)) * np.array([3, 2, 1.4, 0.5, 0.3, 0.2]) @ turn.T + rng.random(6)


def test_sanger_is_minus_the_gradient_of_what_earlier_units_leave_over(x):
    rng, batch = np.random.default_rng(0), x[:9]
    rule, w = Pca(x), rng.normal(0, 0.4, (4, 6))
    centred = batch - x.mean(axis=0)
    y = centred @ w.T

    def left_over(row: int):
        def value(moved):
            explained = y[:, :row] @ w[:row] + y[:, row : row + 1] @ moved[None, :]
            return np.mean(np.sum((centred - explained) ** 2, axis=1)) / 2

        return value

    expected = -np.stack([central(left_over(row), w[row], STEP) for row in range(4)])
    assert np.abs(expected).max() > 1e-2
    np.testing.assert_allclose(rule.update(w, batch)[1], expected, rtol=0, atol=1e-7)


def test_sanger_finds_the_principal_components_in_order(x):
    from sklearn.decomposition import PCA

    w = learn(Pca(x), x, 3, 0.01, 6000)
    np.testing.assert_allclose(np.linalg.norm(w, axis=1), 1, atol=0.1)
    overlap = np.abs(np.sum(w / np.linalg.norm(w, axis=1, keepdims=True) * PCA(3).fit(x).components_, axis=1))
    assert overlap.min() > 0.98


def test_pca_folds_the_mean_into_the_bias(x):
    rule = Pca(x)
    found = rule.finish(rule.start(3, np.random.default_rng(0)))
    np.testing.assert_allclose((x @ found.feedforward.T + found.bias).mean(axis=0), 0, atol=1e-9)


def test_nonlinear_hebb_is_the_gradient_of_its_contrast(x):
    rule = Ica(x)
    rng, batch = np.random.default_rng(2), x[:9]
    w = rule.start(4, rng) + rng.normal(0, 0.1, (4, 6))
    np.testing.assert_allclose(
        rule.update(w, batch)[1], -central(lambda moved: rule.update(moved, batch)[0], w, STEP), rtol=0, atol=1e-7
    )


def test_nonlinear_hebb_unmixes_sparse_sources():
    rng = np.random.default_rng(3)
    sources = rng.laplace(size=(4000, 4))
    mixed = sources @ rng.normal(size=(4, 4)) + 1
    rule = Ica(mixed)
    found = rule.finish(learn(rule, mixed, 4, 0.02, 4000))
    recovered = mixed @ found.feedforward.T + found.bias
    match = np.abs(np.corrcoef(recovered.T, sources.T)[:4, 4:])
    assert match.max(axis=0).min() > 0.97
    assert (np.mean(recovered**3, axis=0) >= 0).all()


def test_rows_become_orthonormal(x):
    rule = Ica(x)
    w = np.random.default_rng(4).normal(size=(4, 6)) * 3 + rule.start(4, np.random.default_rng(5))
    for _ in range(4):
        rule.constrain(w)
    np.testing.assert_allclose(w @ w.T, np.eye(4), atol=1e-3)


def test_competition_is_minus_the_gradient_of_the_distance_to_the_nearest(x):
    rule, rng, batch = KMeans(x, 0.2), np.random.default_rng(6), x[:30]
    w = rule.start(5, rng)
    expected = -central(lambda moved: rule.update(moved, batch)[0], w, STEP)
    assert np.abs(expected).max() > 1e-2
    np.testing.assert_allclose(rule.update(w, batch)[1], expected, rtol=0, atol=1e-7)


def test_competition_finds_the_clusters():
    rng = np.random.default_rng(7)
    centres = np.array([[0, 0], [5, 0], [0, 5], [5, 5.0]])
    points = centres[rng.integers(0, 4, 2000)] + rng.normal(0, 0.3, (2000, 2))
    rule = KMeans(points, 0.2)
    w = np.array([[1, 1], [4, 1], [1, 4], [4, 4.0]])
    optimiser = make_optimiser("sgd", 0.1)
    for _ in range(500):
        optimiser.step("w", w, rule.update(w, points[rng.integers(0, 2000, 32)])[1])
    np.testing.assert_allclose(w, centres, atol=0.2)


def test_units_answer_to_the_share_of_inputs_that_was_asked_for(x):
    rule = KMeans(x, 0.3)
    found = rule.finish(rule.start(8, np.random.default_rng(0)))
    assert np.mean(x @ found.feedforward.T + found.bias > 0) == pytest.approx(0.3, abs=0.001)


@pytest.mark.parametrize(("rule", "name"), [(Pca, "pca"), (Ica, "ica")])
def test_more_units_than_components_is_an_error(x, rule, name):
    with pytest.raises(NeurohwError) as caught:
        rule(x).start(7, np.random.default_rng(0))
    assert str(caught.value) == f"{name}: a layer of 7 units; its inputs have 6 components; use a smaller layer"
