"""Data sets of sequences: frames one after the other, each with a label; what follows in time is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset

_HELD_OUT = 4  # validation holds out one sequence in so many


@dataclass(frozen=True)
class Frames:
    """One sequence: frames [T, D] and their labels [T]."""

    x: NDArray[Any]
    y: NDArray[np.int64]


def of_sequences(name: str, learned: Sequence[Frames], tested: Sequence[Frames], classes: int) -> Dataset:
    """Return the data set of sequences to learn from and to test on; values are in 0..1."""
    (train_x, train_y), (test_x, test_y) = _joined(learned), _joined(tested)
    lengths = np.array([len(frames.y) for frames in learned])
    return Dataset(name, train_x, train_y, test_x, test_y, train_x[:, None], classes, lengths=lengths)


def to_unit(learned: Sequence[Frames], tested: Sequence[Frames]) -> tuple[list[Frames], list[Frames]]:
    """Return both with the range of each value in `learned` as 0..1; what is outside it is clipped."""
    seen = _joined(learned)[0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    span = np.where(high > low, high - low, 1)

    def scaled(frames: Frames) -> Frames:
        return Frames(((frames.x - low) / span).clip(0, 1), frames.y)

    return [scaled(frames) for frames in learned], [scaled(frames) for frames in tested]


def without_held_out(sequences: Sequence[Frames]) -> tuple[list[Frames], list[Frames]]:
    """Return the sequences without a quarter of them, and that quarter, drawn the same in every run."""
    order = np.random.default_rng(0).permutation(len(sequences))
    held_out = set(order[::_HELD_OUT].tolist())
    kept = [frames for k, frames in enumerate(sequences) if k not in held_out]
    return kept, [sequences[k] for k in sorted(held_out)]


def with_context(frames: NDArray[Any], beside: int) -> NDArray[Any]:
    """Return each of the frames [T, n] with `beside` on either side, [T, (2 beside + 1) n]; the ends repeat."""
    padded = np.pad(frames, ((beside, beside), (0, 0)), mode="edge")
    return np.concatenate([padded[k : k + len(frames)] for k in range(2 * beside + 1)], axis=1)


def _joined(sequences: Sequence[Frames]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """All frames [N, D] and labels [N], one sequence after the other."""
    return np.concatenate([frames.x for frames in sequences]), np.concatenate([frames.y for frames in sequences])
