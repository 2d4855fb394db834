"""What a comparison says about each row: one list of facts, which terminal, page, Markdown and LaTeX all show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neurohw.ir.comparison import Comparison, ComparisonRow
from neurohw.ir.cost import CostReport
from neurohw.reports.cells import (
    NOTHING,
    Cell,
    area_cell,
    by_layer,
    efficiency_cell,
    energy_cell,
    fullest,
    known_cell,
    ratio,
    units_in,
    weakest,
)
from neurohw.reports.document import grades, static_energy, units_of
from neurohw.reports.si import percent_text, si_text

ALL_IN = "all in"
RATIO = "of the nominal values; >= or <=: a part of one has no price, ~: of both"


@dataclass(frozen=True)
class Fact:
    """One thing that is said about every row. `about`: what it means; `summary`: a heading, if it is part of that."""

    name: str
    cell: Callable[[ComparisonRow], Cell]
    about: str = ""
    summary: str = ""


def sections(comparison: Comparison) -> list[tuple[str, list[Fact]]]:
    """All facts by section, in the order in which they are read."""
    rows = comparison.rows
    return [
        ("accuracy", _accuracy()),
        ("inference", _inference(rows, rows[comparison.baseline])),
        ("learning", _learning(rows, rows[comparison.baseline])),
        ("chip", _chip(rows[comparison.baseline])),
        ("prices", _prices()),
    ]


def algorithm_facts() -> list[Fact]:
    """NeuroBench's algorithm metrics, under their own names."""

    def of(name: str, show: Callable[[float], str]) -> Callable[[ComparisonRow], Cell]:
        def cell(row: ComparisonRow) -> Cell:
            value = row.inference.metrics.get(name)
            return NOTHING if value is None else Cell(show(value), value)

        return cell

    return [
        Fact("footprint", of("footprint", lambda v: si_text(v, "B")), "weights at their bits, u and v of LIF neurons"),
        Fact("connection sparsity", of("connection_sparsity", percent_text), "weights that are zero"),
        Fact("activation sparsity", of("activation_sparsity", percent_text), "neurons x steps that sent nothing"),
        Fact("dense operations", of("dense", si_text), "of one sample, all its steps, no zero skipped"),
        Fact("effective MACs", of("effective_macs", si_text), "of one sample: payload x non-zero weight"),
        Fact("effective ACs", of("effective_acs", si_text), "of one sample: spike x non-zero weight"),
        Fact("membrane updates", of("membrane_updates", si_text), "of LIF neurons, of one sample"),
    ]


def summary(comparison: Comparison) -> list[Fact]:
    """The facts of the summary table, in their order."""
    return [fact for _, facts in sections(comparison) for fact in facts if fact.summary]


def row_names(rows: Sequence[ComparisonRow]) -> list[str]:
    """A name for each row: the chip, and whatever else tells the rows apart."""
    several = len({row.model for row in rows}) > 1
    names = [f"{row.model} on {row.target}" if several else row.target for row in rows]
    further: tuple[Callable[[str, ComparisonRow], str], ...] = (
        lambda name, row: f"{name} with {row.inference.price_table}",
        lambda name, row: f"{name} in {row.backend}",
        lambda name, row: f"{name} ({row.steps} steps)",
        lambda name, row: f"{name} (seed {row.seed})",
    )
    for longer in further:
        longer_names = [longer(name, row) for name, row in zip(names, rows)]
        told = {name for name in names if len({x for x, n in zip(longer_names, names) if n == name}) > 1}
        names = [x if name in told else name for name, x in zip(names, longer_names)]
    return [f"{name} #{names[:k].count(name) + 1}" if names.count(name) > 1 else name for k, name in enumerate(names)]


def _accuracy() -> list[Fact]:
    """Accuracy of the input itself, of a random and of the learned network (by layer), with all and with few labels."""

    def of(name: str) -> Callable[[ComparisonRow], Cell]:
        def cell(row: ComparisonRow) -> Cell:
            if row.accuracy is None:
                return NOTHING
            value = getattr(row.accuracy, name)
            if isinstance(value, tuple):
                return by_layer(value)
            return Cell(percent_text(value), value)

        return cell

    score = "a linear classifier on the activity of each layer, on test images"
    return [
        Fact("backend", lambda row: Cell(row.backend), "what ran it", "backend"),
        Fact("steps / input", lambda row: Cell(str(row.steps), row.steps), "time steps of one input, 1 for payloads"),
        Fact("all labels: raw", of("raw_all"), "a linear readout of the input itself"),
        Fact("  random, by layer", of("random_all"), f"{score}, before learning", "random, %"),
        Fact("  learned, by layer", of("learned_all"), f"{score}, after learning", "accuracy, %"),
        Fact("few labels: raw", of("raw_few"), "a linear readout of the input itself"),
        Fact("  random, by layer", of("random_few"), f"{score}, before learning, few labels a class"),
        Fact("  learned, by layer", of("learned_few"), f"{score}, after learning, few labels a class", "few labels, %"),
    ]


def _inference(rows: Sequence[ComparisonRow], base: ComparisonRow) -> list[Fact]:
    """Energy of one sample, all and by the units that any of the chips has; all-in figures in a line of their own."""

    def total(all_in: bool) -> Callable[[ComparisonRow], Cell]:
        return lambda row: _total(row.inference, False, all_in)

    def by_unit(unit: str) -> Callable[[ComparisonRow], Cell]:
        def cell(row: ComparisonRow) -> Cell:
            report = row.inference
            return energy_cell(report, learning=False, unit=unit) if unit in units_of(report) else NOTHING

        return cell

    scope = "dynamic, sum of priced actions; low - nominal - high"
    facts = [Fact("energy / sample", total(False), scope, "energy / sample")]
    if any(row.inference.scope == ALL_IN for row in rows):
        facts.append(Fact("energy / sample, all in", total(True), "one figure for the whole chip", "energy, all in"))
    facts += [
        Fact("  x baseline", lambda row: ratio(row.inference, base.inference, False), RATIO, "x"),
        Fact("  without", _without, "actions that happened and have no price"),
        Fact(
            "  TOPS/W, dense",
            lambda row: efficiency_cell(row.inference),
            "of one dense pass, two operations a multiply-accumulate",
        ),
    ]
    return facts + [Fact(f"  {unit}", by_unit(unit)) for unit in units_in([row.inference for row in rows])]


def _learning(rows: Sequence[ComparisonRow], base: ComparisonRow) -> list[Fact]:
    """What learning adds to one fixation."""

    def of(count: str) -> Callable[[ComparisonRow], Cell]:
        def cell(row: ComparisonRow) -> Cell:
            if row.learning is None:
                return NOTHING
            value = row.learning.counts[count] / row.learning.samples
            return Cell(si_text(value), value)

        return cell

    def energy(all_in: bool) -> Callable[[ComparisonRow], Cell]:
        return lambda row: _total(row.learning, True, all_in)

    def against(row: ComparisonRow) -> Cell:
        return ratio(row.learning, base.learning, True) if row.learning and base.learning else NOTHING

    what = "what learning adds to the forward pass"
    totals = [Fact("learning / fixation", energy(False), what, "learning / fixation")]
    if any(row.learning and row.learning.scope == ALL_IN for row in rows):
        totals.append(Fact("learning / fixation, all in", energy(True), what, "learning, all in"))
    return [
        *totals,
        Fact("  x baseline", against, RATIO),
        Fact("  synapses changed", of("learning_updates_written")),
        Fact("  left as they were", of("learning_updates_gated_off"), "visited, but the third factor was zero"),
    ]


def _chip(base: ComparisonRow) -> list[Fact]:
    """Time, static power, space, work."""

    def count(name: str) -> Callable[[ComparisonRow], Cell]:
        def cell(row: ComparisonRow) -> Cell:
            value = row.inference.counts[name] / row.inference.samples
            return Cell(si_text(value), value)

        return cell

    def slower(row: ComparisonRow) -> Cell:
        ours, theirs = row.inference.latency_per_sample, base.inference.latency_per_sample
        if ours is None or theirs is None or not theirs.nominal:
            return NOTHING
        return Cell(f"{ours.nominal / theirs.nominal:.3g}", ours.nominal / theirs.nominal)

    def learns(row: ComparisonRow) -> Cell:
        return _sites(row.learning) if row.learning else NOTHING

    return [
        Fact("latency / sample", lambda r: known_cell(r.inference.latency_per_sample, "s"), "modelled", "latency"),
        Fact("  x baseline", slower, "of the nominal values"),
        Fact("static power", lambda row: known_cell(row.inference.static_power, "W"), "of the whole chip"),
        Fact("  x latency", lambda row: known_cell(static_energy(row.inference), "J"), "static energy of one sample"),
        Fact("area in use", lambda row: area_cell(row.inference), "of the sites in use", "area"),
        Fact("sites: inference", lambda row: _sites(row.inference), "cores, or arrays of crossbars", "sites"),
        Fact("  learning", learns, "with what only learning needs"),
        Fact("synaptic ops / sample", count("synaptic_ops"), "events x non-zero fan-out"),
        Fact("spikes / sample", count("spikes"), "messages of all neurons"),
        Fact("  a neuron and step", _rates, "by layer"),
        Fact("conversions clipped", _clipped, "that left the converters' range"),
    ]


def _prices() -> list[Fact]:
    """Where the prices come from."""

    def learning_grades(row: ComparisonRow) -> Cell:
        return Cell((", ".join(grades(row.learning)) if row.learning else "") or "-")

    return [
        Fact("prices", lambda row: Cell(row.inference.price_table), "price table", "prices"),
        Fact("  scope", lambda row: Cell(row.inference.scope), "what one price covers"),
        Fact("price grades", lambda row: Cell(", ".join(grades(row.inference)) or "-"), "of inference, best first"),
        Fact("  weakest", lambda row: Cell(weakest(row.inference)), "grade of inference", "grade"),
        Fact("  learning", learning_grades, "of learning, best first"),
    ]


def _total(report: CostReport | None, learning: bool, all_in: bool) -> Cell:
    """The energy of a report whose prices have that scope: the two never share a line."""
    fits = report is not None and all_in == (report.scope == ALL_IN)
    return energy_cell(report, learning=learning) if report and fits else NOTHING


def _without(row: ComparisonRow) -> Cell:
    missing = dict.fromkeys(line.action for line in row.inference.lines if line.energy is None and not line.learning)
    return Cell(", ".join(missing) or "-")


def _sites(report: CostReport) -> Cell:
    return Cell(f"{report.sites_used}, fullest {fullest(report)}", report.sites_used)


def _rates(row: ComparisonRow) -> Cell:
    return Cell(" / ".join(f"{rate:.3f}" for rate in row.inference.rates.values()) or "-")


def _clipped(row: ComparisonRow) -> Cell:
    made = row.inference.counts.get("conversions")
    if not made:
        return NOTHING
    share = row.inference.counts["conversions_clipped"] / made
    return Cell("<0.1 %" if 0 < share < 5e-4 else percent_text(share), share)
