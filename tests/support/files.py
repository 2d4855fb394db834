"""Small data files in the layouts that the data sets come in."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write bytes as IDX, packed if the name ends in .gz."""
    raw = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def write_idx_folder(folder: Path, train: int = 60, test: int = 30, side: int = 28, classes: int = 3) -> None:
    """Write a folder laid out as MNIST: bright squares whose size is their class, on a dark ground."""
    rng = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % classes
        images = rng.integers(0, 40, (count, side, side))
        for image, label in zip(images, labels):
            image[8 : 12 + 4 * label, 8 : 12 + 4 * label] += 200
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
