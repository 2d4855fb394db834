"""Which files a command reads and writes, noted where that happens, so that no verb can forget one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Touched:
    """Absolute paths in the order in which they were touched first, the run folder that a record goes to, and what is
    to be said of the run in it.

    `read`: models, chips, price tables, programs, inputs. `data`: files of data sets, which may be large. `written`:
    results.
    """

    read: dict[Path, None] = field(default_factory=dict)
    data: dict[Path, None] = field(default_factory=dict)
    written: dict[Path, None] = field(default_factory=dict)
    folder: Path | None = None
    about: dict[str, Any] = field(default_factory=dict)


_now: ContextVar[Touched | None] = ContextVar("touched", default=None)


@contextmanager
def watched() -> Iterator[Touched]:
    """Note what is read and written meanwhile; one inside another notes for itself alone."""
    touched = Touched()
    before = _now.set(touched)
    try:
        yield touched
    finally:
        _now.reset(before)


def note_read(path: Path) -> None:
    """A file that a result depends on is read."""
    if touched := _now.get():
        touched.read[_absolute(path)] = None


def note_data(path: Path) -> None:
    """A file of a data set is read."""
    if touched := _now.get():
        touched.data[_absolute(path)] = None


def note_written(path: Path) -> None:
    """A result is written."""
    if touched := _now.get():
        touched.written[_absolute(path)] = None


def kept() -> Path | None:
    """The folder that the run is kept in, if it is."""
    touched = _now.get()
    return touched.folder if touched else None


def keep_in(folder: Path, **about: Any) -> None:
    """This folder is that of a run, unless the user has asked for another one; `about`: what its record says of it."""
    if touched := _now.get():
        touched.folder = touched.folder or _absolute(folder)
        touched.about |= about


def _absolute(path: Path) -> Path:
    """A path from the root of the file system without dots; links stay, since names may tell what a file is."""
    return Path(os.path.abspath(path))
