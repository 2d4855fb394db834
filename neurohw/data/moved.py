"""The protocol of moved images: every training and test image is seen in one random view, networks learn from many.

A linear readout of the pixels then fails where it succeeds on images that all stand in the same place, and a network
that has learned which views belong together has something to show. A view is moved by up to 2
pixels, 20 degrees and 15 % of its size unless `data.augment` says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.views import Augment, chosen, look, view_bank
from neurohw.errors import NeurohwError, Problem
from neurohw.spec import DataSpec

AUGMENT = Augment(shift=2.0, rotation=20.0, scale=0.15)
VALIDATION_IMAGES = 300  # held out, but at most a quarter
VALIDATION_VIEWS = 4
_IMAGES_SEED = {"test": 100, "validation": 200}  # of the one view of each training and test image
_VIEWS_SEED = 7  # added to the run's seed: the views are drawn apart from everything else of that run


@dataclass(frozen=True)
class Images:
    """Images [N, H, W] and [M, H, W] float32 in 0..1, and their labels [N] and [M]."""

    train: NDArray[np.float32]
    train_y: NDArray[np.int64]
    test: NDArray[np.float32]
    test_y: NDArray[np.int64]


def moved(images: Images, spec: DataSpec, seed: int, split: Split, own: Augment = AUGMENT) -> Dataset:
    """Return the data set of randomly moved images; `seed` chooses the views only, `own` how they differ.

    validation: the training images alone, without those held out (stratified), and those in 4 views each, so that
    settings are chosen without a look at the test images. A NeurohwError if there are too few to hold any out.
    """
    looks = 1
    classes = int(max(images.train_y.max(), images.test_y.max())) + 1
    if split == "validation":
        images, looks = _held_out(images, spec.name), VALIDATION_VIEWS
    how = chosen(own, spec.augment)
    rng = np.random.default_rng(_IMAGES_SEED[split])
    train, test = images.train, images.test
    return Dataset(
        name=spec.name,
        train_x=look(train, rng, how).reshape(len(train), -1),
        train_y=images.train_y,
        test_x=np.concatenate([look(test, rng, how).reshape(len(test), -1) for _ in range(looks)]),
        test_y=np.tile(images.test_y, looks),
        views=view_bank(train, spec.views, np.random.default_rng(seed + _VIEWS_SEED), how),
        classes=classes,
    )


def _held_out(images: Images, name: str) -> Images:
    """The training images, cut into some to train on and some to look at."""
    from sklearn.model_selection import train_test_split

    count = min(VALIDATION_IMAGES, len(images.train) // 4)
    labels, members = np.unique(images.train_y, return_counts=True)
    if members.min() < 2 or count < len(labels):
        what = f"{len(images.train)} training images of {len(labels)} classes"
        limit = "validation holds out a quarter, at least one of each class"
        raise NeurohwError(Problem(f"{name}: validation", what, limit, "use more images"))
    parts = train_test_split(images.train, images.train_y, test_size=count, stratify=images.train_y, random_state=1)
    train, test, train_y, test_y = parts
    return Images(train, train_y, test, test_y)
