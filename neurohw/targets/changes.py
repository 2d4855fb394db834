"""A chip with other numbers: entries of its YAML replaced by their path, such as converters.adc_bits = 6."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import yaml

from neurohw.errors import Problem, did_you_mean, raise_if_any

VARIED = {"grade": "U", "source": "varied on purpose", "conditions": "in place of the chip's own"}


def changed(data: dict[str, Any], changes: Mapping[str, str], where: str) -> dict[str, Any]:
    """`data` with each entry at a dotted path set to a value written as in YAML.

    Of an entry with a unit the value changes, with its unit if one is given ('3 Ohm'); its spread goes. 'none' takes an
    entry away. The last part of a path may be new (an imperfection that was off), and needs its unit then; the parts
    before it must be there, but for imperfections as a whole.
    """
    data = copy.deepcopy(data)
    found: list[Problem] = []
    for path, text in changes.items():
        *parents, last = path.split(".")
        at: Any = data
        for name in parents:
            if name == "imperfections":
                at.setdefault(name, {})
            if not isinstance(at, dict) or not isinstance(at.get(name), dict):
                known = at if isinstance(at, dict) else ()
                found.append(Problem(where, f"no entry '{path}'", fix=did_you_mean(name, known)))
                break
            at = at[name]
        else:
            found += _set(at, last, str(text), path, where)
    raise_if_any(found)
    return data


def _set(at: dict[str, Any], last: str, text: str, path: str, where: str) -> list[Problem]:
    """Set one entry of a section."""
    number, _, unit = text.partition(" ")
    try:
        value, old = yaml.safe_load(number), at.get(last)
    except yaml.YAMLError:
        return [Problem(where, f"{path}: '{text}' is not a value", fix="write it as in the file, such as 3 or '1 Ohm'")]
    flag = isinstance(value, bool) and path.startswith("imperfections.")
    if value == "none" and path.startswith("imperfections."):
        at.pop(last, None)
    elif value == "none" and last in at:
        del at[last]
    elif isinstance(old, dict) and "law" in old and isinstance(value, str):
        at[last] = {**old, **VARIED, "law": value}
    elif isinstance(old, dict):
        kept = {name: v for name, v in old.items() if name not in ("low", "high")}
        at[last] = {**kept, **VARIED, "value": value, **({"unit": unit} if unit else {})}
    elif unit or flag:
        at[last] = {**VARIED, "value": value, **({"unit": unit} if unit else {})}
    elif isinstance(value, str) and path.startswith("imperfections."):
        at[last] = {**VARIED, "law": value}
    elif last in at or path.startswith(("writing.", "encoding.", "imperfections.")):
        at[last] = value
    else:
        hint = "if it is one that this file leaves out, give it with its unit, such as '6 bits'"
        return [Problem(where, f"no entry '{path}'", hint, did_you_mean(last, at))]
    return []
