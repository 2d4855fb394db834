"""Shared weights: a two-dimensional convolution as a matrix [n_post, n_pre] of which only the kernel is stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import Problem
from neurohw.ir.checks import Whole, integer_problems

Pair = tuple[int, int]
MOST = (1 << 31) - 1


@dataclass(frozen=True)
class Convolution:
    """a[o, y, x] = sum over c, i, j of kernel[o, c, i, j] s[g + c, y sy + i dy - py, x sx + j dx - px], zero outside.

    `kernel` [channels out, channels in / groups, rows, columns]; `input_shape` (channels, rows, columns); output
    channel o belongs to group o // (channels out / groups), whose first input channel is g. `stride` (sy, sx),
    `padding` (py, px) and `dilation` (dy, dx) count (rows, columns). Populations are flat, channels first: neuron
    (channel * rows + row) * columns + column. The same operation as torch.nn.Conv2d (a cross-correlation).
    In integers the sum is shifted left by the format's exponent (0 and up), then wraps to 24 bits, as in Lava 0.10.0
    `proc/conv`: (a + 2^23) % 2^24 - 2^23.
    """

    kernel: NDArray[Any]
    input_shape: tuple[int, int, int]
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    def __post_init__(self) -> None:
        view = np.asarray(self.kernel).view()
        view.flags.writeable = False
        object.__setattr__(self, "kernel", view)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of the result."""
        rows, columns = (
            (self.input_shape[1 + k] + 2 * self.padding[k] - self.dilation[k] * (self.kernel.shape[2 + k] - 1) - 1)
            // self.stride[k]
            + 1
            for k in (0, 1)
        )
        return self.kernel.shape[0], rows, columns

    @property
    def shape(self) -> tuple[int, int]:
        """(n_post, n_pre), as of the unrolled matrix."""
        return int(np.prod(self.output_shape)), int(np.prod(self.input_shape))

    @cached_property
    def taps(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(post, pre, place in the flat kernel) of every synapse within the image, zero weights included."""
        out, (_, height, width), (_, per_group, rows, columns) = self.output_shape, self.input_shape, self.kernel.shape
        o, y, x, c, i, j = np.meshgrid(*map(np.arange, (*out, per_group, rows, columns)), indexing="ij", sparse=True)
        channel = o // max(1, out[0] // self.groups) * per_group + c
        row = y * self.stride[0] + i * self.dilation[0] - self.padding[0]
        column = x * self.stride[1] + j * self.dilation[1] - self.padding[1]
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        post = (o * out[1] + y) * out[2] + x
        pre = (channel * height + row) * width + column
        place = ((o * per_group + c) * rows + i) * columns + j
        mask = np.broadcast_to(inside, np.broadcast_shapes(inside.shape, post.shape, pre.shape, place.shape))
        return tuple(np.broadcast_to(part, mask.shape)[mask] for part in (post, pre, place))  # type: ignore[return-value]

    @cached_property
    def unrolled(self) -> sparse.csr_array:
        """The matrix with every synapse on its own; kernel entries that are zero are left out."""
        post, pre, place = self.taps
        values = np.asarray(self.kernel).ravel()[place]
        matrix = sparse.csr_array((values, (post, pre)), shape=self.shape)
        matrix.eliminate_zeros()
        return matrix

    def shared_lists(self, start: int, stop: int) -> tuple[int, NDArray[np.int64]]:
        """What a core stores for outputs start..stop-1: presynaptic neurons that reach them, and the lengths of lists.

        Two neurons share a list of synapses if it holds the same kernel entries: their targets then differ by a shift.
        """
        post, pre, place = self.taps
        held = (post >= start) & (post < stop) & (np.asarray(self.kernel).ravel()[place] != 0)
        pre, place = pre[held], place[held]
        marks = np.random.default_rng(0).integers(1, 2**63, self.kernel.size, dtype=np.uint64)
        lists = np.zeros(self.shape[1], np.uint64)  # a sum of marks tells which entries a list holds
        np.add.at(lists, pre, marks[place])
        length = np.bincount(pre, minlength=self.shape[1])
        _, first = np.unique(lists[length > 0], return_index=True)
        return int(np.count_nonzero(length)), length[length > 0][first]

    def problems(self, where: str) -> list[Problem]:
        """What makes it impossible; nothing else may be asked of it then."""
        shape = self.kernel.shape
        if self.kernel.ndim != 4:
            limit = "needs (channels out, channels in / groups, rows, columns)"
            return [Problem(where, f"the kernel has shape {shape}", limit)]
        found = integer_problems(f"{where}: groups", self.groups, Whole(1, MOST))
        for name, count, low in (("input_shape", 3, 1), ("stride", 2, 1), ("padding", 2, 0), ("dilation", 2, 1)):
            found += _integers(where, name, getattr(self, name), count, low)
        if found:
            return found
        channels = self.input_shape[0]
        if shape[0] % self.groups or shape[1] * self.groups != channels:
            what = f"a kernel of {shape[1]} channels in {self.groups} groups makes {shape[0]} of {channels} channels"
            fix = "channels in = kernel channels x groups, and groups divide channels out"
            found.append(Problem(where, what, fix=fix))
        elif min(self.output_shape) < 1:
            what = f"a kernel of {shape[2:]} does not fit an image of {self.input_shape[1:]}"
            found.append(Problem(where, what, f"padding {self.padding}", "pad the image or take a smaller kernel"))
        return found


def _integers(where: str, name: str, value: Any, count: int, low: int) -> list[Problem]:
    """What keeps a value from being so many integers of at least `low`."""
    listed = isinstance(value, (tuple, list, np.ndarray)) and len(value) == count
    if listed and not any(integer_problems(where, one, Whole(low, MOST)) for one in value):
        return []
    return [Problem(where, f"{name} {value!r}", f"needs {count} integers of at least {low}")]
