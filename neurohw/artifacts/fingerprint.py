"""Hashes of content: what checkpoints, runs and points of sweeps are recognised by."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy import sparse

from neurohw.artifacts import version1
from neurohw.artifacts.kinds import written
from neurohw.artifacts.tags import NEURON, defaults_of, fields_of, tag_of


class Once:
    """A value that is worked out once, for all fingerprints that it is a part of."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @cached_property
    def canonical(self) -> Any:
        """What fingerprints make of it."""
        return _canonical(self.value)


def fingerprint(*values: Any) -> str:
    """Hash of everything in `values`: equal for equal content, whatever made it.

    It knows tags in place of modules, classes and attributes, and leaves out what is as by default, so that it stays
    when code is renamed and when types get new fields.
    """
    return _hash(json.dumps([_canonical(value) for value in values]).encode())


def matches(recorded: str | None, *values: Any) -> bool:
    """Whether a hash in a file is the fingerprint of `values`, of this version or of version 1."""
    return recorded == fingerprint(*values) or recorded == version1.fingerprint(
        *(value.value if isinstance(value, Once) else value for value in values)
    )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _canonical(value: Any) -> Any:
    """JSON that says what a value holds; arrays as their hashes."""
    if isinstance(value, Once):
        return value.canonical
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"array": _hash_of_array(value)}
    if sparse.issparse(value):
        parts = [_hash_of_array(part) for part in (value.data, value.indices, value.indptr)]
        return {"csr": parts, "shape": list(value.shape)}
    if isinstance(value, BaseModel):
        data = value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {"type": tag_of(type(value)), "data": data}
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        defaults = _canonical_defaults(kind)
        fields = {}
        for field in sorted(fields_of(kind), key=lambda field: field.name):
            inner = _canonical(getattr(value, field.attribute))
            if field.required or not _same(inner, defaults[field.name]):
                fields[field.name] = inner
        text = {"text": written(kind)["text"], "kind": kind.__name__} if tag_of(kind) == NEURON else {}
        return {"type": tag_of(kind), **text, "fields": fields}
    if isinstance(value, Mapping):
        return {"map": [[key, _canonical(inner)] for key, inner in value.items()]}
    return [_canonical(item) for item in value]


def _same(a: Any, b: Any) -> bool:
    """Whether two canonical values are equal; 1, 1.0 and true are not."""
    return type(a) is type(b) and (json.dumps(a) == json.dumps(b) if isinstance(a, (dict, list)) else bool(a == b))


@cache
def _canonical_defaults(kind: type) -> dict[str, Any]:
    return {name: _canonical(default) for name, default in defaults_of(kind).items()}


def _hash_of_array(array: NDArray[Any]) -> str:
    return _hash(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
