"""Files: weights, programs, runs and checkpoints as .npz archives with a JSON header; versioned, without pickle.

`tags` names types and fields in files; `upgrade` reads older versions; `decode` holds every value against its field;
`fingerprint` recognises content. README of the formats: a file is `{"schema": "neurohw.program/2", "body": ...}` and
arrays; a body is JSON in which `{"type": tag, "fields": ...}` stands for an object, `{"array": name}` for an array.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from neurohw.artifacts.archive import AGAIN, DAMAGE, Arrays, load_arrays, read_archive, save_arrays
from neurohw.artifacts.decode import decoder
from neurohw.artifacts.encode import encoded
from neurohw.artifacts.fingerprint import Once, fingerprint, matches
from neurohw.artifacts.tags import tag_of
from neurohw.artifacts.upgrade import upgraded
from neurohw.artifacts.version1 import fingerprint as fingerprint_of_version_1
from neurohw.errors import NeurohwError, Problem
from neurohw.writing import write_atomically, write_text

__all__ = [
    "DAMAGE", "Once", "fingerprint", "fingerprint_of_version_1", "load", "load_arrays", "matches", "save",
    "save_arrays", "write_atomically", "write_text",
]  # fmt: skip
T = TypeVar("T")


def save(path: Path, value: Any) -> None:
    """Write a Weights, Program, Run or CostReport to `path`."""
    arrays: dict[str, NDArray[Any]] = {}
    body = encoded(value, arrays)
    save_arrays(path, tag_of(type(value)), body, arrays)


def load(path: Path, kind: type[T]) -> T:
    """Read what `save` wrote; a NeurohwError says what is wrong with a file that is not one, by the place in it."""
    return from_parts(str(path), *read_archive(path, tag_of(kind)), kind)


def from_parts(where: str, version: int, body: Any, arrays: Arrays, kind: type[T]) -> T:
    """What the body and the arrays of a file of `version` hold; `where`: what problems call the file."""
    holds: Any = kind
    try:
        value: T = decoder(holds)(upgraded(body, version), arrays)
    except NeurohwError as error:
        raise NeurohwError(_in_file(where, problem) for problem in error.problems) from None
    except DAMAGE as error:
        raise NeurohwError(Problem(where, f"is damaged ({error})", fix=AGAIN)) from None
    return value


def _in_file(where: str, problem: Problem) -> Problem:
    inside = problem.where.removeprefix(".")
    return replace(problem, where=f"{where}: {inside}" if inside else where)
