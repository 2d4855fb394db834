"""Which constant moves the ranking: each action of each row between its low and its high, all others nominal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose

from neurohw.ir.comparison import ComparisonRow
from neurohw.ir.cost import ZERO, Band, CostReport
from neurohw.reports.facts import row_names

UNKNOWN = 2.0  # factor up and down that stands in for a spread nobody has published


@dataclass(frozen=True)
class Swing:
    """Total energy of one sample [J] of `row` while one action goes from low to high.

    `published`: the prices or counts have a spread; otherwise the action was halved and doubled. `passes`: rows whose
    nominal total lies within. `even`: the factor of the action at which the total equals that of `rival`, the row that
    takes the smallest change; None where no factor does. Totals are of what has a price.
    """

    row: str
    action: str
    total: Band
    published: bool
    passes: tuple[str, ...]
    even: float | None
    rival: str


def swings(rows: Sequence[ComparisonRow], most: int = 3) -> list[Swing]:
    """The `most` widest swings of every row with a price, widest first in each; rows of equal totals are no rivals."""
    names = row_names(rows)
    totals = {name: row.inference.per_sample(learning=False).nominal for name, row in zip(names, rows)}
    totals = {name: total for name, total in totals.items() if total > 0}
    found = []
    for name, row in zip(names, rows):
        if name not in totals:
            continue
        others = {
            other: totals[other]
            for other, r in zip(names, rows)
            if other in totals and r.inference.scope == row.inference.scope and not isclose(totals[other], totals[name])
        }
        own = [_swing(name, action, band, totals[name], others) for action, band in _actions(row.inference).items()]
        own.sort(key=lambda s: s.total.low - s.total.high)
        found += own[:most]
    return found


def _actions(report: CostReport) -> dict[str, Band]:
    """Energy of one sample by action, of inference, all that costs something."""
    found: dict[str, Band] = {}
    for line in report.lines:
        if line.energy is not None and not line.learning and line.energy.high > 0:
            found[line.action] = found.get(line.action, ZERO) + line.energy.scaled(1 / report.samples)
    return found


def _swing(name: str, action: str, band: Band, total: float, others: dict[str, float]) -> Swing:
    published = band.low != band.high
    low, high = (band.low, band.high) if published else (band.nominal / UNKNOWN, band.nominal * UNKNOWN)
    rest = total - band.nominal
    swing = Band(rest + low, total, rest + high)
    passes = tuple(other for other, value in others.items() if swing.low <= value <= swing.high)
    factors = {o: (value - rest) / band.nominal for o, value in others.items() if value > rest and band.nominal > 0}
    rival = min(factors, key=lambda o: max(factors[o], 1 / factors[o]), default="")
    return Swing(name, action, swing, published, passes, factors.get(rival), rival)
