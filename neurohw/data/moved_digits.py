"""Moved digits: scikit-learn's handwritten digits on a 12 x 12 canvas, every image moved at random.

1797 images of 8 x 8 pixels (Alpaydin & Kaynak 1998, UCI "Optical Recognition of Handwritten Digits"; BSD-3 through
scikit-learn), each in the middle of a black 12 x 12 canvas and moved as `moved` says: 1257 training and 540 test
images of 144 pixels, stratified; `data.images` takes the first of each. A linear readout of the pixels is right about
30 %.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.moved import Images, moved
from neurohw.spec import DataSpec

CANVAS = 12
SOURCES = ("Alpaydin & Kaynak 1998",)
USES = ("images", "augment")


@lru_cache(maxsize=2)  # every verb of a model asks for the same, and its views are a quarter of a second's work
def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set; `seed` chooses the views only. validation: 957 to train on, 300 held out in 4 views each."""
    from sklearn.model_selection import train_test_split

    images, labels = _canvas()
    train, test, train_y, test_y = train_test_split(images, labels, test_size=0.3, stratify=labels, random_state=0)
    n, m = spec.images.train, spec.images.test
    return moved(Images(train[:n], train_y[:n], test[:m], test_y[:m]), spec, seed, split)


@cache
def _canvas() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """All digits in the middle of the canvas, [1797, 12, 12] in 0..1, and their labels: read once, read-only."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    margin = (CANVAS - digits.images.shape[1]) // 2
    images = (digits.images / 16.0).astype(np.float32)
    canvas = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
    canvas.flags.writeable = digits.target.flags.writeable = False
    return canvas, digits.target
