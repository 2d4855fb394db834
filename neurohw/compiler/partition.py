"""Partition: cut populations into slices that fit one site, and share sites between small neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.mapping import Block, Slice, Target
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Source


def partition(network: Network, target: Target) -> tuple[Block, ...]:
    """Blocks that hold every neuron but the sources once, each within the capacity of one site.

    A population is cut into as few slices as fit, of near-equal size so that no site is much busier than the others.
    Cutting one makes those before it send more copies of a message, so this is repeated until nothing changes.
    """
    axons = {p.name: sum(q.pre == p.name for q in network.projections) for p in network.populations}
    slices: dict[str, list[Slice]] = {}
    while not slices or any(needed > axons[name] for name, needed in _axons(network, slices).items()):
        axons |= {name: max(axons[name], needed) for name, needed in _axons(network, slices).items()}
        slices = {p.name: _cut(network, p, target, axons[p.name]) for p in network.populations}
    blocks: list[tuple[Slice, ...]] = []
    for piece in (piece for pieces in slices.values() for piece in pieces):
        shared = (*blocks[-1], piece) if blocks else (piece,)
        if blocks and _fits(network, target, shared, axons):
            blocks[-1] = shared
        else:
            blocks.append((piece,))
    return tuple(map(Block, blocks))
