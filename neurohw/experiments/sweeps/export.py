"""The points of a sweep as a table: CSV, or Parquet with one column type each. Equal sweeps give equal bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.summary import Summary
from neurohw.ir.sweep import Outcome, Plain, Sweep
from neurohw.writing import write_atomically, write_text


@dataclass(frozen=True)
class Table:
    """Named columns and rows of as many values, in order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Plain, ...], ...]


def table_of(sweep: Sweep) -> Table:
    """Axes, results and error of every point of a grid, in its order."""
    given = [dict(zip(sweep.axes, point.values)) for point in sweep.points]
    return _table(given, [point.outcome for point in sweep.points])


def table_of_all(found: Sequence[tuple[str, Mapping[str, Any], Outcome]]) -> Table:
    """Settings, results and error of every point of a results file, as `store.everything` gives them."""
    given = [{name: _flat(value) for name, value in settings.items()} for _, settings, _ in found]
    return _table(given, [outcome for _, _, outcome in found])


def table_of_summary(sweep: Sweep, summary: Summary) -> Table:
    """One row a setting: axes but the seed, seeds with a result, failed ones, mean and sample deviation of columns."""
    ends = [f"{column}_{end}" for column in summary.columns for end in ("mean", "sd")]
    rows = []
    for setting in summary.settings:
        spreads = [setting.spreads.get(column) for column in summary.columns]
        numbers = [number for s in spreads for number in ((s.mean, s.deviation) if s else (None, None))]
        rows.append((*setting.values, setting.seeds, setting.failed, *numbers))
    return Table((*sweep.settings_axes, "seeds", "failed", *ends), tuple(rows))


def _table(given: Sequence[Mapping[str, Plain]], found: Sequence[Outcome]) -> Table:
    settings, results = _names(given), _names([outcome.row or {} for outcome in found])
    rows = [
        (*(g.get(name) for name in settings), *((o.row or {}).get(name) for name in results), o.error)
        for g, o in zip(given, found)
    ]
    return Table((*settings, *results, "error"), tuple(rows))


def write_csv(path: Path, table: Table) -> None:
    """Write a table as CSV; numbers as Python prints them, so that none loses a digit, and nothing for None."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    write_text(path, text.getvalue())


def write_parquet(path: Path, table: Table) -> None:
    """Write a table as Parquet; a column of numbers and texts is one of texts. Needs pyarrow."""
    need_parquet()
    import pyarrow
    from pyarrow import parquet

    columns = zip(*table.rows) if table.rows else ((),) * len(table.columns)
    arrays = [_array(name, values, pyarrow) for name, values in zip(table.columns, columns)]
    content = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays, names=list(table.columns)), content)
    write_atomically(path, lambda file: file.write(content.getvalue()))


def need_parquet() -> None:
    """Raise a NeurohwError with the command that installs pyarrow, unless it is there."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise NeurohwError(Problem("parquet", "needs pyarrow", fix="pip install pyarrow, or write CSV")) from None


def _array(name: str, values: Sequence[Plain], pyarrow: Any) -> Any:
    """One column: truth values, whole numbers, numbers or text, whatever holds all that is not missing."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pyarrow.array(values, pyarrow.bool_())
    if kinds == {int} and all(value is None or abs(int(value)) < 1 << 63 for value in values):
        return pyarrow.array(values, pyarrow.int64())
    if kinds and kinds <= {int, float}:
        return pyarrow.array([None if value is None else float(value) for value in values], pyarrow.float64())
    return pyarrow.array([None if value is None else str(value) for value in values], pyarrow.string())


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every name that comes up, in the order of the row with most of them, then of the others."""
    ordered = sorted(rows, key=len, reverse=True)
    return list(dict.fromkeys(name for row in ordered for name in row))


def _flat(value: Any) -> Plain:
    return json.dumps(value, sort_keys=True) if isinstance(value, (list, dict)) else value
