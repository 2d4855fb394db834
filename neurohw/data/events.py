"""Recordings of events as data sets: cut into time steps, 1 where a channel speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset

_HELD_OUT = 4  # validation holds out one recording in so many


@dataclass(frozen=True)
class Recordings:
    """Whether channels spoke: inputs [N, D] and views [N, V, D], D = steps * channels; and labels [N]."""

    x: NDArray[np.bool_]
    views: NDArray[np.bool_]
    y: NDArray[np.int64]


def binned(
    time: NDArray[Any], channel: NDArray[np.int64], steps: int, channels: int, length: float
) -> NDArray[np.bool_]:
    """Return whether each channel had an event in each of the equal steps of 0..length, [steps, channels].

    Events outside the time or the channels are left out.
    """
    seen = np.zeros((steps, channels), np.bool_)
    step = np.floor(time * (steps / length)).astype(np.int64)
    inside = (step >= 0) & (step < steps) & (channel >= 0) & (channel < channels)
    seen[step[inside], channel[inside]] = True
    return seen


def of_recordings(name: str, train: Recordings, test: Recordings | None, steps: int, classes: int) -> Dataset:
    """Return the data set; without test recordings, a quarter of the training ones is held out to test on."""
    if test is None:
        held_out = np.zeros(len(train.y), np.bool_)
        held_out[np.random.default_rng(0).permutation(len(train.y))[::_HELD_OUT]] = True
        train, test = _some(train, ~held_out), _some(train, held_out)
    train_x, test_x, views = (spoke.astype(np.float32) for spoke in (train.x, test.x, train.views))
    return Dataset(name, train_x, train.y, test_x, test.y, views, classes, steps)


def _some(recordings: Recordings, which: NDArray[np.bool_]) -> Recordings:
    return Recordings(recordings.x[which], recordings.views[which], recordings.y[which])
