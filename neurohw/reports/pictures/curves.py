"""Learning curves: the hinge loss and how often the gate was open, as running means over fixations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurohw.ir.network import Network
from neurohw.reports.pictures.style import COLOURS, figure, thinned

WINDOWS = 50  # a running mean takes so many parts of the run


def curves(network: Network, totals: Mapping[str, NDArray[Any]], title: str) -> Figure:
    """`totals`: 'NAME.loss' and 'NAME.gamma' [fixations, 1] of the hinge of each layer of `network`."""
    names = [name.removesuffix(".loss") for name in totals if name.endswith(".loss")]
    length = len(next(iter(totals.values())))
    window = max(1, length // WINDOWS)
    made, (above, below) = figure(2, 2.0, title, sharex=True)
    for k, name in enumerate(names):
        label, colour = f"layer {network.population(name).layer}", COLOURS[k % len(COLOURS)]
        for axis, values in ((above, totals[f"{name}.loss"]), (below, totals[f"{name}.gamma"] != 0)):
            at, mean = thinned(running_mean(np.asarray(values, np.float64).ravel(), window))
            axis.plot(at + window, mean, color=colour, linewidth=1.3, label=label)
    above.set_ylabel("hinge loss", fontsize=9)
    below.set_ylabel("gate open", fontsize=9)
    above.set_ylim(bottom=0)
    below.set_ylim(0, 1)
    below.set_xlabel(f"fixation (running mean of {window:,})", fontsize=9)
    above.legend(fontsize=8, frameon=False)
    return made


def running_mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Means of `window` values that follow each other: [n - window + 1]."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray((sums[window:] - sums[:-window]) / window)
