"""How results leave a ProcessModel: as a file, written from inside at the last step.

Lava's own way, `Var.get`, sends one element a message (20 to 55 microseconds each).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tap:
    """Keep `items` (an index, all by default) of the state `what` at the end of the steps `times`, from 0."""

    what: str
    times: range
    items: Any = ...


@dataclass(frozen=True)
class Save:
    """Write to `path` (.npz) at the end of time step `step`; `taps`: arrays of the file, [times, ...] each."""

    path: str
    step: int
    taps: Mapping[str, Tap] = field(default_factory=dict)

    def write(self, **arrays: NDArray[Any]) -> None:
        """Write the named arrays."""
        np.savez(self.path, **arrays)


class Keeper:
    """Keeps what the taps of a process ask for, and no more, until it is written."""

    def __init__(self, save: Save) -> None:
        self._save = save
        self._kept: dict[str, NDArray[np.int32]] = {}

    def keep(self, time_step: int, **states: Any) -> None:
        """End a time step of Lava, which counts from 1, with all states of the process."""
        at = time_step - 1
        for name, tap in self._save.taps.items():
            if at in tap.times:
                values = np.asarray(states[tap.what])[tap.items]
                if name not in self._kept:
                    self._kept[name] = np.zeros((len(tap.times), *values.shape), np.int32)
                self._kept[name][tap.times.index(at)] = values
        if self._save.taps and time_step == self._save.step:
            nothing = np.zeros(0, np.int32)
            self._save.write(**{name: self._kept.get(name, nothing) for name in self._save.taps})


def file_of(folder: Path, name: str) -> Path:
    """The file of a population or projection, whose name may hold what those of files cannot."""
    return folder / f"{sha256(name.encode()).hexdigest()}.npz"
