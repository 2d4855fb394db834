"""Partition: cut populations into slices that fit one site, and share sites between small neighbours."""

from __future__ import annotations

from itertools import pairwise

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.mapping import Block, Slice, Target
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Source


def partition(network: Network, target: Target) -> tuple[Block, ...]:
    """Blocks that hold every neuron but the sources once, each within the capacity of one site.

    A population is cut into as few slices as fit, of near-equal size so that no site is much busier than the others.
    """
    blocks: list[tuple[Slice, ...]] = []
    for population in network.populations:
        if isinstance(population.neuron, Source):
            continue
        for piece in _cut(network, population, target):
            shared = (*blocks[-1], piece) if blocks else (piece,)
            if blocks and not target.usage(network, shared).over():
                blocks[-1] = shared
            else:
                blocks.append((piece,))
    return tuple(map(Block, blocks))


def _cut(network: Network, population: Population, target: Target) -> list[Slice]:
    """Near-equal slices of one population, as few as the largest possible block allows."""
    outgoing = sum(p.pre == population.name for p in network.projections)
    most = target.max_block(population, network.into(population.name), outgoing)
    if most < 1:
        fan_in = sum(p.weight.shape[1] for p in network.into(population.name))
        raise NeurohwError(
            Problem(
                population.name,
                f"one neuron with its {fan_in} inputs does not fit a site of {target.name}",
                fix="use fewer inputs, fewer weight bits or a larger chip",
            )
        )
    count = -(-population.size // most)
    edges = [population.size * k // count for k in range(count + 1)]
    return [Slice(population.name, a, b) for a, b in pairwise(edges)]
