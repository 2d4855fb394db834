"""What keeps the rows of a comparison from being compared as they stand: said before anything else."""

from __future__ import annotations

from collections.abc import Callable

from neurohw.ir.comparison import Comparison, ComparisonRow
from neurohw.reports.cells import weakest
from neurohw.reports.facts import row_names

SAME: tuple[tuple[str, Callable[[ComparisonRow], str]], ...] = (
    ("models", lambda row: row.model),
    ("steps of an input", lambda row: str(row.steps)),
    ("data", lambda row: row.data or "inputs of its own"),
    ("seeds", lambda row: str(row.seed)),
    ("lengths of learning", lambda row: f"{row.fixations:,}" if row.fixations else "none"),
    ("places of learning", lambda row: row.learned or "given"),
    ("roundings", lambda row: row.rounding or "-"),
    ("price tables", lambda row: row.inference.price_table),
    ("scopes of prices", lambda row: row.inference.scope),
    ("weakest grades", lambda row: weakest(row.inference)),
)


def marks(comparison: Comparison) -> list[str]:
    """One line for everything that rows differ in beside chip and backend."""
    names = row_names(comparison.rows)
    found = []
    for what, of in SAME:
        by_value: dict[str, list[str]] = {}
        for name, row in zip(names, comparison.rows):
            by_value.setdefault(of(row), []).append(name)
        if len(by_value) > 1:
            parts = "; ".join(f"{value} ({', '.join(rows)})" for value, rows in by_value.items())
            found.append(f"Different {what}: {parts}.")
    return found


def heading(comparison: Comparison) -> str:
    """What all rows share: model, seed, how long and how they learned."""
    rows = comparison.rows
    models = dict.fromkeys(row.model for row in rows)
    parts = [", ".join(models)]
    shared: tuple[tuple[str, Callable[[ComparisonRow], object]], ...] = (
        ("seed {}", lambda row: row.seed),
        ("{}", _learned),
        ("{} rounding", lambda row: row.rounding),
    )
    for text, of in shared:
        values = {of(row) for row in rows}
        if len(values) == 1 and (value := values.pop()) != "":
            parts.append(text.format(value))
    return ", ".join(parts)


def _learned(row: ComparisonRow) -> str:
    if row.fixations is None:
        return ""
    return f"{row.fixations:,} {'fixations' if row.learned == 'chip' else 'steps'} learned"
