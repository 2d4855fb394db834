"""Files: weights, programs, runs and checkpoints as .npz archives with a JSON header; versioned, without pickle."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy import sparse

import neurohw.spec.host
import neurohw.spec.model
import neurohw.targets.crossbar
import neurohw.targets.crossbar_spec
import neurohw.targets.digital
import neurohw.targets.digital_spec
from neurohw.errors import NeurohwError, Problem
from neurohw.ir import convolution, cost, mapping, network, neurons, plasticity, run, tiling, weights
from neurohw.parsing import parse
from neurohw.touched import note_read
from neurohw.writing import write_atomically, write_text

__all__ = ["fingerprint", "load", "load_arrays", "save", "save_arrays", "write_atomically", "write_text"]
VERSION = 1
_MODULES: tuple[ModuleType, ...] = (
    convolution, cost, mapping, network, neurons, plasticity, run, tiling, weights,
    neurohw.spec.host, neurohw.spec.model,
    neurohw.targets.crossbar, neurohw.targets.crossbar_spec, neurohw.targets.digital, neurohw.targets.digital_spec,
)  # fmt: skip
_TYPES = {
    f"{module.__name__}.{name}": value
    for module in _MODULES
    for name, value in vars(module).items()
    if isinstance(value, type) and value.__module__ == module.__name__
}
# What reading a file raises that something else wrote, cut short or changed.
_DAMAGE = (
    AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError, struct.error, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
T = TypeVar("T")


def save(path: Path, value: Any) -> None:
    """Write a Weights, Program, Run or CostReport to `path`."""
    arrays: dict[str, NDArray[Any]] = {}
    body = _encode(value, arrays)
    save_arrays(path, type(value).__name__, body, arrays)


def load(path: Path, kind: type[T]) -> T:
    """Read what `save` wrote; a NeurohwError says what is wrong with a file that is not one."""
    body, arrays = load_arrays(path, kind.__name__)
    try:
        value = _decode(body, arrays)
    except NeurohwError as error:
        raise NeurohwError(dataclasses.replace(p, where=f"{path}: {p.where}") for p in error.problems) from None
    except _DAMAGE as error:
        raise NeurohwError(
            Problem(str(path), f"is damaged or from another version ({error})", fix="make it again")
        ) from None
    if not isinstance(value, kind):
        raise NeurohwError(Problem(str(path), f"holds a {type(value).__name__}, not a {kind.__name__}"))
    return value


def save_arrays(path: Path, kind: str, body: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a JSON body and arrays as one archive, atomically."""
    if any(array.dtype.hasobject for array in arrays.values()):
        what = "cannot hold arrays of Python objects"
        raise NeurohwError(Problem(str(path), what, fix="make them arrays of numbers"))
    header = json.dumps({"schema": f"neurohw.{kind.lower()}/{VERSION}", "body": body})
    archive = io.BytesIO()  # a zip file on a full disk would complain once more when it is closed
    np.savez(archive, __header__=np.frombuffer(header.encode(), np.uint8), **arrays)
    write_atomically(path, lambda file: file.write(archive.getvalue()))


def load_arrays(path: Path, kind: str) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Read what `save_arrays` wrote: body and arrays."""
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
    except _DAMAGE:
        raise NeurohwError(
            Problem(str(path), "is not a neurohw file, or not a whole one", fix="make it again")
        ) from None
    wanted = f"neurohw.{kind.lower()}/{VERSION}"
    if schema != wanted:
        raise NeurohwError(
            Problem(str(path), f"is a '{schema}'", f"expected '{wanted}'", "give the right file, or make it again")
        )
    return body, arrays


def fingerprint(*values: Any) -> str:
    """Hash of everything in `values`: equal for equal content, whatever made it."""
    arrays: dict[str, NDArray[Any]] = {}
    digest = hashlib.sha256(json.dumps([_encode(value, arrays) for value in values]).encode())
    for array in arrays.values():
        digest.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__name__}"


def _encode(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """JSON for a tree of dataclasses, pydantic models, mappings and tuples; arrays go to `arrays` by number."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        arrays[key := f"a{len(arrays)}"] = value
        return {"array": key}
    if sparse.issparse(value):
        parts = [_encode(part, arrays) for part in (value.data, value.indices, value.indptr)]
        return {"csr": parts, "shape": list(value.shape)}
    if isinstance(value, BaseModel):
        return {"model": _name(value), "data": value.model_dump(mode="json", by_alias=True)}
    if dataclasses.is_dataclass(value):
        fields = {f.name: _encode(getattr(value, f.name), arrays) for f in dataclasses.fields(value)}
        return {"type": _name(value), "fields": fields}
    if isinstance(value, Mapping):
        return {"map": [[k, _encode(v, arrays)] for k, v in value.items()]}
    return [_encode(item, arrays) for item in value]


def _decode(data: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The inverse of `_encode`; sequences become tuples."""
    if isinstance(data, list):
        return tuple(_decode(item, arrays) for item in data)
    if not isinstance(data, dict):
        return data
    if "array" in data:
        return arrays[data["array"]]
    if "csr" in data:
        return sparse.csr_array(tuple(_decode(part, arrays) for part in data["csr"]), shape=tuple(data["shape"]))
    if "map" in data:
        return {k: _decode(v, arrays) for k, v in data["map"]}
    kind = _TYPES[data["model"] if "model" in data else data["type"]]
    if "model" in data:
        return parse(kind, data["data"], data["model"].rpartition(".")[2])
    return kind(**{k: _decode(v, arrays) for k, v in data["fields"].items()})
