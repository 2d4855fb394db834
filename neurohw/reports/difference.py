"""What changed between two reports: every term, by what factor, and whether its count or its price did it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurohw.errors import NeurohwError, Problem
from neurohw.reports.document import COMPARISON_SCHEMA, COST_SCHEMA

Document = Mapping[str, Any]
WHO = ("seed", "data", "fixations", "rounding")  # of a row, which explain differences
SCALARS = (
    *(("latency_per_sample_s", "latency / sample", "s"), ("static_power_W", "static power", "W")),
    *(("area_m2", "area in use", "m2"), ("energy_per_sample_J", "energy / sample", "J")),
    *(("energy_per_fixation_learning_J", "learning / fixation", "J"), ("sites_used", "sites", "")),
)
SAME = 1e-9  # relative: closer numbers are equal


@dataclass(frozen=True)
class Change:
    """One term [unit] of one row, in the first and in the second report; None where a report lacks it or has no price.

    `because`: for energies of actions, how their counts and prices changed.
    """

    row: str
    term: str
    unit: str
    before: float | None
    after: float | None
    because: str = ""

    @property
    def factor(self) -> float | None:
        """after / before; None where one is missing or the first is 0."""
        return self.after / self.before if self.before and self.after is not None else None


def read_report(path: Path) -> Document:
    """A report that neurohw wrote as JSON; a NeurohwError if it is something else."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NeurohwError(
            Problem(str(path), "no such file", fix="write one: estimate or compare with --json")
        ) from None
    except (ValueError, OSError, RecursionError) as error:
        raise NeurohwError(Problem(str(path), f"is not JSON: {error}", fix="give what --json wrote")) from None
    report: dict[str, Any] = document if isinstance(document, dict) else {}
    schema = report.get("schema")
    if schema not in (COST_SCHEMA, COMPARISON_SCHEMA):
        what = f"has schema {schema}" if schema else "has no schema"
        raise NeurohwError(Problem(str(path), what, f"{COST_SCHEMA} or {COMPARISON_SCHEMA}", "write it again"))
    return report


def difference(first: Document, second: Document) -> list[Change]:
    """Terms that differ, row by row: accuracies, totals with their spread, counts, metrics, the energy of each action.

    Rows that only one report has are terms of their own. A NeurohwError for documents that are not whole.
    """
    if first["schema"] != second["schema"]:
        what = f"{first['schema']} and {second['schema']}"
        raise NeurohwError(Problem("compare", what, "both must have one schema", "give two reports of one kind"))
    try:
        return _between(first, second)
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        what = f"is not whole ({type(error).__name__}: {error})"
        raise NeurohwError(Problem("report", what, fix="write it again: estimate or compare with --json")) from None


def _between(first: Document, second: Document) -> list[Change]:
    before, after = _rows(first), _rows(second)
    if set(before) != set(after):  # rows that differ in what only tells twins apart are still the same rows
        before, after = _rows(first, False), _rows(second, False)
    found: list[Change] = []
    for name in dict.fromkeys((*before, *after)):
        if name in before and name in after:
            found += _changes(name, before[name], after[name])
        else:
            found.append(Change(name, "only in the second" if name in after else "only in the first", "", None, None))
    return found


def _rows(document: Document, whole: bool = True) -> dict[str, Document]:
    """Rows by what they are rows of, with table and seed where it takes these (`whole`); twins have numbers."""
    rows = document["rows"] if document["schema"] == COMPARISON_SCHEMA else [_as_row(document)]
    plain = [_name(row) for row in rows]
    named: dict[str, Document] = {}
    for name, row in zip(plain, rows):
        if whole and plain.count(name) > 1:
            name = f"{name} with {row['price_table']}, seed {row.get('seed')}"
        count = sum(other.partition(" #")[0] == name for other in named)
        named[f"{name} #{count + 1}" if count else name] = row
    return named


def _name(row: Document) -> str:
    parts = [row["model"], f"on {row['target']}", row.get("backend", ""), row.get("mode", "")]
    if row.get("input_steps", 1) > 1:
        parts.append(f"{row['input_steps']} steps")
    return " ".join(part for part in parts if part)


def _as_row(report: Document) -> Document:
    """A cost report in the shape of a row of a comparison."""
    lines = [{**line, "count": line["count"] / report["samples"], "energy": _scaled(line["energy"], report["samples"])}
             for line in report["lines"]]  # fmt: skip
    energy = report["energy_per_sample_J"]
    return {
        **report,
        "lines": lines,
        "energy_per_sample_J": energy["inference"],
        "energy_per_fixation_learning_J": energy["learning"],
    }


def _scaled(band: Mapping[str, float] | None, samples: int) -> dict[str, float] | None:
    return {end: value / samples for end, value in band.items()} if band else None


def _changes(name: str, before: Document, after: Document) -> Iterator[Change]:
    """Terms of one row: what it is of, accuracies, totals, counts, then actions."""
    for key in ("price_table", *WHO):
        if before.get(key) != after.get(key):
            yield Change(name, key.replace("_", " "), "", None, None, f"{before.get(key)} -> {after.get(key)}")
    for term, (a, b) in _pairs(_accuracies(before), _accuracies(after)):
        if _differ(a, b):
            yield Change(name, term, "", a, b)
    for key, term, unit in SCALARS:
        for end in ("nominal", "low", "high"):
            a, b = _end(before.get(key), end), _end(after.get(key), end)
            if _differ(a, b):
                yield Change(name, term if end == "nominal" else f"{term}, {end}", unit, a, b)
    for part in ("counts", "algorithm_metrics"):
        for term, (a, b) in _pairs(before.get(part) or {}, after.get(part) or {}):
            if _differ(a, b):
                yield Change(name, term.replace("_", " "), "", a, b)
    for term, (one, two) in _pairs(_lines(before), _lines(after)):
        a, b = (line["energy"] if line else None for line in (one, two))
        counts = [line["count"] if line else 0.0 for line in (one, two)]
        if _differ(a, b) or _differ(*counts):
            yield Change(name, term, "J", a, b, _because(counts[0], counts[1], a, b))


def _accuracies(row: Document) -> dict[str, float]:
    """Accuracy of the learned and of the random network, by layer, and of the input."""
    found = {}
    for name, value in (row.get("accuracy") or {}).items():
        what, _, labels = name.partition("_")
        for k, score in enumerate(value if isinstance(value, list) else [value], 1):
            layer = f", layer {k}" if isinstance(value, list) else ""
            found[f"accuracy, {what} ({labels} labels){layer}"] = score
    return found


def _lines(row: Document) -> dict[str, dict[str, Any]]:
    """Actions by component: count and nominal energy of one sample, apart by whether they serve learning."""
    found: dict[str, dict[str, Any]] = {}
    for lines, part in ((row["lines"], ""), ((row.get("learning") or {}).get("lines", ()), " (learning run)")):
        for line in lines:
            key = f"{line['component']}: {line['action']}{part or ' (learning)' * line['learning']}"
            found[key] = {"count": line["count"], "energy": _nominal(line["energy"])}
    return found


def _because(count: float, counted: float, a: float | None, b: float | None) -> str:
    """How count and price changed."""
    said = []
    if _differ(count, counted):
        said.append(f"count {_factor(count, counted)}")
    if a is None or b is None:
        where = "" if a is b else " in the first" if a is None else " in the second"
        said.append(f"no price{where}" if count and counted else "")
    elif count and counted and _differ(a / count, b / counted):
        said.append(f"price {_factor(a / count, b / counted)}")
    return ", ".join(filter(None, said))


def _factor(a: float, b: float) -> str:
    return f"x {b / a:.4g}" if a else "from none"


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, tuple[Any, Any]]]:
    return [(key, (a.get(key), b.get(key))) for key in dict.fromkeys((*a, *b))]


def _nominal(band: Mapping[str, float] | None) -> float | None:
    return band["nominal"] if band else None


def _end(value: Mapping[str, float] | float | None, end: str) -> float | None:
    """One end of a band; a plain number is its own nominal value."""
    if isinstance(value, Mapping):
        return value[end]
    return value if end == "nominal" else None


def _differ(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is not b
    return abs(a - b) > SAME * max(abs(a), abs(b))
