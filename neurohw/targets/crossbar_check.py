"""What keeps a network from an in-memory chip, and what its run there will suffer from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurohw.errors import Problem
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.network import Network, Projection
from neurohw.ir.neurons import counts_spikes, given_range, is_source, sends_spikes
from neurohw.ir.tiling import matrices, on_arrays, rectangles, top

IR_DROP_LOSS = 0.06  # beyond this share of the current a run is warned of
HALF_LOSS = (
    1.6  # a = N^2 r G at which half of the current is lost: fit to exact solves of seven arrays (loss a/(a+1.6))
)


def problems(network: Network, chip: str, design: Crossbar, arrays: int) -> list[Problem]:
    """Everything about `network` that no placement on so many arrays can mend."""
    fix = f"read {chip} out on the host (nh.score), or compile for cores such as loihi2"
    found: list[Problem] = [
        Problem(p.name, f"is a {type(p.neuron).__name__}", "arrays have no neurons that compete", fix)
        for p in network.populations
        if "contest" in p.neuron.outputs or "action" in p.neuron.inputs
    ]
    needed = 0
    for p in network.projections:
        if not on_arrays(network, p):
            continue
        if np.ndim(p.delay):
            fix = "give all synapses of a projection one delay"
            found.append(Problem(p.name, "a delay for each synapse", "an array sums at once", fix))
        found += _range(p, chip, design)
        needed += sum(1 for _ in rectangles(p, design))
    if needed > arrays:
        what = f"needs {needed} arrays of {design.rows} x {design.columns}"
        fix = "use smaller layers, fewer slices, or larger arrays"
        found.append(Problem("network", what, f"{chip} has {arrays} ({needed - arrays} too few)", fix))
    return found


def _range(p: Projection, chip: str, design: Crossbar) -> Iterator[Problem]:
    """Weights beyond what the digits of a weight can hold."""
    low, high, levels = *design.weight_range, design.cells.levels
    values = [m for m in matrices(p) if m.size]
    least, most = min((int(m.min()) for m in values), default=0), max((int(m.max()) for m in values), default=0)
    if p.plasticity:
        least, most = -top(p), top(p) - 1
    if least < low or most > high:
        slices = design.encoding.slices
        limit = f"{slices} x {levels} levels ({design.encoding.signs}) hold {low:g}..{high:g}"
        fix = "quantise to fewer bits, or give the chip more slices or levels"
        yield Problem(
            p.name, f"weights {least}..{most} in steps of their format do not fit the cells of {chip}", limit, fix
        )


def departures(network: Network, design: Crossbar) -> list[str]:
    """Converters that clip, and IR drop that matters."""
    found, c = [], design.converters
    for p in network.projections:
        if not on_arrays(network, p):
            continue
        neuron, largest = network.population(p.pre).neuron, (1 << c.input_bits) - 1
        if p.graded and is_source(neuron) and given_range(neuron)[1] > largest:
            found.append(
                f"{p.name}: inputs up to {given_range(neuron)[1]} are clipped to {c.input_bits} bits, {largest}"
            )
        found += _clipping(network, p, design)
    loss = ir_drop_loss(network, design)
    if loss > IR_DROP_LOSS:
        found.append(
            f"IR drop: an array with all rows on and half-full cells loses about {loss:.0%} of its current; "
            f"use smaller arrays, thicker wires or lower conductances to stay below {IR_DROP_LOSS:.0%}"
        )
    return found


def _clipping(network: Network, p: Projection, design: Crossbar) -> Iterator[str]:
    """Converters of a lossless range with fewer bits than the largest sum takes."""
    c, e, levels = design.converters, design.encoding, design.cells.levels
    if c.adc_range != "lossless" or c.adc_bits is None:
        return
    rows = max((r.shape[0] for r, _ in rectangles(p, design)), default=0)
    digit = (levels or 2) - 1 if e.slices > 1 else top(p) * (1 if e.signs == "pair" else 2)
    pre, post = network.population(p.pre).neuron, network.population(p.post).neuron
    binary = not p.graded or sends_spikes(pre, p.pre_port) or counts_spikes(post)
    bits = min(c.dac_bits, 1 if binary else c.input_bits)
    largest = rows * digit * ((1 << bits) - 1) // (2 if e.flip else 1)
    needed = largest.bit_length() + (e.signs == "pair" or (e.signs == "offset" and e.subtract == "analog"))
    if needed > c.adc_bits:
        yield (
            f"{p.name}: converters of {c.adc_bits} bits clip sums in single steps, which can take {needed} bits; give "
            f"them more bits, or set adc_range to calibrated or max"
        )


def ir_drop_loss(network: Network, design: Crossbar) -> float:
    """Expected share of the current that the wires of the fullest array cost: a / (a + 1.6), a = N^2 r G."""
    flaws, cells = design.imperfections, design.cells
    if not flaws.wires:
        return 0.0
    sizes = [r.shape for p in network.projections if on_arrays(network, p) for r, _ in rectangles(p, design)]
    most = max(
        (rows * design.rows_per_input * outputs * design.columns_per_output for rows, outputs in sizes), default=0
    )
    a = most * (flaws.row_wire + flaws.column_wire) / 2 * (cells.g_min + cells.g_max) / 2
    return a / (a + HALF_LOSS)
