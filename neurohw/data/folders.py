"""Folders of data that a user has: what is missing is said with how to get it."""

from __future__ import annotations

from pathlib import Path

from neurohw.errors import NeurohwError, Problem
from neurohw.spec import DataSpec
from neurohw.touched import note_data


def folder_of(spec: DataSpec, holds: str, fix: str) -> Path:
    """Return the folder `data.path`; a NeurohwError with what it `holds` and the `fix` if none is given."""
    if spec.path is None:
        raise NeurohwError(Problem("data.path", "is missing", f"'{spec.name}' reads a folder with {holds}", fix))
    return Path(spec.path).expanduser()


def file_in(folder: Path, name: str, fix: str) -> Path:
    """Return a file of the folder; a NeurohwError with the `fix` if it is not there."""
    if not (folder / name).is_file():
        raise NeurohwError(Problem("data.path", f"no file '{folder / name}'", fix=fix))
    note_data(folder / name)
    return folder / name
