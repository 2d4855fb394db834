"""Patches: an image as a sequence of squares."""

from __future__ import annotations

import numpy as np
import pytest
from support.files import write_idx_folder, write_stl10

from neurohw.data import moved_fashion
from neurohw.data.idx import read_folder
from neurohw.data.patches import cut
from neurohw.data.pixels import grey
from neurohw.data.registry import load_data
from neurohw.errors import NeurohwError
from neurohw.spec import DataSpec


def spec(folder, **options) -> DataSpec:
    return DataSpec(name="patches", path=str(folder), **options)


def test_squares_overlap_by_half_and_follow_by_rows():
    image = np.arange(36, dtype=np.uint8).reshape(1, 6, 6)
    squares = cut(image, 4)
    assert squares.shape == (1, 4, 16)
    assert squares[0, :, 0].tolist() == [0, 2, 12, 14]
    np.testing.assert_array_equal(squares[0, 3].reshape(4, 4), image[0, 2:, 2:])


def test_an_idx_image_is_nine_squares_with_its_label(tmp_path):
    write_idx_folder(tmp_path)
    data = load_data(spec(tmp_path, images={"train": 10, "test": 4}, dt=3), 0)
    assert data.lengths.tolist() == [9] * 10
    assert data.train_x.shape == (90, 196)
    assert data.test_x.shape == (36, 196)
    images, labels = read_folder(tmp_path, "train", "")
    np.testing.assert_array_equal(data.train_y, np.repeat(labels[:10], 9))
    below = data.train_x[3].reshape(14, 14) * 255  # dt = 3 after the first square of the first image
    np.testing.assert_allclose(below, images[0, 7:21, :14], rtol=1e-6)
    np.testing.assert_array_equal(data.views[:, 0], data.train_x)


def test_stl10_is_cut_as_clapp_cuts_it(tmp_path):
    written = write_stl10(tmp_path, {"train": 3, "test": 2})
    data = load_data(spec(tmp_path), 0)
    assert data.lengths.tolist() == [49] * 3
    assert data.train_x.shape == (147, 256)
    first = data.train_x[8].reshape(16, 16) * 255  # second of the second row
    np.testing.assert_allclose(first, grey(written["train"])[0, 24:40, 24:40], rtol=1e-6)
    assert data.test_y.tolist() == [0] * 49 + [1] * 49


def test_validation_holds_out_whole_images(tmp_path):
    write_idx_folder(tmp_path)
    data = load_data(spec(tmp_path), 0, "validation")
    assert data.lengths.tolist() == [9] * 45
    assert len(data.test_y) == 9 * 15


def test_without_a_folder_the_error_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr("neurohw.data.patches.FOLDER", str(tmp_path / "none"))
    with pytest.raises(NeurohwError) as caught:
        load_data(DataSpec(name="patches"), 0)
    assert str(caught.value) == f"data.path: no folder '{tmp_path / 'none'}'; {moved_fashion.FIX}"
