"""Other machines beside a comparison, as text: bare operations, all-in figures and tasks of their own, apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurohw.ir.context import ContextRow, Figure
from neurohw.reports.si import band_text, si_text

HEADINGS = ("machine", "what was multiplied", "count", "energy", "grade")
TITLES = {
    "per operation": "Bare operations: without memory, control and what surrounds them",
    "all in": "All in: measured or derived for a whole chip or board",
    "own task": "Tasks of their own: another network, so not to be compared with the rows above",
}


@dataclass(frozen=True)
class ContextLine:
    """One machine as text, in the order of HEADINGS, and what its figure is from."""

    cells: tuple[str, ...]
    source: str
    conditions: str


def context_tables(rows: Sequence[ContextRow]) -> list[tuple[str, list[ContextLine]]]:
    """(title, lines) of each scope; figures of different scopes never share a table."""
    found: dict[str, list[ContextLine]] = {}
    for row in rows:
        found.setdefault("own task" if row.own_task else row.scope, []).append(_line(row))
    return [(TITLES[kind], lines) for kind, lines in found.items()]


def _line(row: ContextRow) -> ContextLine:
    """Energy where there is one; other figures of a machine's own task after it."""
    entry, parts = row.entry, []
    if row.energy is not None:
        parts.append(band_text(row.energy, "J"))
    if row.own_task:
        parts += [band_text(f.value, f.unit) for f in (entry.latency, entry.power) if f is not None]
    figure: Figure | None = entry.energy or entry.power or entry.latency
    count = "" if row.count is None else si_text(row.count)
    grade, source, conditions = (figure.grade, figure.source, figure.conditions) if figure else ("-", "", "")
    return ContextLine((entry.title, row.multiplied, count, ", ".join(parts) or "-", grade), source, conditions)
