"""Writing files: whole or not at all, through links, and into devices and pipes as they are."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from neurohw.errors import NeurohwError, Problem
from neurohw.touched import note_written

LINKS = 40  # that the kernel follows before it takes them for a circle
Write = Callable[[IO[bytes]], Any]


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, as `write_atomically` does."""
    write_atomically(path, lambda file: file.write(text.encode()))


def write_atomically(path: Path, write: Write) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it; nothing half-written stays behind.

    A link stays and its target is replaced. Devices, pipes and open files of this process (/dev/stdout) are written
    through. A NeurohwError says why nothing can be written there.
    """
    try:
        descriptor = _stream(path)
        if descriptor is None:
            _replace(Path(os.path.realpath(path)), write)
            return
        with os.fdopen(descriptor, "wb") as file:
            write(file)
    except OSError as error:
        raise NeurohwError(_refused(path, error)) from None


def place_problems(paths: Iterable[Path]) -> list[Problem]:
    """What speaks against writing to these files, as far as can be told before long work."""
    paths = list(paths)
    files = [path for path in paths if path.is_file() or not path.exists()]  # pipes take several
    places = [os.path.realpath(path) for path in files]
    twice = [path for path, place in zip(files, places) if places.count(place) > 1]
    found = [Problem(str(path), "is asked for twice", fix="give each its own file") for path in twice]
    found += [problem for path in paths if (problem := _place_problem(path))]
    return list(dict.fromkeys(found))


def _place_problem(path: Path) -> Problem | None:
    try:
        if path.is_dir():
            return Problem(str(path), "is a folder", fix="give the name of a file")
        if _own_descriptor(path) is None and not _is_stream(path):
            return _folder_problem(path)
    except OSError as error:
        return _refused(path, error)
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return None if os.access(path, os.W_OK) else _refused(path, denied)


def _folder_problem(path: Path) -> Problem | None:
    """Whether the folder of a file, or the nearest one above it that is there, takes a new file."""
    folder = Path(os.path.realpath(path)).parent
    while not folder.exists():
        folder = folder.parent
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return Problem(str(path), f"cannot be written: {folder} takes no files", fix="write elsewhere")
    return None


def _refused(path: Path, error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        what = "the disk is full; nothing was written"
        return Problem(str(path), what, fix="free some space and run the command again")
    return Problem(str(path), f"cannot be written: {error.strerror or error}", fix="choose another place")


def _replace(path: Path, write: Write) -> None:
    """Write a file that is renamed once it is whole, with the permissions of a new one."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:99]}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        note_written(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _stream(path: Path) -> int | None:
    """A descriptor to write through, where a path is not that of a file."""
    own = _own_descriptor(path)
    if own is None:
        return os.open(path, os.O_WRONLY) if _is_stream(path) else None
    for stream in (sys.stdout, sys.stderr):  # what was said before comes before
        if stream is not None:
            stream.flush()
    return os.dup(own)


def _is_stream(path: Path) -> bool:
    """Whether a path is a device or a pipe; an OSError for disks, which would be lost."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a disk")
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _own_descriptor(path: Path) -> int | None:
    """The open file of this process that a path such as /dev/stdout stands for.

    Opened anew, a file would be written over from its start; replaced, it would be another one than is open.
    """
    own = os.path.realpath("/proc/self/fd")
    for _ in range(LINKS):
        folder = os.path.realpath(path.parent)
        if folder == own and path.name.isdigit():
            return int(path.name)
        path = Path(folder, path.name)
        if not path.is_symlink():
            return None
        path = path.parent / os.readlink(path)
    return None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
