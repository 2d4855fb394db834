"""The fingerprint of version 1, frozen: only to recognise what its files say that they belong to.

It contained the names of modules, classes and fields and every value, so `names_v1.json` keeps those names, in their
order. Nothing here follows the code, but two tables: where a field of then is found in an object of now.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy import sparse

from neurohw.artifacts.tags import defaults_of, fields_of, tag_of
from neurohw.spec.recipe import model_of

# (tag, name in files of version 1) -> what that field would hold, for fields that are no longer there.
FORMER: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("program", "settings"): lambda program: model_of(program.recipe) if program.recipe else None,
}
# (tag, name in files) of newer fields that only say what version 1 knew otherwise; others count unless by default.
DERIVED = {("population", "layer"), ("projection", "role"), ("program", "recipe")}


@cache
def names() -> dict[str, dict[str, Any]]:
    """`types`: tag -> (name, fields); `models`: tag -> (name, keys of the YAML, nested)."""
    found: dict[str, dict[str, Any]] = json.loads((files(__package__) / "names_v1.json").read_text(encoding="utf-8"))
    return found


@cache
def tags() -> dict[str, str]:
    """Tags by the name that a type had."""
    return {name: tag for table in names().values() for tag, (name, _) in table.items()}


def fingerprint(*values: Any) -> str:
    """What version 1 gave as the hash of `values`."""
    arrays: list[NDArray[Any]] = []
    digest = hashlib.sha256(json.dumps([_encoded(value, arrays) for value in values]).encode())
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _encoded(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": f"a{len(arrays) - 1}"}
    if sparse.issparse(value):
        parts = [_encoded(part, arrays) for part in (value.data, value.indices, value.indptr)]
        return {"csr": parts, "shape": list(value.shape)}
    if isinstance(value, BaseModel):
        return _encoded_model(value)
    if dataclasses.is_dataclass(value):
        return _encoded_fields(value, arrays)
    if isinstance(value, Mapping):
        return {"map": [[key, _encoded(inner, arrays)] for key, inner in value.items()]}
    return [_encoded(item, arrays) for item in value]


def _encoded_fields(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """A dataclass: the fields of then in their order, and newer ones that say something."""
    kind: Any = type(value)
    tag = tag_of(kind)
    name, then = names()["types"].get(tag, (tag, []))
    attributes = {field.name: field.attribute for field in fields_of(kind)}
    fields = {}
    for known in then:
        former = FORMER.get((tag, known))
        fields[known] = _encoded(former(value) if former else getattr(value, attributes[known]), arrays)
    for new in attributes.keys() - set(then):
        if (tag, new) not in DERIVED and not _is_default(value, new, getattr(value, attributes[new])):
            fields[new] = _encoded(getattr(value, attributes[new]), arrays)
    return {"type": name, "fields": fields}


def _is_default(value: Any, name: str, held: Any) -> bool:
    kind: Any = type(value)
    defaults, arrays = defaults_of(kind), list[NDArray[Any]]()
    return name in defaults and _encoded(held, arrays) == _encoded(defaults[name], arrays) and not arrays


def _encoded_model(value: BaseModel) -> Any:
    tag = tag_of(type(value))
    name, keys = names()["models"].get(tag, (tag, {}))
    full, said = (value.model_dump(mode="json", by_alias=True, exclude_defaults=only) for only in (False, True))
    return {"model": name, "data": _known(full, said, keys)}


def _known(full: Any, said: Any, keys: Any) -> Any:
    """What version 1 would write of a YAML entry: the keys of then in their order, and newer ones that are `said`."""
    if isinstance(full, list) and isinstance(keys, list):
        inner = said if isinstance(said, list) else [None] * len(full)
        return [_known(item, given, keys[0]) for item, given in zip(full, inner)]
    if not isinstance(full, dict) or not isinstance(keys, dict):
        return full
    given = said if isinstance(said, dict) else {}
    order = full if "*" in keys else [key for key in keys if key in full]
    found = {key: _known(full[key], given.get(key), keys.get("*", keys.get(key))) for key in order}
    return found | {key: full[key] for key in full if key not in found and key in given}
