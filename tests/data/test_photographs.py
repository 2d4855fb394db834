"""STL-10 and CIFAR-10, on small files in their layouts."""

from __future__ import annotations

import numpy as np
import pytest
from support.files import write_cifar10, write_stl10

from neurohw.data.pixels import grey, shrink
from neurohw.data.registry import load_data
from neurohw.data.stl10 import read_stl10
from neurohw.errors import NeurohwError
from neurohw.spec import DataSpec

STILL = {"shift": 0, "rotation": 0, "scale": 0, "contrast": 0, "brightness": 0}


def spec(name, folder, **options) -> DataSpec:
    return DataSpec(name=name, path=str(folder), views=2, **options)


def said(name, folder) -> str:
    with pytest.raises(NeurohwError) as caught:
        load_data(spec(name, folder) if folder else DataSpec(name=name), 0)
    return str(caught.value)


def test_stl10_stands_upright_in_grey(tmp_path):
    written = write_stl10(tmp_path, {"train": 12, "test": 5})
    images, labels = read_stl10(tmp_path, "train", None)
    np.testing.assert_array_equal(images, grey(written["train"]))
    assert labels.tolist() == [*range(10), 0, 1]
    data = load_data(spec("stl10", tmp_path, augment=STILL), 0)
    np.testing.assert_array_equal(data.train_x, shrink(images, 24).reshape(12, -1))
    assert (data.test_x.shape, data.views.shape, data.classes) == ((5, 576), (12, 2, 576), 10)


def test_views_of_photographs_differ_in_contrast(tmp_path):
    write_stl10(tmp_path, {"train": 4, "test": 2})
    motion = {"shift": 0, "rotation": 0, "scale": 0}
    still, moved = (load_data(spec("stl10", tmp_path, augment=a), 0).train_x for a in (STILL, motion))
    assert not np.allclose(still, moved)
    assert np.corrcoef(still[0], moved[0])[0, 1] > 0.99


def test_cifar10_reads_its_batches_in_order(tmp_path):
    written = write_cifar10(tmp_path)
    data = load_data(spec("cifar10", tmp_path, augment=STILL, images={"train": 12, "test": 3}), 0)
    images = np.concatenate([written["data_batch_1"], written["data_batch_2"]])[:12]
    np.testing.assert_array_equal(data.train_x, shrink(grey(images), 24).reshape(12, -1))
    assert data.train_y.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3]
    np.testing.assert_array_equal(data.test_x, shrink(grey(written["test_batch"][:3]), 24).reshape(3, -1))


def test_without_files_the_error_says_how_to_get_them(tmp_path):
    stl = "unpack stl10_binary.tar.gz of the authors and give the folder stl10_binary as data.path"
    cifar = "unpack cifar-10-binary.tar.gz of the author and give the folder cifar-10-batches-bin as data.path"
    assert (
        said("stl10", None) == f"data.path: is missing; 'stl10' reads a folder with {{train,test}}_{{X,y}}.bin; {stl}"
    )
    assert said("stl10", tmp_path) == f"data.path: no file '{tmp_path}/train_X.bin'; {stl}"
    expected = "data.path: is missing; 'cifar10' reads a folder with data_batch_1..5.bin and test_batch.bin; "
    assert said("cifar10", None) == expected + cifar
    write_cifar10(tmp_path)
    (tmp_path / "test_batch.bin").unlink()
    assert said("cifar10", tmp_path) == f"data.path: no file '{tmp_path}/test_batch.bin'; {cifar}"


def test_files_that_were_cut_off_are_refused(tmp_path):
    write_stl10(tmp_path, {"train": 4, "test": 2})
    write_cifar10(tmp_path)
    path = tmp_path / "train_X.bin"
    path.write_bytes(path.read_bytes()[:-1])
    assert said("stl10", tmp_path) == (
        f"{path}: holds 110591 bytes for 4 labels; an image has 27648; unpack the archive again"
    )
    path = tmp_path / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1])
    assert said("cifar10", tmp_path) == f"{path}: holds 24583 bytes; a record has 3073; unpack the archive again"


def test_labels_out_of_range_are_refused(tmp_path):
    write_stl10(tmp_path, {"train": 2, "test": 2})
    (tmp_path / "test_y.bin").write_bytes(bytes([0, 11]))
    assert said("stl10", tmp_path) == f"{tmp_path}/test_y.bin: holds 0..11; labels are 1..10"
    write_cifar10(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(bytes([10]) + bytes(3072))
    assert said("cifar10", tmp_path) == f"{tmp_path}/test_batch.bin: holds a label 10; labels are 0..9"
