"""Random affine views, against scipy's interpolation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from neurohw.data.views import Motion, move, view_bank

STILL = Motion(shift=0, rotation=0, scale=0, shear=0)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((6, 9, 7), dtype=np.float32)


def test_no_motion_changes_nothing(images):
    np.testing.assert_array_equal(move(images, np.random.default_rng(1), STILL), images)


@pytest.mark.parametrize(
    "motion",
    [Motion(3, 0, 0, 0), Motion(0, 90, 0, 0), Motion(0, 0, 0.5, 0), Motion(0, 0, 0, 0.4), Motion(2, 20, 0.15, 0.2)],
)
def test_views_equal_scipys_bilinear_interpolation_of_the_documented_map(images, motion):
    rng = np.random.default_rng(7)
    angle = np.deg2rad(rng.uniform(-motion.rotation, motion.rotation, len(images)))
    size = 1 + rng.uniform(-motion.scale, motion.scale, len(images))
    shear = rng.uniform(-motion.shear, motion.shear, len(images))
    down, right = rng.uniform(-motion.shift, motion.shift, (2, len(images)))
    rows, columns = np.mgrid[0:9, 0:7]
    r, q = rows - 4.0, columns - 3.0
    expected = [
        map_coordinates(
            image.astype(float),
            [
                (np.cos(t) * r - np.sin(t) * q) / s - d + 4,
                (np.sin(t) * r + np.cos(t) * q) / s + h * r - e + 3,
            ],
            order=1,
            mode="grid-constant",
        )
        for image, t, s, h, d, e in zip(images, angle, size, shear, down, right)
    ]
    np.testing.assert_allclose(move(images, np.random.default_rng(7), motion), expected, atol=1e-6)


def test_a_view_moved_out_of_the_image_is_dark(images):
    far = move(images, np.random.default_rng(3), Motion(shift=100, rotation=0, scale=0))
    assert np.mean(far == 0) > 0.8


def test_values_stay_within_0_and_1():
    white = np.ones((200, 12, 12), np.float32)
    moved = move(white, np.random.default_rng(0), Motion())
    assert moved.min() >= 0
    assert moved.max() == 1


def test_a_bank_holds_the_views_that_repeated_moves_give(images):
    bank = view_bank(images, 4, np.random.default_rng(5), Motion())
    rng = np.random.default_rng(5)
    for view in range(4):
        np.testing.assert_array_equal(bank[:, view], move(images, rng, Motion()).reshape(6, -1))
    assert bank.dtype == np.float32
