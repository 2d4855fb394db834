"""Pairs for training on the host."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.data.sampling import pairs

MARKED = np.broadcast_to(np.arange(20, dtype=np.float32)[:, None, None] / 20, (20, 4, 1)).copy()


def draw(mode, batch=4000, noise=0.0, views=MARKED, seed=0):
    return pairs(views, np.random.default_rng(seed), batch, mode, noise)


def test_one_pair_each_positive_or_negative_by_a_fair_coin():
    earlier, later, y = draw("one")
    assert earlier.shape == later.shape == (4000, 1)
    np.testing.assert_array_equal(y == 1, earlier[:, 0] == later[:, 0])
    np.testing.assert_array_equal(y == -1, earlier[:, 0] != later[:, 0])
    assert y.mean() == pytest.approx(0, abs=5 / np.sqrt(4000))


def test_both_pairs_share_the_earlier_frame():
    earlier, later, y = draw("both", noise=0.0)
    assert len(y) == 8000
    np.testing.assert_array_equal(earlier[:4000], earlier[4000:])
    np.testing.assert_array_equal(y, np.repeat([1, -1], 4000))
    np.testing.assert_array_equal(earlier[:4000], later[:4000])
    assert (earlier[4000:] != later[4000:]).all()


@pytest.mark.parametrize("mode", ["one", "both"])
def test_negatives_are_all_the_other_images(mode):
    earlier, later, y = draw(mode, batch=20_000)
    steps = np.rint((later - earlier)[y < 0, 0] * 20).astype(int) % 20
    counts = np.bincount(steps, minlength=20)
    assert counts[0] == 0
    assert counts[1:] == pytest.approx(np.full(19, counts.sum() / 19), rel=0.2)


@pytest.mark.parametrize("mode", ["one", "both"])
def test_the_two_frames_of_a_pair_are_noisy_on_their_own_and_clipped(mode):
    earlier, later, y = draw(mode, batch=500, noise=0.2, views=np.full((3, 2, 50), 0.5, np.float32))
    difference = later - earlier
    assert difference.std() == pytest.approx(0.2 * np.sqrt(2), rel=0.03)
    assert {earlier.dtype, later.dtype, y.dtype} == {np.dtype(np.float32)}
    assert earlier.min() >= 0
    assert later.max() <= 1


def test_the_views_are_left_as_they_are():
    views = np.random.default_rng(1).random((4, 3, 5), dtype=np.float32)
    before = views.copy()
    draw("one", views=views, noise=0.5)
    np.testing.assert_array_equal(views, before)


def test_two_views_of_an_image_are_two_draws():
    views = np.arange(8, dtype=np.float32).reshape(1, 8, 1).repeat(2, axis=0) / 8
    earlier, later, _ = draw("one", views=views)
    assert np.mean(earlier == later) == pytest.approx(1 / 8, abs=0.03)
