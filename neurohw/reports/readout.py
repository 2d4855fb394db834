"""Readouts as a table for a terminal, and as JSON (`neurohw.readout/1`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from neurohw.ir.cost import CostReport
from neurohw.ir.readout import SHARE, ReadoutCurve, Readouts
from neurohw.reports.document import energy_per_sample, report_json
from neurohw.reports.footnotes import footnotes, labels
from neurohw.reports.si import band_text, si_text
from neurohw.reports.table import titled

READOUT_SCHEMA = "neurohw.readout/1"
RULE_NAMES = {"reward": "three factors", "delta": "delta rule"}


def readout_json(readouts: Readouts) -> dict[str, Any]:
    """`neurohw.readout/1`: accuracies as fractions of the test images, samples as presentations; `needed` is null where
    the readout does not come to `share` of the linear classifier's accuracy (`probe`); `costs` are reports of learning
    (`neurohw.cost/1`)."""
    return {
        "schema": READOUT_SCHEMA,
        "model": readouts.model,
        "data": readouts.data,
        "seed": readouts.seed,
        "weights": readouts.weights,
        "provenance": dict(readouts.provenance),
        "share": SHARE,
        "readouts": [_curve(curve) for curve in readouts.curves],
    }


def readout_table(readouts: Readouts) -> Group:
    """Each readout beside the linear classifier (`learning`: right in the last part of learning, with noise), then what
    learning it takes on each chip, and what prices leave out."""
    parts: list[RenderableType] = [_accuracies(readouts)]
    reports = [report for curve in readouts.curves for report in curve.costs]
    if reports:
        parts += [Text(), _prices(readouts)]
    return Group(*parts, *footnotes(list(zip(labels(_one_a_chip(reports)), _one_a_chip(reports)))))


def _curve(curve: ReadoutCurve) -> dict[str, Any]:
    return {
        "network": curve.network,
        "rule": curve.rule,
        "probe": curve.probe,
        "accuracy": curve.final,
        "of_probe": curve.of_probe,
        "needed": curve.needed(),
        "curve": {
            "presentations": list(curve.presentations),
            "accuracy": list(curve.accuracy),
            "running": list(curve.running),
        },
        "costs": [report_json(report) for report in curve.costs],
    }


def _accuracies(readouts: Readouts) -> RenderableType:
    total = readouts.curves[0].presentations[-1]
    title = f"{readouts.model}, seed {readouts.seed}: readouts after {total:,} presentations, on test images"
    table = titled(title)
    for name in ("network", "readout"):
        table.add_column(name, no_wrap=True)
    for name in ("accuracy", "of classifier", f"samples to {SHARE:.0%}", "learning"):
        table.add_column(name, justify="right")
    for network in dict.fromkeys(curve.network for curve in readouts.curves):
        mine = [curve for curve in readouts.curves if curve.network == network]
        table.add_row(network, "classifier (host)", f"{100 * mine[0].probe:.1f} %", "", "", "")
        for c in mine:
            needed = c.needed()
            samples = "not reached" if needed is None else f"{needed:,}"
            scores = f"{100 * c.final:.1f} %", f"{100 * c.of_probe:.0f} %", samples, f"{100 * c.running[-1]:.1f} %"
            table.add_row("", RULE_NAMES[c.rule], *scores)
        table.add_section()
    return table


def _prices(readouts: Readouts) -> RenderableType:
    total = readouts.curves[0].presentations[-1]
    table = titled("learning a readout: energy of one presentation, low - nominal - high; and of all, nominal")
    for name in ("network, rule", "chip"):
        table.add_column(name, no_wrap=True)
    for name, whole in (("forward", False), ("learning", False), (f"all {total:,}", True), ("time", True)):
        table.add_column(name, justify="right", no_wrap=whole)
    for c in readouts.curves:
        for name, report in zip(labels(c.costs), c.costs):
            forward, learning = (_energy(report, which) for which in (False, True))
            time = report.latency_per_sample
            seconds = si_text(time.nominal * report.samples, "s") if time else "not known"
            table.add_row(f"{c.network}, {c.rule}", name, forward, learning, _in_all(report), seconds)
        table.add_section()
    return table


def _in_all(report: CostReport) -> str:
    energy = energy_per_sample(report)
    if energy is None:
        return "no price"
    return ">= " * bool(report.without) + si_text(energy.nominal * report.samples, "J")


def _energy(report: CostReport, learning: bool) -> str:
    """Of one presentation; a total that lacks a price is at least that much."""
    energy = energy_per_sample(report, learning=learning)
    if energy is None:
        return "no price"
    lacks = any(line.energy is None for line in report.lines if line.learning == learning)
    return ">= " * lacks + band_text(energy, "J")


def _one_a_chip(reports: Sequence[CostReport]) -> list[CostReport]:
    """The first report of each chip and price table: their footnotes are the same."""
    return list({(report.target, report.price_table): report for report in reversed(reports)}.values())[::-1]
