"""Place: give every block a site; greedy, or with messages x hops as low as local search gets them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.axons import by_block
from neurohw.ir.mapping import Block, Site, Target
from neurohw.ir.network import Network

Placement = Literal["greedy", "traffic"]


def place(
    network: Network, blocks: tuple[Block, ...], target: Target, method: Placement = "greedy", seed: int = 0
) -> tuple[Site, ...]:
    """One site a block: `greedy` takes the chip's sites in order; `traffic` then swaps while axons x hops falls."""
    if len(blocks) > len(target.sites):
        raise NeurohwError(
            Problem(
                "placement",
                f"{len(blocks)} blocks need a site each",
                f"{target.name} has {len(target.sites)} ({len(blocks) - len(target.sites)} too few)",
                "use a smaller network, fewer bits or a larger chip",
            )
        )
    if method == "greedy" or len(blocks) < 2:
        return target.sites[: len(blocks)]
    order = _descend(_traffic(network, blocks), _distances(target), len(blocks), np.random.default_rng(seed))
    return tuple(target.sites[k] for k in order)


def _traffic(network: Network, blocks: tuple[Block, ...]) -> NDArray[np.int64]:
    """Axons between different blocks, both directions added: [blocks, blocks]."""
    traffic = np.zeros((len(blocks), len(blocks)), np.int64)
    for p in network.projections:
        for (a, b), axons in by_block(p, blocks).items():
            if a >= 0 and a != b:
                traffic[a, b] += axons
    return np.asarray(traffic + traffic.T)


def _distances(target: Target) -> NDArray[np.int64]:
    """Hops between all sites; sites of one tile are no hop apart."""
    tiles = sorted({(s.x, s.y): s for s in target.sites}.values(), key=lambda s: s.index)
    index = {(s.x, s.y): k for k, s in enumerate(tiles)}
    between = np.array([[sum(target.hops(a, b)) for b in tiles] for a in tiles], np.int64)
    tile = np.array([index[s.x, s.y] for s in target.sites])
    return np.asarray(between[np.ix_(tile, tile)])


def _descend(
    traffic: NDArray[np.int64], distance: NDArray[np.int64], n: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Swap blocks (or a block and an empty site) while the cost falls; the start is the greedy order.

    The gain of a swap of a and b: difference of both rows of traffic x distance, without the pair itself, whose
    distance stays. Scanning starts at a random block; ties go to the first.
    """
    sites = distance.shape[0]
    padded = np.zeros((sites, sites), np.int64)
    padded[:n, :n] = traffic
    at = np.arange(sites)
    improved = True
    while improved:
        improved = False
        for a in rng.permutation(n):
            apart = distance[np.ix_(at, at)]
            own = padded[a] @ apart  # cost of a's messages if it sat where b sits
            theirs = padded @ apart[a]  # and of b's where a sits
            now = np.einsum("bk,bk->b", padded, apart)
            gain = now[a] + now - own - theirs - 2 * padded[a] * apart[a]
            best = int(np.argmax(gain))
            if gain[best] > 0:
                at[[a, best]] = at[[best, a]]
                improved = True
    return at[:n]
