"""Verify: what must hold after each stage; a breach is reported with the layer, the limit and by how much."""

from __future__ import annotations

from collections import Counter

import numpy as np

from neurohw.errors import Problem, raise_if_any
from neurohw.ir.grid import grid_problems
from neurohw.ir.mapping import Block, Route, Site, Target
from neurohw.ir.network import Network
from neurohw.ir.tiling import matrices, on_arrays

REPORT = "please report this"  # the compiler's mistake, not the user's


def verify_quantised(network: Network) -> None:
    """Every weight an integer on its format's grid."""
    raise_if_any(grid_problems(network))


def verify_partition(network: Network, blocks: tuple[Block, ...], target: Target) -> None:
    """Blocks hold each neuron once, none beyond the capacity of a site."""
    found = []
    for population in network.populations:
        held = np.zeros(population.size, np.int64)
        for block in blocks:
            for piece in block.slices:
                if piece.population == population.name:
                    held[piece.start : piece.stop] += 1
        wanted = 0 if population in network.sources else 1
        if np.any(held != wanted):
            what = f"{int(np.sum(held != wanted))} of {population.size} neurons are not on exactly {wanted} site"
            found.append(Problem(population.name, what, fix=REPORT))
    for block in blocks:
        names = ", ".join(sorted({s.population for s in block.slices}))
        for what, used, limit in target.usage(network, block).over():
            found.append(
                Problem(
                    names,
                    f"needs {used} {what}",
                    f"a site of {target.name} has {limit} ({used - limit} too many)",
                    "use smaller layers or fewer bits",
                )
            )
    raise_if_any(found)


def verify_tiles(network: Network, blocks: tuple[Block, ...], target: Target) -> None:
    """Arrays hold each weight that is not zero once, and each that learns; none holds more than it has cells."""
    found = []
    for p in network.projections:
        if not on_arrays(network, p):
            continue
        for group, matrix in enumerate(matrices(p)):
            held = np.zeros(matrix.shape, np.int64)
            for r in (r for b in blocks for r in b.weights if (r.projection, r.group) == (p.name, group)):
                held[slice(*r.inputs), slice(*r.outputs)] += 1
            wrong = int(np.sum((held > 1) | ((held == 0) & ((matrix != 0) | (p.plasticity is not None)))))
            if wrong:
                found.append(
                    Problem(p.name, f"{wrong} of {matrix.size} weights are not on exactly one array", fix=REPORT)
                )
    for block in blocks:
        for what, used, limit in target.usage(network, block).over():
            found.append(Problem(str(block.weights[0]), f"takes {used} {what}", f"an array has {limit}", REPORT))
    raise_if_any(found)


def verify_placement(blocks: tuple[Block, ...], sites: tuple[Site, ...]) -> None:
    """One site a block, no site twice."""
    if len(sites) != len(blocks) or len({s.index for s in sites}) != len(blocks):
        what = f"{len(blocks)} blocks on {len({s.index for s in sites})} different sites"
        raise_if_any([Problem("placement", what, fix=REPORT)])


def verify_routes(network: Network, blocks: tuple[Block, ...], routes: tuple[Route, ...], target: Target) -> None:
    """No block sends through more axons than its site has; sites are alike."""
    found = []
    sent = Counter[int]()
    for r in routes:
        sent[r.source] += r.axons
    limits = {what: limit for what, _, limit in target.usage(network, blocks[0]).amounts} if blocks else {}
    for index, block in enumerate(blocks):
        used = sent[index]
        limit = limits.get("output axons", used)
        if used > limit:
            names = ", ".join(sorted({s.population for s in block.slices}))
            found.append(
                Problem(
                    names,
                    f"sends through {used} output axons",
                    f"a site of {target.name} has {limit} ({used - limit} too many)",
                    "feed fewer layers or make the layer above smaller",
                )
            )
    raise_if_any(found)
