"""STL-10: photographs of ten kinds of things, in grey and 24 x 24 pixels, every one moved at random.

5000 training and 8000 test images of 96 x 96 pixels in colour (Coates, Lee & Ng 2011; for research, parts of ImageNet)
from the folder `data.path`, stl10_binary, with {train,test}_{X,y}.bin: 27648 bytes an image, three colours by columns
from the left, and labels 1..10. The first 2000 and 1000 are used unless `data.images` says otherwise; views are moved
as `moved` says and differ by 30 % in contrast and 0.1 in brightness. Files are mapped, not read whole.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.folders import file_in, folder_of
from neurohw.data.moved import Images, moved
from neurohw.data.pixels import grey, shrink
from neurohw.data.views import Augment
from neurohw.errors import NeurohwError, Problem
from neurohw.spec import DataSpec, ImagesSpec

SIDE = 24
IMAGES = ImagesSpec(train=2000, test=1000)
AUGMENT = Augment(shift=2.0, rotation=20.0, scale=0.15, contrast=0.3, brightness=0.1)
FIX = "unpack stl10_binary.tar.gz of the authors and give the folder stl10_binary as data.path"
SOURCES = ("Coates, Lee & Ng 2011",)
USES = ("path", "images", "augment")
_WIDE = 96
_BYTES = 3 * _WIDE * _WIDE


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set of the folder `data.path`; `seed` chooses the views only."""
    folder = folder_of(spec, "{train,test}_{X,y}.bin", FIX)
    train, train_y = read_stl10(folder, "train", spec.images.train or IMAGES.train)
    test, test_y = read_stl10(folder, "test", spec.images.test or IMAGES.test)
    images = Images(shrink(train, SIDE), train_y, shrink(test, SIDE), test_y)
    return moved(images, spec, seed, split, AUGMENT)


def is_stl10_folder(folder: Path) -> bool:
    """Return whether a folder holds the training images of STL-10."""
    return (folder / "train_X.bin").is_file()


def read_stl10(folder: Path, part: str, count: int | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the first `count` images of the part train or test in grey [N, 96, 96], and their labels 0..9."""
    path, labels_path = (file_in(folder, f"{part}_{kind}.bin", FIX) for kind in "Xy")
    size, labels = path.stat().st_size, np.fromfile(labels_path, np.uint8)
    if not size or size % _BYTES or size != _BYTES * len(labels):
        what = f"holds {size} bytes for {len(labels)} labels"
        raise NeurohwError(Problem(str(path), what, f"an image has {_BYTES}", "unpack the archive again"))
    if labels.min() < 1 or labels.max() > 10:
        raise NeurohwError(Problem(str(labels_path), f"holds {labels.min()}..{labels.max()}", "labels are 1..10"))
    pixels = np.memmap(path, np.uint8, "r").reshape(-1, 3, _WIDE, _WIDE)[:count]
    return grey(pixels.transpose(0, 3, 2, 1)), labels[:count].astype(np.int64) - 1
