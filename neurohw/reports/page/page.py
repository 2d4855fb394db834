"""Put the page together: tables from the facts, charts for plotly.js, maps of chips, sources and what made it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from neurohw.ir.comparison import Comparison, ComparisonRow
from neurohw.ir.cost import CostReport
from neurohw.reports.cells import Cell
from neurohw.reports.context import HEADINGS, context_tables
from neurohw.reports.document import comparison_json
from neurohw.reports.facts import Fact, algorithm_facts, row_names, sections, summary
from neurohw.reports.footnotes import READING, said
from neurohw.reports.marks import heading, marks
from neurohw.reports.page.charts import charts
from neurohw.reports.si import band_text, si_text


@dataclass(frozen=True)
class Tile:
    """One tile of a map: where it is, how full its sites in use are on average, and how many there are."""

    x: int
    y: int
    sites: int
    fill: float


@dataclass(frozen=True)
class Line:
    """One action of a report as text; `source`: number of its footnote."""

    component: str
    action: str
    count: str
    energy: str
    grade: str
    source: int


def render(comparison: Comparison, command: str = "") -> str:
    """The page as text; `command`: what made it."""
    names = row_names(comparison.rows)
    found = charts(comparison)
    sources: dict[str, int] = {}
    details = [(name, _details(row, sources)) for name, row in zip(names, comparison.rows)]
    reports = [(name, report) for name, row in zip(names, comparison.rows) for report in row.reports]
    environment = Environment(
        loader=PackageLoader("neurohw.reports.page", ""), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2").render(
        title=heading(comparison),
        names=names,
        baseline=names[comparison.baseline],
        marks=marks(comparison),
        summary=_table(summary(comparison), comparison.rows),
        sections=[(title, _table(facts, comparison.rows)) for title, facts in sections(comparison)],
        algorithm=_table(algorithm_facts(), comparison.rows),
        charts=found,
        maps=[(name, row.inference, tiles(row.inference)) for name, row in zip(names, comparison.rows)],
        details=details,
        context=context_tables(comparison.context),
        context_headings=HEADINGS,
        sources=list(sources),
        said=said(reports),
        reading=READING,
        command=command,
        versions={name: number for name, number in comparison.provenance.items() if number},
        document=_script(comparison_json(comparison)),
        figures=_script({chart.key: chart.figure for chart in found}),
        plotly=Markup(get_plotlyjs().replace("</script", "<\\/script")),
        css=Markup(_file("page.css")),
        js=Markup(_file("page.js")),
    )  # fmt: skip


def tiles(report: CostReport) -> list[Tile]:
    """The tiles of a chip that hold something."""
    held: dict[tuple[int, int], list[float]] = {}
    for place, fill in zip(report.places, report.fill):
        held.setdefault(place, []).append(fill)
    return [Tile(x, y, len(fills), sum(fills) / len(fills)) for (x, y), fills in sorted(held.items())]


def _table(facts: Sequence[Fact], rows: Sequence[ComparisonRow]) -> list[tuple[Fact, list[Cell]]]:
    """Facts with their cells; facts that nobody knows are left out."""
    cells = [(fact, [fact.cell(row) for row in rows]) for fact in facts]
    return [(fact, found) for fact, found in cells if any(cell.text != "-" for cell in found)]


def _details(row: ComparisonRow, sources: dict[str, int]) -> list[tuple[str, list[Line]]]:
    """Inference, and what learning adds, line by line; new sources are numbered on the way."""
    parts = [("inference, a sample", row.inference, False)]
    if row.learning:
        parts.append(("learning, a fixation", row.learning, True))
    return [(title, _lines(report, learning, sources)) for title, report, learning in parts]


def _lines(report: CostReport, learning: bool, sources: dict[str, int]) -> list[Line]:
    found = []
    for line in (line for line in report.lines if line.learning == learning):
        energy = line.energy.scaled(1 / report.samples) if line.energy else None
        number = sources.setdefault(line.source, len(sources) + 1) if line.source else 0
        count = si_text(line.count / report.samples)
        found.append(Line(line.component, line.action, count, band_text(energy, "J"), line.grade or "-", number))
    return found


def _script(data: Any) -> Markup:
    """JSON that may stand in a script element."""
    return Markup(json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"))


def _file(name: str) -> str:
    return files("neurohw.reports.page").joinpath(name).read_text(encoding="utf-8")
