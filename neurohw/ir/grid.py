"""The grid of a weight format: what a weight is stored as is what it is, so that nothing is clipped or truncated."""

from __future__ import annotations

import numpy as np

from neurohw.errors import Problem
from neurohw.ir.network import Network


def grid_problems(network: Network) -> list[Problem]:
    """Weights that are floats, beyond the range of their format, or between its steps."""
    found = []
    for p in network.projections:
        values = p.values
        if p.format is None:
            found.append(Problem(p.name, "has float weights", fix="give it a Format and integer weights"))
            continue
        (low, high), step, fix = p.format.range, 1 << max(0, p.format.truncated), "quantise the network"
        if values.size and (values.min() < low or values.max() > high):
            outside = np.count_nonzero((values < low) | (values > high))
            what = f"{outside} of {values.size} weights are outside {low}..{high}"
            found.append(Problem(p.name, what, f"they are {values.min()}..{values.max()}", fix))
        elif uneven := np.count_nonzero(np.asarray(values, np.int32) & (step - 1)):
            what = f"{uneven} of {values.size} weights are no multiple of {step}"
            found.append(Problem(p.name, what, f"{p.format.bits}-bit {p.format.sign} weights are", fix))
    return found
