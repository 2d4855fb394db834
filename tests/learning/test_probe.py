"""The probe: a deterministic score of features."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from neurohw.data.moved_digits import load
from neurohw.errors import NeurohwError
from neurohw.learning.probe import probe, probe_few, require_few
from neurohw.spec import DataSpec


def clouds(spread: float, seed: int = 0, items: int = 300, features: int = 8):
    """Three clouds on the first three axes: training and test set."""
    rng = np.random.default_rng(seed)
    y = np.arange(2 * items) % 3
    x = np.eye(3, features)[y] + spread * rng.standard_normal((2 * items, features))
    return x[:items], y[:items], x[items:], y[items:]


def test_separable_classes_are_all_right():
    assert probe(*clouds(0.05), 1.0) == 1.0
    assert probe_few(*clouds(0.05), 1.0, few=5) == 1.0


def test_noise_is_at_chance():
    x, y, test_x, test_y = clouds(1.0)
    rng = np.random.default_rng(1)
    score = probe(rng.standard_normal(x.shape), y, rng.standard_normal(test_x.shape), test_y, 1.0)
    assert score == pytest.approx(1 / 3, abs=0.1)


def test_few_labels_score_less_than_all():
    assert probe_few(*clouds(0.6), 1.0, few=3) < probe(*clouds(0.6), 1.0) - 0.05


def test_scale_and_offset_of_a_feature_do_not_matter():
    x, y, test_x, test_y = clouds(0.6)
    scale, offset = np.logspace(-3, 3, 8), np.arange(8)
    assert probe(x * scale + offset, y, test_x * scale + offset, test_y, 1.0) == probe(x, y, test_x, test_y, 1.0)


def test_constant_features_do_not_matter():
    x, y, test_x, test_y = clouds(0.6)
    dead, alive = np.zeros((300, 2)), np.full((300, 2), 7.0)
    padded = probe(np.hstack([x, dead, alive]), y, np.hstack([test_x, alive, dead]), test_y, 1.0)
    assert padded == probe(x, y, test_x, test_y, 1.0)


def test_features_that_are_all_constant_score_at_chance():
    _, y, _, test_y = clouds(0.6)
    assert probe(np.zeros((300, 4)), y, np.ones((300, 4)), test_y, 1.0) == pytest.approx(1 / 3)


def test_a_readout_that_does_not_converge_is_scored_without_a_warning():
    data = load(DataSpec(name="moved_digits", views=2), 0)
    with threadpool_limits(limits=1), pytest.warns(ConvergenceWarning):
        LogisticRegression(C=1e4, max_iter=500).fit(StandardScaler().fit_transform(data.train_x), data.train_y)
    assert 0.15 < probe(data.train_x, data.train_y, data.test_x, data.test_y, 1e4) < 0.35


def test_the_readout_is_fitted_on_one_thread_whatever_the_setting(monkeypatch):
    seen = []

    class Spy(LogisticRegression):
        def fit(self, *args):
            seen.extend(pool["num_threads"] for pool in threadpool_info())
            return super().fit(*args)

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression", Spy)
    with threadpool_limits(limits=2):
        score = probe(*clouds(0.9), 1.0)
    assert set(seen) == {1}
    assert score == probe(*clouds(0.9), 1.0)


def test_few_labels_are_a_mean_of_seeded_draws():
    data = clouds(0.6)
    one, five = (probe_few(*data, 1.0, few=3, draws=draws) for draws in (1, 5))
    assert one != five
    assert (five * 5 * 300) == pytest.approx(round(five * 5 * 300), abs=1e-6)


def test_all_labels_of_each_class_are_the_whole_probe():
    data = clouds(0.6)
    assert probe_few(*data, 1.0, few=100, draws=2) == pytest.approx(probe(*data, 1.0), abs=1e-12)


def test_more_labels_than_there_are_is_an_error_with_the_fix():
    x, y, test_x, test_y = clouds(0.6)
    with pytest.raises(NeurohwError, match=r"probe\.few: is 101; class 0 has 100 training items; ask for fewer"):
        probe_few(x, y, test_x, test_y, 1.0, few=101)


def test_one_class_is_no_question():
    with pytest.raises(NeurohwError, match=r"^data: has one class, 3; a readout tells two or more apart$"):
        require_few(np.array([3, 3]), 1)
