"""Weight histograms: each plastic projection before and after learning."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from neurohw.ir.network import Network
from neurohw.ir.run import Learned
from neurohw.reports.pictures.style import COLOURS, FAINT, figure

BINS = 64


def histograms(network: Network, learned: Mapping[str, Learned], title: str) -> Figure:
    """One strip a projection, on the range that its format stores; how many weights ended at its ends."""
    plastic = [p for p in network.projections if p.name in learned]
    made, axes = figure(len(plastic), 1.5, title)
    for axis, p in zip(axes, plastic):
        assert p.format is not None
        low, high = p.format.range
        after, before = learned[p.name].weight.ravel(), p.matrix
        before = before.toarray().ravel() if p.sparse else np.asarray(before).ravel()
        largest = max(int(np.abs(after).max(initial=1)), int(np.abs(before).max(initial=1)))
        width = 2 * max(1, -(-largest // BINS))  # even, as weights often are
        edges = np.arange(-width * (largest // width + 1), largest + 2 * width, width) - 0.5
        axis.hist(before, edges, color=FAINT, label="before")
        axis.hist(after, edges, color=COLOURS[0], histtype="step", linewidth=1.3, label="after")
        rails = float(np.mean((after == low) | (after == high)))
        axis.set_yscale("log")
        axis.set_ylabel(f"{p.name}\nweights", rotation=0, ha="right", va="center", fontsize=8)
        axis.set_title(f"{rails:.2%} at {low} or {high}", loc="right", fontsize=8)
    axes[0].legend(loc="upper left", fontsize=8, frameon=False)
    axes[-1].set_xlabel("weight (integer)", fontsize=9)
    return made
