"""A study: accuracy against what was varied, mean and standard deviation over the seeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from neurohw.ir.labels import numbers
from neurohw.ir.study import Study, StudyPoint
from neurohw.reports.pictures.style import COLOURS, FAINT, figure

Scores = Callable[[StudyPoint], tuple[float, ...]]


def study_picture(study: Study) -> Figure:
    """One line a layer for the learned and the random network; numbers on a scale, anything else side by side."""
    seeds = len({point.seed for point in study.points})
    labels = {"once": "written with what was learned in integers", "chip": "learned on each"}
    title = f"{study.model} on {study.target}, {labels[study.learning]}, {seeds} seed{'s' * (seeds > 1)}"
    made, (axis,) = figure(1, 3.6, "\n".join([title, *filter(None, [", ".join(study.settings)])]))
    found = numbers(study.values)
    at, unit = found or (range(len(study.values)), "")
    layers = len(study.points[0].learned)
    which: tuple[tuple[str, Scores, str], ...] = (
        ("learned", lambda p: p.learned, "-"),
        ("random", lambda p: p.random, ":"),
    )
    for name, scores, style in which:
        for layer in range(layers):
            values = [[100 * scores(p)[layer] for p in study.points if p.value == v] for v in study.values]
            spread = [np.std(v, ddof=1) for v in values] if seeds > 1 else None
            axis.errorbar(
                at, [np.mean(v) for v in values], spread,
                linestyle=style, marker="o", markersize=4, capsize=3, linewidth=1.3,
                color=COLOURS[layer] if name == "learned" else FAINT if layer == 0 else "#777777",
                label=f"{name}, layer {layer + 1}",
            )  # fmt: skip
    if not found:
        axis.set_xticks(at, study.values)
    elif min(at) > 0 and max(at) > 50 * min(at):
        axis.set_xscale("log")
    else:
        axis.set_xticks(at)
        axis.xaxis.set_major_formatter("{x:g}")
    axis.set_xlabel(", ".join(study.varied) + (f" ({unit})" if unit else ""), fontsize=9)
    axis.set_ylabel("classifier accuracy, all labels (%)", fontsize=9)
    made.legend(loc="outside lower center", ncols=2 * layers, fontsize=8, frameon=False)
    axis.grid(axis="y", color="#EEEEEE")
    return made
