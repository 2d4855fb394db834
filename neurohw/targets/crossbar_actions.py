"""What an in-memory chip did in a run, counted by the run itself: drives, reads, conversions, digital sums, writes."""

from __future__ import annotations

from collections.abc import Iterator

from neurohw.ir.cost import ZERO, ActionCount, Band
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.mapping import Program, serves_learning
from neurohw.ir.network import Projection
from neurohw.ir.neurons import is_source, only_teaches
from neurohw.ir.run import Activity, ArrayActivity
from neurohw.ir.tiling import Rectangle

ACTIONS = (
    *("dac_drive", "array_read", "cell_read", "sample_hold", "adc_conversion", "shift_add", "partial_add"),
    *("buffer_bit", "neuron_update", "synaptic_update", "pulse", "cell_write", "host_write"),
)
SUM_BITS = 16  # of a partial sum on its way through a buffer (ISAAC)


def count_actions(
    program: Program, activity: Activity, design: Crossbar, whole_reads: bool
) -> tuple[ActionCount, ...]:  # fmt: skip
    """All actions that happened. `whole_reads`: array reads have a price; otherwise they cost what the circuit drew."""
    parts: dict[str, list[Rectangle]] = {}
    for block in program.blocks:
        for part in block.weights:
            parts.setdefault(part.projection, []).append(part)
    found: list[ActionCount] = []
    for p in program.network.projections:
        if (did := activity.arrays.get(p.name)) is not None:
            found += _reads(p, did, parts.get(p.name, []), design, whole_reads)
        if p.plasticity and (done := activity.projections.get(p.name)):
            found.append(_action(p.name, "learning", "synaptic_update", done.learning_written, learning=True))
    for population in program.network.populations:
        ran = activity.populations.get(population.name)
        if ran is not None and not is_source(population.neuron):
            hinge = only_teaches(population.neuron)
            found.append(_action(population.name, "digital", "neuron_update", ran.active_updates, learning=hinge))
    found += [_action(n, "host", "host_write", times, learning=True) for n, times in activity.host_writes.items()]
    return tuple(a for a in found if a.count or a.low or a.high)


def _reads(
    p: Projection, did: ArrayActivity, parts: list[Rectangle], design: Crossbar, whole_reads: bool
) -> Iterator[ActionCount]:
    name, learning = p.name, serves_learning(p)
    if not parts:
        return  # nothing but zeros, which are on no array
    yield _action(name, "dac", "dac_drive", did.active_rows, learning)
    if whole_reads:
        used = sum(r.shape[1] * design.columns_per_output + design.shared_columns for r in parts)
        share = used / max(1, len(parts) * design.columns)
        yield ActionCount(name, "cell", "array_read", did.reads, did.reads * share, did.reads, learning)
    else:
        energy = Band(did.energy, did.energy, did.energy) if did.energy else None  # a run that was not metered
        yield ActionCount(name, "cell", "cell_read", did.reads, did.reads, did.reads, learning, energy)
    for unit, action in (("adc", "sample_hold"), ("adc", "adc_conversion"), ("digital", "shift_add")):
        yield _action(name, unit, action, did.conversions, learning)
    across = len({r.inputs for r in parts})
    inputs, outputs = (max(end for _, end in ends) for ends in ([r.inputs for r in parts], [r.outputs for r in parts]))
    yield _action(name, "digital", "partial_add", did.vectors * outputs * (across - 1), learning)
    bits = did.vectors * (inputs * did.input_bits + outputs * across * SUM_BITS)
    yield _action(name, "digital", "buffer_bit", bits, learning)
    yield _action(name, "write", "pulse", did.pulses, learning=True)
    yield _action(name, "write", "cell_write", did.written, learning=True)


def _action(component: str, unit: str, action: str, count: float, learning: bool = False) -> ActionCount:
    return ActionCount(component, unit, action, count, count, count, learning)


def step_time(program: Program, activity: Activity, design: Crossbar, conversion: Band) -> Band | None:
    """Mean seconds a step: for each input digit of each vector a read and the conversions of the columns that share a
    converter, hidden behind the next read (high: after it). Groups of a convolution have arrays of their own."""
    if not activity.arrays:
        return None
    total, c = ZERO, design.converters
    read, converting = design.cells.read_time, conversion.scaled(c.columns_per_adc)
    groups: dict[str, set[int]] = {}
    for part in (part for block in program.blocks for part in block.weights):
        groups.setdefault(part.projection, set()).add(part.group)
    for name, did in activity.arrays.items():
        digits = -(-did.input_bits // min(did.input_bits, c.dac_bits)) if did.input_bits else 0
        one = Band(max(read, converting.low), max(read, converting.nominal), read + converting.high)
        total = total + one.scaled(did.vectors * digits / len(groups.get(name, {0})))
    return total.scaled(1 / activity.steps)
