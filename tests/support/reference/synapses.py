"""A projection: integer weights, the shift by the exponent, the buffer of what is under way."""

from typing import Any

import numpy as np

from neurohw.ir.network import Format, Projection
from support.reference.integers import Ints, shift_left, wrap32


def dense(projection: Projection) -> Ints:
    """The weights as an array [n_post, n_pre]; a convolution by its definition, one synapse at a time."""
    if projection.shared:
        return convolution(projection.weight)
    return np.asarray(projection.weight.toarray() if projection.sparse else projection.weight).astype(np.int64)


def convolution(c: Any) -> Ints:
    """The matrix of a convolution: output (o, y, x) hears input (channel, row, column) through kernel[o, k, i, j]."""
    (channels, height, width), (made, per_group, rows, columns) = c.input_shape, c.kernel.shape
    high = (height + 2 * c.padding[0] - c.dilation[0] * (rows - 1) - 1) // c.stride[0] + 1
    wide = (width + 2 * c.padding[1] - c.dilation[1] * (columns - 1) - 1) // c.stride[1] + 1
    matrix = np.zeros((made, high, wide, channels, height, width), np.int64)
    for o, y, x, k, i, j in np.ndindex(made, high, wide, per_group, rows, columns):
        row = y * c.stride[0] + i * c.dilation[0] - c.padding[0]
        column = x * c.stride[1] + j * c.dilation[1] - c.padding[1]
        if 0 <= row < height and 0 <= column < width:
            channel = o // (made // c.groups) * per_group + k
            matrix[o, y, x, channel, row, column] = c.kernel[o, k, i, j]
    return matrix.reshape(made * high * wide, channels * height * width)


def stored(projection: Projection) -> Any:
    """Mask [n_post, n_pre] of the synapses that exist."""
    if not projection.sparse:
        return np.ones(projection.weight.shape, bool)
    mask = np.zeros(projection.weight.shape, bool)
    for post in range(len(mask)):
        mask[post, projection.weight.indices[projection.weight.indptr[post] : projection.weight.indptr[post + 1]]] = (
            True
        )
    return mask


def truncate(weight: Ints, form: Format) -> Ints:
    """Drop the low-order bits that the format does not store: of the magnitude when inhibitory, else downwards."""
    unit = 1 << form.truncated
    if form.sign == "inhibitory":
        return -(-weight // unit * unit)
    return weight // unit * unit


class Synapses:
    """Messages in, currents out one step later, and `delay` steps more."""

    def __init__(self, projection: Projection) -> None:
        assert projection.format is not None
        self.projection, self.form = projection, projection.format
        weight = dense(projection)
        if projection.plasticity is None:
            weight = np.clip(weight, *self.form.range)  # Lava clips static weights only
        self.weight = truncate(weight, self.form)
        self.delay = np.broadcast_to(np.asarray(projection.delay, np.int64), weight.shape)
        self.arriving = np.zeros((int(self.delay.max(initial=0)) + 1, len(weight)), np.int64)

    def deliver(self) -> Ints:
        """What arrives at this step; everything else comes one step nearer."""
        now = self.arriving[0]
        self.arriving = np.concatenate([self.arriving[1:], np.zeros_like(self.arriving[:1])])
        return now

    def send(self, messages: Ints) -> None:
        """Put what the messages of this step cause under way; each delay is summed and shifted on its own."""
        payload = messages if self.projection.graded else (messages != 0).astype(np.int64)
        for steps in np.unique(self.delay):
            weight = np.where(self.delay == steps, self.weight, 0)
            current = shift_left(wrap32(weight @ payload), self.form.exponent)
            if self.projection.shared:  # Lava's Conv wraps its sum to 24 bits
                current = (current + 2**23) % 2**24 - 2**23
            self.arriving[steps] = wrap32(self.arriving[steps] + current)
