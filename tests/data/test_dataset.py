"""Dataset: what fits together, and the payload of a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.data.dataset import Dataset, payload
from neurohw.errors import NeurohwError


def dataset(**changes) -> Dataset:
    parts = {
        "name": "toy",
        "train_x": np.zeros((3, 4)),
        "train_y": np.array([0, 1, 0]),
        "test_x": np.ones((2, 4)),
        "test_y": np.array([1, 0]),
        "views": np.full((3, 5, 4), 0.5),
        "classes": 2,
    }
    return Dataset(**(parts | changes))


def test_arrays_are_read_only_and_typed():
    data = dataset()
    for name, kind in {"train_x": "f4", "train_y": "i8", "test_x": "f4", "test_y": "i8", "views": "f4"}.items():
        array = getattr(data, name)
        assert array.dtype == np.dtype(kind)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_every_shape_that_does_not_fit_is_listed():
    with pytest.raises(NeurohwError) as caught:
        dataset(test_x=np.ones((2, 3)), train_y=np.array([0, 1]), test_y=np.array([0]))
    text = str(caught.value)
    assert "toy: train_x is (3, 4), test_x (2, 3), views (3, 5, 4); they share D" in text
    assert "train_y has shape (2,) for 3 images; one label an image" in text
    assert "test_y has shape (1,) for 2 images; one label an image" in text


def test_images_that_are_not_flat_are_refused_with_the_fix():
    with pytest.raises(NeurohwError, match="flatten each image to D pixels"):
        dataset(train_x=np.zeros((3, 2, 2)))


def test_a_saccade_needs_another_image():
    with pytest.raises(NeurohwError, match=r"views is \(1, 5, 4\); two images"):
        dataset(train_x=np.zeros((1, 4)), train_y=np.array([0]), views=np.zeros((1, 5, 4)))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"views": np.full((3, 5, 4), 1.5)}, "views holds 0..1.5; pixels are 0..1; rescale them"),
        ({"train_x": np.full((3, 4), -1.0)}, "train_x holds -1..1; pixels are 0..1"),
        ({"test_x": np.full((2, 4), np.nan)}, "test_x holds nan..nan; pixels are 0..1"),
        ({"test_y": np.array([0, 2])}, "test_y holds 0..2; labels are 0..1"),
        ({"train_y": np.array([0, -1, 1])}, "train_y holds -1..1; labels are 0..1"),
    ],
)
def test_values_out_of_range_are_refused(changes, text):
    with pytest.raises(NeurohwError) as caught:
        dataset(**changes)
    assert text in str(caught.value)


def test_payload_rounds_to_the_nearest_and_ties_to_even():
    x = np.array([0, 0.5, 1.5, 2.5, 127.4, 253.6, 254]) / 254
    assert payload(x).tolist() == [0, 0, 2, 2, 127, 254, 254]
    assert payload(x).dtype == np.int16


def test_payload_keeps_the_shape():
    assert payload(np.zeros((2, 3, 4), np.float32)).shape == (2, 3, 4)
