"""Dataset: what a network looks at (views) and what classifiers are scored on; and the 8-bit payload of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, raise_if_any
from neurohw.ir.network import read_only
from neurohw.ir.neurons import PAYLOAD_MAX

Split = Literal["test", "validation"]


@dataclass(frozen=True)
class Dataset:
    """N training and M test images of D pixels in 0..1, with labels 0..classes - 1, and V views of each training image.

    train_x [N, D], test_x [M, D], views [N, V, D] float32; train_y [N], test_y [M] int64; all read-only. Networks learn
    from `views` only; the labels are for classifiers. `steps` > 1: not images but recordings of events, D = steps *
    channels, 1 where a channel speaks. `lengths` [S] int64: the N are not objects of their own but frames, one after
    the other, of S sequences of these lengths; what follows in time is then the same. A NeurohwError lists everything
    that does not fit together.
    """

    name: str
    train_x: NDArray[np.float32]
    train_y: NDArray[np.int64]
    test_x: NDArray[np.float32]
    test_y: NDArray[np.int64]
    views: NDArray[np.float32]
    classes: int
    steps: int = 1
    lengths: NDArray[np.int64] | None = None

    @property
    def channels(self) -> int:
        """Input neurons that the data need."""
        return self.train_x.shape[1] // self.steps

    def __post_init__(self) -> None:
        for name in ("train_x", "test_x", "views"):
            object.__setattr__(self, name, read_only(np.ascontiguousarray(getattr(self, name), np.float32)))
        for name in ("train_y", "test_y"):
            object.__setattr__(self, name, read_only(np.ascontiguousarray(getattr(self, name), np.int64)))
        if self.lengths is not None:
            object.__setattr__(self, "lengths", read_only(np.array(self.lengths, np.int64)))
        raise_if_any(_shape_problems(self) or _value_problems(self))


def payload(x: NDArray[Any]) -> NDArray[np.int16]:
    """Turn pixels in 0..1 into graded-spike payloads 0..254, to the nearest, ties to even; same shape."""
    rounded: NDArray[Any] = np.rint(x * PAYLOAD_MAX)
    return rounded.astype(np.int16)


def _shape_problems(data: Dataset) -> list[Problem]:
    """Arrays whose shapes do not belong together; too few images for a saccade to another one."""
    found = []
    if data.train_x.ndim != 2 or data.test_x.ndim != 2 or data.views.ndim != 3:
        shapes = f"train_x {data.train_x.shape}, test_x {data.test_x.shape}, views {data.views.shape}"
        return [Problem(data.name, shapes, "they are [N, D], [M, D] and [N, V, D]", "flatten each image to D pixels")]
    images, pixels = data.train_x.shape
    if data.steps < 1 or pixels % max(1, data.steps):
        found.append(Problem(data.name, f"{pixels} values in {data.steps} steps", "each step has as many channels"))
    if data.test_x.shape[1] != pixels or (data.views.shape[0], data.views.shape[2]) != (images, pixels):
        found.append(
            Problem(
                data.name,
                f"train_x is {data.train_x.shape}, test_x {data.test_x.shape}, views {data.views.shape}",
                "they share D, and train_x and views share N",
            )
        )
    for part, x, y in (("train", data.train_x, data.train_y), ("test", data.test_x, data.test_y)):
        if y.shape != (len(x),):
            found.append(Problem(data.name, f"{part}_y has shape {y.shape} for {len(x)} images", "one label an image"))
    if images < 2 or data.views.shape[1] < 1:
        found.append(Problem(data.name, f"views is {data.views.shape}", "two images with one view each, or more"))
    if data.lengths is not None:
        lengths = data.lengths
        if lengths.ndim != 1 or len(lengths) < 2 or lengths.min() < 1 or lengths.sum() != images:
            what = f"sequences of {lengths.tolist()[:5]}{'...' if lengths.size > 5 else ''} frames"
            limit = f"two sequences or more, of one frame or more, with the {images} frames of training between them"
            found.append(Problem(data.name, what, limit))
    return found


def _value_problems(data: Dataset) -> list[Problem]:
    """Pixels outside 0..1 (or NaN) and labels outside 0..classes - 1."""
    found = []
    for part in ("train_x", "test_x", "views"):
        array = getattr(data, part)
        low, high = float(np.min(array, initial=0.0)), float(np.max(array, initial=1.0))
        if not (low >= 0.0 and high <= 1.0):  # also catches NaN
            found.append(Problem(data.name, f"{part} holds {low:g}..{high:g}", "pixels are 0..1", "rescale them"))
    for part in ("train_y", "test_y"):
        array = getattr(data, part)
        if array.size and not 0 <= array.min() <= array.max() < data.classes:
            limit = f"labels are 0..{data.classes - 1}"
            found.append(Problem(data.name, f"{part} holds {array.min()}..{array.max()}", limit))
    return found
