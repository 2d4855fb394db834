"""CIFAR-10: small photographs of ten kinds of things, in grey and 24 x 24 pixels, every one moved at random.

50000 training and 10000 test images of 32 x 32 pixels in colour (Krizhevsky 2009; no licence stated) from the folder
`data.path`, cifar-10-batches-bin, with data_batch_1..5.bin and test_batch.bin: records of 3073 bytes, a label 0..9 and
then red, green and blue by rows. The first 2000 and 1000 are used unless `data.images` says otherwise; views differ as
those of `stl10`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.folders import file_in, folder_of
from neurohw.data.moved import Images, moved
from neurohw.data.pixels import grey, shrink
from neurohw.data.stl10 import AUGMENT, IMAGES, SIDE
from neurohw.errors import NeurohwError, Problem
from neurohw.spec import DataSpec

TRAINING = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
TEST = ("test_batch.bin",)
SOURCES = ("Krizhevsky 2009",)
USES = ("path", "images", "augment")
_WIDE = 32
_RECORD = 1 + 3 * _WIDE * _WIDE
_FIX = "unpack cifar-10-binary.tar.gz of the author and give the folder cifar-10-batches-bin as data.path"


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set of the folder `data.path`; `seed` chooses the views only."""
    folder = folder_of(spec, "data_batch_1..5.bin and test_batch.bin", _FIX)
    train, train_y = _read(folder, TRAINING, spec.images.train or IMAGES.train)
    test, test_y = _read(folder, TEST, spec.images.test or IMAGES.test)
    images = Images(shrink(train, SIDE), train_y, shrink(test, SIDE), test_y)
    return moved(images, spec, seed, split, AUGMENT)


def _read(folder: Path, names: tuple[str, ...], count: int | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first `count` images of some files in grey [N, 32, 32], and their labels."""
    records = np.concatenate([_records(file_in(folder, name, _FIX)) for name in names])[:count]
    pixels = records[:, 1:].reshape(-1, 3, _WIDE, _WIDE).transpose(0, 2, 3, 1)
    return grey(pixels), records[:, 0].astype(np.int64)


def _records(path: Path) -> NDArray[np.uint8]:
    """The records of one file, [N, 3073]."""
    raw = np.fromfile(path, np.uint8)
    if not len(raw) or len(raw) % _RECORD:
        what = f"holds {len(raw)} bytes"
        raise NeurohwError(Problem(str(path), what, f"a record has {_RECORD}", "unpack the archive again"))
    records = raw.reshape(-1, _RECORD)
    if records[:, 0].max() > 9:
        raise NeurohwError(Problem(str(path), f"holds a label {records[:, 0].max()}", "labels are 0..9"))
    return records
