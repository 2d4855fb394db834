"""Moved Fashion-MNIST: clothes in 14 x 14 pixels, every image moved at random, as in `moved_idx`.

60000 training and 10000 test images of 28 x 28 pixels in 10 classes (Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747;
MIT licence), of which the first 5000 and 3000 are used unless `data.images` says otherwise. They come from the Debian
package dataset-fashion-mnist, or from the folder `data.path`. A linear readout of the pixels is right 57 %.
"""

from __future__ import annotations

from pathlib import Path

from neurohw.data import moved_idx
from neurohw.data.dataset import Dataset, Split
from neurohw.spec import DataSpec

FOLDER = "/usr/share/datasets/fashion-mnist"
SOURCES = ("Xiao, Rasul & Vollgraf 2017",)
USES = moved_idx.USES
FIX = "apt-get install dataset-fashion-mnist, or give the folder of its files as data.path"


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set; `seed` chooses the views only."""
    return moved_idx.from_folder(Path(spec.path or FOLDER).expanduser(), spec, seed, split, FIX)
