"""A tree of our types as JSON and arrays, under the names of `tags`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy import sparse

from neurohw.artifacts.kinds import written
from neurohw.artifacts.tags import NEURON, fields_of, tag_of


def encoded(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """JSON for dataclasses, pydantic models, mappings, sequences and plain values; arrays go to `arrays` by number."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        arrays[key := f"a{len(arrays)}"] = value
        return {"array": key}
    if sparse.issparse(value):
        parts = [encoded(part, arrays) for part in (value.data, value.indices, value.indptr)]
        return {"csr": parts, "shape": list(value.shape)}
    if isinstance(value, BaseModel):
        return {"type": tag_of(type(value)), "data": value.model_dump(mode="json", by_alias=True)}
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        fields = {field.name: encoded(getattr(value, field.attribute), arrays) for field in fields_of(kind)}
        described = written(kind) if tag_of(kind) == NEURON else {}
        return {"type": tag_of(kind), **described, "fields": fields}
    if isinstance(value, Mapping):
        return {"map": [[key, encoded(inner, arrays)] for key, inner in value.items()]}
    return [encoded(item, arrays) for item in value]
