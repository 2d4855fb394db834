"""Route: which blocks send to which, through how many axons and over how many tiles."""

from __future__ import annotations

import numpy as np

from neurohw.ir.mapping import Block, Route, Site, Target
from neurohw.ir.network import Network, Projection

OUTSIDE = -1  # the source block of messages that come from a Source population


def route(network: Network, blocks: tuple[Block, ...], sites: tuple[Site, ...], target: Target) -> tuple[Route, ...]:
    """One route for each projection and pair of blocks that it connects, dimension-ordered on the mesh."""
    routes = []
    for p in network.projections:
        for (a, b), axons in axons_between(p, blocks).items():
            x, y = (0, 0) if a == OUTSIDE else target.hops(sites[a], sites[b])
            routes.append(Route(p.name, a, b, axons, x, y))
    return tuple(routes)


def axons_between(projection: Projection, blocks: tuple[Block, ...]) -> dict[tuple[int, int], int]:
    """Presynaptic neurons of each block (or OUTSIDE) with a synapse in each other block: (from, to) -> axons."""
    home = np.full(projection.weight.shape[1], OUTSIDE)
    for index, block in enumerate(blocks):
        for piece in block.slices:
            if piece.population == projection.pre:
                home[piece.start : piece.stop] = index
    found: dict[tuple[int, int], int] = {}
    for index, block in enumerate(blocks):
        masks = [projection.reaches(s.start, s.stop) for s in block.slices if s.population == projection.post]
        if not masks:
            continue
        origins, counts = np.unique(home[np.logical_or.reduce(masks)], return_counts=True)
        found.update({(int(a), index): int(n) for a, n in zip(origins, counts)})
    return found
