"""Random views: their motion against scipy's interpolation, the rest by what it does to pixels."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from neurohw.data.views import Augment, chosen, look, move, view_bank
from neurohw.errors import NeurohwError
from neurohw.spec import AugmentSpec

STILL = Augment()
MOVED = Augment(shift=2, rotation=20, scale=0.15)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((6, 9, 7), dtype=np.float32)


def test_no_motion_changes_nothing(images):
    np.testing.assert_array_equal(move(images, np.random.default_rng(1), STILL), images)


@pytest.mark.parametrize(
    "motion",
    [Augment(3), Augment(0, 90), Augment(0, 0, 0.5), Augment(0, 0, 0, 0.4), Augment(2, 20, 0.15, 0.2)],
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
    far = move(images, np.random.default_rng(3), Augment(shift=100))
    assert np.mean(far == 0) > 0.8


def test_values_stay_within_0_and_1():
    white = np.ones((200, 12, 12), np.float32)
    moved = move(white, np.random.default_rng(0), MOVED)
    assert moved.min() >= 0
    assert moved.max() == 1


def test_a_bank_holds_the_views_that_repeated_looks_give(images):
    bank = view_bank(images, 4, np.random.default_rng(5), MOVED)
    rng = np.random.default_rng(5)
    for view in range(4):
        np.testing.assert_array_equal(bank[:, view], look(images, rng, MOVED).reshape(6, -1))
    assert bank.dtype == np.float32


EVERYTHING = Augment(2, 20, 0.15, 0.1, 0.3, 0.2, 3, 0.1)
GREY = np.full((4000, 6, 5), 0.5, np.float32)


def test_a_view_of_which_nothing_may_differ_is_the_image(images):
    np.testing.assert_array_equal(look(images, np.random.default_rng(1), STILL), images)


def test_a_look_without_style_is_a_move(images):
    seen, moved = (f(images, np.random.default_rng(4), MOVED) for f in (look, move))
    np.testing.assert_array_equal(seen, moved)


@pytest.mark.parametrize("name", [field.name for field in fields(Augment)])
def test_each_part_changes_the_view_alone(images, name):
    how = Augment(**{name: getattr(EVERYTHING, name)})
    assert not np.array_equal(look(images, np.random.default_rng(1), how), images)


def test_the_same_seed_gives_the_same_view_within_0_and_1(images):
    first, again, other = (look(images, np.random.default_rng(s), EVERYTHING) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1


def test_images_are_left_as_they_are(images):
    before = images.copy()
    look(images, np.random.default_rng(1), EVERYTHING)
    np.testing.assert_array_equal(images, before)


def test_contrast_is_a_gain_of_the_whole_image():
    seen = look(GREY, np.random.default_rng(0), Augment(contrast=0.4))
    assert np.ptp(seen, axis=(1, 2)).max() == 0
    gain = seen[:, 0, 0] / 0.5
    assert gain.mean() == pytest.approx(1, abs=0.02)
    assert gain.std() == pytest.approx(0.4 / np.sqrt(3), rel=0.05)
    assert (gain.min(), gain.max()) == pytest.approx((0.6, 1.4), abs=0.01)
    assert not look(np.zeros_like(GREY), np.random.default_rng(0), Augment(contrast=0.4)).any()


def test_brightness_is_an_offset_of_the_whole_image_that_is_clipped():
    seen = look(GREY, np.random.default_rng(0), Augment(brightness=0.3))
    assert np.ptp(seen, axis=(1, 2)).max() == 0
    offset = seen[:, 0, 0] - 0.5
    assert offset.mean() == pytest.approx(0, abs=0.02)
    assert offset.std() == pytest.approx(0.3 / np.sqrt(3), rel=0.05)
    dark = look(np.zeros_like(GREY), np.random.default_rng(0), Augment(brightness=0.3))[:, 0, 0]
    assert np.mean(dark == 0) == pytest.approx(0.5, abs=0.05)


def test_a_square_is_hidden_anywhere_inside_the_image():
    hidden = look(GREY, np.random.default_rng(0), Augment(occlusion=3)) == 0
    assert (hidden.sum(axis=(1, 2)) == 9).all()
    assert (hidden.any(axis=2).sum(axis=1) == 3).all()
    assert (hidden.any(axis=1).sum(axis=1) == 3).all()
    corners = hidden[:, 0, 0], hidden[:, 0, -1], hidden[:, -1, 0], hidden[:, -1, -1]
    assert [c.mean() for c in corners] == pytest.approx([1 / 12] * 4, abs=0.02)  # 4 x 3 places of the square


def test_noise_is_that_of_each_pixel():
    seen = look(GREY, np.random.default_rng(0), Augment(noise=0.1))
    assert (seen.mean(), seen.std()) == pytest.approx((0.5, 0.1), rel=0.01)


def test_a_square_that_hides_more_than_the_image_is_refused(images):
    with pytest.raises(NeurohwError) as caught:
        look(images, np.random.default_rng(0), Augment(occlusion=8))
    assert str(caught.value) == ("data.augment.occlusion: is 8; the images are 9 x 7 pixels; hide a smaller square")


def test_what_a_model_does_not_set_the_data_set_chooses():
    assert chosen(MOVED, AugmentSpec()) == MOVED
    assert chosen(MOVED, AugmentSpec(rotation=0, contrast=0.3)) == Augment(2, 0, 0.15, 0, 0.3)
