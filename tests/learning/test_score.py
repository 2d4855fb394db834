"""Scores: what simple classifiers find in features, deterministic, with settings chosen without the test set."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from neurohw.data.moved_digits import load
from neurohw.errors import NeurohwError
from neurohw.learning.score import require_few, score
from neurohw.spec import DataSpec


def clouds(spread: float, seed: int = 0, items: int = 300, features: int = 8):
    """Three clouds on the first three axes: training and test set."""
    rng = np.random.default_rng(seed)
    y = np.arange(2 * items) % 3
    x = np.eye(3, features)[y] + spread * rng.standard_normal((2 * items, features))
    return x[:items], y[:items], x[items:], y[items:]


def right(train_x, train_y, test_x, test_y, few=None, inverse_penalty=1.0, **options):
    """Accuracy of the linear classifier."""
    options |= {"labels_per_class": few, "inverse_penalty": inverse_penalty}
    return score(train_x, train_y, test_x, test_y, **options).accuracy


def test_separable_classes_are_all_right():
    assert right(*clouds(0.05)) == 1.0
    assert right(*clouds(0.05), few=5) == 1.0


def test_noise_is_at_chance():
    x, y, test_x, test_y = clouds(1.0)
    rng = np.random.default_rng(1)
    found = right(rng.standard_normal(x.shape), y, rng.standard_normal(test_x.shape), test_y)
    assert found == pytest.approx(1 / 3, abs=0.1)


def test_few_labels_score_less_than_all():
    assert right(*clouds(0.6), few=3) < right(*clouds(0.6)) - 0.05


def test_scale_and_offset_of_a_feature_do_not_matter():
    x, y, test_x, test_y = clouds(0.6)
    scale, offset = np.logspace(-3, 3, 8), np.arange(8)
    assert right(x * scale + offset, y, test_x * scale + offset, test_y) == right(x, y, test_x, test_y)


def test_constant_features_do_not_matter():
    x, y, test_x, test_y = clouds(0.6)
    dead, alive = np.zeros((300, 2)), np.full((300, 2), 7.0)
    padded = right(np.hstack([x, dead, alive]), y, np.hstack([test_x, alive, dead]), test_y)
    assert padded == right(x, y, test_x, test_y)


def test_features_that_are_all_constant_score_at_chance():
    _, y, _, test_y = clouds(0.6)
    assert right(np.zeros((300, 4)), y, np.ones((300, 4)), test_y) == pytest.approx(1 / 3)


def test_a_classifier_that_does_not_converge_is_scored_without_a_warning():
    data = load(DataSpec(name="moved_digits", views=2), 0)
    with threadpool_limits(limits=1), pytest.warns(ConvergenceWarning):
        LogisticRegression(C=1e4, max_iter=500).fit(StandardScaler().fit_transform(data.train_x), data.train_y)
    assert 0.15 < right(data.train_x, data.train_y, data.test_x, data.test_y, inverse_penalty=1e4) < 0.35


def test_the_classifier_is_fitted_on_one_thread_whatever_the_setting(monkeypatch):
    seen = []

    class Spy(LogisticRegression):
        def fit(self, *args):
            seen.extend(pool["num_threads"] for pool in threadpool_info())
            return super().fit(*args)

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression", Spy)
    with threadpool_limits(limits=2):
        found = right(*clouds(0.9))
    assert set(seen) == {1}
    assert found == right(*clouds(0.9))


def test_few_labels_are_a_mean_of_seeded_draws():
    data = clouds(0.6)
    one, five = (right(*data, few=3, draws=draws) for draws in (1, 5))
    assert one != five
    assert (five * 5 * 300) == pytest.approx(round(five * 5 * 300), abs=1e-6)


def test_all_labels_of_each_class_are_those_of_all():
    data = clouds(0.6)
    assert right(*data, few=100, draws=2) == pytest.approx(right(*data), abs=1e-12)


def test_more_labels_than_there_are_is_an_error_with_the_fix():
    x, y, test_x, test_y = clouds(0.6)
    with pytest.raises(NeurohwError, match=r"^score: labels_per_class: is 101; class 0 has 100 training items; ask"):
        right(x, y, test_x, test_y, few=101)


def test_one_class_is_no_question():
    with pytest.raises(NeurohwError, match=r"^data: has one class, 3; a classifier tells two or more apart$"):
        require_few(np.array([3, 3]), 1)


def test_neighbours_are_the_majority_of_the_nearest_in_standardised_features():
    x, y, test_x, test_y = clouds(0.6)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    a, b = (x - mean) / deviation, (test_x - mean) / deviation
    distance = ((b[:, None] - a[None]) ** 2).sum(axis=2)
    nearest = y[np.argsort(distance, axis=1)[:, :7]]
    votes = np.array([np.bincount(row, minlength=3).argmax() for row in nearest])
    assert score(x, y, test_x, test_y, method="knn", k=7).accuracy == np.mean(votes == test_y)


def test_classes_in_rings_are_for_neighbours_not_for_a_line():
    rng = np.random.default_rng(0)
    y = np.arange(600) % 2
    angle, radius = rng.uniform(0, 2 * np.pi, 600), 1 + y + 0.1 * rng.standard_normal(600)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    rings = x[:300], y[:300], x[300:], y[300:]
    assert score(*rings, method="knn").accuracy > 0.95
    assert score(*rings).accuracy < 0.65


@pytest.mark.parametrize(("method", "worst"), [("linear", 100.0), ("knn", 1)])
def test_settings_are_chosen_where_they_matter_and_used(method, worst):
    x, y, test_x, test_y = clouds(0.4, features=40)
    wrong = np.random.default_rng(1).random(300) < 0.3
    data = x, np.where(wrong, (y + 1) % 3, y), test_x, test_y  # what follows every label is misled
    found = score(*data, method=method)
    (setting,) = found.settings
    given = {"linear": "inverse_penalty", "knn": "k"}[method]
    assert setting != worst
    assert score(*data, method=method, **{given: setting}) == found
    assert found.accuracy > score(*data, method=method, **{given: worst}).accuracy


@pytest.mark.parametrize("method", ["linear", "knn"])
def test_the_choice_never_sees_the_test_set(method):
    x, y, test_x, test_y = clouds(0.9)
    settings = score(x, y, test_x, test_y, method=method, labels_per_class=8).settings
    assert score(x, y, test_x[:40], (test_y[:40] + 1) % 3, method=method, labels_per_class=8).settings == settings
    assert len(settings) == 5


def test_with_few_labels_the_choice_is_made_on_them_alone():
    x, y, test_x, test_y = clouds(0.9)
    one = score(x, y, test_x, test_y, labels_per_class=4, draws=1)
    rng = np.random.default_rng(0)
    chosen = np.concatenate([rng.choice(np.flatnonzero(y == c), 4, replace=False) for c in range(3)])
    others = np.setdiff1d(np.arange(300), chosen)
    noise = x.copy()
    noise[others] = np.random.default_rng(1).standard_normal((len(others), 8))
    assert score(noise, y, test_x, test_y, labels_per_class=4, draws=1) == one


def test_seeds_draw_other_labels_and_equal_ones_the_same():
    data = clouds(0.6)
    first, again, other = (score(*data, labels_per_class=3, inverse_penalty=1.0, seed=seed) for seed in (4, 4, 5))
    assert first == again
    assert first.draws != other.draws


def test_labels_may_be_names():
    x, y, test_x, test_y = clouds(0.6)
    names = np.array(["cat", "dog", "emu"])
    assert score(x, names[y], test_x, names[test_y]) == score(x, y, test_x, test_y)


def test_a_test_class_that_training_lacks_is_wrong():
    x, y, test_x, test_y = clouds(0.05)
    assert score(x[y < 2], y[y < 2], test_x, test_y).accuracy == pytest.approx(2 / 3)


@pytest.mark.parametrize("method", ["linear", "knn"])
@pytest.mark.parametrize("unit", [2.0**1000, 2.0**-1000, 2.0**300, 2.0**-300])
def test_the_unit_of_features_changes_no_bit_of_a_score(unit, method):
    x, y, test_x, test_y = clouds(0.6)
    assert score(x * unit, y, test_x * unit, test_y, method=method) == score(x, y, test_x, test_y, method=method)


@pytest.mark.parametrize("method", ["linear", "knn"])
def test_a_feature_that_is_constant_in_training_may_be_anything_in_the_test(method):
    x, y, test_x, test_y = clouds(0.6)
    for constant, anything in ((1e300, 1e300), (0.0, 1e300), (-7.0, 1e9)):
        padded, other = np.full((300, 1), constant), np.linspace(0, anything, 300)[:, None]
        found = score(np.hstack([x, padded]), y, np.hstack([test_x, other]), test_y, method=method)
        assert found == score(x, y, test_x, test_y, method=method)


@pytest.mark.parametrize("method", ["linear", "knn"])
def test_items_far_from_all_of_training_are_scored_without_a_warning(method):
    x, y, test_x, test_y = clouds(0.6)
    near = score(x, y, test_x[1:], test_y[1:], method=method).accuracy
    outlier = np.vstack([np.full((1, 8), 1e308), test_x[1:]])
    found = score(x * 1e-100, y, outlier * np.r_[1, np.full(299, 1e-100)][:, None], test_y, method=method).accuracy
    assert abs(300 * found - 299 * near) < 1 + 1e-6


def test_truth_values_are_labels():
    x, y, test_x, test_y = clouds(0.6)
    assert score(x, y == 1, test_x, test_y == 1) == score(x, (y == 1) * 1, test_x, (test_y == 1) * 1)


def text(y):
    return np.array(["cat", "dog", "emu"])[y]


LABELS = np.arange(300) % 3
UNLIKE = {
    "numbers as texts against integers": (LABELS.astype(str), LABELS, "holds integers, train_y names; labels of both"),
    "names against integers": (LABELS, text(LABELS), "holds names, train_y integers; labels of both are"),
    "truth values against integers": (LABELS > 0, LABELS, "holds integers, train_y truth values"),
    "integers against truth values": (LABELS, LABELS > 0, "holds truth values, train_y integers"),
    "other names": (text(LABELS), np.char.upper(text(LABELS)), "has no label that train_y has: 'CAT', but 'cat'; name"),
    "other integers": (LABELS, LABELS + 3, "has no label that train_y has: 3, but 0; name the classes of both alike"),
    "negative ones against large ones": (LABELS - 3, LABELS.astype(np.uint64), "has no label that train_y has: 0, but"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNLIKE)
def test_labels_of_training_and_test_that_cannot_be_equal_are_refused(case):
    x, _, test_x, _ = clouds(0.6)
    train_y, test_y, message = UNLIKE[case]
    with pytest.raises(NeurohwError, match=f"^score: test_y: {message}"):
        score(x, train_y, test_x, test_y)


@pytest.mark.parametrize(
    ("changes", "options", "texts"),
    [
        ({"train_x": np.zeros((300, 2, 4))}, {}, [r"train_x: is an array of float64 with shape \(300, 2, 4\); items"]),
        ({"test_x": np.zeros((0, 8))}, {}, [r"score: test_x: is an array of float64 with shape \(0, 8\)"]),
        ({"test_x": np.zeros((300, 0))}, {}, ["give at least one item of at least one feature\n"]),
        ({"train_x": [[1, 2], [3]]}, {}, [r"^score: train_x: holds lists of unequal length; needs items"]),
        ({"train_y": [[1, 2], [3]]}, {}, ["^score: train_y: holds lists of unequal length; needs one label an item$"]),
        ({"train_x": csr_array(np.eye(300))}, {}, ["train_x: is an array of object .* of a sparse matrix, its"]),
        ({"train_x": np.eye(300).astype(object)}, {}, [r"use train_x.astype\(float\)"]),
        ({"train_x": np.full((300, 8), np.longdouble("1e999"))}, {}, ["train_x: has 2,400 values that are NaN or inf"]),
        ({"train_y": text(LABELS).astype(object)}, {}, [r"object; labels .*; use train_y.astype\(str"]),
        ({"train_y": text(LABELS).astype(bytes)}, {}, [r"\|S3; labels .*; use train_y.astype\(str\)"]),
        ({"train_y": LABELS.astype(object)}, {}, [r"object; labels are integers or names; use train_y.astype\(int\)"]),
        ({"train_y": LABELS + 0.5}, {}, [r"float64; labels are integers or names; use train_y.astype\(str\)"]),
        ({}, {"method": np.array(["linear", "knn"])}, ["score: method: is .*choose one of: knn, linear"]),
        ({}, {"inverse_penalty": 10**400}, [r"is an integer of 1329 bits; a number from 1e-100 to 1e\+100, such"]),
        ({}, {"inverse_penalty": 1e-320}, [r"inverse_penalty: is 1e-320; a number from 1e-100 to 1e\+100, such"]),
        ({}, {"method": "knn", "k": 10**400}, ["score: k: is an integer of 1329 bits; 300 training items have labels"]),
        ({}, {"labels_per_class": 10**400}, ["score: labels_per_class: is an integer of 1329 bits; class 0 has 100"]),
        ({"test_x": np.full((300, 8), np.nan)}, {}, ["score: test_x: has 2,400 values that are NaN or infinite"]),
        ({"test_x": np.zeros((300, 7))}, {}, ["score: test_x: has 7 features, train_x 8; take both from the same"]),
        ({"train_y": np.zeros(299, int)}, {}, [r"score: train_y: has shape \(299,\), train_x \(300, 8\); one label"]),
        ({"train_y": np.zeros(300)}, {}, ["train_y: is an array of float64; labels are integers or names; use"]),
        ({"train_y": np.zeros(300, int)}, {}, ["data: has one class, 0; a classifier tells two or more apart"]),
        ({}, {"method": "knm"}, ["score: method: is 'knm'; did you mean 'knn'?"]),
        ({}, {"labels_per_class": 0}, ["score: labels_per_class: is 0; an integer from 1 on; omit it to use all"]),
        ({}, {"labels_per_class": 2.0}, ["score: labels_per_class: is 2.0; an integer"]),
        ({}, {"labels_per_class": 1}, ["score: a class has one label; choosing k or inverse_penalty takes two; give"]),
        ({}, {"method": "knn", "k": 0}, ["score: k: is 0; an integer from 1 on"]),
        ({}, {"method": "knn", "k": 301}, ["score: k: is 301; 300 training items have labels; use a smaller k"]),
        ({}, {"method": "knn", "k": 7, "labels_per_class": 2}, ["score: k: is 7; 6 training items have labels"]),
        ({}, {"k": 3}, ["score: k: has no effect with method linear; omit it, or use method 'knn'"]),
        ({}, {"inverse_penalty": -1.0, "draws": True, "seed": -1}, [
            "score: inverse_penalty: is -1.0; a number above 0", "score: draws: is True; an integer from 1",
            "score: seed: is -1; needs an integer 0..9223372036854775807",
        ]),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_said_at_once(changes, options, texts):
    given = dict(zip(("train_x", "train_y", "test_x", "test_y"), clouds(0.6))) | changes
    with pytest.raises(NeurohwError) as error:
        score(*given.values(), **options)
    for text in texts:
        assert re.search(text, str(error.value)), str(error.value)
