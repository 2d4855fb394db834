"""Reports as JSON-ready dictionaries with a versioned schema: the same input gives the same text.

`neurohw.comparison/2` and `neurohw.cost/1`. Energies [J], times [s], powers [W]; a band is {low, nominal, high};
null is "not known", never zero. Inference and learning are apart.
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from neurohw.ir.comparison import Comparison, ComparisonRow
from neurohw.ir.context import ContextRow
from neurohw.ir.cost import (
    ARRAY_UNITS,
    CORE_UNITS,
    GRADES,
    Band,
    CostLine,
    CostReport,
)
from neurohw.ir.exchange import Imported
from neurohw.ir.fidelity import Fidelity
from neurohw.ir.study import Study

COMPARISON_SCHEMA = "neurohw.comparison/2"
COST_SCHEMA = "neurohw.cost/1"
FIDELITY_SCHEMA = "neurohw.fidelity/1"
IMPORTED_SCHEMA = "neurohw.imported/1"
INFERENCE_UNITS = (*CORE_UNITS, *ARRAY_UNITS)


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """`neurohw.comparison/2`: one row a model, chip and backend; energies per sample, of learning per
    fixation on top of the forward pass.

    `energy_by_unit_J` splits them: synapse, soma, axon, network or dac, cell, adc, digital, write (inference, a
    sample), learning (a fixation), static (a sample; power x modelled latency). `baseline`: the row of ratios.
    """
    return {
        "schema": COMPARISON_SCHEMA,
        "baseline": comparison.baseline,
        "provenance": dict(comparison.provenance),
        "rows": [_row(row) for row in comparison.rows],
        "context": [_context(row) for row in comparison.context],
    }


def report_json(report: CostReport) -> dict[str, Any]:
    """`neurohw.cost/1`: one report with every line; line energies are over the run, None without a price."""
    return {
        "schema": COST_SCHEMA,
        "model": report.model,
        "target": report.target,
        "mode": report.mode,
        "price_table": report.price_table,
        "samples": report.samples,
        "steps": report.steps,
        "energy_per_sample_J": {
            "inference": _band(energy_per_sample(report, learning=False)),
            "learning": _band(energy_per_sample(report, learning=True)),
        },
        "energy_by_unit_J": _by_unit(report, energy_per_sample(report, learning=True)),
        **_hardware(report),
        "usage": {name: {"used": used, "available": available} for name, (used, available) in report.usage.items()},
        "counts": dict(report.counts),
        "messages_per_neuron_step": dict(report.rates),
        "algorithm_metrics": dict(report.metrics),
        "lines": [_line(line) for line in report.lines],
        "price_scope": report.scope,
        "grades": grades(report),
        "without": list(report.without),
        "unpriced": list(report.unpriced),
        "assumptions": list(report.assumptions),
    }


def fidelity_json(fidelity: Fidelity) -> dict[str, Any]:
    """`neurohw.fidelity/1`: accuracies as fractions, rates in spikes a neuron and step; lists run over layers."""
    return {"schema": FIDELITY_SCHEMA, **asdict(fidelity)}


def imported_json(imported: Imported) -> dict[str, Any]:
    """`neurohw.imported/1`: the parameters that were quantised, with their errors relative to the largest value."""
    return {"schema": IMPORTED_SCHEMA, "parameters": [asdict(error) for error in imported.errors]}


def grades(report: CostReport) -> list[str]:
    """Grades of the prices that a report used, best first."""
    used = {line.grade for line in report.lines if line.energy is not None}
    return [grade for grade in GRADES if grade in used]


def energy_per_sample(report: CostReport, *, learning: bool | None = None, unit: str | None = None) -> Band | None:
    """`CostReport.per_sample`, but None [J] when things happened and none of them has a price."""
    lines = [x for x in report.lines if unit in (None, x.unit) and learning in (None, x.learning)]
    if lines and all(line.energy is None for line in lines):
        return None
    return report.per_sample(learning=learning, unit=unit)


def operations_per_joule(report: CostReport) -> float | None:
    """Operations of one dense pass (two a multiply-accumulate) per joule of inference, all that has a price; None when
    nothing has one. 10^12 of them are 1 TOPS/W."""
    energy = energy_per_sample(report, learning=False)
    if energy is None or energy.nominal == 0:
        return None
    return 2 * report.counts["layer_macs"] / report.samples / energy.nominal


def static_energy(report: CostReport) -> Band | None:
    """Static energy of one sample [J]: power x modelled latency; None when one of them is not known."""
    power, time = report.static_power, report.latency_per_sample
    if power is None or time is None:
        return None
    return Band(power.low * time.low, power.nominal * time.nominal, power.high * time.high)


def study_csv(study: Study) -> str:
    """One line a value and seed; accuracies as fractions, energy in J a sample, empty where nothing has a price."""
    layers = range(1, len(study.points[0].learned) + 1)
    names = [f"{which}_layer{k}" for which in ("random", "learned") for k in layers]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([" ".join(study.varied), "seed", *names, "energy_per_sample", "conversions", "clipped"])
    for p in study.points:
        energy = "" if p.energy is None else f"{p.energy:.6g}"
        scores = [f"{score:.4f}" for score in (*p.random, *p.learned)]
        table.writerow([p.value, p.seed, *scores, energy, p.conversions, p.clipped])
    return text.getvalue()


def _row(row: ComparisonRow) -> dict[str, Any]:
    """One chip of a comparison."""
    inference, learning = row.inference, row.learning
    extra = energy_per_sample(learning, learning=True) if learning else None
    reports = [inference, learning] if learning else [inference]
    scores = asdict(row.accuracy) if row.accuracy else None
    return {
        "model": row.model,
        "target": row.target,
        "backend": row.backend,
        "input_steps": row.steps,
        "seed": row.seed,
        "data": row.data,
        "learned_on": row.learned,
        "fixations": row.fixations,
        "rounding": row.rounding,
        "accuracy": {name: _numbers(value) for name, value in scores.items()} if scores else None,
        "energy_per_sample_J": _band(energy_per_sample(inference, learning=False)),
        "energy_per_fixation_learning_J": _band(extra),
        "energy_by_unit_J": _by_unit(inference, extra),
        **_hardware(inference),
        "counts": dict(inference.counts),
        "messages_per_neuron_step": dict(inference.rates),
        "algorithm_metrics": dict(inference.metrics),
        "lines": _lines(inference),
        "learning": _learning(learning) if learning else None,
        "curves": {name: list(values) for name, values in row.curves.items()},
        "price_table": inference.price_table,
        "price_scope": inference.scope,
        "grades": grades(inference),
        "without": list(inference.without),
        "unpriced": merged(*(report.unpriced for report in reports)),
        "assumptions": merged(*(report.assumptions for report in reports)),
    }


def _context(row: ContextRow) -> dict[str, Any]:
    """One machine that is not modelled; its figures are never part of another number."""
    entry = row.entry
    figures = {name: figure for name in ("energy", "latency", "power") if (figure := getattr(entry, name)) is not None}
    return {
        "name": entry.name,
        "title": entry.title,
        "scope": row.scope,
        "multiplied": row.multiplied,
        "count": row.count,
        "energy_J": _band(row.energy),
        "figures": {name: asdict(figure) for name, figure in figures.items()},
    }


def _by_unit(inference: CostReport, learning: Band | None) -> dict[str, Any]:
    """Energy of one sample by unit; `learning` is all that learning adds, whatever its unit."""
    units = {unit: _band(energy_per_sample(inference, learning=False, unit=unit)) for unit in units_of(inference)}
    return {**units, "learning": _band(learning), "static": _band(static_energy(inference))}


def _learning(report: CostReport) -> dict[str, Any]:
    """What only the run that learns says: the whole fixation, its forward pass included."""
    hardware = _hardware(report)
    return {
        "energy_per_fixation_J": _band(energy_per_sample(report)),
        "latency_per_fixation_s": hardware.pop("latency_per_sample_s"),
        **hardware,
        "counts": dict(report.counts),
        "lines": _lines(report),
        "without": list(report.without),
    }


def _hardware(report: CostReport) -> dict[str, Any]:
    """Time, power, efficiency and space."""
    return {
        "latency_per_sample_s": _band(report.latency_per_sample),
        "static_power_W": _band(report.static_power),
        "operations_per_joule": operations_per_joule(report),
        "area_m2": _band(report.area),
        "sites_used": report.sites_used,
        "fill": list(report.fill),
        "places": [list(place) for place in report.places],
        "mesh": list(report.mesh),
    }


def _lines(report: CostReport) -> list[dict[str, Any]]:
    """Lines of a report, per sample: counts, and energies [J] or None without a price."""
    return [
        {
            **_line(line),
            "count": line.count / report.samples,
            "energy": _band(line.energy.scaled(1 / report.samples) if line.energy else None),
        }
        for line in report.lines
    ]


def _line(line: CostLine) -> dict[str, Any]:
    return {**asdict(line), "energy": _band(line.energy)}


def _band(band: Band | None) -> dict[str, float] | None:
    return None if band is None else asdict(band)


def _numbers(value: float | tuple[float, ...]) -> float | list[float]:
    return list(value) if isinstance(value, tuple) else value


def merged(*lists: tuple[str, ...]) -> list[str]:
    """All texts once, in order of first appearance."""
    return list(dict.fromkeys(text for texts in lists for text in texts))


def units_of(report: CostReport) -> tuple[str, ...]:
    """The units of cores, or those of arrays where the report has any."""
    return ARRAY_UNITS if any(line.unit in ARRAY_UNITS for line in report.lines) else CORE_UNITS
