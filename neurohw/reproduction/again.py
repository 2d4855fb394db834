"""Run a command again from its record, in a folder of its own, and compare what it writes byte for byte.

What differs by nature is not compared: wall-clock times, which are left out of the files (`ir.run.WALL_CLOCK`), and
checkpoints (`record.UNKEPT`).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from neurohw import library
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.reproduction.record import FILE, Record, read_record, sha256
from neurohw.reproduction.versions import versions
from neurohw.touched import watched

Verb = Callable[[list[str]], None]  # runs a verb of the command line with its arguments, quietly


@dataclass(frozen=True)
class Compared:
    """A file of a run: its path in the run folder, its size [bytes], and where it differs first ('' if it does not)."""

    path: str
    size: int
    difference: str


@dataclass(frozen=True)
class Reproduction:
    """What came of it: every file, and notes of what was different about the machine or the software."""

    folder: Path
    files: tuple[Compared, ...]
    notes: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether all files are."""
        return not any(file.difference for file in self.files)

    def require_equal(self) -> None:
        """A NeurohwError that names the first difference, if there is one."""
        for file in self.files:
            if file.difference:
                versions = f" ({'; '.join(self.notes)})" if self.notes else ""
                what = f"differs: {file.difference}{versions}"
                raise NeurohwError(Problem(str(self.folder / file.path), what, fix="use the versions of the record"))


def run_again(folder: Path, verb: Verb) -> Reproduction:
    """Run what a folder holds once more, from its copies alone, wherever it lies now.

    Raise a NeurohwError for files that are missing or damaged, all at once, and for what the command itself raises.
    """
    folder = folder.absolute()
    record = read_record(folder)
    raise_if_any(_damage(folder, record))
    now = versions()
    notes = [f"{n}: {v} then, {now.get(n)} now" for n, v in record.versions.items() if v != now.get(n)]
    with TemporaryDirectory(prefix="neurohw-reproduce-") as temporary:
        place = Path(os.path.realpath(temporary))
        _lay_out(folder, record, place)
        root = place / "work"
        arguments = [_moved(argument, record.root, root) for argument in record.arguments]
        with _at(root / record.work), library.shipped_in(place / "library"), watched() as touched:
            touched.folder = root / record.folder
            verb(arguments)
        there = (path for path in touched.read if not path.is_relative_to(place))
        notes += [
            f"{path}: read where it lies, not from a copy: a file names it by its absolute path" for path in there
        ]
        files = [_compared(folder, path, root / record.place(path)) for path in record.outputs]
    return Reproduction(folder, tuple(files), tuple(notes))


def _damage(folder: Path, record: Record) -> list[Problem]:
    """Files that are missing or not what they were."""
    named = {folder / path: hash_ for path, hash_ in (*record.inputs.items(), *record.outputs.items())}
    found = []
    for path, hash_ in (*named.items(), *((Path(path), hash_) for path, hash_ in record.data.items())):
        if not path.is_file():
            found.append(Problem(str(path), "is missing", f"{FILE} names it", "restore it"))
        elif sha256(path) != hash_:
            found.append(Problem(str(path), "is not what it was", f"{FILE} holds another hash", "restore it"))
    return found


def _lay_out(folder: Path, record: Record, place: Path) -> None:
    """Put the inputs where the command looks for them; data sets are linked to."""
    for path in record.inputs:
        copy = place / path.removeprefix("inputs/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / path, copy)
    for path in record.data:
        link = place / "work" / os.path.relpath(path, record.root)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    (place / "work" / record.work).mkdir(parents=True, exist_ok=True)
    (place / "library").mkdir(exist_ok=True)


def _moved(argument: str, root: str, place: Path) -> str:
    """An argument with its absolute paths below `root` taken to `place`: alone, or as in --on=PATH and chip@PATH."""
    return re.sub(rf"(^|[=@]){re.escape(root.rstrip('/'))}/", lambda found: f"{found[1]}{place}/", argument)


@contextmanager
def _at(folder: Path) -> Iterator[None]:
    """Work in a folder meanwhile."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _compared(folder: Path, path: str, again: Path) -> Compared:
    then = (folder / path).read_bytes()
    if not again.is_file():
        return Compared(path, len(then), "was not written again")
    return Compared(path, len(then), _difference(then, again.read_bytes()))


def _difference(then: bytes, now: bytes) -> str:
    """Where two contents differ first: a line of text, or a byte."""
    if then == now:
        return ""
    at = next((k for k, (a, b) in enumerate(zip(then, now)) if a != b), min(len(then), len(now)))
    sizes = "" if len(then) == len(now) else f", {len(then)} bytes then, {len(now)} now"
    if b"\0" in then:
        return f"byte {at}{sizes}"
    return f"line {then[:at].count(10) + 1}{sizes}"
