"""From pixels to what a network receives in the steps of one presentation: payloads, coded spikes, events as they are.

Rate code of a payload n in 0..254 in T steps: a spike at step t (from 0) iff floor(((t+1) n + 127) / 254) is larger
than floor((t n + 127) / 254); T n / 254 spikes in all, to the nearest, evenly spaced.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset
from neurohw.data.seeds import generator
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.neurons import PAYLOAD_MAX, TRACE_MAX
from neurohw.spec import InputSpec


class Coder:
    """Turns payloads [m, D] 0..254 into frames [m, steps, channels] of the input, by the model's coding.

    Only Bernoulli spikes are random: drawn one presentation after the other from the generator of `purpose`, so that
    they do not depend on how the presentations are cut into calls.
    """

    def __init__(self, spec: InputSpec, seed: int = 0, purpose: str = "spikes") -> None:
        self.spec = spec
        self._rng = generator(seed, purpose)

    def frames(self, levels: NDArray[Any]) -> NDArray[Any]:
        """Payloads as they are [m, 1, D], or spikes 0 and 1 in int8 [m, steps, D], or events [m, steps, D / steps]."""
        _check(levels)
        steps = self.spec.steps
        if self.spec.coding == "graded":
            return levels[:, None, :]
        if self.spec.coding == "events":
            return (levels > PAYLOAD_MAX // 2).reshape(len(levels), steps, -1).astype(np.int8)
        if self.spec.coding == "bernoulli":
            drawn = self._rng.random((len(levels), steps, levels.shape[1]), np.float32)
            return (drawn * np.float32(PAYLOAD_MAX) < levels[:, None, :]).astype(np.int8)
        spikes = np.empty((len(levels), steps, levels.shape[1]), np.int8)
        _evenly(np.ascontiguousarray(levels, np.int16), spikes)
        return spikes

    def state(self) -> dict[str, Any]:
        """Where the random numbers stand, as plain values."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state`."""
        self._rng.bit_generator.state = state


def count_shift(steps: int) -> int:
    """Left shift that makes a count of up to `steps` spikes a number of 7 bits."""
    return max(0, TRACE_MAX.bit_length() - (steps - 1).bit_length())


def with_count(spikes: NDArray[np.int8]) -> NDArray[np.int16]:
    """Append to spikes [m, steps, D] the frame that a learning layer reads: twice the count in 7 bits."""
    count = spikes.sum(axis=1, dtype=np.int32) << count_shift(spikes.shape[1])
    message = 2 * np.minimum(TRACE_MAX, count)
    return np.concatenate([spikes, message[:, None, :]], axis=1, dtype=np.int16)


def check_coding(data: Dataset, spec: InputSpec) -> None:
    """A NeurohwError unless the coding fits the data: images are coded, events taken as they are."""
    if data.steps > 1 and spec.coding != "events":
        limit = f"'{data.name}' holds events in {data.steps} steps"
        fix = f"set coding: events, steps: {data.steps}"
        raise NeurohwError(Problem("input.coding", f"is {spec.coding}", limit, fix))
    if spec.coding == "events" and data.steps != spec.steps:
        if data.steps == 1:
            raise NeurohwError(
                Problem("input.coding", "is events", f"'{data.name}' holds images", "set it to rate or bernoulli")
            )
        raise NeurohwError(
            Problem("input.steps", f"is {spec.steps}", f"the events of '{data.name}' last {data.steps} steps")
        )


def _check(levels: NDArray[Any]) -> None:
    """Rates are shares of a step: payloads outside 0..254 have none."""
    low, high = int(levels.min(initial=0)), int(levels.max(initial=0))
    if low < 0 or high > PAYLOAD_MAX:
        what = f"rates from {low / PAYLOAD_MAX:g} to {high / PAYLOAD_MAX:g}"
        raise NeurohwError(Problem("input", what, "rates are 0..1 spikes a step", "rescale the data"))


@njit(cache=True)
def _evenly(levels, spikes):  # type: ignore[no-untyped-def]
    """The rate code, as an accumulator that starts half full and overflows at each spike."""
    for m in range(spikes.shape[0]):
        for d in range(spikes.shape[2]):
            level, filled = levels[m, d], PAYLOAD_MAX // 2
            for t in range(spikes.shape[1]):
                filled += level
                spike = filled >= PAYLOAD_MAX
                filled -= PAYLOAD_MAX * spike
                spikes[m, t, d] = spike
