"""Moved images of an IDX folder, such as MNIST, KMNIST or EMNIST, by `data.path`: 14 x 14 pixels, moved at random.

Files {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]. Of the images, the first 5000 and 3000 unless `data.images`
says otherwise, each averaged over equal areas to 14 x 14 pixels (28 x 28: over 2 x 2), then moved as `moved` says.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.folders import folder_of
from neurohw.data.idx import read_folder
from neurohw.data.moved import Images, moved
from neurohw.data.pixels import shrink
from neurohw.spec import DataSpec, ImagesSpec

SIDE = 14
IMAGES = ImagesSpec(train=5000, test=3000)
USES = ("path", "images", "augment")


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set of the folder `data.path`; `seed` chooses the views only."""
    folder = folder_of(spec, "{train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]", "add it")
    return from_folder(folder, spec, seed, split, "check the folder")


def from_folder(folder: Path, spec: DataSpec, seed: int, split: Split, fix: str) -> Dataset:
    """Return the data set of a folder; a NeurohwError with the `fix` if it is not there."""
    train, train_y = _first(folder, "train", spec.images.train or IMAGES.train, fix)
    test, test_y = _first(folder, "t10k", spec.images.test or IMAGES.test, fix)
    return moved(Images(train, train_y, test, test_y), spec, seed, split)


def _first(folder: Path, part: str, count: int | None, fix: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The first small images of a part, and their labels."""
    images, labels = read_folder(folder, part, fix)
    return shrink(images[:count], SIDE), labels[:count].astype(np.int64)
