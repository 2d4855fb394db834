"""In-memory chips: weights as conductances on crossbar arrays, groups of them on tiles, digital neurons beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from neurohw.errors import Problem, did_you_mean, raise_if_any
from neurohw.ir.cost import ActionCount, Band, PriceTable
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.mapping import Block, Program, Site, Usage, serves_learning
from neurohw.ir.network import Network
from neurohw.ir.run import Activity
from neurohw.parsing import parse
from neurohw.targets.crossbar_actions import ACTIONS, count_actions, step_time
from neurohw.targets.crossbar_check import departures, problems
from neurohw.targets.crossbar_inventory import Totals, level_totals
from neurohw.targets.crossbar_sections import LawSpec
from neurohw.targets.crossbar_spec import CrossbarSpec
from neurohw.targets.schema import Quantity

SPEC = CrossbarSpec  # the type of its files; descriptions of the fields become comments of new ones
ASSUMPTIONS = (
    "arrays are read only when an input is not silent; all arrays of a layer work side by side, layers and time steps "
    "one after the other",
    "latency: nominal and low hide conversions behind the next read (sample and hold), high adds them",
    "an array read is a whole array's, low: the share of its columns that is in use",
    "sums of hinges, gates and signs are digital; partial sums of split layers are added digitally",
    "latency: writing and learning updates are not in it",
)
PRICED_BY = {"array_read": "cells", "adc_conversion": "adc_bits", "dac_drive": "dac_bits"}
UNMODELLED = ("I/O and host", "programming of the start weights", "control and instruction memory", "clock tree")


@dataclass(frozen=True)
class CrossbarTarget:
    """An in-memory chip (`ir.mapping.Target`): a site is one array, a block the rectangle of weights on it."""

    name: str
    spec: CrossbarSpec = field(repr=False)
    prices: PriceTable = field(repr=False)
    kind: str = "crossbar"

    @cached_property
    def design(self) -> Crossbar:
        """The arrays in SI units."""
        return self.spec.design

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """All arrays, tile by tile."""
        per_tile, columns = self.spec.chip.arrays_per_tile, self.spec.chip.tile_columns.value
        return tuple(
            Site(k, k // per_tile % columns, k // per_tile // columns) for k in range(per_tile * self.spec.chip.tiles)
        )

    @property
    def accumulator_bits(self) -> int:
        """Width of the digital sums, with their sign."""
        return self.spec.accumulator_bits.value

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The chip's notes, what is not ideal about it, those of its price table, and how actions are counted."""
        tables = (f"{self.prices.name}: {note}" for note in self.prices.notes)
        return (*self.spec.notes, *self._devices(), *tables, *self._conditions(), *self._whole_chip(), *ASSUMPTIONS)

    def _devices(self) -> Iterator[str]:
        """Every imperfection that is on, with its grade."""
        flaws = self.spec.imperfections
        for name in type(flaws).model_fields:
            entry = getattr(flaws, name)
            if isinstance(entry, LawSpec) and entry.law != "none":
                yield f"{name}: {entry.law}, scale {entry.scale:g} (grade {entry.grade}; {entry.source})"
            elif isinstance(entry, Quantity) and entry.value:
                yield f"{name}: {entry.value:g} {entry.unit} (grade {entry.grade}; {entry.source})"

    def _conditions(self) -> Iterator[str]:
        """What the prices of the analogue side hold for, and whether they were scaled to what this chip has."""
        here = self.design.properties
        texts = {"cells": f"{self.design.rows} x {self.design.columns} cells"}
        texts |= {name: f"{here[name]:g} bits" for name in ("dac_bits", "adc_bits")}
        for action, of in PRICED_BY.items():
            price = self.prices.prices.get(f"{action}_energy")
            if price is None:
                continue
            scaled = "the price is not scaled"
            if price.scaling:
                scaled = f"the price is scaled by {price.factor:.3g} ({price.scaling.source})"
                low, high = price.scaling.between
                if not low <= here[of] <= high:
                    scaled += f", as far as it holds, {low:g} to {high:g}"
            if not price.scaling or price.factor != 1 or "as far as" in scaled:
                yield f"{action} is priced for: {price.conditions}; this chip has {texts[of]}, and {scaled}"

    def _whole_chip(self) -> Iterator[str]:
        """What the area in use is a part of."""
        parts = [name for level in ("group", "tile", "chip") for name in getattr(self.spec.inventory, level)]
        unknown = [n for n in dict.fromkeys(parts) if f"{n}_area" not in self.prices.prices]
        if unknown:
            yield f"area: the table has none of {', '.join(unknown)}"
        whole = self.totals["chip"]
        if whole.area and whole.power:
            yield (
                f"area in use: the groups of arrays that hold weights, without the rest of their tiles; the whole chip "
                f"takes {whole.area.nominal * 1e6:.3g} mm2 and, with every part at work, {whole.power.nominal:.3g} W"
            )

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """What costs something on such a chip and is not counted."""
        factors = ("factors that make up for drift, and the reads that find them",)
        return UNMODELLED + (factors if self.design.imperfections.compensate else ())

    def check(self, network: Network) -> tuple[list[Problem], list[str]]:
        """Weights that do not fit the cells, arrays that do not fit the chip; what the run will suffer from."""
        return problems(network, self.name, self.design, len(self.sites)), departures(network, self.design)

    def usage(self, network: Network, block: Block) -> Usage:
        """Cells, drivers and converters of one array that are in use; cells that serve learning only apart."""
        design, (part,) = self.design, block.weights
        inputs, outputs = part.shape
        rows = inputs * design.rows_per_input
        cells = rows * (outputs * design.columns_per_output + design.shared_columns)
        p = next(p for p in network.projections if p.name == part.projection)
        per_adc = design.converters.columns_per_adc
        owned = design.rows * design.columns
        amounts = (
            ("cells", cells, owned),
            ("learning-only cells", cells if serves_learning(p) else 0, owned),
            ("DACs", rows, design.rows),
            ("ADCs", -(-design.converted(outputs) // per_adc), -(-design.converted(design.outputs) // per_adc)),
        )
        return Usage(amounts, "cells")

    def hops(self, a: Site, b: Site) -> tuple[int, int]:
        """Tiles crossed from a to b: (east-west, north-south)."""
        return abs(a.x - b.x), abs(a.y - b.y)

    def links(self, a: Site, b: Site) -> int:
        """None: one chip."""
        return 0

    def actions(self, program: Program, activity: Activity) -> tuple[ActionCount, ...]:
        """What arrays, converters and the digital side did in the run, counted."""
        return count_actions(program, activity, self.design, "array_read_energy" in self.prices.prices)

    def latency(self, program: Program, activity: Activity) -> Band | None:
        """Mean seconds a step; learning updates are not part of it."""
        return step_time(program, activity, self.design, self.spec.converters.conversion_time.band)

    def static_power(self, program: Program) -> Band | None:
        """Of the whole chip [W]; None when the table does not know it."""
        price = self.prices.prices.get("static_chip_power")
        return price.value if price else None

    def area(self, program: Program) -> Band | None:
        """Of the groups of arrays in use [m2]; None when the table lacks the area of a part."""
        groups = -(-len(program.blocks) // self.spec.chip.arrays_per_group.value)
        area = self.totals["group"].area
        return area.scaled(groups) if area else None

    @property
    def totals(self) -> dict[str, Totals]:
        """Peak power and area of a group of arrays, a tile and the chip."""
        return level_totals(self.spec, self.prices)


def build(data: dict[str, Any], prices: PriceTable, where: str) -> CrossbarTarget:
    """The chip that `data` describes, with `prices`; a NeurohwError lists what is wrong in either."""
    spec = parse(CrossbarSpec, data, where)
    known = [f"{action}_energy" for action in ACTIONS]
    raise_if_any(
        [
            Problem(f"{prices.name}: prices.{name}", f"is not an action of {spec.name}", fix=did_you_mean(name, known))
            for name in prices.prices
            if name.endswith("_energy") and name not in known
        ]
    )
    here = {name: price.on(spec.design.properties) for name, price in prices.prices.items()}
    return CrossbarTarget(spec.name, spec, replace(prices, prices=here))
