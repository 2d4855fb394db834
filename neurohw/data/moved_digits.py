"""Moved digits: scikit-learn's handwritten digits on a 12 x 12 canvas, every image moved at random.

1797 images of 8 x 8 pixels (Alpaydin & Kaynak 1998, UCI "Optical Recognition of Handwritten Digits"; BSD-3 through
scikit-learn), each in the middle of a black 12 x 12 canvas and moved by up to 2 pixels, 20 degrees and 15 % of its
size. Training and test images are moved once, so that a linear readout of the pixels fails (about 30 % right) and a
network that has learned which views belong together succeeds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.views import Motion, move, view_bank

CANVAS = 12
CLASSES = 10
MOTION = Motion(shift=2.0, rotation=20.0, scale=0.15)
VALIDATION_IMAGES = 300
VALIDATION_VIEWS = 4
_IMAGES_SEED = {"test": 100, "validation": 200}  # of the one move of each training and test image
_VIEWS_SEED = 7  # added to the run's seed: the views are drawn apart from everything else of that run


def load(seed: int, views: int = 64, split: Split = "test") -> Dataset:
    """Return the data set; `seed` chooses the `views` views only, images and labels are the same for every seed.

    test: 1257 training and 540 test images, stratified. validation: the 1257 alone, cut into 957 to train on and 300
    held out, those in 4 views each (1200 test images), so that settings are chosen without a look at the test images.
    """
    from sklearn.model_selection import train_test_split

    images, labels = _canvas()
    train, test, train_y, test_y = train_test_split(images, labels, test_size=0.3, stratify=labels, random_state=0)
    looks = 1
    if split == "validation":
        train, test, train_y, test_y = train_test_split(
            train, train_y, test_size=VALIDATION_IMAGES, stratify=train_y, random_state=1
        )
        looks = VALIDATION_VIEWS
    rng = np.random.default_rng(_IMAGES_SEED[split])
    return Dataset(
        name="moved_digits",
        train_x=move(train, rng, MOTION).reshape(len(train), -1),
        train_y=train_y,
        test_x=np.concatenate([move(test, rng, MOTION).reshape(len(test), -1) for _ in range(looks)]),
        test_y=np.tile(test_y, looks),
        views=view_bank(train, views, np.random.default_rng(seed + _VIEWS_SEED), MOTION),
        classes=CLASSES,
    )


def _canvas() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """All digits in the middle of the canvas, [1797, 12, 12] in 0..1, and their labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    margin = (CANVAS - digits.images.shape[1]) // 2
    images = (digits.images / 16.0).astype(np.float32)
    return np.pad(images, ((0, 0), (margin, margin), (margin, margin))), digits.target
