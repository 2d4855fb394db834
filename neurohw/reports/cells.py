"""Single numbers of a report for people: text, and the number to sort by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurohw.ir.cost import COVERED, GRADES, Band, CostReport
from neurohw.reports.document import INFERENCE_UNITS, energy_per_sample, grades, operations_per_joule
from neurohw.reports.si import band_text, percent_text


@dataclass(frozen=True)
class Cell:
    """What one row says: text for people, and the number to sort by (SI units), None where there is none."""

    text: str
    value: float | None = None


NOTHING = Cell("-")


def ratio(row: CostReport, base: CostReport, learning: bool) -> Cell:
    """Energy of `row` over that of `base`; '>=' or '<=' when a part of one has no price, '~' when of both."""
    ours, theirs = (energy_per_sample(report, learning=learning) for report in (row, base))
    if ours is None or theirs is None or theirs.nominal == 0 or row.scope != base.scope:
        return NOTHING
    value = ours.nominal / theirs.nominal
    if row is base:
        return Cell("1", 1.0)
    ours_open, theirs_open = (any(x.energy is None and x.learning == learning for x in r.lines) for r in (row, base))
    mark = {(False, False): "", (True, False): ">=", (False, True): "<=", (True, True): "~"}[ours_open, theirs_open]
    return Cell(f"{mark}{value:.3g}", value)


def weakest(report: CostReport) -> str:
    """The weakest grade of the prices that a report used."""
    return max(grades(report), key=GRADES.index, default="-")


def energy_cell(report: CostReport, *, learning: bool, unit: str | None = None) -> Cell:
    """Energy of one sample; '>=' when an action that happened has no price."""
    energy = energy_per_sample(report, learning=learning, unit=unit)
    lines = [line for line in report.lines if line.learning == learning and unit in (None, line.unit)]
    if unit and lines and all(line.energy is None or line.source == COVERED for line in lines):
        return Cell("in another price" if all(line.source == COVERED for line in lines) else "no price")
    open_end = energy is not None and any(line.energy is None for line in lines)
    return Cell((">=" if open_end else "") + band_text(energy, "J"), energy.nominal if energy else None)


def efficiency_cell(report: CostReport) -> Cell:
    """Operations of a dense pass per joule as TOPS/W: at most so many, when something has no price."""
    found = operations_per_joule(report)
    most = "<=" * any(line.energy is None for line in report.lines if not line.learning)
    return Cell("no price") if found is None else Cell(f"{most}{found / 1e12:.3g}", found)


def known_cell(band: Band | None, unit: str) -> Cell:
    """A band, or that it is not known."""
    return Cell("not known") if band is None else Cell(band_text(band, unit), band.nominal)


def area_cell(report: CostReport) -> Cell:
    """Area of the sites in use in mm2."""
    return Cell("not known") if report.area is None else Cell(_mm2(report.area), report.area.nominal)


def units_in(reports: Sequence[CostReport]) -> list[str]:
    """Units that did something in inference."""
    found = {line.unit for report in reports for line in report.lines if not line.learning}
    return [unit for unit in INFERENCE_UNITS if unit in found]


def fullest(report: CostReport) -> str:
    """Fill of the fullest site."""
    return percent_text(max(report.fill, default=0.0))


def by_layer(values: tuple[float, ...]) -> Cell:
    """Accuracies in percent; sorted by the last layer."""
    return Cell(" / ".join(f"{100 * v:.1f}" for v in values) + " %", values[-1]) if values else NOTHING


def _mm2(area: Band) -> str:
    return f"{area.nominal * 1e6:.3g} mm2"
