"""Peak power and area of a chip from its parts: every part at work, as papers add up their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurohw.ir.cost import ZERO, Band, PriceTable
from neurohw.targets.crossbar_sections import Part
from neurohw.targets.crossbar_spec import CrossbarSpec


@dataclass(frozen=True)
class Totals:
    """Of one level: power [W] and area [m2]; None when the price of a part is not known."""

    power: Band | None
    area: Band | None


def level_totals(spec: CrossbarSpec, prices: PriceTable) -> dict[str, Totals]:
    """Group of arrays, tile (its groups and its own parts), chip (its tiles and its own parts)."""
    group = Totals(*(_sum(spec.inventory.group, prices, kind) for kind in ("power", "area")))
    tile = _level(group, spec.chip.groups_per_tile.value, spec.inventory.tile, prices)
    return {"group": group, "tile": tile, "chip": _level(tile, spec.chip.tiles, spec.inventory.chip, prices)}


def _level(inner: Totals, count: int, parts: Mapping[str, Part], prices: PriceTable) -> Totals:
    found = []
    for kind, below in (("power", inner.power), ("area", inner.area)):
        own = _sum(parts, prices, kind) if parts else ZERO
        found.append(below.scaled(count) + own if below is not None and own is not None else None)
    return Totals(*found)


def _sum(parts: Mapping[str, Part], prices: PriceTable, kind: str) -> Band | None:
    total = ZERO
    for name, part in parts.items():
        price = prices.prices.get(f"{name}_{kind}")
        if price is None:
            return None
        total = total + price.value.scaled(part.value)
    return total if parts else None
