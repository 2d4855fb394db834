"""Random views: what counts as "the same object" for a network that learns from fixations.

A view is moved, then of another contrast and brightness, then partly hidden, then noisy:
    x' = clip(g x + o, 0, 1)        g ~ U(1 +- contrast), o ~ U(+- brightness), one of each an image
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem
from neurohw.spec import AugmentSpec


@dataclass(frozen=True)
class Augment:
    """How much one view may differ from another, each uniformly and independently; 0: not at all.

    About the centre of the image, shift: +- pixels, along each axis; rotation: +- degrees; scale: +- fraction of the
    size; shear: +- pixels a row. contrast: +- fraction of the gain; brightness: +- of the range; occlusion: side in
    pixels of a square set to 0, anywhere inside the image; noise: standard deviation of each pixel.
    """

    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    occlusion: int = 0
    noise: float = 0.0


def chosen(own: Augment, spec: AugmentSpec) -> Augment:
    """Return a data set's own choice with what `spec` sets."""
    return replace(own, **spec.model_dump(exclude_none=True))


def look(images: NDArray[np.float32], rng: np.random.Generator, how: Augment) -> NDArray[np.float32]:
    """Return one random view of each image: [N, H, W] in 0..1 to the same shape.

    What is 0 draws no random numbers, but for the motion. A NeurohwError if images are smaller than what hides them.
    """
    seen = move(images, rng, how)
    if how.contrast or how.brightness:
        gain = rng.uniform(1 - how.contrast, 1 + how.contrast, (len(seen), 1, 1)).astype(np.float32)
        seen = gain * seen + rng.uniform(-how.brightness, how.brightness, (len(seen), 1, 1)).astype(np.float32)
    if how.occlusion:
        _hide(seen, rng, how.occlusion)
    if how.noise:
        seen += np.float32(how.noise) * rng.standard_normal(seen.shape, np.float32)
    return seen.clip(0, 1, out=seen)


def move(images: NDArray[np.float32], rng: np.random.Generator, how: Augment) -> NDArray[np.float32]:
    """Return each image moved at random: [N, H, W] in 0..1 to the same shape; bilinear, zero outside the image.

    With (r, q) the position of a pixel relative to the centre, angle theta, size s, shear h and shift (dr, dq), the
    pixel takes its value from the old image at
        r' = (cos(theta) r - sin(theta) q) / s - dr          q' = (sin(theta) r + cos(theta) q) / s + h r - dq
    """
    count = len(images)
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation, count))
    size = 1.0 + rng.uniform(-how.scale, how.scale, count)
    shear = rng.uniform(-how.shear, how.shear, count)
    down, right = rng.uniform(-how.shift, how.shift, (2, count))
    images = np.ascontiguousarray(images, np.float32)
    moved: NDArray[np.float32] = _resample(images, np.cos(angle) / size, np.sin(angle) / size, shear, down, right)
    return moved


def view_bank(images: NDArray[np.float32], views: int, rng: np.random.Generator, how: Augment) -> NDArray[np.float32]:
    """Return `views` random views of each image, flattened: [N, H, W] to [N, views, H * W]."""
    bank = np.empty((len(images), views, images[0].size), np.float32)
    for view in range(views):
        bank[:, view] = look(images, rng, how).reshape(len(images), -1)
    return bank


def _hide(images: NDArray[np.float32], rng: np.random.Generator, side: int) -> None:
    """Set a square of each image to 0, in place."""
    count, height, width = images.shape
    if side > min(height, width):
        limit = f"the images are {height} x {width} pixels"
        raise NeurohwError(Problem("data.augment.occlusion", f"is {side}", limit, "hide a smaller square"))
    top, left = rng.integers(0, height - side + 1, count), rng.integers(0, width - side + 1, count)
    square = np.arange(side)
    rows, columns = top[:, None, None] + square[:, None], left[:, None, None] + square
    images[np.arange(count)[:, None, None], rows, columns] = 0


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
