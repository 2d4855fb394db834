"""Route: which blocks send to which, through how many axons and over how many tiles."""

from __future__ import annotations

from neurohw.ir.axons import OUTSIDE, by_block
from neurohw.ir.mapping import Block, Route, Site, Target
from neurohw.ir.network import Network


def route(network: Network, blocks: tuple[Block, ...], sites: tuple[Site, ...], target: Target) -> tuple[Route, ...]:
    """One route for each projection and pair of blocks that it connects, dimension-ordered on the mesh."""
    routes = []
    for p in network.projections:
        for (a, b), axons in by_block(p, blocks).items():
            ends = None if a == OUTSIDE else (sites[a], sites[b])
            x, y = target.hops(*ends) if ends else (0, 0)
            routes.append(Route(p.name, a, b, axons, x, y, target.links(*ends) if ends else 0))
    return tuple(routes)
