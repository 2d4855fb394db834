"""What probes recorded, over time."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from neurohw.ir.run import ProbeRecord
from neurohw.reports.pictures.style import COLOURS, figure, thinned

LINES = len(COLOURS)  # of one strip: with more, none can be told from another


def probe_curves(records: Mapping[str, ProbeRecord], title: str) -> Figure:
    """One strip for each record: the first LINES of its neurons or synapses, by time step from 1."""
    made, axes = figure(len(records), 1.3, title, sharex=True)
    for axis, (name, record) in zip(axes, records.items()):
        for values, item, colour in zip(record.values.T, record.items.tolist(), COLOURS):
            index, shown = thinned(values)
            label = " from ".join(map(str, item)) if isinstance(item, list) else str(item)
            axis.plot(record.steps[index] + 1, shown, color=colour, linewidth=0.9, label=label)
        more = len(record.items) - LINES
        note = f"{name}\n[{record.unit}]" + (f"\nand {more} more" if more > 0 else "")
        axis.set_ylabel(note, rotation=0, ha="right", va="center", fontsize=8)
        axis.legend(loc="upper right", fontsize=6, frameon=False, ncols=3)
    axes[-1].set_xlabel("time step", fontsize=9)
    return made
