"""Pixels of images before they are looked at: fewer of them, and without colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_BLOCK = 500  # images at once: bounds the memory of large ones


def shrink(images: NDArray[Any], side: int) -> NDArray[np.float32]:
    """Average [N, H, W] bytes 0..255 over areas: [N, side, side] in 0..1.

    A new pixel is the mean of the rectangle it covers; old pixels on its edge count by the part that lies inside.
    """
    rows, columns = (_areas(length, side) for length in images.shape[1:])
    small = np.empty((len(images), side, side), np.float32)
    for start in range(0, len(images), _BLOCK):
        block = images[start : start + _BLOCK].astype(np.float32) / np.float32(255)
        small[start : start + _BLOCK] = rows @ block @ columns.T
    return small.clip(0, 1, out=small)


def grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn colours [N, H, W, 3] into their luma by ITU-R BT.601, to the nearest: [N, H, W]."""
    luma = np.empty(images.shape[:3], np.uint8)
    for start in range(0, len(images), _BLOCK):
        luma[start : start + _BLOCK] = np.rint(images[start : start + _BLOCK] @ _LUMA)
    return luma


def _areas(old: int, new: int) -> NDArray[np.float32]:
    """Weights [new, old] of the mean over each of `new` equal parts of a line of `old` pixels."""
    edges = np.arange(new + 1) * (old / new)
    pixel = np.arange(old)
    inside = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    weights: NDArray[np.float32] = (inside.clip(0) / (old / new)).astype(np.float32)
    return weights
