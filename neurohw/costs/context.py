"""A network's operations on machines that are not modelled: energy = count x figure, each figure on a row of its own.

Nothing here adds rows up or joins them with a report: figures of bare operations, all-in figures and priced terms do
not cover the same things.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from neurohw.ir.context import ContextEntry, ContextRow, Operations
from neurohw.ir.cost import CostReport


def context_rows(entries: Iterable[ContextEntry], operations: Operations) -> tuple[ContextRow, ...]:
    """Rows of scope 'per operation', then 'all in', then own tasks; within these in the order of the entries.

    An entry per multiply-accumulate has a row for the dense and one for the effective ones: machines without sparsity
    take the dense count. What the network does not have (None) has no row.
    """
    rows = [row for entry in entries for row in _rows(entry, operations)]
    return tuple(sorted(rows, key=lambda row: (row.own_task, row.scope != "per operation")))


def operations_of(report: CostReport) -> Operations:
    """Operations a sample of the run behind a report of a frozen network.

    Spikes are added and not multiplied. Dense multiply-accumulates are those of one pass through the layers, however
    many steps a spiking network takes.
    """
    macs, acs = report.metrics["effective_macs"], report.metrics["effective_acs"]
    dense = report.counts["layer_macs"] / report.samples
    return Operations(dense, macs or None, macs + acs, payloads=macs > 0)


def _rows(entry: ContextEntry, operations: Operations) -> Iterator[ContextRow]:
    events = "synaptic events" + ", payloads taken as spikes" * operations.payloads
    counted = {
        "mac": (("dense MACs", operations.dense_macs), ("effective MACs", operations.effective_macs)),
        "ac": ((events, operations.synaptic_events),),
    }
    if entry.per not in counted:
        yield ContextRow(entry, f"own task: {entry.task}", None, entry.energy.value if entry.energy else None)
        return
    for what, count in counted[entry.per]:
        if count is not None and entry.energy is not None:
            yield ContextRow(entry, what, count, entry.energy.value.scaled(count))
