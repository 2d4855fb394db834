"""Place: give every block a site; greedy, or with messages x hops as low as local search gets them."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.axons import by_block
from neurohw.ir.mapping import Block, Site, Target
from neurohw.ir.network import Network

Placement = Literal["greedy", "traffic"]
PLACEMENTS = get_args(Placement)
MOST = 4096  # sites that traffic placement compares pair by pair: a matrix of 128 MiB
LINK = 20  # hops that a border between chips counts as: about chip_link_energy / hop_x_energy of the price tables


def place(
    network: Network, blocks: tuple[Block, ...], target: Target, method: Placement = "greedy", seed: int = 0
) -> tuple[Site, ...]:
    """One site a block: `greedy` takes sites in order, chip by chip; `traffic` then swaps while axons x hops falls."""
    if len(blocks) > len(target.sites):
        raise NeurohwError(
            Problem(
                "placement",
                f"{len(blocks)} blocks need a site each",
                f"{target.name} has {len(target.sites)} ({len(blocks) - len(target.sites)} too few)",
                "use a smaller network, fewer bits or a larger chip",
            )
        )
    start = _in_order(blocks, target.sites)
    if method == "greedy" or len(blocks) < 2:
        return tuple(target.sites[k] for k in start)
    near = _near(target.sites, start)
    if len(near) > MOST:
        what, limit = f"traffic placement looks at {len(near)} sites", f"it compares each pair of up to {MOST}"
        raise NeurohwError(Problem("placement", what, limit, "use greedy placement"))
    distance = _distances(target, [target.sites[k] for k in near])
    at = np.searchsorted(near, start)
    order = _descend(_traffic(network, blocks), distance, at.tolist(), np.random.default_rng(seed))
    return tuple(target.sites[near[k]] for k in order)


def _near(sites: tuple[Site, ...], start: list[int]) -> list[int]:
    """Indices of the sites that traffic placement may take: all, or of a large board those of the chips in use."""
    if len(sites) <= MOST:
        return list(range(len(sites)))
    chips = {sites[k].chip for k in start}
    return [k for k, site in enumerate(sites) if site.chip in chips]


def _in_order(blocks: tuple[Block, ...], sites: tuple[Site, ...]) -> list[int]:
    """Indices of sites in order. A population that fits a chip is not cut by a border between chips, unless the network
    would need another chip for that."""
    per_chip = sum(site.chip == sites[0].chip for site in sites)
    spare = -len(blocks) % per_chip
    found: list[int] = []
    at = 0
    for _, group in groupby(blocks, lambda block: block.slices[0].population if block.slices else ""):
        count, left = len(list(group)), -at % per_chip
        if left < count <= per_chip and left <= spare:
            at, spare = at + left, spare - left
        found += range(at, at + count)
        at += count
    return found


def _traffic(network: Network, blocks: tuple[Block, ...]) -> Any:
    """Axons between different blocks, both directions added: csr_array [blocks, blocks]."""
    pairs = [(a, b, n) for p in network.projections for (a, b), n in by_block(p, blocks).items() if a >= 0 and a != b]
    a, b, axons = np.array(pairs, np.int64).reshape(-1, 3).T
    one_way = sparse.csr_array((axons, (a, b)), shape=(len(blocks), len(blocks)))
    return (one_way + one_way.T).tocsr()


def _distances(target: Target, sites: list[Site]) -> NDArray[np.int64]:
    """Hops between sites, borders between chips as LINK; sites of one tile are no hop apart."""
    tiles = sorted({(s.x, s.y): s for s in sites}.values(), key=lambda s: s.index)
    index = {(s.x, s.y): k for k, s in enumerate(tiles)}
    between = np.array([[sum(target.hops(a, b)) + LINK * target.links(a, b) for b in tiles] for a in tiles], np.int64)
    tile = np.array([index[s.x, s.y] for s in sites])
    return np.asarray(between[np.ix_(tile, tile)])


def _descend(
    traffic: Any, distance: NDArray[np.int64], start: list[int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Swap blocks (or a block and an empty site) while the cost falls, from sites `start` of the blocks on.

    The gain of a swap of a and b: difference of both rows of traffic x distance, without the pair itself, whose
    distance stays. Scanning starts at a random block; ties go to the first.
    """
    sites, n = len(distance), len(start)
    traffic = traffic.copy()
    traffic.resize((sites, sites))
    at = np.array([*start, *sorted(set(range(sites)) - set(start))])
    apart = distance[np.ix_(at, at)]
    row = np.repeat(np.arange(sites), np.diff(traffic.indptr))
    improved = True
    while improved:
        improved = False
        for a in rng.permutation(n):
            with_a = traffic[[a]].toarray()[0]
            own = traffic[[a]] @ apart  # cost of a's messages if it sat where b sits
            theirs = traffic @ apart[a]  # and of b's where a sits
            now = np.zeros(sites, np.int64)
            np.add.at(now, row, traffic.data * apart[row, traffic.indices])
            gain = now[a] + now - own[0] - theirs - 2 * with_a * apart[a]
            best = int(np.argmax(gain))
            if gain[best] > 0:
                at[[a, best]] = at[[best, a]]
                apart[[a, best]] = apart[[best, a]]
                apart[:, [a, best]] = apart[:, [best, a]]
                improved = True
    return at[:n]
