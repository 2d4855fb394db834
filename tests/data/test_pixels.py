"""Fewer pixels, and grey ones."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.data.pixels import grey, shrink


def test_half_the_size_is_the_mean_of_four_pixels():
    images = np.random.default_rng(0).integers(0, 256, (1200, 28, 28), np.uint8)
    means = images.reshape(1200, 14, 2, 14, 2).mean(axis=(2, 4)) / 255
    np.testing.assert_allclose(shrink(images, 14), means, atol=1e-6)


def test_a_pixel_on_an_edge_counts_by_its_part_inside():
    line = np.array([[[30, 60, 90], [30, 60, 90], [30, 60, 90]]], np.uint8)
    np.testing.assert_allclose(shrink(line, 2)[0] * 255, [[40, 80], [40, 80]], rtol=1e-6)


@pytest.mark.parametrize("side", [1, 5, 12, 28])
def test_the_mean_stays_and_white_stays_white(side):
    images = np.random.default_rng(1).integers(0, 256, (3, 28, 28), np.uint8)
    np.testing.assert_allclose(shrink(images, side).mean(axis=(1, 2)), images.mean(axis=(1, 2)) / 255, rtol=1e-5)
    white = shrink(np.full((1, 28, 28), 255), side)
    assert white.max() <= 1
    np.testing.assert_allclose(white, 1, rtol=1e-6)


def test_green_is_brighter_than_red_and_red_than_blue():
    colours = np.diag([255, 255, 255]).astype(np.uint8)[None, None]
    assert grey(colours).tolist() == [[[76, 150, 29]]]
    assert grey(np.full((1, 1, 1, 3), 200, np.uint8)).item() == 200
