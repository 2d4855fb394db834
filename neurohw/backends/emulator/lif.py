"""One step of a Lif population (`neurohw.ir.neurons.Lif`) in one pass: the arithmetic, the spikes and who sent them.

What a step of a small network costs is its passes over the neurons, so there is one, 16 neurons at a time.
"""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator import rows
from neurohw.backends.emulator.events import list_bits
from neurohw.backends.emulator.jit import kernel, ones
from neurohw.backends.emulator.lanes import NEURONS, step_lif, step_lif_at_once
from neurohw.backends.emulator.neurons import fire, integrate

I32, U64 = np.int32, np.uint64
MASK, LISTED = (1 << NEURONS) - 1, 64


@kernel
def step(p, k, tables, state, counters, row, sent, events, heard, time, membrane, at):
    """Step population k at step `time` (from 0); `heard`: what its neurons hear in it, and forget.

    u and v go to step `at` of `membrane`, if there is one.
    """
    c, out, size = p.cell, p.outputs[0], p.size
    u, v, counts = state.cells[0, c : c + size], state.cells[1, c : c + size], counters.messages[out : out + size]
    if p.reset_interval > 0 and (time + 1) % p.reset_interval == p.reset_offset % p.reset_interval:
        rows.fill(u, 0)
        rows.fill(v, 0)
    high, bias = tables.params[0, c : c + size], tables.params[2, c : c + size]
    spikes, active = _step(
        u, v, heard, bias, high, row[out : out + size], counts, events[out : out + size], I32(4095 - p.du),
        I32(4096 - p.dv), counters.population_overflows[k],
    )  # fmt: skip
    sent[p.ports[0]] = spikes
    state.fed[k] = 0
    counters.active[k, 0] += active
    counters.active[k, 1] += spikes
    keep(state.cells, membrane, at, c, c + size)


@kernel
def keep(cells, membrane, at, start, stop):
    """Keep u and v of some neurons as step `at` of a recording, if it has one."""
    if 0 <= at < len(membrane):
        for k in range(2):
            for i in range(start, stop):
                membrane[at, k, i] = cells[k, i]


@kernel
def _step(u, v, heard, bias, high, said, counts, who, keep_u, keep_v, overflow):
    """One step; return how many spike, and how many heard or said something.

    Spikes of 64 neurons are listed together: whether there is another one is what a processor cannot foresee.
    """
    spikes, active, size = 0, 0, len(u)
    for first in range(0, size, LISTED):
        bits, stop = U64(0), min(size, first + LISTED)
        for i in range(first, stop, NEURONS):
            if i + NEURONS > stop:
                found = _step_rest(u, v, heard, bias, high, said, i, stop, keep_u, keep_v, overflow)
            elif keep_u:
                found = step_lif(u, v, heard, bias, high, said, i, keep_u, keep_v)
            else:
                found = step_lif_at_once(u, v, heard, bias, high, said, i, keep_u, keep_v)
            if found >> U64(63):
                found = _step_rest(u, v, heard, bias, high, said, i, i + NEURONS, keep_u, keep_v, overflow)
            active += ones(found >> U64(NEURONS))
            bits |= (found & U64(MASK)) << U64(i - first)
        spikes = list_bits(bits, first, spikes, counts, who)
    return spikes, active


@kernel
def _step_rest(u, v, heard, bias, high, said, start, stop, keep_u, keep_v, overflow):
    """`lanes.step_lif` of neurons start..stop-1, whatever their range; counts what wraps and what saturates."""
    u, v, heard, bias = u[start:stop], v[start:stop], heard[start:stop], bias[start:stop]
    high, said = high[start:stop], said[start:stop]
    wrapped, saturated = integrate(u, v, heard, bias, keep_u / 4096, keep_v / 4096)
    overflow[0] += wrapped
    overflow[1] += saturated
    fire(v, said, high, high, False)
    found = U64(0)
    for i in range(len(u)):
        active = said[i] | I32(heard[i] != 0)
        found |= U64(said[i]) << U64(i) | U64(active) << U64(i + NEURONS)
        heard[i] = 0
    return found
