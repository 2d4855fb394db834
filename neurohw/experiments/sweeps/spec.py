"""The grid file as types (`neurohw.sweep/1`): what is varied, what is fixed, and how points are chosen."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Tag, model_validator

from neurohw.compiler.place import Placement
from neurohw.errors import Problem, raise_if_any
from neurohw.parsing import MANY, ONE, Strict, parse, read_yaml

_SCIENTIFIC = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d{1,2}")
SWEEP_SCHEMA = "neurohw.sweep/1"
Learning = Literal["once", "chip"]
PLAIN = ("model", "chip", "prices", "learning", "fixations", "placement", "seed")  # settings that are no dotted entry


class Range(Strict):
    """Values from `low` to `high`, even on a linear or a logarithmic scale; `unit`: of an entry that the chip's file
    leaves out."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    whole: bool = False
    unit: str = ""

    @model_validator(mode="after")
    def _low_below_high(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}; sort them")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"low {self.low:g} has no logarithm; give one above 0, or scale: linear")
        if self.whole and math.ceil(self.low) > math.floor(self.high):
            raise ValueError(f"no whole number lies between {self.low:g} and {self.high:g}; widen the range")
        return self


def _axis_form(value: Any) -> str | None:
    if isinstance(value, (dict, Range)):
        return ONE
    return MANY if isinstance(value, (list, tuple)) else None


Values = Annotated[tuple[Any, ...], Field(min_length=1)]
Axis = Annotated[
    Union[Annotated[Range, Tag(ONE)], Annotated[Values, Tag(MANY)]],
    Discriminator(
        _axis_form, custom_error_type="axis", custom_error_message="write a list of values, or {low: 1, high: 8}"
    ),
]


class SweepSpec(Strict):
    """A sweep as one YAML file describes it. What is neither given nor an axis has the default of the other verbs."""

    schema_: Literal["neurohw.sweep/1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    about: str = ""
    model: str | None = None
    chip: str | None = None
    prices: str | None = None
    learning: Learning | None = None
    fixations: int | None = Field(None, ge=1)
    placement: Placement | None = None
    seed: int | None = Field(None, ge=0)
    settings: dict[str, Any] = Field(default={})
    axes: dict[str, Axis] = Field(min_length=1)
    method: Literal["grid", "random", "latin_hypercube"] = "grid"
    points: int | None = Field(None, ge=1)
    draw: int = Field(0, ge=0)

    @property
    def given(self) -> dict[str, Any]:
        """The plain settings that the file fixes."""
        return {name: value for name in PLAIN if (value := getattr(self, name)) is not None}


def load_sweep(path: Path) -> SweepSpec:
    """Read a grid file; a NeurohwError lists all that is wrong with its form."""
    spec = parse(SweepSpec, read_yaml(path), str(path))
    raise_if_any([*_method_problems(spec, str(path)), *_name_problems(spec, str(path))])
    raise_if_any(list(_value_problems(spec, str(path))))
    return spec


def _method_problems(spec: SweepSpec, where: str) -> Iterator[Problem]:
    """What does not go together with how points are chosen."""
    if spec.method == "grid":
        for name, axis in spec.axes.items():
            if isinstance(axis, Range):
                fix = "give a list of values, or set method to latin_hypercube and points to their number"
                yield Problem(f"{where}: axes.{name}", "is a range", "a grid needs values", fix)
        if spec.points is not None:
            yield Problem(f"{where}: points", "a grid has all its points", fix="omit points, or set method")
    elif spec.points is None:
        yield Problem(f"{where}: points", "is missing", f"method {spec.method} draws points", "add 'points: 50'")


def _name_problems(spec: SweepSpec, where: str) -> Iterator[Problem]:
    """Settings that are given twice, or not at all."""
    for name in {**spec.given, **spec.settings}:
        if name in spec.axes:
            yield Problem(f"{where}: {name}", "is fixed and an axis", fix="leave it out of one of them")
    for name in spec.settings:
        if name in spec.given:
            yield Problem(f"{where}: settings.{name}", "is given twice", fix="leave it out of the settings")
    for name in ("model", "chip"):
        if name not in {**spec.given, **spec.settings, **spec.axes}:
            yield Problem(f"{where}: {name}", "is missing", fix=f"add '{name}: NAME', or make it an axis")


def _value_problems(spec: SweepSpec, where: str) -> Iterator[Problem]:
    """Values that come twice, and those that are not plain."""
    for name, value in spec.settings.items():
        if not _is_plain(value):
            yield Problem(f"{where}: settings.{name}", f"{value!r} is not a plain value", fix="put it in quotes")
    for name, axis in spec.axes.items():
        if isinstance(axis, Range):
            continue
        seen: list[Any] = []
        for value in map(tidy, axis):
            if not _is_plain(value):
                yield Problem(f"{where}: axes.{name}", f"{value!r} is not a plain value", fix="put it in quotes")
            elif (type(value) is bool, value) in seen:
                yield Problem(f"{where}: axes.{name}", f"{value!r} comes twice", fix="leave one of them out")
            seen.append((type(value) is bool, value))


def _is_plain(value: Any) -> bool:
    """Whether JSON can hold a value: dates, NaN and sets it cannot."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(inner) for key, inner in value.items())
    return value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value))


def tidy(value: Any) -> Any:
    """A value as it was meant: YAML reads 1e-3, without a dot, as text."""
    return float(value) if isinstance(value, str) and _SCIENTIFIC.fullmatch(value) else value
