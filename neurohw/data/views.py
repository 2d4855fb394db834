"""Random affine views: what counts as "the same object" for a network that learns from fixations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True)
class Motion:
    """How far a view may move, uniformly and independently, about the centre of the image.

    shift: +- pixels, along each axis; rotation: +- degrees; scale: +- fraction of the size; shear: +- pixels a row.
    """

    shift: float = 2.0
    rotation: float = 20.0
    scale: float = 0.15
    shear: float = 0.0


def move(images: NDArray[np.float32], rng: np.random.Generator, motion: Motion) -> NDArray[np.float32]:
    """Return one random view of each image: [N, H, W] in 0..1 to the same shape; bilinear, zero outside the image.

    With (r, q) the position of a pixel relative to the centre, angle theta, size s, shear h and shift (dr, dq), the
    pixel takes its value from the old image at
        r' = (cos(theta) r - sin(theta) q) / s - dr          q' = (sin(theta) r + cos(theta) q) / s + h r - dq
    """
    count = len(images)
    angle = np.deg2rad(rng.uniform(-motion.rotation, motion.rotation, count))
    size = 1.0 + rng.uniform(-motion.scale, motion.scale, count)
    shear = rng.uniform(-motion.shear, motion.shear, count)
    down, right = rng.uniform(-motion.shift, motion.shift, (2, count))
    images = np.ascontiguousarray(images, np.float32)
    moved: NDArray[np.float32] = _resample(images, np.cos(angle) / size, np.sin(angle) / size, shear, down, right)
    return moved


def view_bank(images: NDArray[np.float32], views: int, rng: np.random.Generator, motion: Motion) -> NDArray[np.float32]:
    """Return `views` random views of each image, flattened: [N, H, W] to [N, views, H * W]."""
    bank = np.empty((len(images), views, images[0].size), np.float32)
    for view in range(views):
        bank[:, view] = move(images, rng, motion).reshape(len(images), -1)
    return bank


@njit(cache=True)
def _resample(images, cosine, sine, shear, down, right):  # type: ignore[no-untyped-def]
    count, height, width = images.shape
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    moved = np.empty_like(images)
    for i in range(count):
        for row in range(height):
            for column in range(width):
                r, q = row - middle_row, column - middle_column
                old_row = cosine[i] * r - sine[i] * q + middle_row - down[i]
                old_column = sine[i] * r + cosine[i] * q + shear[i] * r + middle_column - right[i]
                moved[i, row, column] = _bilinear(images[i], old_row, old_column)
    return moved


@njit(cache=True)
def _bilinear(image, row, column):  # type: ignore[no-untyped-def]
    top, left = math.floor(row), math.floor(column)
    low, side = row - top, column - left
    value = np.float32(0)
    for r in range(2):
        for q in range(2):
            y, x = top + r, left + q
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                weight = (low if r else 1 - low) * (side if q else 1 - side)
                value = np.float32(value + weight * image[y, x])
    return min(np.float32(1), value)  # four rounded weights may sum to a little more than 1
