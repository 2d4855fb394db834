"""Main effects: for each axis of a sweep, the accuracy at each of its values, over all values of the other axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurohw.ir.labels import labels
from neurohw.ir.sweep import SEED, Plain, Sweep
from neurohw.reports.pictures.style import COLOURS, FAINT, figure
from neurohw.reports.settings import sweep_title

MARKED = 12  # values that are set side by side; of more numbers, as drawn from a range, means of parts are shown
PARTS = 6
TALL = 2.3  # inches of a panel
SPAN = 50  # largest over smallest value from which the axis is logarithmic
LONG = 14  # characters of a label that is turned


def effects_picture(sweep: Sweep) -> Figure:
    """One panel an axis: every point, and mean and standard deviation for each value of the axis."""
    done = [(point.values, 100 * point.accuracy) for point in sweep.points if point.accuracy is not None]
    title = sweep_title(sweep, "main effects", f"{len(done)} points")
    made, panels = figure(len(sweep.axes), TALL, title, sharey=True)
    for k, (axis, name) in enumerate(zip(panels, sweep.axes)):
        pairs = [(values[k], score) for values, score in done]
        if pairs:
            _panel(axis, pairs, scale=name != SEED)
        axis.set_xlabel(name, fontsize=9)
        axis.grid(axis="y", color="#EEEEEE")
    made.supylabel("classifier accuracy, last layer, all labels (%)", fontsize=9)
    return made


def _panel(axis: Any, pairs: Sequence[tuple[Plain, float]], *, scale: bool) -> None:
    """Points, means and standard deviations of one axis; joined where numbers are a `scale`."""
    values = list(dict.fromkeys(value for value, _ in pairs))
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    if numeric and len(values) > MARKED:
        _scattered(axis, np.array(pairs, dtype=float))
        return
    ordered = sorted(values, key=lambda v: float(v or 0)) if numeric else values
    groups = [[score for value, score in pairs if _same(value, v)] for v in ordered]
    at = range(len(ordered))
    for place, scores in zip(at, groups):
        axis.plot([place] * len(scores), scores, "o", color=FAINT, markersize=3, zorder=1)
    axis.errorbar(
        at, [np.mean(g) for g in groups], [np.std(g) for g in groups],
        marker="o", markersize=4, capsize=3, linewidth=1.3, color=COLOURS[0],
        linestyle="-" if numeric and scale else "none",
    )  # fmt: skip
    texts = labels(ordered)
    turned = max(map(len, texts)) > LONG and len(texts) > 4
    axis.set_xticks(at, texts, rotation=20 if turned else 0, ha="right" if turned else "center")
    axis.set_xlim(-0.5, len(ordered) - 0.5)


def _same(a: Plain, b: Plain) -> bool:
    """Equal, where True is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _scattered(axis: Any, pairs: NDArray[np.float64]) -> None:
    """Every point at its number, and means of parts with as many points each."""
    axis.plot(pairs[:, 0], pairs[:, 1], "o", color=FAINT, markersize=3, zorder=1)
    parts = np.array_split(pairs[np.argsort(pairs[:, 0], kind="stable")], PARTS)
    axis.errorbar(
        [np.median(p[:, 0]) for p in parts], [p[:, 1].mean() for p in parts], [p[:, 1].std() for p in parts],
        marker="o", markersize=4, capsize=3, linewidth=1.3, color=COLOURS[0],
    )  # fmt: skip
    low, high = pairs[:, 0].min(), pairs[:, 0].max()
    if low > 0 and high > SPAN * low:
        axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
