"""What a sweep found: a row of plain values for each point of a grid, its means over seeds, and their Pareto front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev
from typing import Union

Plain = Union[str, int, float, bool, None]
ENERGY = "energy_J"
SEED = "seed"


@dataclass(frozen=True)
class Outcome:
    """What came of a point: a row of named plain values, or the `error` that it ended with."""

    row: Mapping[str, Plain] | None
    error: str | None = None


@dataclass(frozen=True)
class SweepPoint:
    """One point: its hash, its value on each axis (lists as JSON text), and what came of it."""

    key: str
    values: tuple[Plain, ...]
    outcome: Outcome

    @property
    def accuracy(self) -> float | None:
        """Accuracy of the readout of the last layer, with all labels, as a fraction; None if the point failed."""
        row = self.outcome.row or {}
        scores = [value for name, value in row.items() if name.startswith("learned_all_")]
        return float(scores[-1]) if scores and scores[-1] is not None else None

    @property
    def energy(self) -> float | None:
        """Dynamic energy of a sample [J]; None if the point failed or nothing on its chip has a price."""
        value = (self.outcome.row or {}).get(ENERGY)
        return None if value is None else float(value)


@dataclass(frozen=True)
class Setting:
    """Points that differ in their seed alone: values on the other axes, mean accuracy and its standard deviation over
    the seeds (0 for one), mean energy of a sample [J], and how many points there are."""

    values: tuple[Plain, ...]
    accuracy: float
    spread: float
    energy: float | None
    seeds: int


@dataclass(frozen=True)
class Conditions:
    """What all points of a sweep were made with: data sets, labels a class of classifiers with few labels, seeds; once
    each, in order of appearance."""

    data: tuple[str, ...] = ()
    few: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sweep:
    """All points of a grid, in its order. `about`: what they share, for titles; `before`, `now`: how many different
    points a results file had already, and how many were evaluated for it."""

    name: str
    about: str
    axes: tuple[str, ...]
    points: tuple[SweepPoint, ...]
    before: int = 0
    now: int = 0
    conditions: Conditions = Conditions()

    @property
    def failed(self) -> tuple[SweepPoint, ...]:
        """Points that ended with an error."""
        return tuple(point for point in self.points if point.outcome.error is not None)

    @property
    def settings_axes(self) -> tuple[str, ...]:
        """All axes but the seed."""
        return tuple(axis for axis in self.axes if axis != SEED)

    @property
    def short_axes(self) -> tuple[str, ...]:
        """The last part of each of `settings_axes`, or all of it where others end alike."""
        lasts = [axis.rpartition(".")[2] for axis in self.settings_axes]
        return tuple(last if lasts.count(last) == 1 else axis for last, axis in zip(lasts, self.settings_axes))

    @cached_property
    def groups(self) -> tuple[tuple[tuple[Plain, ...], tuple[SweepPoint, ...]], ...]:
        """Values on `settings_axes`, each with the points that have them, in the order of the points."""
        kept = [k for k, axis in enumerate(self.axes) if axis != SEED]
        found: dict[str, tuple[tuple[Plain, ...], list[SweepPoint]]] = {}
        for point in self.points:
            values = tuple(point.values[k] for k in kept)
            found.setdefault(repr(values), (values, []))[1].append(point)
        return tuple((values, tuple(points)) for values, points in found.values())

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """Means over the seeds, in the order of the points; failed points are left out."""
        done = ((values, [p for p in points if p.accuracy is not None]) for values, points in self.groups)
        return tuple(_mean(values, points) for values, points in done if points)

    @property
    def front(self) -> tuple[Setting, ...]:
        """Settings that none beats in accuracy without more energy, from the cheapest to the most accurate."""
        return pareto(self.settings)


def pareto(settings: Iterable[Setting]) -> tuple[Setting, ...]:
    """The settings that are not dominated; of equal ones the first. Those without an energy are left out."""
    priced = [s for s in settings if s.energy is not None]
    best, front = -1.0, []
    for setting in sorted(priced, key=lambda s: (s.energy, -s.accuracy)):
        if setting.accuracy > best:
            best = setting.accuracy
            front.append(setting)
    return tuple(front)


def _mean(values: tuple[Plain, ...], points: Sequence[SweepPoint]) -> Setting:
    """One setting of points that differ in the seed."""
    scores = [point.accuracy for point in points if point.accuracy is not None]
    energies = [point.energy for point in points if point.energy is not None]
    return Setting(
        values,
        fmean(scores),
        stdev(scores) if len(scores) > 1 else 0.0,
        fmean(energies) if energies else None,
        len(scores),
    )
