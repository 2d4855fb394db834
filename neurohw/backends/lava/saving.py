"""How results leave a ProcessModel: as a file, written from inside at the last step.

Lava's own way, `Var.get`, sends one element a message (20 to 55 microseconds each).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.probe import Probed

PROBES = "probes"  # the folder of their files


@dataclass(frozen=True)
class Save:
    """Write to `path` (.npz) at the end of time step `step`; `history`: the state of every step, not only the last;
    `probed`: what probes ask of the process, which goes to a file of its own, PROBES beside it."""

    path: str
    step: int
    history: bool = False
    probed: tuple[Probed, ...] = ()

    def write(self, **arrays: NDArray[Any]) -> None:
        """Write the named arrays."""
        np.savez(self.path, **arrays)


class Watcher:
    """Keeps what probes ask of one process, and writes it at the last step."""

    def __init__(self, save: Save) -> None:
        self._save, self._times = save, [p.probe.times(save.step) for p in save.probed]
        self._rows: list[list[NDArray[np.int32]]] = [[] for _ in save.probed]

    def keep(self, time_step: int, states: Mapping[str, Any]) -> None:
        """Keep those of the `states` of a process that are asked for; Lava counts steps from 1."""
        for p, times, rows in zip(self._save.probed, self._times, self._rows):
            if time_step - 1 in times:
                values = np.asarray(states[p.probe.what]).astype(np.int32)
                rows.append(values[tuple(np.atleast_2d(p.items.T))])
        if time_step == self._save.step and self._rows:
            path, empty = Path(self._save.path), [np.zeros((0, len(p.items)), np.int32) for p in self._save.probed]
            (path.parent / PROBES).mkdir(exist_ok=True)
            arrays = [np.stack(rows) if rows else nothing for rows, nothing in zip(self._rows, empty)]
            np.savez(path.parent / PROBES / path.name, *arrays)
