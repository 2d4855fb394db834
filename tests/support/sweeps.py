"""Grids on a model that takes a fifth of a second a point, and works that fail, die or take notes in its place."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import yaml

from neurohw.sweeps.points import Point

MODEL = """schema: neurohw.model/1
name: tiny
data: {name: moved_digits, views: 2, images: {train: 300, test: 100}}
layers: [{size: 6}]
chip: {fixations: 40}
probe: {few: 5, draws: 1}
"""


def write_grid(folder: Path, axes: dict[str, Any] | None = None, **changes: Any) -> Path:
    """A grid file with its model beside it; an entry that is None is left out."""
    (folder / "tiny.yaml").write_text(MODEL)
    grid = {
        "schema": "neurohw.sweep/1", "name": "small", "model": "tiny.yaml", "chip": "loihi2",
        "axes": axes or {"seed": [0, 1, 2]},
    } | changes  # fmt: skip
    path = folder / "grid.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in grid.items() if v is not None}, sort_keys=False))
    return path


def instant(point: Point) -> dict[str, Any]:
    """A row at once, of the form that evaluate gives."""
    size = point.model.layers[0].size
    return {"learned_all_1": size / 1000 + point.seed / 10, "energy_J": size * 1e-12, "unpriced": "static power"}


def failing(point: Point) -> dict[str, Any]:
    """An error for seed 1, a row for others."""
    if point.seed == 1:
        raise ZeroDivisionError("seed 1\nis not possible")
    return instant(point)


def deadly(point: Point) -> dict[str, Any]:
    """The end of the process for seed 1, as when the system is out of memory."""
    if point.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return instant(point)


def deadly_once(point: Point) -> dict[str, Any]:
    """The same, but only the first time; the folder for the note is the model's description."""
    note = Path(point.model.about) / f"died_{point.seed}"
    if point.seed == 1 and not note.exists():
        note.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return instant(point)


def interrupted(point: Point) -> dict[str, Any]:
    """Ctrl-C at seed 2."""
    if point.seed == 2:
        raise KeyboardInterrupt
    return instant(point)


def slow(point: Point) -> dict[str, Any]:
    """A row after a second."""
    time.sleep(1)
    return instant(point)
