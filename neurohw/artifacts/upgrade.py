"""From what files of older versions hold to what this one reads: one function a version, on the tree of JSON.

For version 3: write `_to_3(tree)`, add it to STEPS and raise VERSION; new fields with a default are filled in by it as
DEFAULT. What `_to_2` has to do for a type beyond its new name is a function of its fields in CHANGED_IN_2, see
`from_1`; a field of version 1 that is gone also needs a line in `version1.FORMER`, so that checkpoints and sweeps of
then are recognised.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

from neurohw.artifacts import from_1, version1
from neurohw.artifacts.tags import TYPES, fields_of

VERSION = 2
DEFAULT = object()  # stands for the default of a field that a version did not have
Fields = dict[str, Any]
CHANGED_IN_2: dict[str, Callable[[Fields], Fields]] = {"program": from_1.program}


def upgraded(tree: Any, version: int) -> Any:
    """The tree of a file of `version` as this version writes it; what is damaged stays so, for `decode` to report."""
    for step in STEPS[version - 1 :]:
        tree = step(tree)
    return tree


def _to_2(tree: Any) -> Any:
    """Tags in place of the paths of classes; fields that version 1 did not have are as by default."""
    if isinstance(tree, list):
        return [_to_2(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {"model", "data"}:
        return {"type": _tag(tree["model"]), "data": tree["data"]}
    if tree.keys() != {"type", "fields"} or not isinstance(tree["fields"], dict):
        return {key: _to_2(inner) for key, inner in tree.items()}
    tag, fields = _tag(tree["type"]), {name: _to_2(inner) for name, inner in tree["fields"].items()}
    if tag in TYPES:
        fields = {**_new_since_1(tag), **(CHANGED_IN_2[tag](fields) if tag in CHANGED_IN_2 else fields)}
    return {"type": tag, "fields": fields}


def _tag(name: Any) -> Any:
    """The tag of a type by its name in version 1; nothing for what is not such a name."""
    return version1.tags().get(name) if isinstance(name, str) else None


@cache
def _new_since_1(tag: str) -> Fields:
    """Fields that a type has now and had not in version 1."""
    kind: Any = TYPES[tag]
    if not dataclasses.is_dataclass(TYPES[tag]):
        return {}
    _, then = version1.names()["types"].get(tag, (tag, []))
    return {field.name: DEFAULT for field in fields_of(kind) if not field.required and field.name not in then}


STEPS: tuple[Callable[[Any], Any], ...] = (_to_2,)
