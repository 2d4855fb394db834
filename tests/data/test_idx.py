"""IDX files: what is read, and what each broken file is told."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest
from support.files import write_idx

from neurohw.data.idx import read_folder, read_idx
from neurohw.errors import NeurohwError

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)


def message(call, *arguments) -> str:
    with pytest.raises(NeurohwError) as caught:
        call(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_an_array_comes_back_plain_or_packed(tmp_path, name):
    write_idx(tmp_path / name, IMAGES)
    np.testing.assert_array_equal(read_idx(tmp_path / name), IMAGES)


def test_sizes_are_big_endian(tmp_path):
    (tmp_path / "a").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    assert read_idx(tmp_path / "a").tolist() == [7, 9]


@pytest.mark.parametrize(
    ("raw", "begins"),
    [(b"", "nothing"), (b"\x89PNG....", "89 50 4e 47"), (bytes([0, 0, 13, 1, 0, 0, 0, 0]), "00 00 0d 01")],
)
def test_another_kind_of_file_is_refused(tmp_path, raw, begins):
    (tmp_path / "a").write_bytes(raw)
    assert message(read_idx, tmp_path / "a") == (
        f"{tmp_path / 'a'}: begins with {begins}; IDX files of bytes begin with 00 00 08 and the number of dimensions"
    )


@pytest.mark.parametrize("cut", [-1, 1])
def test_a_file_of_another_length_than_its_header_says_is_refused(tmp_path, cut):
    raw = struct.pack(">4B2I", 0, 0, 8, 2, 2, 3) + bytes(6 + cut)
    (tmp_path / "a").write_bytes(raw)
    said = message(read_idx, tmp_path / "a")
    assert said == f"{tmp_path / 'a'}: holds {6 + cut} values; its header says 2 x 3; fetch it again"


def test_a_packed_file_that_was_cut_off_is_refused(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))[:-6])
    assert message(read_idx, path).startswith(f"{path}: cannot be read: ")


def test_a_folder_is_read_by_parts(tmp_path):
    write_idx(tmp_path / "t10k-images-idx3-ubyte", IMAGES)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.arange(5, dtype=np.uint8))
    images, labels = read_folder(tmp_path, "t10k", "")
    np.testing.assert_array_equal(images, IMAGES)
    assert labels.tolist() == [0, 1, 2, 3, 4]


def test_what_is_not_there_is_named_with_the_fix(tmp_path):
    nowhere = tmp_path / "nowhere"
    assert message(read_folder, nowhere, "train", "look") == f"data.path: no folder '{nowhere}'; look"
    expected = f"data.path: '{tmp_path}' has no train-images-idx3-ubyte[.gz]; look"
    assert message(read_folder, tmp_path, "train", "look") == expected
    write_idx(tmp_path / "train-images-idx3-ubyte", IMAGES)
    expected = f"data.path: '{tmp_path}' has no train-labels-idx1-ubyte[.gz]; look"
    assert message(read_folder, tmp_path, "train", "look") == expected


def test_other_labels_than_images_are_refused(tmp_path):
    write_idx(tmp_path / "train-images-idx3-ubyte", IMAGES)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(4, np.uint8))
    assert message(read_folder, tmp_path, "train", "").endswith(
        "images are (5, 4, 3), labels (4,); they are [N, H, W] and [N]; take both from one source"
    )
