"""Counts of actions, prices with their sources, and the report that multiplies them. SI units throughout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MEANINGS = {  # of the grades of a constant, best first
    "M": "measured on silicon",
    "Ms": "measured, boundary unclear",
    "S": "simulated before silicon",
    "D": "derived by arithmetic",
    "V": "vendor document",
    "C": "another tool's value",
    "U": "unchecked",
}
GRADES = tuple(MEANINGS)
COVERED = "covered by another price of the table"  # source of a line that costs nothing more
CORE_UNITS = ("synapse", "soma", "axon", "network")
ARRAY_UNITS = ("dac", "cell", "adc", "digital", "write")
UNITS = (*CORE_UNITS, *ARRAY_UNITS, "learning", "static")


@dataclass(frozen=True)
class Band:
    """A quantity with its spread, in SI units."""

    low: float
    nominal: float
    high: float

    def __add__(self, other: Band) -> Band:
        return Band(self.low + other.low, self.nominal + other.nominal, self.high + other.high)

    def scaled(self, factor: float) -> Band:
        """The band times a non-negative number."""
        return Band(self.low * factor, self.nominal * factor, self.high * factor)


ZERO = Band(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Scaling:
    """How a price grows with a property of the chip: `of` (such as adc_bits) is x in

        constant + linear x + sum of weight base^x over `powers`,

    of which only the ratio to x = `at` matters. Outside `between` (both ends included) the nearer end stands for x.
    """

    of: str
    at: float
    constant: float
    linear: float
    powers: tuple[tuple[float, float], ...]
    between: tuple[float, float]
    grade: str
    source: str

    def factor(self, x: float) -> float:
        """By what the price is multiplied."""
        low, high = self.between
        return self._form(min(max(x, low), high)) / self._form(self.at)

    def _form(self, x: float) -> float:
        return self.constant + self.linear * x + sum(weight * math.pow(base, x) for base, weight in self.powers)


@dataclass(frozen=True)
class Price:
    """One constant of a price table: energy [J], time [s], power [W] or area [m2], its conditions, grade and source.

    `factor`: by what it has been scaled from its conditions to a chip.
    """

    name: str
    value: Band
    unit: str
    conditions: str
    grade: str
    source: str
    scaling: Scaling | None = None
    factor: float = 1.0

    def on(self, properties: Mapping[str, float]) -> Price:
        """The price on a chip with these properties; a scaled one has the worse of the two grades."""
        if self.scaling is None or self.scaling.of not in properties:
            return self
        factor = self.scaling.factor(properties[self.scaling.of])
        if factor == 1:
            return self
        grade = max(self.grade, self.scaling.grade, key=GRADES.index)
        return replace(self, value=self.value.scaled(factor), grade=grade, factor=factor)


@dataclass(frozen=True)
class PriceTable:
    """A named, consistent set of prices; `scope` says what one price covers ('per term' or 'all in').

    `included`: actions that cost nothing more, because a price of the table covers them.
    """

    name: str
    title: str
    scope: str
    prices: Mapping[str, Price]
    notes: tuple[str, ...] = ()
    included: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActionCount:
    """How often the chip did `action` on behalf of `component` (a projection or population).

    `unit`: one of UNITS; `low`, `high`: counts under the cheapest and dearest reading of an unclear definition.
    A reading holds for all actions of a component, so that their sum is a possible one: where it counts fewer active
    neurons it counts more inactive ones, whose `low` is then above their `high`.
    `energy`: all of them together [J], where the run itself knows it; then no price is needed.
    """

    component: str
    unit: str
    action: str
    count: float
    low: float
    high: float
    learning: bool = False
    energy: Band | None = None


@dataclass(frozen=True)
class CostLine:
    """count x price of one action of one component; energy [J] over the whole run, None when the table has no price."""

    component: str
    unit: str
    action: str
    count: float
    energy: Band | None
    grade: str
    source: str
    learning: bool = False


@dataclass(frozen=True)
class CostReport:
    """What a run cost on a chip. Energies [J] and times [s] are over the run unless they say 'per sample'.

    `rates`: population -> messages a neuron and step; `scope`: of the price table, 'per term' or 'all in'; `metrics`:
    NeuroBench's algorithm metrics (`costs.metrics`); `places` (x, y) of the tile of each site in use, in a mesh of
    `mesh` (columns, rows).
    """

    model: str
    target: str
    mode: str
    price_table: str
    samples: int
    steps: int
    lines: tuple[CostLine, ...]
    latency_per_sample: Band | None
    static_power: Band | None
    sites_used: int
    fill: tuple[float, ...]
    usage: Mapping[str, tuple[int, int]]
    counts: Mapping[str, float]
    unpriced: tuple[str, ...]
    assumptions: tuple[str, ...] = ()
    area: Band | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    scope: str = "per term"
    metrics: Mapping[str, float] = field(default_factory=dict)
    places: tuple[tuple[int, int], ...] = ()
    mesh: tuple[int, int] = (0, 0)

    @property
    def tiles_used(self) -> int:
        """Tiles with a site in use."""
        return len(set(self.places))

    @property
    def without(self) -> tuple[str, ...]:
        """Actions that happened and that no price covers, once each: what a total leaves out."""
        return tuple(dict.fromkeys(line.action for line in self.lines if line.energy is None))

    def energy(self, *, learning: bool | None = None, unit: str | None = None) -> Band:
        """Sum of the priced dynamic lines [J]: all, or those of one unit, of inference (False) or learning (True)."""
        total = ZERO
        for line in self.lines:
            if line.energy is not None and unit in (None, line.unit) and learning in (None, line.learning):
                total = total + line.energy
        return total

    def per_sample(self, **which: Any) -> Band:
        """`energy` divided by the number of samples (fixations when learning) [J]."""
        return self.energy(**which).scaled(1 / self.samples)
