"""Spike raster: who sent something when; the size of a payload as the size of its dot, negative ones hollow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from neurohw.ir.run import Trace
from neurohw.reports.pictures.style import COLOURS, FAINT, figure

NEURONS = 200  # of a population that are shown


def raster(traces: Mapping[str, Trace], title: str, *, period: int = 1, first: int = 0) -> Figure:
    """One strip a port that sent something. `period`: steps of a sample, whose borders are marked; `first`: step before
    the recording."""
    shown = [t for t in traces.values() if t.signal not in ("u", "v") and np.any(t.values)]
    made, axes = figure(len(shown), 1.1, title, sharex=True, height_ratios=_heights(shown))
    for k, (axis, trace) in enumerate(zip(axes, shown)):
        _strip(axis, trace, first, COLOURS[k % len(COLOURS)])
        if period > 1:
            steps = np.arange(first + 1, first + len(trace.values) + 1)
            for border in steps[(steps - 1) % period == 0]:
                axis.axvline(border - 0.5, color=FAINT, linewidth=0.5, zorder=0)
    borders = f", lines every {period} steps: one sample" if period > 1 else ""
    axes[-1].set_xlabel(f"time step (dots grow with the payload, hollow ones are negative{borders})", fontsize=9)
    axes[-1].set_xlim(first + 0.5, first + len(shown[-1].values) + 0.5)
    return made


def _heights(shown: Sequence[Trace]) -> list[float]:
    """Strips of single neurons are lower than those of layers."""
    return [0.35 if t.values.shape[1] == 1 else 1.0 for t in shown]


def _strip(axis: Any, trace: Trace, first: int, colour: str) -> None:
    count = trace.values.shape[1]
    step = max(1, -(-count // NEURONS))
    at, neuron = np.nonzero(trace.values[:, ::step])
    sent = trace.values[:, ::step][at, neuron]
    size = np.abs(sent).astype(float)
    largest = size.max(initial=1.0)
    area = 3 + 12 * size / largest if largest > 1 else np.full(len(size), 3.0)
    for there, hollow in ((sent > 0, False), (sent < 0, True)):
        look = {"facecolors": "none" if hollow else colour, "edgecolors": colour, "linewidths": 0.7 if hollow else 0.0}
        axis.scatter(first + 1 + at[there], neuron[there] * step, s=area[there], **look)
    axis.set_ylim(-0.5 if count > 1 else -1, count - 0.5 if count > 1 else 1)
    axis.invert_yaxis()
    note = f", 1 of {step}" if step > 1 else ""
    axis.set_ylabel(f"{trace.population}\n{trace.signal}{note}", rotation=0, ha="right", va="center", fontsize=8)
    if count == 1:
        axis.set_yticks([])
