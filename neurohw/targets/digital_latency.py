"""Seconds a time step takes on a digital many-core chip: the busiest core, then the barrier that ends the step.

    step = max over cores (synaptic operations x time + neurons x update time) + barrier(tiles or chips in use)

Messages and hops are taken to overlap with the cores' work; learning updates are not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.ir.axons import fan_out, pieces
from neurohw.ir.cost import Band, Price, PriceTable
from neurohw.ir.mapping import Program, Slice
from neurohw.ir.run import Activity
from neurohw.targets import work

BARRIER = re.compile(r"barrier_(\d+)(_chips)?_time")
_NEEDED = ("synaptic_op_time", "soma_active_time", "soma_inactive_time")


def step_time(program: Program, activity: Activity, prices: PriceTable) -> Band | None:
    """Mean over the steps of `activity.window` [s]; None without a window or one of the times.

    low: non-zero synapses, all neurons inactive; nominal: as counted; high: dense synapses, all neurons active, and
    each update as long as its program is.
    """
    table = prices.prices
    tiles, chips = len({(site.x, site.y) for site in program.sites}), len({site.chip for site in program.sites})
    barrier = barrier_time(tiles, table, chips)
    steps = min(map(len, activity.window.values()), default=0)
    if barrier is None or not steps or not all(name in table for name in _NEEDED):
        return None
    synapse = table["synaptic_op_time"].value
    stored, dense = _operations(program, activity.window, steps)
    neurons = _update_time(program, activity, table["soma_active_time"].value, table["soma_inactive_time"].value)
    return Band(
        _busiest(stored * synapse.low + neurons[0]) + barrier.low,
        _busiest(stored * synapse.nominal + neurons[1]) + barrier.nominal,
        _busiest(dense * synapse.high + neurons[2]) + barrier.high,
    )


def barrier_time(tiles: int, table: Mapping[str, Price], chips: int = 1) -> Band | None:
    """Barrier [s] over `tiles` of one chip or over `chips`, linear between the table's points, which are low and high.

    One chip of several takes what all its tiles do. None without points.
    """
    on_chip, on_board = ({}, {})  # type: tuple[dict[int, Band], dict[int, Band]]
    for name, price in table.items():
        if match := BARRIER.fullmatch(name):
            (on_board if match[2] else on_chip)[int(match[1])] = price.value
    if not on_chip or (chips > 1 and not on_board):
        return None
    return _between(on_chip, tiles) if chips == 1 else _between({1: on_chip[max(on_chip)], **on_board}, chips)


def _between(points: Mapping[int, Band], n: int) -> Band:
    """Value at n, linear between points; its spread reaches from the point below to the one above."""
    below = max((k for k in points if k <= n), default=min(points))
    above = min((k for k in points if k >= n), default=max(points))
    nominal = np.interp(n, sorted(points), [points[k].nominal for k in sorted(points)])
    return Band(points[below].low, float(nominal), points[above].high)


def _busiest(seconds: NDArray[np.float64]) -> float:
    """Mean over steps of the largest core of seconds [steps, cores]."""
    return float(seconds.max(axis=1).mean())


def _operations(
    program: Program, window: Mapping[str, NDArray[np.bool_]], steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Synaptic operations [steps, blocks] with non-zero weights and with all that dense storage holds."""
    stored = np.zeros((steps, len(program.blocks)))
    dense = np.zeros_like(stored)
    for p in program.network.projections:
        if p.name not in window:
            continue
        raster = sparse.csr_array(window[p.name][:steps], dtype=np.int64)
        index, slices = pieces(program.blocks, p.post)
        nonzero = fan_out(replace(p, plasticity=None), slices)
        stored_axons = fan_out(p, slices) if p.plasticity else nonzero
        full = nonzero if p.sparse or p.shared else _dense_storage(stored_axons, slices)
        for sums, synapses in ((stored, nonzero), (dense, full)):
            np.add.at(sums.T, index, (synapses @ raster.T).toarray())
    return stored, dense


def _dense_storage(axons: Any, slices: list[Slice]) -> Any:
    """Synapses [slices, n_pre] that dense storage holds: an axon in use has one for every neuron of the slice."""
    sizes = np.repeat([s.size for s in slices], np.diff(axons.indptr))
    return sparse.csr_array((sizes, axons.indices, axons.indptr), shape=axons.shape)


def _update_time(program: Program, activity: Activity, active: Band, inactive: Band) -> NDArray[np.float64]:
    """Neuron updates of each block in one step [s], shape [3, blocks]: low, nominal, high."""
    times = np.zeros((3, len(program.blocks)))
    longest = {p.name: active.high * work.longest_update(p.neuron) for p in program.network.populations}
    for i, block in enumerate(program.blocks):
        for s in block.slices:
            ran = activity.populations.get(s.population)
            share = ran.active_updates / ran.updates if ran and ran.updates else 0.0
            mixed = active.nominal * share + inactive.nominal * (1 - share)
            times[:, i] += np.array([inactive.low, mixed, longest[s.population]]) * s.size
    return times
