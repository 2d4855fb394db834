"""The probe: a deterministic score of features."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from neurohw.errors import NeurohwError
from neurohw.learning.probe import probe, probe_few


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
    x, y, test_x, test_y = clouds(1.0, items=60, features=40)
    x, test_x = (np.hstack([part, part + 1e-7 * part**2]) for part in (x, test_x))
    assert 0 <= probe(x, y, test_x, test_y, 1e12) <= 1


def test_scores_repeat_whatever_the_number_of_threads():
    data = clouds(0.9, items=600, features=100)
    scores = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            scores.append((probe(*data, 1.0), probe_few(*data, 1.0)))
    assert scores[0] == scores[1]


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
