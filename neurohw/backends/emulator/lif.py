"""One step of a Lif population (`neurohw.ir.neurons.Lif`) in one pass: the arithmetic, the spikes and who sent them.

What a step of a small network costs is its passes over the neurons, so there is one, 16 neurons at a time.
"""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator import rows
from neurohw.backends.emulator.jit import kernel, ones, trailing_zeros
from neurohw.backends.emulator.lanes import HALF_RANGE, NEURONS, step_lif, step_lif_at_once

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
        while bits:
            j = first + trailing_zeros(bits)
            bits &= bits - U64(1)
            who[spikes] = j
            counts[j] += 1
            spikes += 1
    return spikes, active


@kernel
def _step_rest(u, v, heard, bias, high, said, start, stop, keep_u, keep_v, overflow):
    """`lanes.step_lif` of neurons start..stop-1, whatever their range; counts what wraps and what saturates."""
    found, half, top = U64(0), I32(HALF_RANGE), I32(HALF_RANGE - 1)
    for i in range(start, stop):
        current = I32(decay(u[i], keep_u) + I32(heard[i] << I32(6)))
        over, under = I32(current > half), I32(current <= -half)
        current = I32(current + I32(I32(under - over) << I32(24)))
        voltage = I32(I32(decay(v[i], keep_v) + current) + bias[i])
        overflow[0] += over + under
        overflow[1] += (voltage > top) | (voltage < -top)
        voltage = min(top, max(-top, voltage))
        spike = voltage > high[i]
        lane = U64(i - start)
        found |= U64(spike) << lane | U64(spike | (heard[i] != 0)) << (lane + U64(NEURONS))
        u[i], v[i], said[i], heard[i] = current, I32(0) if spike else voltage, I32(spike), I32(0)
    return found


@kernel
def decay(x, keep):
    """x keep / 4096, toward zero: dec(x, 4096 - keep) of `ir.neurons.Lif`; 44 bits at most."""
    size = abs(np.int64(x)) * np.int64(keep) >> 12
    return I32(size if x >= 0 else -size)
