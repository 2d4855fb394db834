"""Readouts that learn: accuracy on test images against presentations, and the linear classifier as a line."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from neurohw.ir.readout import SHARE, Readouts
from neurohw.reports.pictures.style import COLOURS, FAINT, figure

STYLES = {"learned": "-", "random": ":"}


def readout_picture(readouts: Readouts) -> Figure:
    """One line a network and rule; dots where a readout first has `SHARE` of its classifier's accuracy."""
    title = f"{readouts.model}, seed {readouts.seed}: readouts that learn on the chip"
    made, (axis,) = figure(1, 3.8, title)
    rules = list(dict.fromkeys(curve.rule for curve in readouts.curves))
    for c in readouts.curves:
        style, colour = STYLES[c.network], COLOURS[rules.index(c.rule)]
        percent = [100 * value for value in c.accuracy]
        axis.plot(c.presentations, percent, style, color=colour, linewidth=1.4, label=f"{c.rule}, {c.network}")
        if (needed := c.needed()) is not None:
            axis.plot([needed], [percent[c.presentations.index(needed)]], "o", color=colour, markersize=5)
    for network, style in STYLES.items():
        levels = [c.probe for c in readouts.curves if c.network == network]
        if levels:
            axis.axhline(100 * levels[0], color=FAINT, linestyle=style, linewidth=1.4, label=f"classifier, {network}")
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_ylim(0, 100)
    axis.set_xlabel(f"presentations (dots: first with {SHARE:.0%} of the classifier's accuracy)", fontsize=9)
    axis.set_ylabel("right on test images (%)", fontsize=9)
    axis.grid(axis="y", color="#EEEEEE")
    made.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return made
