"""Moved digits: the same bits on every run and machine."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from neurohw.data.dataset import Dataset, payload
from neurohw.data.moved_digits import load
from neurohw.spec import AugmentSpec, DataSpec, ImagesSpec

SPEC = DataSpec(name="moved_digits")

# sha256 of the payloads as uint8 and of the labels as uint8: rounding hides the last bits of sin and cos
PINNED = {
    "test": {
        "train_x": "53b5687cd91545dbda7f81708dce6e5e48716a57ecb318e38384aed51346e4de",
        "train_y": "242fdce284a78cacd9e62a5e55c47bca470388a475f555365c0ddcc5a9b5e2bf",
        "test_x": "c6f22eb046e4368f50363293faf346983e18f586832b60171591c351eceb8a71",
        "test_y": "87185d62de5dcc6cfa6b9edf43cced0203d394388bf37987c8a96c84034e8219",
        "views": "a3e504bbb0c2619da243dc8f6837edfcd168c188dd8fac42c2691d8d61659ee6",
    },
    "validation": {
        "train_x": "c02564b35f282db80c905615dc6fc5bd3f6018fc07e52aae547e1faba7b05cdf",
        "train_y": "4c1019c7567182b5ccb87317c4f963853d87bfba644c71224c8790f63e9a188a",
        "test_x": "bf3d475ee3ea8415b0545b252d788584964c1087fd9dc1dd3ce0f5cf43ddc56f",
        "test_y": "d5a77cce07e34e4bbccfb86251ead129375c4501fbc09a46940b9ac246d587fa",
        "views": "9d9110e897897a6eed96cc5d5889ac28cd68bc31402fa223731b59d3ff22f0b8",
    },
}


def with_views(count: int) -> DataSpec:
    return SPEC.model_copy(update={"views": count})


def digest(array: np.ndarray) -> str:
    values = payload(array) if array.dtype == np.float32 else array
    return hashlib.sha256(values.astype(np.uint8).tobytes()).hexdigest()


@pytest.fixture(scope="module", params=["test", "validation"])
def split(request) -> tuple[str, Dataset]:
    return request.param, load(SPEC, 0, request.param)


def test_data_are_the_pinned_bits(split):
    name, data = split
    found = {part: digest(getattr(data, part)) for part in ("train_x", "train_y", "test_x", "test_y", "views")}
    assert found == PINNED[name]


def test_shapes_and_classes(split):
    name, data = split
    train, test = {"test": (1257, 540), "validation": (957, 1200)}[name]
    assert data.train_x.shape == (train, 144)
    assert data.test_x.shape == (test, 144)
    assert data.views.shape == (train, 64, 144)
    assert data.classes == 10
    assert np.bincount(data.train_y).min() > 0.09 * train


def test_the_seed_changes_the_views_and_nothing_else():
    first, again, other = (load(with_views(2), seed) for seed in (0, 0, 1))
    for part in ("train_x", "train_y", "test_x", "test_y"):
        np.testing.assert_array_equal(getattr(first, part), getattr(other, part))
    np.testing.assert_array_equal(first.views, again.views)
    assert not np.array_equal(first.views, other.views)


def test_more_views_begin_with_the_same_views():
    np.testing.assert_array_equal(load(with_views(5), 3).views[:, :2], load(with_views(2), 3).views)


def test_held_out_images_come_in_four_views_with_the_same_labels():
    data = load(with_views(2), 0, "validation")
    looks, labels = data.test_x.reshape(4, 300, 144), data.test_y.reshape(4, 300)
    assert (labels == labels[0]).all()
    assert not np.array_equal(looks[0], looks[1])


def test_views_are_of_the_image_with_the_same_index():
    data = load(SPEC, 0)
    images = np.arange(0, 1257, 5)

    def closest(views: np.ndarray) -> np.ndarray:
        return np.square(views - data.train_x[images, None]).mean(axis=2).min(axis=1)

    own, others = closest(data.views[images]), closest(data.views[(images + 1) % 1257])
    assert np.mean(own < others) > 0.9


def test_a_model_says_what_counts_as_the_same_digit():
    still = {"shift": 0, "rotation": 0, "scale": 0}
    upright = load(SPEC.model_copy(update={"views": 2, "augment": AugmentSpec(**still)}), 0)
    np.testing.assert_array_equal(upright.views[:, 0], upright.train_x)
    darker = load(SPEC.model_copy(update={"views": 2, "augment": AugmentSpec(**still, contrast=0.5)}), 0)
    ratio = darker.test_x.max(axis=1) / upright.test_x.max(axis=1)
    assert 0.5 <= ratio.min() < 0.52


def test_fewer_images_are_the_first():
    few, all_ = load(SPEC.model_copy(update={"images": ImagesSpec(train=300, test=100)}), 0), load(SPEC, 0)
    assert (few.train_x.shape, few.test_x.shape, len(few.views)) == ((300, 144), (100, 144), 300)
    np.testing.assert_array_equal(few.train_y, all_.train_y[:300])
    np.testing.assert_array_equal(few.test_y, all_.test_y[:100])
    assert set(few.test_y) == set(range(10))
