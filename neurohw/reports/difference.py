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
SCALARS = (
    *(("latency_per_sample_s", "latency / sample", "s"), ("static_power_W", "static power", "W")),
    *(("area_m2", "area in use", "m2"), ("energy_per_sample_J", "energy / sample", "J")),
    ("energy_per_fixation_learning_J", "learning / fixation", "J"),
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
    except (ValueError, OSError) as error:
        raise NeurohwError(Problem(str(path), f"is no JSON: {error}", fix="give what --json wrote")) from None
    report: dict[str, Any] = document if isinstance(document, dict) else {}
    schema = report.get("schema")
    if schema not in (COST_SCHEMA, COMPARISON_SCHEMA):
        what = f"has schema {schema}" if schema else "has no schema"
        raise NeurohwError(Problem(str(path), what, f"{COST_SCHEMA} or {COMPARISON_SCHEMA}", "write it again"))
    return report


def difference(first: Document, second: Document) -> list[Change]:
    """All terms that differ, row by row; rows that only one report has are terms of their own."""
    if first["schema"] != second["schema"]:
        what = f"{first['schema']} and {second['schema']}"
        raise NeurohwError(Problem("compare", what, "both must have one schema", "give two reports of one kind"))
    before, after = _rows(first), _rows(second)
    found: list[Change] = []
    for name in dict.fromkeys((*before, *after)):
        if name in before and name in after:
            found += _changes(name, before[name], after[name])
        else:
            found.append(Change(name, "only in the second" if name in after else "only in the first", "", None, None))
    return found


def _rows(document: Document) -> dict[str, Document]:
    """Rows by what they are rows of; the n-th of several alike has its number."""
    rows = document["rows"] if document["schema"] == COMPARISON_SCHEMA else [_as_row(document)]
    named: dict[str, Document] = {}
    for row in rows:
        parts = [row["model"], f"on {row['target']}", row.get("backend", ""), row.get("mode", "")]
        if row.get("input_steps", 1) > 1:
            parts.append(f"{row['input_steps']} steps")
        name = " ".join(part for part in parts if part)
        count = sum(other.partition(" #")[0] == name for other in named)
        named[f"{name} #{count + 1}" if count else name] = row
    return named


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
    """Terms of one row: accuracies, totals, then actions."""
    if before["price_table"] != after["price_table"]:
        because = f"{before['price_table']} -> {after['price_table']}"
        yield Change(name, "price table", "", None, None, because)
    for term, (a, b) in _pairs(_accuracies(before), _accuracies(after)):
        if _differ(a, b):
            yield Change(name, term, "", a, b)
    for key, term, unit in SCALARS:
        a, b = _nominal(before.get(key)), _nominal(after.get(key))
        if _differ(a, b):
            yield Change(name, term, unit, a, b)
    for term, (one, two) in _pairs(_lines(before), _lines(after)):
        a, b = (line["energy"] if line else None for line in (one, two))
        counts = [line["count"] if line else 0.0 for line in (one, two)]
        if _differ(a, b) or _differ(*counts):
            yield Change(name, term, "J", a, b, _because(counts[0], counts[1], a, b))


def _accuracies(row: Document) -> dict[str, float]:
    """Accuracy of the learned network, by layer."""
    scores = row.get("accuracy") or {}
    return {
        f"accuracy ({labels} labels), layer {k + 1}": value
        for labels in ("all", "few")
        for k, value in enumerate(scores.get(f"learned_{labels}", ()))
    }


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
        missing = [which for which, value in (("first", a), ("second", b)) if value is None]
        said.append(f"no price in the {' and the '.join(missing)}" if count and counted else "")
    elif count and counted and _differ(a / count, b / counted):
        said.append(f"price {_factor(a / count, b / counted)}")
    return ", ".join(filter(None, said))


def _factor(a: float, b: float) -> str:
    return f"x {b / a:.4g}" if a else "from none"


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, tuple[Any, Any]]]:
    return [(key, (a.get(key), b.get(key))) for key in dict.fromkeys((*a, *b))]


def _nominal(band: Mapping[str, float] | None) -> float | None:
    return band["nominal"] if band else None


def _differ(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is not b
    return abs(a - b) > SAME * max(abs(a), abs(b))
