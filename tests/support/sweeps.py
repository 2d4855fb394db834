"""Grids on a model that takes a fifth of a second a point, and works that fail, die or take notes in its place."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

from neurohw.experiments.sweeps.attempt import Work
from neurohw.experiments.sweeps.executors import Executor, execute
from neurohw.experiments.sweeps.plan import plan
from neurohw.experiments.sweeps.points import Point
from neurohw.ir.sweep import Outcome

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


def jobs(folder: Path, count: int = 3, **changes: Any) -> dict[str, Point]:
    """Points of so many seeds, by their hash."""
    made = plan(write_grid(folder, {"seed": list(range(count))}, **changes))
    return {p.key: p.point for p in made.points}


def found(todo: dict[str, Point], executor: Executor, work: Work, *where: Any) -> list[tuple[int, Outcome]]:
    """(seed, outcome) of each point, in the order of seeds; `where`: workers, by default 2, and scheduler."""
    outcomes = execute(list(todo.items()), executor, *(where or (2,)), work=work)
    return sorted(((todo[key].seed, out) for key, out in outcomes), key=lambda pair: pair[0])


def instant(point: Point) -> dict[str, Any]:
    """A row at once, of the form that evaluate gives."""
    size = point.model.layers[0].size
    return {"learned_all_1": size / 1000 + point.seed / 10, "energy_J": size * 1e-12, "unpriced": "static power"}


def failing(point: Point) -> dict[str, Any]:
    """An error for seed 1, a row for others."""
    if point.seed == 1:
        raise ZeroDivisionError("seed 1\nis not possible")
    return instant(point)


def deadly_once(point: Point) -> dict[str, Any]:
    """The end of the process for seed 1, the first time; the folder for the note is the model's description."""
    if point.seed == 1:
        _die_once(point)
    return instant(point)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_once(point: Point) -> None:
    note = Path(point.model.about) / f"died_{point.seed}"
    if not note.exists():
        note.touch()
        _die()


def orphaned(point: Point) -> dict[str, Any]:
    """At seed 1 the end of the process that this one was forked from; at seed 2, once, of this one."""
    parent = psutil.Process().parent()
    if point.seed == 1 and parent is not None and "forkserver" in " ".join(parent.cmdline()):
        parent.kill()
    if point.seed == 2:
        _die_once(point)
    return instant(point)


def odd_are_deadly(point: Point) -> dict[str, Any]:
    """The end of the process for odd seeds."""
    if point.seed % 2:
        _die()
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


def asleep_but_for_seed_0(point: Point) -> dict[str, Any]:
    """A row for seed 0; for others none within the time of a test, and a process that is called asleep."""
    if point.seed:
        Path("/proc/self/comm").write_text("asleep")
        time.sleep(600)
    return instant(point)
