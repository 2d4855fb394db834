"""What an axis may be called, and a model with other values of some entries of its file."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from neurohw.errors import Problem, did_you_mean
from neurohw.experiments.sweeps.spec import PLAIN
from neurohw.spec import ModelSpec

MODEL, CHIP = "model.", "chip."
MANY_SHOWN = 6


def with_entries(data: dict[str, Any], entries: Mapping[str, Any]) -> dict[str, Any]:
    """`data` of a model's file with the value at each dotted path replaced; numbers name places in a list.

    A section that the file leaves out is begun; what the model's schema does not know is left for it to refuse. An
    IndexError names the path whose place in a list is not there.
    """
    data = copy.deepcopy(data)
    for path, value in sorted(entries.items()):
        *parents, last = path.split(".")
        at: Any = data
        for name in parents:
            at = _inside(at, name, path)
        if isinstance(at, list):
            at[_place(at, last, path)] = value
        else:
            at[last] = value
    return data


def _inside(at: Any, name: str, path: str) -> Any:
    """The section or list at `name`; a single value there makes room for a section."""
    key: Any = _place(at, name, path) if isinstance(at, list) else name
    if isinstance(at, dict):
        at.setdefault(name, {})
    if not isinstance(at[key], (dict, list)):
        at[key] = {}
    return at[key]


def _place(at: list[Any], name: str, path: str) -> int:
    if not name.isdigit() or int(name) >= len(at):
        raise IndexError(f"no entry '{path}'; the list there has places 0..{len(at) - 1}")
    return int(name)


def name_problems(names: Iterable[str], chips: Iterable[Mapping[str, Any]], where: str) -> Iterator[Problem]:
    """Names of axes and settings that are neither plain nor begin with 'model.' or 'chip.'.

    `chips`: contents of the files that entries of chips are suggested from.
    """
    wrong = [name for name in names if name not in PLAIN and not name.startswith((MODEL, CHIP))]
    known = [*(MODEL + path for path in _fields(ModelSpec)), *(CHIP + path for chip in chips for path in _paths(chip))]
    for name in wrong:
        last = name.rpartition(".")[2]
        ends = sorted({path for path in known if path.rpartition(".")[2] == last})
        if not ends:
            choices = {*PLAIN, "model.<entry of its file>", "chip.<entry of its file>"}
            close = did_you_mean(name, {*PLAIN, *known})
            fix = close if close.startswith("did you mean") else did_you_mean("", choices)
        else:
            fix = "did you mean " + " or ".join(f"'{path}'" for path in ends[:MANY_SHOWN]) + "?"
        yield Problem(f"{where}: {name}", "names nothing", fix=fix)


def _fields(kind: type[BaseModel]) -> Iterator[str]:
    """Dotted paths of all entries that the schema of a file has, but those in lists."""
    for name, field in kind.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name}.{inner}" for inner in _fields(field.annotation))
        elif inside := [a for a in get_args(field.annotation) if isinstance(a, type) and issubclass(a, BaseModel)]:
            yield from (f"{name}.0.{inner}" for kind in inside for inner in _fields(kind))


def _paths(data: Mapping[str, Any]) -> Iterator[str]:
    """Dotted paths of the entries of a chip's file; a number with its unit and source is one entry."""
    for name, inner in data.items():
        yield name
        if isinstance(inner, dict) and "value" not in inner:
            yield from (f"{name}.{path}" for path in _paths(inner))
