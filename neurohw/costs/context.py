"""A network's operations on machines that are not modelled: energy = count x figure, each figure on a row of its own.

Nothing here adds rows up or joins them with a report: figures of bare operations, all-in figures and priced terms do
not cover the same things.
"""

from __future__ import annotations

from collections.abc import Iterable

from neurohw.ir.context import ContextEntry, ContextRow, Operations
from neurohw.ir.cost import CostReport


def context_rows(entries: Iterable[ContextEntry], operations: Operations) -> tuple[ContextRow, ...]:
    """Rows of scope 'per operation', then 'all in', then own tasks; within these in the order of the entries.

    Machines that multiply and accumulate do not skip zeros, and take the dense count.
    """
    rows = [row for entry in entries if (row := _row(entry, operations)) is not None]
    return tuple(sorted(rows, key=lambda row: (row.own_task, row.scope != "per operation")))


def operations_of(report: CostReport) -> Operations:
    """Operations a sample of the run behind a report of a frozen network; dense ones are those of one pass through the
    layers, however many steps a spiking network takes."""
    macs, acs = report.metrics["effective_macs"], report.metrics["effective_acs"]
    return Operations(report.counts["layer_macs"] / report.samples, macs + acs, payloads=macs > 0)


def _row(entry: ContextEntry, operations: Operations) -> ContextRow | None:
    """None for an operation whose energy is not known."""
    events = "synaptic events" + ", payloads taken as spikes" * operations.payloads
    counted = {"mac": ("dense MACs", operations.dense_macs), "ac": (events, operations.synaptic_events)}
    if entry.per not in counted:
        return ContextRow(entry, f"own task: {entry.task}", None, entry.energy.value if entry.energy else None)
    what, count = counted[entry.per]
    return ContextRow(entry, what, count, entry.energy.value.scaled(count)) if entry.energy else None
