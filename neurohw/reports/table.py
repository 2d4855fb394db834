"""Costs and comparisons as tables for a terminal of 100 columns, with what they leave out as footnotes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from neurohw.ir.comparison import Comparison
from neurohw.ir.cost import CostReport
from neurohw.ir.exchange import Imported
from neurohw.ir.fidelity import Fidelity
from neurohw.ir.study import Study
from neurohw.reports.cells import (
    area_cell,
    by_layer,
    efficiency_cell,
    energy_cell,
    fullest,
    known_cell,
    units_in,
)
from neurohw.reports.difference import Change
from neurohw.reports.document import static_energy
from neurohw.reports.facts import row_names, sections
from neurohw.reports.footnotes import footnotes, labels
from neurohw.reports.marks import heading, marks
from neurohw.reports.si import band_text, si_text

NAMES, COLUMN = 25, 25  # characters that the names of facts take, and what is said about a row


def cost_table(reports: Sequence[CostReport]) -> Group:
    """Every line of every report, its totals, and as footnotes what has no price and what is assumed."""
    parts: list[RenderableType] = []
    for report in reports:
        parts += [Text(), _lines_table(report), Text(), _totals_table(report)]
    return Group(*parts[1:], *footnotes(list(zip(labels(reports), reports))))


def comparison_table(comparison: Comparison, width: int = 100) -> Group:
    """Rows side by side in `width` characters, with the footnotes."""
    names = row_names(comparison.rows)
    reports = [(name, report) for name, row in zip(names, comparison.rows) for report in row.reports]
    return Group(side_by_side(comparison, width), *footnotes(reports))


def side_by_side(comparison: Comparison, width: int = 100) -> Group:
    """Accuracy, energy of inference and of learning, time and space of each row; then what rows differ in."""
    many = max(1, (width - NAMES) // COLUMN)
    names = row_names(comparison.rows)
    tables: list[RenderableType] = []
    for start in range(0, len(names), many):
        tables += [Text(), _side_by_side(comparison, names, slice(start, start + many))]
    differing = [Text(text) for text in marks(comparison)]
    return Group(*tables[1:], *([Text(), *differing] if differing else []))


def difference_table(changes: Sequence[Change], first: str, second: str) -> Group:
    """What changed between two reports, by row."""
    parts: list[RenderableType] = [Text(f"{first} -> {second}")]
    if not changes:
        parts.append(Text("nothing changed"))
    for row in dict.fromkeys(change.row for change in changes):
        table = titled(row)
        table.add_column("term", overflow="fold")
        for name in ("first", "second", "factor"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("because", overflow="fold")
        for c in (c for c in changes if c.row == row):
            factor = "" if c.factor is None else f"x {c.factor:.4g}"
            table.add_row(c.term, _value(c.before, c), _value(c.after, c), factor, c.because)
        parts += [Text(), table]
    return Group(*parts)


def _value(value: float | None, change: Change) -> str:
    if value is None:
        return "-" if change.before is None and change.after is None else "no price" * (change.unit == "J") or "-"
    return si_text(value, change.unit) if change.unit else f"{value:.4g}"


def fidelity_table(fidelity: Fidelity) -> Table:
    """Accuracy, rate and likeness of each way to run a spiking network, by layer."""
    table = titled(f"{fidelity.model}, seed {fidelity.seed}, {fidelity.steps} steps an input, by layer")
    table.add_column("")
    for name in ("accuracy", "spikes a neuron and step", "correlation of counts"):
        table.add_column(name, justify="right")
    for row in fidelity.rows:
        rates, alike = (" / ".join(f"{value:.3f}" for value in values) for values in (row.rates, row.correlation))
        table.add_row(row.name, by_layer(row.accuracy).text, rates, alike)
    return table


def study_table(study: Study) -> Table:
    """Accuracy in percent by layer, mean and standard deviation over the seeds, of each value."""
    seeds, layers = sorted({point.seed for point in study.points}), range(len(study.points[0].learned))
    table = titled(
        f"{study.model} on {study.target}, learning: {study.learning}, "
        f"{len(seeds)} seed{'s' * (len(seeds) > 1)}; {', '.join(study.varied)}"
    )
    table.add_column("/".join(entry.rpartition(".")[2] for entry in study.varied), overflow="fold")
    names = [f"{which} {k + 1}, %" for which in ("random", "learned") for k in layers]
    for name in (*names, "energy", "clipped"):
        table.add_column(name, justify="right")
    for value in study.values:
        points = [p for p in study.points if p.value == value]
        energies = [p.energy for p in points if p.energy is not None]
        clipped = sum(p.clipped for p in points) / max(1, sum(p.conversions for p in points))
        energy = si_text(sum(energies) / len(energies), "J") if energies else "no price"
        scores = [_spread([getattr(p, which)[k] for p in points]) for which in ("random", "learned") for k in layers]
        table.add_row(value, *scores, energy, f"{clipped:.2%}")
    return table


def _spread(scores: Sequence[float]) -> str:
    """Mean and standard deviation in percent, such as 70.1+-0.5; the score alone if there is one."""
    percent = [100 * score for score in scores]
    return f"{mean(percent):.1f}" + (f"+-{stdev(percent):.1f}" if len(percent) > 1 else "")


def imported_table(imported: Imported) -> Table:
    """What quantisation did to each parameter of an imported network."""
    table = titled("quantisation: errors relative to the largest value")
    for name in ("node", "parameter"):
        table.add_column(name, overflow="fold")
    for name in ("from", "to", "largest error", "rms error"):
        table.add_column(name, justify="right", no_wrap=True)
    for e in imported.errors:
        table.add_row(e.where, e.parameter, f"{e.low:.4g}", f"{e.high:.4g}", f"{e.worst:.2%}", f"{e.rms:.2%}")
    return table


def _lines_table(report: CostReport) -> Table:
    """Actions of one report: inference first, then what is there only to learn."""
    noun = "fixation" if report.mode == "learn" else "sample"
    table = titled(f"{report.model} on {report.target} ({report.mode}), per {noun}, prices: {report.price_table}")
    for name in ("component", "action"):
        table.add_column(name, overflow="fold")
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("energy: low - nominal - high", justify="right", no_wrap=True)
    table.add_column("grade", no_wrap=True)
    for learning in (False, True):
        lines = [line for line in report.lines if line.learning == learning]
        for line in lines:
            energy = line.energy.scaled(1 / report.samples) if line.energy else None
            count = si_text(line.count / report.samples)
            table.add_row(line.component, line.action, count, band_text(energy, "J"), line.grade or "-")
        if lines:
            total = Text(energy_cell(report, learning=learning).text, style="bold")
            table.add_row(Text("all learning" if learning else "all inference", style="bold"), "", "", total, "")
            table.add_section()
    return table


def _totals_table(report: CostReport) -> Table:
    """Energy by unit, time, static power, space and counts of one report."""
    table = titled(None)
    table.show_header = False
    table.add_column("")
    table.add_column("", justify="right")
    for unit in units_in([report]):
        table.add_row(f"inference energy: {unit}", energy_cell(report, learning=False, unit=unit).text)
    if report.without:
        table.add_row("without", ", ".join(report.without))
    table.add_row("learning energy", energy_cell(report, learning=True).text)
    table.add_row("static energy (power x latency)", known_cell(static_energy(report), "J").text)
    table.add_section()
    table.add_row("static power", known_cell(report.static_power, "W").text)
    table.add_row("latency", known_cell(report.latency_per_sample, "s").text)
    table.add_row("efficiency, dense (TOPS/W)", efficiency_cell(report).text)
    table.add_row("area in use", area_cell(report).text)
    table.add_row("sites in use", f"{report.sites_used}, fullest {fullest(report)}")
    for name, (used, available) in report.usage.items():
        table.add_row(f"{name} in use", f"{si_text(used)} of {si_text(available)}")
    for name, rate in report.rates.items():
        table.add_row(f"messages of {name} a neuron and step", f"{rate:.4f}")
    table.add_section()
    table.add_row(Text("counts of the whole run", style="bold"), "")
    for name, count in report.counts.items():
        table.add_row(name.replace("_", " "), si_text(count))
    return table


def _side_by_side(comparison: Comparison, names: Sequence[str], chosen: slice) -> Table:
    """One table of the rows that are chosen, one column each."""
    table = titled(heading(comparison))
    table.add_column("", no_wrap=True)
    for name in names[chosen]:
        table.add_column(name, justify="right")
    for _, facts in sections(comparison):
        for fact in facts:
            table.add_row(fact.name, *(fact.cell(row).text for row in comparison.rows[chosen]))
        table.add_section()
    return table


def titled(title: str | None) -> Table:
    """An empty table in the look of all of them."""
    return Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title_style="bold"
    )
