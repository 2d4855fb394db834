"""Partition: cut populations into slices that fit one site, and share sites between small neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.axons import fan_out
from neurohw.ir.mapping import Block, CoreTarget, Slice
from neurohw.ir.network import Network, Population


def partition(network: Network, target: CoreTarget) -> tuple[Block, ...]:
    """Blocks that hold every neuron but the sources once, each within the capacity of one site.

    A population is cut into as few slices as fit, of near-equal size so that no site is much busier than the others.
    """
    slices, axons = _slices(network, target)
    blocks: list[tuple[Slice, ...]] = []
    for piece in (piece for pieces in slices.values() for piece in pieces):
        shared = (*blocks[-1], piece) if blocks else (piece,)
        if blocks and _fits(network, target, shared, axons):
            blocks[-1] = shared
        else:
            blocks.append((piece,))
    return tuple(map(Block, blocks))


def _slices(network: Network, target: CoreTarget) -> tuple[dict[str, list[Slice]], dict[str, int]]:
    """Slices of each population, and the output axons that its neurons need: one for each slice that they reach.

    Cutting a population costs those before it axons, so they may have to be cut again: until nothing changes.
    """
    populations = [p for p in network.populations if p not in network.sources]
    axons = {p.name: sum(q.pre == p.name for q in network.projections) for p in populations}
    most = {p.name: p.size for p in populations}
    while True:
        most = {p.name: _most(network, p, target, axons[p.name], most[p.name]) for p in populations}
        slices = {p.name: _cut(p, most[p.name]) for p in populations}
        needed = {p.name: max(axons[p.name], _axons(network, p, slices)) for p in populations}
        if needed == axons:
            return slices, axons
        axons = needed


def _most(network: Network, population: Population, target: CoreTarget, axons: int, at_most: int) -> int:
    """The largest possible block of a population, at least one neuron."""
    most = target.max_block(population, network.into(population.name), axons, at_most)
    if most < 1:
        fan_in = sum(p.weight.shape[1] for p in network.into(population.name))
        raise NeurohwError(
            Problem(
                population.name,
                f"one neuron with its {fan_in} inputs and {axons} output axons does not fit a site of {target.name}",
                fix="use fewer inputs, fewer weight bits or a larger chip",
            )
        )
    return most


def _cut(population: Population, most: int) -> list[Slice]:
    """Near-equal slices of one population, as few as the largest possible block allows."""
    count = -(-population.size // most)
    edges = [population.size * k // count for k in range(count + 1)]
    return [Slice(population.name, a, b) for a, b in pairwise(edges)]


def _axons(network: Network, population: Population, slices: Mapping[str, list[Slice]]) -> int:
    """Most slices that one neuron of a population reaches, over all projections."""
    reached = np.zeros(population.size, np.int64)
    for p in network.projections:
        if p.pre == population.name:
            reached += np.bincount(fan_out(p, slices[p.post]).indices, minlength=population.size)
    return int(reached.max(initial=0))


def _fits(network: Network, target: CoreTarget, slices: tuple[Slice, ...], axons: Mapping[str, int]) -> bool:
    """Whether one site can hold the slices."""
    usage = target.usage(network, Block(slices))
    limits = {what: limit for what, _, limit in usage.amounts}
    sent = sum(s.size * axons[s.population] for s in slices)
    return not usage.over() and sent <= limits.get("output axons", sent)
