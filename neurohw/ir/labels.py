"""Values of an axis for people: short texts, and the numbers behind them where there are any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from neurohw.ir.sweep import Plain


def stem(name: str) -> str:
    """The name of a model or chip that may be given by its path."""
    return Path(name).stem if name.endswith((".yaml", ".yml")) else name


def label(value: Plain) -> str:
    """A value as short text: layers by their sizes (128-128), a section by what it sets, a path by its file's name."""
    found = _inside(value)
    if (sizes := _sizes(found)) is not None:
        return "-".join(map(str, sizes))
    if isinstance(found, dict):
        return ", ".join(_entries(found, top=True))
    if isinstance(found, list):
        return ", ".join(map(_word, found))
    return _word(found)


def labels(values: Sequence[Plain]) -> tuple[str, ...]:
    """The label of each of some different values; all of the text where two would look alike."""
    short = [label(value) for value in values]
    return tuple(text if short.count(text) == 1 else str(value) for text, value in zip(short, values))


def numbers(values: Sequence[Plain]) -> tuple[tuple[float, ...], str] | None:
    """The number behind each value, and what it counts: the unit of texts such as '2 Ohm', 'layers' or 'units' of lists
    of equal layers that differ in that alone, else ''. None if the values are no numbers."""
    if not values:
        return None
    layers = [sizes for value in values if (sizes := _sizes(_inside(value)))]
    if len(layers) == len(values):
        return _of_layers(layers)
    if any(value is None or isinstance(value, bool) for value in values):
        return None
    parts = [str(value).partition(" ") for value in values]
    units = {unit for _, _, unit in parts}
    if len(units) == 1:
        with suppress(ValueError):
            return tuple(float(number) for number, _, _ in parts), units.pop()
    return None


def _of_layers(layers: Sequence[Sequence[int]]) -> tuple[tuple[float, ...], str] | None:
    """The depth or the width of networks that differ in it alone, and have layers of one size each."""
    if any(len(set(sizes)) > 1 for sizes in layers):
        return None
    depths, widths = [len(sizes) for sizes in layers], [sizes[0] for sizes in layers]
    if len(set(widths)) == 1:
        return tuple(map(float, depths)), "layers"
    return (tuple(map(float, widths)), "units") if len(set(depths)) == 1 else None


def _inside(value: Plain) -> Any:
    """The list or section that a text holds as JSON, else the value."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        with suppress(ValueError):
            return json.loads(value)
    return value


def _sizes(value: Any) -> list[int] | None:
    """Sizes of layers, if a value is a list of them."""
    if isinstance(value, list) and value and all(isinstance(v, dict) and set(v) == {"size"} for v in value):
        return [v["size"] for v in value]
    return None


def _entries(section: dict[str, Any], *, top: bool) -> list[str]:
    """What a section sets: texts at its top speak for themselves and come first, others come with their key."""
    named = [str(v) for v in section.values() if top and isinstance(v, str)]
    others = {k: v for k, v in section.items() if not (top and isinstance(v, str))}
    for key, value in others.items():
        named += _entries(value, top=False) if isinstance(value, dict) else [f"{key} {_word(value)}"]
    return named


def _word(value: Any) -> str:
    """A value as YAML would have it; a path by its file's name."""
    if value is None or isinstance(value, bool):
        return "none" if value is None else str(value).lower()
    return stem(value) if isinstance(value, str) else str(value)
