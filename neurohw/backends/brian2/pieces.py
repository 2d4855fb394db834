"""Projections cut into what one Brian2 Synapses can hold: where each adds to, and what becomes of the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Population, Projection
from neurohw.microcode.kind import declared_of

ACCUMULATOR = 1 << 24  # the sums of a convolution wrap at so many


@dataclass(frozen=True)
class Piece:
    """Synapses pre[k] -> post[k] with weight[k] and delay[k] (or one for all), added to `variable` of the post group.

    `payload`: what a message adds beside the weight, in Brian2 code: nothing when it counts 1. `own`: the variable is
    theirs alone, because their sum is shifted right (`shift`), wraps to 24 bits (`wraps`) or is held for `hold` steps.
    """

    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    weight: NDArray[np.int64]
    delay: int | NDArray[np.int64]
    variable: str
    payload: str = ""
    shift: int = 0
    wraps: bool = False
    hold: int = 0

    @property
    def own(self) -> bool:
        """Whether no other projection adds to the variable."""
        return self.shift > 0 or self.wraps or self.hold > 0

    @property
    def held(self) -> tuple[str, ...]:
        """The variable, and those that hold its last values."""
        return self.variable, *(f"{self.variable}_{k}" for k in range(1, self.hold + 1))

    @property
    def sum(self) -> str:
        """The contribution to the input, in Brian2 code."""
        half, arrived = ACCUMULATOR // 2, self.held[-1]
        total = f"(({arrived} + {half}) % {ACCUMULATOR} - {half})" if self.wraps else arrived
        return f"{total}//{2**self.shift}"


def pieces(p: Projection, pre: Population, number: int) -> list[Piece]:
    """The synapses of one projection: in one piece, or one for each delay where that matters.

    It does where sums are shifted right, which acts on what one step sends; and where messages carry payloads, which
    Brian2 reads when a message arrives: the sender then keeps its past ones (`past`). Weights that learn may change
    on the way too, so their sums are formed at once and held.
    """
    exponent = p.format.exponent if p.format else 0
    sender, receiver, weight = synapses_of(p)
    weight = weight << max(0, exponent)
    shift, wraps = max(0, -exponent), p.shared
    hold = p.max_delay if p.plasticity else 0
    own, graded = shift > 0 or wraps or hold > 0, _carries_payloads(p, pre)
    name = f"s_{number}" if own else f"a_{p.post_port}"
    if hold:
        payload = past(p.pre_port, 0) if graded else ""
        return [Piece(sender, receiver, weight, 0, name, payload, shift, wraps, hold)]
    if np.ndim(p.delay) == 0:
        payload = past(p.pre_port, int(p.delay)) if graded else ""
        return [Piece(sender, receiver, weight, int(p.delay), name, payload, shift, wraps)]
    delay = np.asarray(p.delay)[receiver, sender]
    if not own and not graded:
        return [Piece(sender, receiver, weight, delay, name)]
    found = []
    for d in map(int, np.unique(delay)):
        at, payload = delay == d, past(p.pre_port, d) if graded else ""
        variable = f"{name}_{d}" if own else name
        found.append(Piece(sender[at], receiver[at], weight[at], d, variable, payload, shift, wraps))
    return found


def past(port: str, delay: int) -> str:
    """The variable of a sender with what it sent on a port `delay` steps ago."""
    return f"m_{port}_{delay}" if delay else f"m_{port}"


def longest_memory(p: Population, projections: Sequence[Projection], port: str) -> int:
    """How many steps back a population must know what it sent on a port."""
    graded = [q for q in projections if q.pre == p.name and q.pre_port == port and _carries_payloads(q, p)]
    return max([q.max_delay for q in graded if not q.plasticity], default=0)


def _carries_payloads(p: Projection, pre: Population) -> bool:
    """Whether messages can be anything but 0 and 1."""
    d = declared_of(pre.neuron)[p.pre_port]
    low, high = (getattr(pre.neuron, name) for name in d.limits) if d.role == "given" else (d.low, d.high)
    return p.graded and not (low >= 0 and high <= 1)


def synapses_of(p: Projection) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(pre, post, weight) of every stored synapse, ordered by pre: all of a plastic matrix, else those not zero."""
    assert p.format is not None  # `unsupported` was asked before
    matrix: Any = p.matrix
    if p.sparse or p.shared:
        coordinates = matrix.tocoo()
        post, pre, weight = coordinates.row, coordinates.col, p.format.stored(coordinates.data)
    else:
        stored = p.format.stored(matrix)
        post, pre = np.nonzero(np.ones_like(stored) if p.plasticity else stored)
        weight = stored[post, pre]
    order = np.lexsort((post, pre))
    return pre[order].astype(np.int64), post[order].astype(np.int64), weight[order].astype(np.int64)
