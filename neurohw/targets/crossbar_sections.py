"""Parts of a crossbar chip's YAML that can be left out or stand alone: imperfections, writing, inventory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from neurohw.errors import Problem
from neurohw.ir import crossbar
from neurohw.ir.crossbar_ranges import flaw_problems, writing_problems
from neurohw.parsing import Strict
from neurohw.targets.schema import Flag, Quantity, Sourced
from neurohw.targets.units import si_unit

SpecT = TypeVar("SpecT")


class LawSpec(Sourced):
    """A law of deviation by its name; `scale` multiplies it, or is the fraction that constant and relative need."""

    law: str = Field(description="name of the law")
    scale: float = Field(1.0, ge=0, description="a factor of the law; for constant and relative the fraction itself")

    @model_validator(mode="after")
    def _says_how_much(self) -> LawSpec:
        if self.law in ("constant", "relative") and "scale" not in self.model_fields_set:
            raise ValueError(f"law {self.law} needs scale, a fraction such as 0.01; give it")
        return self


class ImperfectionSpec(Strict):
    """What is not ideal: see `ir.crossbar.Imperfections`; what is left out is off."""

    programming: LawSpec | None = Field(
        None,
        description="deviation when a cell is programmed: none, constant (scale is a fraction of g_max), pcm, hermes, "
        "milo, wan or sonos",
    )
    read: LawSpec | None = Field(
        None,
        description="deviation of each read: none, constant, relative (scale is a fraction of g) or pcm (1/f noise)",
    )
    drift: LawSpec | None = Field(
        None, description="decay of conductances with time: none, constant (scale is the exponent) or pcm"
    )
    drift_start: Quantity | None = Field(
        None, description="time after programming at which the programmed values hold; 1 s unless given"
    )
    time: Quantity | None = Field(
        None, description="time since programming at which arrays are read; drift_start at the earliest"
    )
    compensate: Flag | None = Field(
        None, description="whether one digital factor an array makes up for drift, after the converters"
    )
    stuck_low: Quantity | None = Field(None, description="fraction of cells that stay at g_min")
    stuck_high: Quantity | None = Field(None, description="fraction of cells that stay at g_max")
    device_spread: Quantity | None = Field(
        None, description="standard deviation of the gain from cell to cell, a fraction"
    )
    row_wire: Quantity | None = Field(None, description="resistance of a row between neighbouring cells; feeds IR drop")
    column_wire: Quantity | None = Field(
        None, description="resistance of a column between neighbouring cells; feeds IR drop"
    )

    @field_validator("programming", "read", "drift")
    @classmethod
    def _known(cls, spec: LawSpec | None, info: Any) -> LawSpec | None:
        if spec is not None and spec.law not in crossbar.LAWS[info.field_name]:
            raise ValueError(f"law '{spec.law}' is unknown; use one of {', '.join(crossbar.LAWS[info.field_name])}")
        return spec

    @model_validator(mode="after")
    def _possible(self) -> ImperfectionSpec:
        units = {"drift_start": "s", "time": "s", "row_wire": "Ohm", "column_wire": "Ohm"}
        for name, unit in {**units, "stuck_low": "1", "stuck_high": "1", "device_spread": "1"}.items():
            if getattr(self, name) is not None:
                positive(name, getattr(self, name), unit, zero=name != "drift_start")
        if self.drift is not None and self.drift.law != "none" and self.time is None:
            raise ValueError(f"drift {self.drift.law} has no time to act; give time, such as 3600 s, or omit drift")
        return refuse(self, flaw_problems("imperfections", self.imperfections))

    @property
    def imperfections(self) -> crossbar.Imperfections:
        """The same for the compiler and the emulator, in SI units."""
        return crossbar.Imperfections(
            programming=_law(self.programming),
            read=_law(self.read),
            drift=_law(self.drift),
            drift_start=nominal(self.drift_start) or 1.0,
            time=nominal(self.time),
            compensate=self.compensate.value if self.compensate else False,
            stuck_low=nominal(self.stuck_low),
            stuck_high=nominal(self.stuck_high),
            device_spread=nominal(self.device_spread),
            row_wire=nominal(self.row_wire),
            column_wire=nominal(self.column_wire),
        )


class WritingSpec(Sourced):
    """How arrays learn: see `ir.crossbar.Writing`."""

    method: Literal["pulses", "shadow"] = Field(
        description="pulses (a unit of a weight update is one pulse) or shadow (weights in digital memory; every so "
        "often the cells whose digit has changed are programmed)"
    )
    step: float = Field(1.0, gt=0, description="how far one pulse moves a weight, in weight steps")
    asymmetry: float = Field(0.0, gt=-2, lt=2, description="how much larger pulses up are than pulses down")
    slope: float = Field(0.0, ge=0, le=1, description="0 for pulses that are equal everywhere, 1 for soft bounds")
    spread: float = Field(0.0, ge=0, description="standard deviation from pulse to pulse, a fraction")
    every: int = Field(100, ge=1, description="fixations between two writings of a shadow")
    zero: Literal["middle", "symmetric"] = Field(
        "middle", description="where a weight of 0 lies, middle or symmetric (where pulses up and down are equal)"
    )

    @model_validator(mode="after")
    def _has_a_zero(self) -> WritingSpec:
        return refuse(self, writing_problems("writing", self.writing))

    @property
    def writing(self) -> crossbar.Writing:
        """The same for the compiler and the emulator."""
        return crossbar.Writing(self.method, self.step, self.asymmetry, self.slope, self.spread, self.every, self.zero)


class Part(Sourced):
    """So many of one component; its power and area are prices of the table."""

    value: float = Field(gt=0, description="how many there are; one takes NAME_power and NAME_area of the price table")
    unit: Literal["1"] = Field("1", description="always 1")


class InventorySpec(Strict):
    """What a group of arrays, a tile and the chip consist of, beside the groups and tiles themselves."""

    group: dict[str, Part] = Field(default_factory=dict, description="parts of one group of arrays, by name")
    tile: dict[str, Part] = Field(default_factory=dict, description="parts of one tile beside its groups, by name")
    chip: dict[str, Part] = Field(default_factory=dict, description="parts of the chip beside its tiles, by name")


def refuse(spec: SpecT, problems: Iterable[Problem]) -> SpecT:
    """The part of a file as it is; ValueError for the first of its problems, whose place the file says itself."""
    for p in problems:
        raise ValueError("; ".join(part for part in (p.what, p.limit, p.fix) if part))
    return spec


def _law(spec: LawSpec | None) -> crossbar.Law:
    return crossbar.Law(spec.law, spec.scale) if spec else crossbar.NONE


def nominal(quantity: Quantity | None) -> float:
    """The value in SI units; 0 where there is none."""
    return quantity.band.nominal if quantity is not None else 0.0


def positive(name: str, quantity: Quantity, unit: str, *, zero: bool = False) -> None:
    """ValueError unless the quantity is in `unit` and above 0 (or 0 too)."""
    if si_unit(quantity.unit) != unit:
        raise ValueError(f"{name} in {quantity.unit} is not in {unit}; give it in {unit}")
    if quantity.band.low < 0 or (quantity.band.nominal <= 0 and not zero):
        raise ValueError(
            f"{name} {quantity.value:g} {quantity.unit} is impossible; it must be {'0 or more' if zero else 'above 0'}"
        )
