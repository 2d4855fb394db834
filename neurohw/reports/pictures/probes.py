"""What probes recorded: one strip a probe, one line a neuron or synapse; time steps from 1, as in all pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from neurohw.ir.run import ProbeRecord
from neurohw.reports.pictures.style import COLOURS, POINTS, figure

LINES = 12  # of a strip: more cannot be told apart


def probe_curves(records: Mapping[str, ProbeRecord], title: str) -> Figure:
    """A strip for each of the records, which have values; of many neurons or synapses, some are shown."""
    made, axes = figure(len(records), 1.5, title, sharex=_alike(list(records.values())))
    for axis, (name, record) in zip(axes, records.items()):
        _strip(axis, name, record)
    axes[-1].set_xlabel("time step", fontsize=9)
    return made


def _alike(records: Sequence[ProbeRecord]) -> bool:
    """Whether each lasts long enough to be seen on the time axis of all of them."""
    ends = np.array([record.steps[[0, -1]] for record in records])
    return bool(2 * np.min(ends[:, 1] - ends[:, 0]) >= np.max(ends) - np.min(ends))


def extremes(values: NDArray[Any], points: int = POINTS) -> NDArray[np.int64]:
    """Indices [n] that draw a line of no more than `points` points: where each of its pieces is lowest and highest."""
    if len(values) <= points:
        return np.arange(len(values))
    pieces = np.array_split(np.arange(len(values)), points // 2)
    return np.array(sorted({piece[pick(values[piece])] for piece in pieces for pick in (np.argmin, np.argmax)}))


def _strip(axis: Any, name: str, record: ProbeRecord) -> None:
    count = len(record.items)
    shown = np.unique(np.linspace(0, count - 1, min(count, LINES)).astype(int))
    for colour, item in zip(_colours(len(shown)), shown):
        at = extremes(record.values[:, item])
        label = " from ".join(str(number) for number in np.ravel(record.items[item]))
        axis.plot(record.steps[at] + 1, record.values[at, item], color=colour, linewidth=1.0, label=label)
    kind = "neuron" if record.items.ndim == 1 else "synapse"
    axis.legend(
        title=kind if len(shown) == count else f"{len(shown)} of {count:,} {kind}s", title_fontsize=7, fontsize=7,
        frameon=False, loc="upper left", bbox_to_anchor=(1, 1.1), ncols=1 + (len(shown) > LINES // 2),
    )  # fmt: skip
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_ylabel(f"{name}\n[{record.unit}]", rotation=0, ha="right", va="center", fontsize=8)


def _colours(count: int) -> list[Any]:
    """As many as there are lines: those of all pictures, or a scale."""
    if count <= len(COLOURS):
        return list(COLOURS[:count])
    return list(matplotlib.colormaps["viridis"](np.linspace(0, 0.92, count)))
