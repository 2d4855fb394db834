"""Matrices cut into what crossbar arrays hold: the same for the compiler, which places them, and the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.convolution import Convolution
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.network import Network, Projection
from neurohw.ir.neurons import only_teaches

LEARNED_TOP = 256  # weights that learn may become as large


@dataclass(frozen=True)
class Rectangle:
    """Inputs a..b-1 and outputs c..d-1 of one projection; of a convolution, those of one group's unrolled kernel."""

    projection: str
    group: int
    inputs: tuple[int, int]
    outputs: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """(inputs, outputs)."""
        return self.inputs[1] - self.inputs[0], self.outputs[1] - self.outputs[0]

    def __str__(self) -> str:
        (a, b), (c, d) = self.inputs, self.outputs
        group = f"group {self.group} " if self.group else ""
        return f"{self.projection} {group}[{c}:{d}, {a}:{b}]"


def on_arrays(network: Network, p: Projection) -> bool:
    """Whether a projection's weights lie on arrays: all but the sums, gates and signs of the hinges, which are ones."""
    return not any(only_teaches(network.population(name).neuron) for name in (p.pre, p.post))


def matrices(p: Projection) -> list[NDArray[np.int64]]:
    """Weights [inputs, outputs] in steps of their format; a convolution has one unrolled kernel a group."""
    assert p.format is not None
    step = 0 if p.plasticity else p.format.truncated
    if isinstance(p.weight, Convolution):
        kernel = np.asarray(p.format.stored(p.weight.kernel), np.int64) >> step
        return [part.reshape(len(part), -1).T for part in np.split(kernel, p.weight.groups)]
    dense = p.matrix.toarray() if p.sparse else p.weight
    return [(np.asarray(p.format.stored(dense), np.int64) >> step).T]


def top(p: Projection) -> int:
    """Largest weight that the cells must hold, in steps of the format; at least 1."""
    if p.plasticity:
        return LEARNED_TOP
    return max(1, *(int(np.abs(m).max(initial=0)) for m in matrices(p)))


def rectangles(p: Projection, design: Crossbar) -> Iterator[tuple[Rectangle, NDArray[Any]]]:
    """Near-equal parts, as few as the arrays allow, with their weights; frozen parts of only zeros take no array."""
    for group, matrix in enumerate(matrices(p)):
        for a, b in _edges(len(matrix), design.inputs):
            for c, d in _edges(matrix.shape[1], design.outputs):
                part = matrix[a:b, c:d]
                if p.plasticity or part.any():
                    yield Rectangle(p.name, group, (a, b), (c, d)), part


def _edges(size: int, most: int) -> Iterator[tuple[int, int]]:
    count = -(-size // most)
    return pairwise([size * k // max(1, count) for k in range(count + 1)])
