"""k winners take all: populations and the projections between them that choose the k largest of many scores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.checks import Whole, require_values
from neurohw.ir.network import Format, Population, Projection
from neurohw.neurons.winners import BITS, HIGH, ROUNDS, Contender, Referee

ONES = Format(8, 0, "excitatory")


class Winners(NamedTuple):
    """Parts of a network. Scores go to port "in" of the population `name`, whose port "out" has the winners' spikes.

    `settled`: the step of each period in which these spike first; `period`: steps from one choice to the next.
    """

    name: str
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    settled: int
    period: int


def k_winners(name: str, size: int, k: int, *, bits: int = 8, window: int = 2, period: int | None = None) -> Winners:
    """Populations and lateral projections in which the `k` of `size` neurons with the largest scores win.

        w = nh.k_winners("winners", 100, 5)
        nh.Network((source, *w.populations), (nh.Projection("scores", "source", w.name, weight, ...), *w.projections))

    A score is what arrives at steps 2 to `window` of each period, summed up, within 0..2^bits - 1: what a source sends
    at step 1 arrives at step 2. A neuron that answers all others (`name`_referee) then lets them find a threshold by
    bisection, two steps for each bit of scores and of neurons' numbers. From step `settled` to the end of the period
    exactly k neurons spike in every step: those with the largest scores, of equal ones those with the lower numbers,
    also where scores are 0. By default a period ends there, with one spike of each winner; samples take `period` steps.

    Raise a NeurohwError if these numbers do not fit.

    Source: Wang 2010.
    """
    whole = {"size": (size, Whole(2, 1 << BITS)), "bits": (bits, Whole(1, BITS)), "window": (window, Whole(2, 1 << 30))}
    require_values("k_winners", **whole)
    index_bits = (int(size) - 1).bit_length()
    rounds = int(bits) + index_bits
    settled = int(window) + 2 * rounds
    rest = {"k": (k, Whole(1, size - 1)), "period": (period, Whole(settled, HIGH, none=True))}
    require_values("k_winners", **rest)
    if rounds > ROUNDS:
        what, limit = f"has {index_bits} bits for {size} neurons", f"scores and neurons have {ROUNDS} together"
        raise NeurohwError(Problem("k_winners: bits", what, limit, f"give {ROUNDS - index_bits} or less"))
    period = settled if period is None else int(period)
    referee = f"{name}_referee"
    populations = (
        Population(name, size, Contender(period, int(window), int(bits), index_bits)),
        Population(referee, 1, Referee(int(k), period, int(window), rounds)),
    )
    projections = (
        Projection(f"{name}_ask", name, referee, np.ones((1, size), int), ONES, False, pre_port="ask"),
        Projection(f"{name}_verdict", referee, name, np.ones((size, 1), int), ONES, post_port="verdict"),
    )
    return Winners(name, populations, projections, settled, period)
