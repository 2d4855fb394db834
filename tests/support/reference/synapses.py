"""A projection: integer weights, the shift by the exponent, the buffer of what is under way."""

from typing import Any

import numpy as np

from neurohw.ir.network import Format, Projection
from support.reference.integers import Ints, shift_left, wrap32


def dense(projection: Projection) -> Ints:
    """The weights as an array [n_post, n_pre]."""
    return np.asarray(projection.weight.toarray() if projection.sparse else projection.weight).astype(np.int64)


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
            self.arriving[steps] = wrap32(self.arriving[steps] + current)
