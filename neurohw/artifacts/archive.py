"""The file itself: a .npz archive without pickle, with a JSON header of schema and body."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.artifacts.upgrade import VERSION
from neurohw.errors import NeurohwError, Problem
from neurohw.touched import note_read
from neurohw.writing import write_atomically

AGAIN = "make it again"
# What reading a file raises that something else wrote, cut short or changed.
DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, RuntimeError, TypeError, ValueError,
    struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
Arrays = dict[str, NDArray[Any]]


def save_arrays(path: Path, kind: str, body: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a JSON body and arrays as one archive, atomically."""
    if any(array.dtype.hasobject for array in arrays.values()):
        what = "cannot hold arrays of Python objects"
        raise NeurohwError(Problem(str(path), what, fix="make them arrays of numbers"))
    header = json.dumps({"schema": _schema(kind), "body": body})
    archive = io.BytesIO()  # a zip file on a full disk would complain once more when it is closed
    np.savez(archive, __header__=np.frombuffer(header.encode(), np.uint8), **arrays)
    write_atomically(path, lambda file: file.write(archive.getvalue()))


def load_arrays(path: Path, kind: str) -> tuple[Any, Arrays]:
    """Read what `save_arrays` wrote, in this version or an earlier one: body and arrays."""
    _, body, arrays = read_archive(path, kind)
    return body, arrays


def read_archive(path: Path, kind: str) -> tuple[int, Any, Arrays]:
    """Version, body and arrays of a file of that kind; a NeurohwError if it is none, or of a later version."""
    try:
        content = io.BytesIO(path.read_bytes())
        note_read(path)
    except FileNotFoundError:
        raise NeurohwError(Problem(str(path), "no such file", fix="check the path")) from None
    except OSError as error:
        raise NeurohwError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    try:
        with np.load(content, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop("__header__").tobytes())
        schema, body = header["schema"], header["body"]
    except DAMAGE:
        raise NeurohwError(Problem(str(path), "is not a neurohw file, or not a whole one", fix=AGAIN)) from None
    return _version(path, schema, kind), body, arrays


def _schema(kind: str) -> str:
    return f"neurohw.{kind.lower()}/{VERSION}"


def _version(path: Path, schema: Any, kind: str) -> int:
    """The version of a file; version 1 wrote names of kinds in one word."""
    parts = re.fullmatch(r"neurohw\.([a-z-]+)/([1-9][0-9]{0,5})", str(schema))
    if parts is None or parts[1].replace("-", "") != kind.lower().replace("-", ""):
        fix = f"give the right file, or {AGAIN}"
        raise NeurohwError(Problem(str(path), f"is a '{schema}'", f"expected '{_schema(kind)}'", fix))
    if int(parts[2]) > VERSION:
        limit, fix = f"this neurohw reads versions 1 to {VERSION}", f"update neurohw, or {AGAIN} with this one"
        raise NeurohwError(Problem(str(path), f"is of version {parts[2]}", limit, fix))
    return int(parts[2])
