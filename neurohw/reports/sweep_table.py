"""A sweep on a terminal of 100 columns: what was done, what failed and why, and the Pareto front."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.text import Text

from neurohw.ir.sweep import Sweep
from neurohw.reports.settings import value_labels
from neurohw.reports.si import si_text
from neurohw.reports.table import titled

ERRORS_SHOWN = 5
FRONT_SHOWN = 15


def sweep_table(sweep: Sweep) -> Group:
    """Points that were there before, those of now and those that failed, with their errors; then the front."""
    different = len({point.key for point in sweep.points})
    failed = {point.key: point.outcome.error for point in sweep.failed}
    done = f"{different} points: {sweep.before} were done before, {sweep.now} now; {len(failed)} failed"
    same = len(sweep.points) - different
    parts: list[RenderableType] = [Text(done + (f"; {same} of the grid equal another" if same else ""))]
    counted = Counter(failed.values()).most_common()
    parts += [Text(f"  {count} x {error}") for error, count in counted[:ERRORS_SHOWN]]
    if len(counted) > ERRORS_SHOWN:
        parts.append(Text(f"  and {len(counted) - ERRORS_SHOWN} other errors, see the export"))
    return Group(*parts, Text(), _front(sweep))


def _front(sweep: Sweep) -> RenderableType:
    """The front from the cheapest to the most accurate setting."""
    if not sweep.front:
        return Text("no Pareto front: no point has both an accuracy and a priced energy")
    table = titled(f"Pareto front of {len(sweep.settings)} settings, last layer with all labels")
    table.add_column("")
    for axis in sweep.short_axes:
        table.add_column(axis, justify="right", overflow="fold")
    for name in ("accuracy", "energy / sample"):
        table.add_column(name, justify="right")
    shown = sweep.front[:FRONT_SHOWN]
    for number, (setting, texts) in enumerate(zip(shown, value_labels([s.values for s in shown])), 1):
        spread = f" +- {100 * setting.spread:.1f}" if setting.seeds > 1 else ""
        accuracy = f"{100 * setting.accuracy:.1f}{spread} %"
        table.add_row(str(number), *texts, accuracy, si_text(setting.energy or 0.0, "J"))
    more = len(sweep.front) - FRONT_SHOWN
    return Group(table, Text(f"and {more} more, see the export")) if more > 0 else table
