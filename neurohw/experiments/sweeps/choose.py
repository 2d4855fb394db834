"""Which points of the axes are evaluated: all of a grid, random ones, or a Latin hypercube (McKay et al. 1979)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.experiments.sweeps.spec import Range, SweepSpec, tidy

DIGITS = 6  # of a drawn number: enough, readable, and the same whatever the machine's logarithm


def chosen(spec: SweepSpec) -> tuple[dict[str, Any], ...]:
    """The value of each axis at each point, in the order of the axes; a point that is drawn twice comes once."""
    if spec.method == "grid":
        lists = [[tidy(value) for value in axis] for axis in spec.axes.values() if not isinstance(axis, Range)]
        return tuple(dict(zip(spec.axes, values)) for values in itertools.product(*lists))
    rng = np.random.default_rng(spec.draw)
    shares = _shares(rng, spec.points or 1, len(spec.axes), stratified=spec.method == "latin_hypercube")
    found = {}
    for row in shares:
        placed = [_at(axis, float(share)) for axis, share in zip(spec.axes.values(), row)]
        found[tuple(place for place, _ in placed)] = dict(zip(spec.axes, (value for _, value in placed)))
    return tuple(found[order] for order in sorted(found))


def _shares(rng: np.random.Generator, points: int, axes: int, *, stratified: bool) -> NDArray[np.float64]:
    """Where each point lies on each axis, in 0..1 [points, axes]; stratified: one in each of `points` equal parts."""
    within = rng.random((points, axes))
    if not stratified:
        return within
    parts = np.stack([rng.permutation(points) for _ in range(axes)], axis=1)
    shares: NDArray[np.float64] = (parts + within) / points
    return shares


def _at(axis: Range | Sequence[Any], share: float) -> tuple[float, Any]:
    """What lies at a share in 0..1 of an axis: (its place in the order of the axis, the value)."""
    if not isinstance(axis, Range):
        index = min(int(share * len(axis)), len(axis) - 1)
        return index, tidy(axis[index])
    number = _whole(axis, share) if axis.whole else _real(axis, share)
    return number, f"{number!r} {axis.unit}" if axis.unit else number


def _real(axis: Range, share: float) -> float:
    if axis.scale == "log":
        value = axis.low * (axis.high / axis.low) ** share
    else:
        value = axis.low + (axis.high - axis.low) * share
    return min(max(float(f"{value:.{DIGITS}g}"), axis.low), axis.high)


def _whole(axis: Range, share: float) -> int:
    """A whole number, each with its share of the scale, both ends included."""
    low, high = math.ceil(axis.low), math.floor(axis.high)
    if axis.scale == "log":
        value: int = math.floor(low * ((high + 1) / low) ** share)
    else:
        value = math.floor(low + (high + 1 - low) * share)
    return min(max(value, low), high)


def describe(values: Mapping[str, Any]) -> str:
    """Values of axes as text for a message."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())
