"""The look of all pictures: colours that colour-blind readers can tell apart, one width, units on every axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

WIDTH = 8.0  # inches
DPI = 150
POINTS = 2000  # of a curve: more cannot be seen
# Wong 2011, Nature Methods 8, 441
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
FAINT = "#BBBBBB"


def figure(
    rows: int, height: float, title: str, columns: int = 1, *, sharex: bool = False, sharey: bool = False,
    height_ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Any]]:  # fmt: skip
    """A figure with `rows` axes below each other, each `height` inches high, and `columns` of them side by side."""
    made = Figure(figsize=(WIDTH, rows * height + 0.7), dpi=DPI, layout="constrained")
    made.suptitle(title, fontsize=11)
    axes = made.subplots(
        rows, columns, squeeze=False, sharex=sharex, sharey=sharey, height_ratios=height_ratios
    ).ravel()
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return made, list(axes)


def lighter(colour: str, share: float) -> str:
    """A colour mixed with a share of white."""
    red, green, blue = (1 - (1 - part) * (1 - share) for part in to_rgb(colour))
    return to_hex((red, green, blue))


def thinned(values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """(index, value) of at most POINTS values, evenly spaced."""
    index = np.unique(np.linspace(0, len(values) - 1, min(len(values), POINTS)).astype(np.int64))
    return index, values[index]
