"""Tile: cut the weights of a network into rectangles that crossbar arrays hold, one rectangle an array."""

from __future__ import annotations

from neurohw.ir.crossbar import Crossbar
from neurohw.ir.mapping import Block
from neurohw.ir.network import Network
from neurohw.ir.tiling import on_arrays, rectangles


def tile(network: Network, design: Crossbar) -> tuple[Block, ...]:
    """Blocks in the order of the projections; parts of a matrix that share inputs follow each other."""
    return tuple(
        Block((), (part,)) for p in network.projections if on_arrays(network, p) for part, _ in rectangles(p, design)
    )
