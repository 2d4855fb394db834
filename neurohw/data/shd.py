"""Spiking Heidelberg Digits: spoken digits in English and German through a model of the inner ear.

8156 training and 2264 test recordings of 700 channels in 20 classes (Cramer, Stradmann, Schemmel & Zenke 2020; CC BY
4.0) from the folder `data.path` with shd_train.h5 and shd_test.h5: /spikes/times [s], /spikes/units 0..699, /labels.
The first 2000 and 1000 are used unless `data.images` says otherwise: `data.steps` time steps (20) of the first 1.4 s,
and 140 channels, five neighbours each, 1 where one of them spoke.

Training and test inputs are the recordings as they are. Views (at most 8) are the same word in another voice and at
another speed: all channels shifted by up to `augment.shift` of the 700 (20) and times stretched by up to
`augment.scale` (10 %), each uniformly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.data.dataset import Dataset, Split
from neurohw.data.events import Recordings, binned, of_recordings
from neurohw.data.folders import file_in, folder_of
from neurohw.data.seeds import generator
from neurohw.data.views import Augment, chosen
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.spec import DataSpec, ImagesSpec

IMAGES = ImagesSpec(train=2000, test=1000)
AUGMENT = Augment(shift=20.0, scale=0.1)
STEPS, CLASSES, VIEWS_MAX = 20, 20, 8
SOURCES = ("Cramer, Stradmann, Schemmel & Zenke 2020",)
USES = ("path", "images", "augment", "steps")
_UNITS, _NEIGHBOURS = 700, 5
_SECONDS = 1.4
_FIX = "unpack shd_train.h5.gz and shd_test.h5.gz into one folder and give it as data.path"

Events = tuple[NDArray[np.float64], NDArray[np.int64]]  # times [s] and units of one recording


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set; `seed` chooses the views only. validation: a quarter of the training recordings."""
    own = [name for name in ("shift", "scale") if getattr(AUGMENT, name)]
    unused = [name for name in spec.augment.model_dump(exclude_none=True) if name not in own]
    limit = f"views of '{spec.name}' differ in {' and '.join(own)}"
    raise_if_any([Problem(f"data.augment.{name}", "has no effect here", limit, "omit it") for name in unused])
    folder, steps = folder_of(spec, "shd_train.h5 and shd_test.h5", _FIX), spec.steps or STEPS
    events, labels = read_shd(file_in(folder, "shd_train.h5", _FIX), spec.images.train or IMAGES.train)
    how, rng = chosen(AUGMENT, spec.augment), generator(seed, "shd views")
    views = [_views(recording, min(spec.views, VIEWS_MAX), steps, how, rng) for recording in events]
    train = Recordings(np.stack([_seen(*recording, steps) for recording in events]), np.stack(views), labels)
    test = None
    if split == "test":
        events, labels = read_shd(file_in(folder, "shd_test.h5", _FIX), spec.images.test or IMAGES.test)
        heard = np.stack([_seen(*recording, steps) for recording in events])
        test = Recordings(heard, heard[:, None], labels)
    return of_recordings(spec.name, train, test, steps, CLASSES)


def read_shd(path: Path, count: int | None) -> tuple[list[Events], NDArray[np.int64]]:
    """Return the first `count` recordings of a file, and their labels 0..19."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            labels = np.asarray(file["labels"][:count], np.int64)
            times, units = file["spikes/times"][:count], file["spikes/units"][:count]
    except (OSError, KeyError, TypeError, ValueError) as error:
        limit = "it is HDF5 with /spikes/times, /spikes/units and /labels"
        raise NeurohwError(Problem(str(path), f"cannot be read: {error}", limit, "unpack it again")) from None
    if labels.ndim != 1 or not len(labels):
        raise NeurohwError(Problem(str(path), f"has labels {list(labels.shape)}", "one a recording", "unpack it again"))
    if not len(labels) == len(times) == len(units) or any(len(t) != len(u) for t, u in zip(times, units)):
        what = f"holds {len(times)} times, {len(units)} units and {len(labels)} labels"
        raise NeurohwError(Problem(str(path), what, "each recording has one of each, as many times as units"))
    return [(np.asarray(t, np.float64), np.asarray(u, np.int64)) for t, u in zip(times, units)], labels


def _views(recording: Events, count: int, steps: int, how: Augment, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Random views of one recording, [count, steps * channels]."""
    times, units = recording
    shifts = np.rint(rng.uniform(-how.shift, how.shift, count)).astype(np.int64)
    stretches = rng.uniform(1 - how.scale, 1 + how.scale, count)
    return np.stack([_seen(times * stretch, units + shift, steps) for shift, stretch in zip(shifts, stretches)])


def _seen(times: NDArray[np.float64], units: NDArray[Any], steps: int) -> NDArray[np.bool_]:
    """Which channels spoke in which step, [steps * channels]."""
    return binned(times, units // _NEIGHBOURS, steps, _UNITS // _NEIGHBOURS, _SECONDS).reshape(-1)
