"""From a grid file to its points: every model and chip is read before anything runs, all problems at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from neurohw import library
from neurohw.compiler.place import Placement
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.experiments.sweeps.choose import chosen
from neurohw.experiments.sweeps.entries import CHIP, MODEL, name_problems, with_entries
from neurohw.experiments.sweeps.points import DIGITAL, Point, learning_problems, reference
from neurohw.experiments.sweeps.spec import PLAIN, Learning, SweepSpec, load_sweep, tidy
from neurohw.ir.labels import stem
from neurohw.ir.mapping import Target
from neurohw.ir.sweep import Conditions, Plain
from neurohw.parsing import Strict, parse
from neurohw.spec import ModelSpec, read_model
from neurohw.targets.load import Chip, read_chip

PROBLEMS_SHOWN = 20
T = TypeVar("T")


@dataclass(frozen=True)
class Planned:
    """A point with its value on each axis and the settings it comes from, all as the grid file names them."""

    key: str
    point: Point
    values: tuple[Plain, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """A grid, the points of which can all be evaluated; `about`: what they share."""

    name: str
    about: str
    axes: tuple[str, ...]
    points: tuple[Planned, ...]

    @property
    def conditions(self) -> Conditions:
        """What the points are made with."""
        points = [planned.point for planned in self.points]
        data = dict.fromkeys(point.model.data.name for point in points)
        few = dict.fromkeys(point.model.probe.few for point in points)
        return Conditions(tuple(data), tuple(few), tuple(dict.fromkeys(point.seed for point in points)))


class _Settings(Strict):
    """The settings of a point that are no entries of a model's or chip's file."""

    model: str
    chip: str
    prices: str | None = None
    learning: Learning = "once"
    fixations: int | None = Field(None, ge=1)
    placement: Placement = "greedy"
    seed: int = Field(0, ge=0)


def plan(path: Path) -> Plan:
    """Read a grid file and all that it names; a NeurohwError lists every axis and value that is not possible."""
    spec = load_sweep(path)
    reader = _Reader(path)
    raise_if_any(list(name_problems([*spec.settings, *spec.axes], reader.chips_of(spec), str(path))))
    fixed = {**spec.given, **{name: tidy(value) for name, value in spec.settings.items()}}
    points, problems = [], {}
    for values in chosen(spec):
        try:
            points.append(reader.planned({**fixed, **values}, values))
        except NeurohwError as error:
            problems.update({str(problem): problem for problem in error.problems})
    raise_if_any(_first(list(problems.values()), str(path)))
    shared = [stem(str(fixed[name])) for name in ("model", "chip") if name in fixed]
    return Plan(spec.name, " on ".join(shared), tuple(spec.axes), tuple(points))


def _first(problems: list[Problem], where: str) -> list[Problem]:
    """As many problems as can be read."""
    if len(problems) <= PROBLEMS_SHOWN:
        return problems
    more = Problem(where, f"and {len(problems) - PROBLEMS_SHOWN} more problems", fix="correct these first")
    return [*problems[:PROBLEMS_SHOWN], more]


class _Reader:
    """Reads each file once, builds each model and chip once, for as long as a grid is planned."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.built: dict[str, Any] = {}
        self.cores = self.chip(DIGITAL, None).build()

    def planned(self, settings: Mapping[str, Any], values: Mapping[str, Any]) -> Planned:
        """One point from all its settings."""
        plain = parse(_Settings, {k: v for k, v in settings.items() if k in PLAIN}, str(self.path))
        model_entries, chip_entries = (_under(prefix, settings) for prefix in (MODEL, CHIP))
        model = self.model_with(plain.model, model_entries)
        target = self.target_with(plain.chip, plain.prices, chip_entries)
        vary = list(_under(CHIP, values))
        found = learning_problems(model, plain.learning, vary)
        raise_if_any([replace(problem, where=f"{self.path}: {problem.where}") for problem in found])
        where_learned = reference(model, target, plain.learning, self.cores)
        point = Point(model, target, where_learned, plain.seed, plain.learning, plain.fixations, plain.placement)
        everything = {**plain.model_dump(), **{k: v for k, v in settings.items() if k not in PLAIN}}
        return Planned(point.key, point, tuple(map(_plain, values.values())), everything)

    def chips_of(self, spec: SweepSpec) -> Iterable[Mapping[str, Any]]:
        """Contents of the files of all chips that a grid names, as far as they can be read."""
        names = spec.axes.get("chip", [spec.given.get("chip", spec.settings.get("chip", DIGITAL))])
        for name in names if isinstance(names, (list, tuple)) else ():
            try:
                yield self.chip(str(name), None).data
            except NeurohwError:
                continue

    def model_with(self, name: str, entries: Mapping[str, Any]) -> ModelSpec:
        """A model with other entries of its file."""

        def build() -> ModelSpec:
            where = f"{self.path}: model {name}"
            try:
                data = with_entries(self.model(name), entries)
            except IndexError as error:
                raise NeurohwError(Problem(where, str(error))) from None
            return parse(ModelSpec, data, where)

        return self.once("model", [name, entries], build)

    def target_with(self, name: str, prices: str | None, entries: Mapping[str, Any]) -> Target:
        """A chip with other entries of its file."""

        def build() -> Target:
            changes = {entry: _text(value, f"{self.path}: chip.{entry}") for entry, value in entries.items()}
            return self.chip(name, prices).build(changes)

        return self.once("target", [name, prices, entries], build)

    def model(self, name: str) -> dict[str, Any]:
        """The file of a model, by name or path, which may be beside the grid."""

        def read() -> dict[str, Any]:
            path = library.find_model(self.beside(name))
            data: dict[str, Any] = read_model(path)
            parse(ModelSpec, data, str(path))  # what is wrong with the file itself is said of the file
            return data

        return self.once("file", name, read)

    def chip(self, name: str, prices: str | None) -> Chip:
        """The file of a chip with its own price table, or another one, also as chip@table."""
        file, _, table = name.partition("@")
        table = table or prices or ""

        def read() -> Chip:
            path = library.find_target(self.beside(file))
            found = read_chip(path, library.prices_dir(), self.beside(table) if table else None)
            return replace(found, where=f"{self.path}: chip {file}")

        return self.once("chip", [file, table], read)

    def beside(self, name: str) -> str:
        """A path as seen from the grid file, where there is such a file; else as it is."""
        near = self.path.parent / name
        return str(near) if Path(name).suffix in (".yaml", ".yml") and near.is_file() else name

    def once(self, what: str, of: Any, make: Callable[[], T]) -> T:
        """What `make` returns, or raises, the first time it is asked for."""
        key = json.dumps([what, of], sort_keys=True)
        if key not in self.built:
            try:
                self.built[key] = make()
            except NeurohwError as error:
                self.built[key] = error
        if isinstance(self.built[key], NeurohwError):
            raise self.built[key]
        made: T = self.built[key]
        return made


def _under(prefix: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that are entries of a file, by their path there."""
    return {name[len(prefix) :]: value for name, value in settings.items() if name.startswith(prefix)}


def _text(value: Any, where: str) -> str:
    """A value as it would be written in a chip's file."""
    if isinstance(value, (list, dict)):
        raise NeurohwError(Problem(where, f"{value!r} is not possible", "needs one value", "such as 3 or '1 Ohm'"))
    if value is None or isinstance(value, bool):
        return "none" if value is None else str(value).lower()
    return str(value)


def _plain(value: Any) -> Plain:
    """A value for a table: lists and sections as JSON."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (list, dict)) else value
