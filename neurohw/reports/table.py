"""Costs and comparisons as tables for a terminal of 100 columns, with what they leave out as footnotes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean, stdev

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from neurohw.ir.cost import Band, Comparison, ComparisonRow, CostReport, Fidelity
from neurohw.ir.exchange import Imported
from neurohw.ir.study import Study
from neurohw.reports.document import (
    INFERENCE_UNITS,
    energy_per_sample,
    grades,
    operations_per_joule,
    static_energy,
    units_of,
)
from neurohw.reports.footnotes import footnotes, labels
from neurohw.reports.si import band_text, percent_text, si_text

CHIPS_A_TABLE = 3
Cell = Callable[[ComparisonRow], str]


def cost_table(reports: Sequence[CostReport]) -> Group:
    """Every line of every report, its totals, and as footnotes what has no price and what is assumed."""
    parts: list[RenderableType] = []
    for report in reports:
        parts += [Text(), _lines_table(report), Text(), _totals_table(report)]
    return Group(*parts[1:], *footnotes(list(zip(labels(reports), reports))))


def comparison_table(comparison: Comparison) -> Group:
    """Chips side by side: accuracy, energy of inference and of learning, time, space; then the footnotes."""
    rows = comparison.rows
    tables: list[RenderableType] = []
    for start in range(0, len(rows), CHIPS_A_TABLE):
        tables += [Text(), _side_by_side(comparison, rows[start : start + CHIPS_A_TABLE])]
    names = labels([row.inference for row in rows])
    reports = [(name, r) for name, row in zip(names, rows) for r in (row.inference, row.learning) if r is not None]
    return Group(*tables[1:], *footnotes(reports))


def fidelity_table(fidelity: Fidelity) -> Table:
    """Accuracy, rate and likeness of each way to run a spiking network, by layer."""
    table = titled(f"{fidelity.model}, seed {fidelity.seed}, {fidelity.steps} steps an input, by layer")
    table.add_column("")
    for name in ("accuracy", "spikes a neuron and step", "correlation of counts"):
        table.add_column(name, justify="right")
    for row in fidelity.rows:
        rates, alike = (" / ".join(f"{value:.3f}" for value in values) for values in (row.rates, row.correlation))
        table.add_row(row.name, _by_layer(row.accuracy), rates, alike)
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
            total = Text(_energy(report, learning=learning), style="bold")
            table.add_row(Text("all learning" if learning else "all inference", style="bold"), "", "", total, "")
            table.add_section()
    return table


def _totals_table(report: CostReport) -> Table:
    """Energy by unit, time, static power, space and counts of one report."""
    table = titled(None)
    table.show_header = False
    table.add_column("")
    table.add_column("", justify="right")
    for unit in _units([report]):
        table.add_row(f"inference energy: {unit}", _energy(report, learning=False, unit=unit))
    table.add_row("learning energy", _energy(report, learning=True))
    table.add_row("static energy (power x latency)", _known(static_energy(report), "J"))
    table.add_section()
    table.add_row("static power", _known(report.static_power, "W"))
    table.add_row("latency", _known(report.latency_per_sample, "s"))
    table.add_row("efficiency, dense (TOPS/W)", _efficiency(report))
    table.add_row("area in use", _area(report))
    table.add_row("sites in use", f"{report.sites_used}, fullest {_fullest(report)}")
    for name, (used, available) in report.usage.items():
        table.add_row(f"{name} in use", f"{si_text(used)} of {si_text(available)}")
    for name, rate in report.rates.items():
        table.add_row(f"messages of {name} a neuron and step", f"{rate:.4f}")
    table.add_section()
    table.add_row(Text("counts of the whole run", style="bold"), "")
    for name, count in report.counts.items():
        table.add_row(name.replace("_", " "), si_text(count))
    return table


def _side_by_side(comparison: Comparison, rows: Sequence[ComparisonRow]) -> Table:
    """One table of up to CHIPS_A_TABLE chips, one column each."""
    facts = comparison.provenance
    learned = [f"{facts[name]:,} {name} learned" for name in ("fixations", "steps") if name in facts]
    how = [f"{facts['rounding']} rounding"] if "rounding" in facts else []
    table = titled(", ".join([comparison.model, f"seed {comparison.seed}", *learned, *how]))
    table.add_column("", no_wrap=True)
    for row in rows:
        table.add_column(row.target, justify="right")
    for section in (_accuracy_cells(), _inference_cells(comparison), _learning_cells(), _chip_cells()):
        for name, cell in section:
            table.add_row(name, *map(cell, rows))
        table.add_section()
    return table


def _accuracy_cells() -> list[tuple[str, Cell]]:
    """Accuracy of the input itself, of a random and of the learned network (by layer), with all and with few labels."""
    return [
        ("backend", lambda row: row.backend),
        ("steps / input", lambda row: str(row.steps)),
        ("all labels: raw", lambda row: percent_text(row.accuracy.raw_all)),
        ("  random, by layer", lambda row: _by_layer(row.accuracy.random_all)),
        ("  learned, by layer", lambda row: _by_layer(row.accuracy.learned_all)),
        ("few labels: raw", lambda row: percent_text(row.accuracy.raw_few)),
        ("  random, by layer", lambda row: _by_layer(row.accuracy.random_few)),
        ("  learned, by layer", lambda row: _by_layer(row.accuracy.learned_few)),
    ]


def _inference_cells(comparison: Comparison) -> list[tuple[str, Cell]]:
    """Energy of one sample, all and by the units that any of the chips has."""

    def by_unit(unit: str) -> Cell:
        def cell(row: ComparisonRow) -> str:
            report = row.inference
            return _energy(report, learning=False, unit=unit) if unit in units_of(report) else "-"

        return cell

    total: list[tuple[str, Cell]] = [
        ("energy / sample", lambda row: _energy(row.inference, learning=False)),
        ("  TOPS/W, dense", lambda row: _efficiency(row.inference)),
    ]
    return total + [(f"  {unit}", by_unit(unit)) for unit in _units([row.inference for row in comparison.rows])]


def _learning_cells() -> list[tuple[str, Cell]]:
    """What learning adds to one fixation."""

    def of(count: str) -> Cell:
        return lambda row: si_text(row.learning.counts[count] / row.learning.samples) if row.learning else "-"

    return [
        ("learning / fixation", lambda row: _energy(row.learning, learning=True) if row.learning else "-"),
        ("  synapses changed", of("learning_updates_written")),
        ("  left as they were", of("learning_updates_gated_off")),
    ]


def _chip_cells() -> list[tuple[str, Cell]]:
    """Time, static power, space, work, and where the prices come from."""
    return [
        ("latency / sample", lambda row: _known(row.inference.latency_per_sample, "s")),
        ("static power", lambda row: _known(row.inference.static_power, "W")),
        ("  x latency", lambda row: _known(static_energy(row.inference), "J")),
        ("area in use", lambda row: _area(row.inference)),
        ("sites: inference", lambda row: f"{row.inference.sites_used}, fullest {_fullest(row.inference)}"),
        (
            "  learning",
            lambda row: f"{row.learning.sites_used}, fullest {_fullest(row.learning)}" if row.learning else "-",
        ),
        (
            "synaptic ops / sample",
            lambda row: si_text(row.inference.counts["synaptic_ops"] / row.inference.samples),
        ),
        ("spikes / sample", lambda row: si_text(row.inference.counts["spikes"] / row.inference.samples)),
        ("  a neuron and step", lambda row: _rates(row.inference)),
        ("conversions clipped", lambda row: _clipped(row.inference)),
        ("prices", lambda row: row.inference.price_table),
        ("price grades", lambda row: ", ".join(grades(row.inference)) or "-"),
        ("  learning", lambda row: (", ".join(grades(row.learning)) if row.learning else "") or "-"),
    ]


def _energy(report: CostReport, *, learning: bool, unit: str | None = None) -> str:
    """Energy of one sample as text; '>=' when an action that happened has no price."""
    energy = energy_per_sample(report, learning=learning, unit=unit)
    lines = [line for line in report.lines if line.learning == learning and unit in (None, line.unit)]
    open_end = energy is not None and any(line.energy is None for line in lines)
    return (">=" if open_end else "") + band_text(energy, "J")


def _efficiency(report: CostReport) -> str:
    """Operations of a dense pass per joule as TOPS/W: at most so many, when something has no price."""
    found = operations_per_joule(report)
    most = "<=" * any(line.energy is None for line in report.lines if not line.learning)
    return "no price" if found is None else f"{most}{found / 1e12:.3g}"


def _units(reports: Sequence[CostReport]) -> list[str]:
    """Units that did something in inference."""
    found = {line.unit for report in reports for line in report.lines if not line.learning}
    return [unit for unit in INFERENCE_UNITS if unit in found]


def _known(band: Band | None, unit: str) -> str:
    return "not known" if band is None else band_text(band, unit)


def _clipped(report: CostReport) -> str:
    """Share of the conversions that left the range; '-' without converters."""
    made = report.counts.get("conversions")
    return f"{report.counts['conversions_clipped'] / made:.2%}" if made else "-"


def _area(report: CostReport) -> str:
    return "not known" if report.area is None else f"{report.area.nominal * 1e6:.3g} mm2"


def _by_layer(values: tuple[float, ...]) -> str:
    return " / ".join(f"{100 * value:.1f}" for value in values) + " %" if values else "-"


def _rates(report: CostReport) -> str:
    return " / ".join(f"{rate:.3f}" for rate in report.rates.values()) or "-"


def _fullest(report: CostReport) -> str:
    return percent_text(max(report.fill, default=0.0))


def titled(title: str | None) -> Table:
    """An empty table in the look of all of them."""
    return Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title_style="bold"
    )
