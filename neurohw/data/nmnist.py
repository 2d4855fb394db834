"""N-MNIST: handwritten digits before an event camera that moves three times; the three looks are the same digit.

60000 training and 10000 test recordings of 34 x 34 pixels (Orchard, Jayawant, Cohen & Thakor 2015; CC BY-SA 4.0) from
the folder `data.path` with {Train,Test}/<digit>/<number>.bin. The first 2000 and 1000 by number are used unless
`data.images` says otherwise. Each of the camera's three movements takes 100 ms and is one view; training and test
inputs are the first. A view has `data.steps` time steps (10) of 17 x 17 pixels, 2 x 2 old ones each, for events of
either sign: 1 where there was one.

An event has 5 bytes: column, row, and 24 bits for sign and time [us] (sign, then 23 bits of time, high bits first).
Row 240 is no event: the clock ran over, and all later times are 2^13 us later.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.events import Recordings, binned, of_recordings
from neurohw.data.folders import folder_of
from neurohw.errors import NeurohwError, Problem
from neurohw.spec import DataSpec, ImagesSpec

IMAGES = ImagesSpec(train=2000, test=1000)
STEPS = 10
SOURCES = ("Orchard, Jayawant, Cohen & Thakor 2015",)
USES = ("path", "images", "steps")
_WIDE, _SMALL = 34, 17
_LOOKS, _LOOK = 3, 100_000  # movements of the camera; microseconds of each
_OVERFLOW, _OVERFLOW_TIME = 240, 1 << 13
_FIX = "unpack Train.zip and Test.zip of N-MNIST into one folder and give it as data.path"


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set. validation: a quarter of the training recordings held out. There is no use for `seed`."""
    folder, steps = folder_of(spec, "Train and Test", _FIX), spec.steps or STEPS
    train = _recordings(folder / "Train", spec.images.train or IMAGES.train, steps)
    test = _recordings(folder / "Test", spec.images.test or IMAGES.test, steps) if split == "test" else None
    return of_recordings(spec.name, train, test, steps, classes=10)


def read_events(path: Path) -> tuple[NDArray[np.int64], ...]:
    """Return column, row, sign (0 or 1) and time [us] of each event of a file."""
    raw = np.fromfile(path, np.uint8)
    if len(raw) % 5:
        raise NeurohwError(Problem(str(path), f"holds {len(raw)} bytes", "an event has 5", "unpack the archive again"))
    column, row, high, middle, low = raw.reshape(-1, 5).T.astype(np.int64)
    over = row == _OVERFLOW
    time = ((high & 127) << 16 | middle << 8 | low) + _OVERFLOW_TIME * np.cumsum(over)
    if np.any((row >= _WIDE) & ~over) or np.any(column[~over] >= _WIDE):
        what = f"holds events up to column {column[~over].max()}, row {row[~over].max()}"
        raise NeurohwError(Problem(str(path), what, f"the camera has {_WIDE} of each"))
    return column[~over], row[~over], high[~over] >> 7, time[~over]


def _recordings(folder: Path, count: int | None, steps: int) -> Recordings:
    """The first recordings of a part by number, in three looks each."""
    files = sorted(folder.glob("[0-9]/*.bin"), key=lambda path: (path.stem, path.parent.name))[:count]
    if not files:
        raise NeurohwError(Problem("data.path", f"no files '{folder}/<digit>/<number>.bin'", fix=_FIX))
    views = np.stack([_looks(path, steps) for path in files])
    return Recordings(views[:, 0], views, np.array([int(path.parent.name) for path in files]))


def _looks(path: Path, steps: int) -> NDArray[np.bool_]:
    """Whether there were events, [looks, steps * channels]."""
    column, row, sign, time = read_events(path)
    channel = (sign * _SMALL + row // 2) * _SMALL + column // 2
    seen = binned(time, channel, _LOOKS * steps, 2 * _SMALL * _SMALL, _LOOKS * _LOOK)
    return seen.reshape(_LOOKS, -1)
