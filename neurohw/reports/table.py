"""Costs and comparisons as tables for a terminal of 100 columns, with what they leave out as footnotes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neurohw.ir.cost import Band, Comparison, ComparisonRow, CostLine, CostReport
from neurohw.reports.document import INFERENCE_UNITS, grades, static_energy
from neurohw.reports.si import band_text, percent_text, si_text

WIDTH = 100
CHIPS_A_TABLE = 3
Cell = Callable[[ComparisonRow], str]


def cost_table(reports: Sequence[CostReport]) -> Group:
    """Every line of every report, its totals, and as footnotes what has no price and what is assumed."""
    parts: list[RenderableType] = []
    for report in reports:
        parts += [_lines_table(report), _totals_table(report)]
    return Group(*parts, *_footnotes([(_label(r, reports), r) for r in reports]))


def comparison_table(comparison: Comparison) -> Group:
    """Chips side by side: accuracy, energy of inference and of learning, time, space; then the footnotes."""
    rows = comparison.rows
    tables = [
        _side_by_side(comparison, rows[start : start + CHIPS_A_TABLE]) for start in range(0, len(rows), CHIPS_A_TABLE)
    ]
    inference = [row.inference for row in rows]
    labelled = [(_label(row.inference, inference), r) for row in rows for r in (row.inference, row.learning) if r]
    return Group(*tables, *_footnotes(labelled))


def _lines_table(report: CostReport) -> Table:
    """Actions of one report: inference first, then what is there only to learn."""
    noun = "fixation" if report.mode == "learn" else "sample"
    table = _table(f"{report.model} on {report.target} ({report.mode}), prices: {report.price_table}")
    for name in ("component", "action"):
        table.add_column(name, no_wrap=True)
    table.add_column(f"count / {noun}", justify="right", no_wrap=True)
    table.add_column(f"energy / {noun}: low - nominal - high", justify="right", no_wrap=True)
    table.add_column("grade", no_wrap=True)
    for learning in (False, True):
        lines = [line for line in report.lines if line.learning == learning]
        for line in lines:
            energy = line.energy.scaled(1 / report.samples) if line.energy else None
            count = si_text(line.count / report.samples)
            table.add_row(line.component, line.action, count, band_text(energy, "J"), line.grade or "-")
        if lines:
            total = _energy(report, learning=learning)
            table.add_row(Text("learning" if learning else "inference", style="bold"), "all", "", total, "")
            table.add_section()
    return table


def _totals_table(report: CostReport) -> Table:
    """Time, static power, space and counts of one report."""
    table = _table(None)
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right")
    table.show_header = False
    for name, text in (
        ("latency / sample", _known(report.latency_per_sample, "s")),
        ("static power", _known(report.static_power, "W")),
        ("static energy / sample (over that latency)", _known(static_energy(report), "J")),
        ("sites used, fullest", f"{report.sites_used}, {percent_text(max(report.fill, default=0.0))}"),
    ):
        table.add_row(name, text)
    table.add_section()
    for name, (used, available) in report.usage.items():
        table.add_row(name, f"{si_text(used)} of {si_text(available)}")
    table.add_section()
    for name, count in report.counts.items():
        table.add_row(name.replace("_", " "), si_text(count))
    return table


def _side_by_side(comparison: Comparison, rows: Sequence[ComparisonRow]) -> Table:
    """One table of up to CHIPS_A_TABLE chips, one column each."""
    table = _table(f"{comparison.model}, seed {comparison.seed}")
    table.add_column("", no_wrap=True)
    for row in rows:
        table.add_column(f"{row.target}\n{row.inference.price_table}", justify="right")
    for section in (_accuracy_cells(rows), _inference_cells(), _learning_cells(rows), _chip_cells()):
        for name, cell in section:
            table.add_row(name, *map(cell, rows))
        table.add_section()
    return table


def _accuracy_cells(rows: Sequence[ComparisonRow]) -> list[tuple[str, Cell]]:
    """Accuracy of the input itself, a random and the learned network, with all and with few labels."""
    cells: list[tuple[str, Cell]] = [("backend", lambda row: row.backend)]
    layers = max((len(row.accuracy.learned_all) for row in rows), default=0)
    for labels in ("all", "few"):
        cells.append((f"accuracy raw, {labels} labels", lambda row, n=f"raw_{labels}": _raw(row, n)))  # type: ignore[misc]
        for layer in range(layers):
            for origin in ("random", "learned"):
                cells.append((f"accuracy L{layer + 1} {origin}, {labels}", _layer_cell(f"{origin}_{labels}", layer)))
    return cells
