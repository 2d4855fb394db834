"""Moved images of IDX folders, Fashion-MNIST among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.files import write_idx_folder
from support.toys import NEEDS_FASHION

from neurohw.data import moved_fashion, moved_idx
from neurohw.data.moved import AUGMENT
from neurohw.data.pixels import shrink
from neurohw.data.registry import load_data
from neurohw.data.views import move
from neurohw.errors import NeurohwError
from neurohw.learning.score import score
from neurohw.spec import DataSpec


@pytest.fixture
def folder(tmp_path) -> Path:
    write_idx_folder(tmp_path)
    return tmp_path


def spec(folder, name="moved_idx", **options) -> DataSpec:
    return DataSpec(name=name, path=str(folder), views=2, **options)


@pytest.mark.parametrize("name", ["moved_idx", "moved_fashion"])
def test_a_folder_is_a_data_set_of_moved_images(folder, name):
    data = load_data(spec(folder, name), 0)
    assert (data.name, data.classes) == (name, 3)
    assert data.train_x.shape == (60, 14 * 14)
    assert data.test_x.shape == (30, 14 * 14)
    assert data.views.shape == (60, 2, 14 * 14)
    assert data.train_y[:4].tolist() == [0, 1, 2, 0]


def test_every_training_and_test_image_is_moved_once_whatever_the_seed(folder):
    first, other = (load_data(spec(folder), seed) for seed in (0, 1))
    np.testing.assert_array_equal(first.train_x, other.train_x)
    np.testing.assert_array_equal(first.test_x, other.test_x)
    assert not np.array_equal(first.views, other.views)
    images = shrink(moved_idx.read_folder(folder, "train", "")[0], 14)
    once = move(images, np.random.default_rng(100), AUGMENT)
    np.testing.assert_array_equal(first.train_x.reshape(images.shape), once)


def test_the_first_images_are_used_as_many_as_asked(folder):
    few = load_data(spec(folder, images={"train": 12, "test": 7}), 0)
    assert (len(few.train_x), len(few.test_x)) == (12, 7)
    assert few.train_y.tolist() == [0, 1, 2] * 4


def test_validation_images_come_from_the_training_images_in_four_views(folder):
    data = load_data(spec(folder), 0, "validation")
    assert data.train_x.shape == (45, 196)
    assert data.test_x.shape == (60, 196)
    assert np.bincount(data.test_y).tolist() == [20, 20, 20]


def test_too_few_images_to_hold_any_out_are_refused(folder):
    with pytest.raises(NeurohwError) as caught:
        load_data(spec(folder, images={"train": 6}), 0, "validation")
    assert str(caught.value) == (
        "moved_idx: validation: 6 training images of 3 classes; validation holds out a quarter, at least one of each "
        "class; use more images"
    )


def test_an_idx_data_set_needs_a_folder():
    with pytest.raises(NeurohwError) as caught:
        load_data(DataSpec(name="moved_idx"), 0)
    assert str(caught.value) == (
        "data.path: is missing; 'moved_idx' reads a folder with {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]; "
        "add it"
    )


def test_without_fashion_the_error_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(moved_fashion, "FOLDER", str(tmp_path / "none"))
    with pytest.raises(NeurohwError) as caught:
        load_data(DataSpec(name="moved_fashion"), 0)
    assert str(caught.value) == (
        f"data.path: no folder '{tmp_path / 'none'}'; apt-get install dataset-fashion-mnist, or give the folder of "
        "its files as data.path"
    )


@NEEDS_FASHION
def test_fashion_that_is_moved_is_hard_for_a_linear_readout():
    data = load_data(DataSpec(name="moved_fashion", views=2, images={"train": 1000, "test": 1000}), 0)
    assert data.classes == 10
    assert np.bincount(data.train_y).min() > 70
    assert 0.4 < score(data.train_x, data.train_y, data.test_x, data.test_y, inverse_penalty=1.0).accuracy < 0.65
