"""Patches: an image as a sequence of overlapping squares, as CLAPP sees images (Illing et al. 2021).

Images of an IDX folder (by default Fashion-MNIST, from the Debian package dataset-fashion-mnist) or of STL-10, by
`data.path`. The squares overlap by half and follow one another by rows, from the left and from the top: what follows in
an image is the same, and with `data.dt` as large as a row, the square below. Each has its image's label.

STL-10: the middle 64 x 64 pixels in grey, in 7 rows of 7 squares of 16 x 16, as in CLAPP. IDX: squares of half the
image, for 28 x 28 pixels 3 rows of 3 of 14 x 14. The first 1000 training and 500 test images are used unless
`data.images` says otherwise.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.idx import read_folder
from neurohw.data.moved_fashion import FIX, FOLDER
from neurohw.data.sequences import Frames, of_sequences, without_held_out
from neurohw.data.stl10 import is_stl10_folder, read_stl10
from neurohw.errors import NeurohwError, Problem
from neurohw.spec import DataSpec, ImagesSpec

IMAGES = ImagesSpec(train=1000, test=500)
SOURCES = ("Illing et al. 2021",)
USES = ("path", "images", "dt")
_CROP, _SQUARE = 64, 16  # of STL-10


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set. validation: a quarter of the training images held out. There is no use for `seed`."""
    folder = Path(spec.path or FOLDER).expanduser()
    learned = _sequences(folder, "train", spec.images.train or IMAGES.train)
    if split == "validation":
        learned, tested = without_held_out(learned)
    else:
        tested = _sequences(folder, "test", spec.images.test or IMAGES.test)
    classes = int(max(frames.y[0] for frames in (*learned, *tested))) + 1
    return of_sequences(spec.name, learned, tested, classes)


def cut(images: NDArray[np.uint8], square: int) -> NDArray[np.uint8]:
    """Return the half-overlapping squares of images [N, H, W] by rows, [N, squares, square * square]."""
    if square < 1:
        what, limit = f"has images of {images.shape[1]} x {images.shape[2]}", "a square is half as wide as an image"
        raise NeurohwError(Problem("data.path", what, limit, "use images of 2 x 2 pixels or more"))
    step = max(1, square // 2)
    rows, columns = (range(0, length - square + 1, step) for length in images.shape[1:])
    squares = [images[:, r : r + square, c : c + square].reshape(len(images), -1) for r in rows for c in columns]
    return np.stack(squares, axis=1)


def _sequences(folder: Path, part: str, count: int | None) -> list[Frames]:
    """The squares of each image of a part."""
    if is_stl10_folder(folder):
        images, labels = read_stl10(folder, part, count)
        margin, square = (images.shape[1] - _CROP) // 2, _SQUARE
        images = images[:, margin : margin + _CROP, margin : margin + _CROP]
    else:
        found, classes = read_folder(folder, "t10k" if part == "test" else part, FIX)
        images, labels, square = found[:count], classes[:count].astype(np.int64), min(found.shape[1:]) // 2
    squares = cut(images, square) / np.float32(255)
    return [Frames(x, np.full(len(x), label)) for x, label in zip(squares, labels)]
