"""Hardware YAML as types: chips (`neurohw.target/1`), price tables (`neurohw.prices/1`); each number has a source."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.cost import MEANINGS, Band, Price, PriceTable, Scaling
from neurohw.parsing import Strict, parse
from neurohw.targets.units import COUNTS, si_unit, to_si

TARGET_SCHEMA = "neurohw.target/1"
PRICES_SCHEMA = "neurohw.prices/1"
PRICE_UNITS = {"energy": "J", "time": "s", "power": "W", "area": "m2"}
GRADE = "how far to trust the number: " + ", ".join(f"{grade} ({meaning})" for grade, meaning in MEANINGS.items())
SCHEMA = "says that this is a chip"
EXTENDS = "chip whose sections stand for those that this file leaves out, by the name of its file"
KIND = "sort of hardware, digital (cores) or crossbar (arrays); the module of neurohw.targets that reads the file"
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"

# what heads every chip file; the descriptions here and in the modules of each kind become the comments of a new file
ChipName = Annotated[str, Field(pattern=NAME, description="name of the chip in tables and reports")]
TableName = Annotated[
    str, Field(description="prices of its actions: a table that ships, or one of your own by its path")
]
About = Annotated[str, Field(description="one line about the chip")]
Notes = Annotated[tuple[str, ...], Field(description="they become assumptions of every report about the chip")]


class Sourced(Strict):
    """Where a number comes from: grade as in `ir.cost.GRADES`, source, and the conditions it holds under."""

    grade: Literal["M", "Ms", "S", "D", "V", "C", "U"] = Field(description=GRADE)
    source: str = Field(
        min_length=1, description="where the number is from: paper and table, document, file, or 'a choice'"
    )
    conditions: str = Field(min_length=1, description="what the number holds for: voltage, mode, one core or the chip")


class Quantity(Sourced):
    """A physical constant; without `low` and `high` its spread is not known and `value` stands for both."""

    value: float = Field(description="the number itself")
    unit: str = Field(description="its unit, such as pJ, ns, mW, um2, or what it counts")
    low: float | None = Field(None, description="lower end of its spread; without low and high the spread is not known")
    high: float | None = Field(None, description="upper end of its spread")

    @model_validator(mode="after")
    def _ordered_and_known(self) -> Quantity:
        si_unit(self.unit)
        low, high = self._ends
        if not low <= self.value <= high:
            raise ValueError(f"low {low:g}, value {self.value:g}, high {high:g} are not in that order; sort them")
        return self

    @property
    def _ends(self) -> tuple[float, float]:
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )

    @property
    def band(self) -> Band:
        """Low, value and high in SI units."""
        low, high = self._ends
        return Band(to_si(low, self.unit), to_si(self.value, self.unit), to_si(high, self.unit))


class PriceScaling(Sourced):
    """How a price grows with a property of the chip, see `ir.cost.Scaling`."""

    of: Literal["adc_bits", "dac_bits", "cells"]
    at: float = Field(gt=0)
    constant: float = Field(default=0, ge=0)
    linear: float = Field(default=0, ge=0)
    powers: dict[float, float] = Field(default={})
    between: tuple[float, float]

    @model_validator(mode="after")
    def _grows(self) -> PriceScaling:
        low, high = self.between
        if not 0 < low <= self.at <= high:
            raise ValueError(f"at {self.at:g} is not between {low:g} and {high:g}, both above 0; correct them")
        if any(not 1 < base <= 16 or weight < 0 for base, weight in self.powers.items()):
            raise ValueError("powers need bases above 1, up to 16, and weights of 0 or more; correct them")
        if not (self.constant or self.linear or any(self.powers.values())):
            raise ValueError("gives no growth; give constant, linear or powers")
        return self

    @property
    def law(self) -> Scaling:
        """As the cost model takes it."""
        powers = tuple(sorted(self.powers.items()))
        return Scaling(
            self.of, self.at, self.constant, self.linear, powers, self.between, self.grade, self.source
        )  # fmt: skip


class PriceEntry(Quantity):
    """A constant that may grow with a property of the chip."""

    scaling: PriceScaling | None = None


class Count(Sourced):
    """A whole number of bits, cores, axons, ..."""

    value: int = Field(description="the number itself, a whole one")
    unit: str = Field(description="what it counts, such as bits, cores, axons")

    @field_validator("unit")
    @classmethod
    def _counts(cls, unit: str) -> str:
        if unit not in COUNTS:
            raise ValueError(f"unit '{unit}' does not count anything; {did_you_mean(unit, COUNTS)}")
        return unit


class Capacity(Count):
    """A whole number of which a chip has at least one."""

    value: int = Field(ge=1, le=1 << 40, description="a whole number of 1 or more")


class Width(Count):
    """The bits of a register, sign included."""

    value: int = Field(ge=2, le=32, description="a whole number of 2 to 32")


class Share(Count):
    """A whole number of bits that may be none."""

    value: int = Field(ge=0, le=64, description="a whole number of 0 to 64")


class Tiles(Count):
    """Tiles in one direction of a mesh, cores on a tile, or chips in one direction of a board."""

    value: int = Field(ge=1, le=1024, description="a whole number of 1 to 1024")


class Sizes(Sourced):
    """The sizes a field can have, in increasing order."""

    value: tuple[Annotated[int, Field(ge=0, le=64)], ...] = Field(
        min_length=1, description="whole numbers in increasing order"
    )
    unit: Literal["bits"] = Field(description="always bits")

    @field_validator("value")
    @classmethod
    def _increase(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if list(sizes) != sorted(set(sizes)):
            raise ValueError(f"sizes {', '.join(map(str, sizes))} are not in increasing order; sort them")
        return sizes

    def stored(self, needed: int) -> int:
        """The smallest size that holds `needed` bits; the largest if none does."""
        return next((size for size in self.value if size >= needed), self.value[-1])


class Flag(Sourced):
    """Whether a chip can do something."""

    value: bool = Field(description="true or false")


class TargetHeader(Strict, extra="ignore"):
    """The part of a target file that every kind shares; the module of that kind reads the rest."""

    schema_: Literal["neurohw.target/1"] = Field(alias="schema", description=SCHEMA)
    name: ChipName
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description=KIND)
    price_table: TableName


class _PricesFile(Strict):
    schema_: Literal["neurohw.prices/1"] = Field(alias="schema")
    name: str = Field(pattern=NAME)
    title: str
    scope: Literal["per term", "all in"]
    notes: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    extends: str = ""
    prices: dict[str, Any]

    @field_validator("prices", mode="before")
    @classmethod
    def _all_commented_out(cls, prices: Any) -> Any:
        return {} if prices is None else prices

    @model_validator(mode="after")
    def _prices_something(self) -> _PricesFile:
        if not self.prices and not self.extends:
            raise ValueError("gives no price; give one, or name a table with extends")
        return self


def parse_prices(data: Any, where: str) -> PriceTable:
    """The price table in `data`; a NeurohwError lists every problem of the file."""
    file = parse(_PricesFile, data, where)
    prices: dict[str, Price] = {}
    problems: list[Problem] = []
    for name, entry in file.prices.items():
        place = f"{where}: prices.{name}"
        try:
            prices[name] = _price(name, parse(PriceEntry, entry, place), place)
        except NeurohwError as error:
            problems += error.problems
    raise_if_any(problems)
    return PriceTable(file.name, file.title, file.scope, prices, file.notes, file.included)


def _price(name: str, quantity: PriceEntry, where: str) -> Price:
    """One price in SI units; its name ends in _energy, _time, _power or _area and its unit agrees."""
    expected = PRICE_UNITS.get(name.rpartition("_")[2])
    if expected is None:
        raise NeurohwError(
            Problem(where, "is not a price", "names end in _energy, _time, _power or _area", "rename it")
        )
    unit = si_unit(quantity.unit)
    if unit != expected:
        limit = f"its name asks for {expected}"
        raise NeurohwError(Problem(where, f"unit '{quantity.unit}' is in {unit}", limit, f"give it in {expected}"))
    if quantity.band.low < 0:
        raise NeurohwError(Problem(where, f"{quantity.band.low:g} {unit} is below 0", fix="give 0 or more"))
    scaling = quantity.scaling.law if quantity.scaling else None
    return Price(name, quantity.band, unit, quantity.conditions, quantity.grade, quantity.source, scaling)
