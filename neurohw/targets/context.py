"""Files of figures of other machines (`neurohw.context/1`): each number with unit, grade, source and conditions."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from neurohw.ir.context import ContextEntry, Figure, Per, Scope
from neurohw.parsing import Strict, parse, read_yaml
from neurohw.targets.schema import PRICE_UNITS, Quantity
from neurohw.targets.units import si_unit

CONTEXT_SCHEMA = "neurohw.context/1"


class ContextItem(Strict):
    """One machine; a figure of an operation needs its energy, one of a task any of energy, latency and power."""

    title: str = Field(min_length=1, description="name of the machine in tables")
    scope: Scope = Field(description="per operation (bare operations) or all in (all that the chip or board did)")
    per: Per = Field(description="mac, ac (an accumulate for a synaptic event), inference of its own task, or time")
    task: str = Field("", description="what it did, for figures per inference or time")
    energy: Quantity | None = Field(None, description="energy of one operation or inference")
    latency: Quantity | None = Field(None, description="time of one inference")
    power: Quantity | None = Field(None, description="power while it does its task")

    @field_validator("energy", "latency", "power")
    @classmethod
    def _of_its_kind(cls, quantity: Quantity | None, info: ValidationInfo) -> Quantity | None:
        expected = {**PRICE_UNITS, "latency": "s"}[str(info.field_name)]
        if quantity is not None and (si_unit(quantity.unit) != expected or quantity.band.low < 0):
            raise ValueError(f"{quantity.value:g} {quantity.unit} is not in {expected} or below 0; correct it")
        return quantity

    @model_validator(mode="after")
    def _says_what_it_is_about(self) -> ContextItem:
        own = self.per in ("inference", "time")
        if own and not self.task:
            raise ValueError(f"a figure per {self.per} is of a task of its own; name it with task")
        if own and self.scope != "all in":
            raise ValueError(f"a figure per {self.per} covers more than operations; set scope to all in")
        if not own and (self.energy is None or self.latency or self.power or self.task):
            raise ValueError(f"a figure per {self.per} is an energy and nothing else; give energy alone")
        if not (self.energy or self.latency or self.power):
            raise ValueError("has no figure; give energy, latency or power")
        return self


class _ContextFile(Strict):
    schema_: Literal["neurohw.context/1"] = Field(alias="schema", description="says that these are figures of machines")
    notes: tuple[str, ...] = ()
    entries: dict[str, ContextItem] = Field(min_length=1, description="machines by name")


def load_context(path: Path) -> tuple[ContextEntry, ...]:
    """The machines of one file in its order, in SI units; a NeurohwError lists every problem of the file."""
    file = parse(_ContextFile, read_yaml(path), str(path))
    return tuple(
        ContextEntry(
            name, item.title, item.scope, item.per, item.task, _figure(item.energy), _figure(item.latency),
            _figure(item.power),
        )
        for name, item in file.entries.items()
    )  # fmt: skip


def _figure(quantity: Quantity | None) -> Figure | None:
    if quantity is None:
        return None
    return Figure(
        quantity.band, si_unit(quantity.unit), quantity.grade, quantity.source, quantity.conditions
    )  # fmt: skip
