"""One step of a Lif population (`neurohw.neurons.lif.Lif`) in one pass: the arithmetic, the spikes and who sent them.

What a step of a small network costs is its passes over the neurons, so there is one, for 16 to 64 neurons at a time.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine.neurons.events import list_bits
from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import inlined, kernel, merged, ones
from neurohw.machine.simd.lanes import (
    COLUMNS,
    NEURONS,
    step_16,
    step_16_at_once,
    step_32,
    step_32_at_once,
    step_64,
    step_64_at_once,
)

I32, U64 = np.int32, np.uint64
HALF_RANGE = 1 << 23
U, V, HEARD, BIAS, HIGH, SAID, FIRED, ROOM = range(8)  # rows of `Scratch.near`


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
    high, bias = tables.params[0, c : c + size], tables.params[1, c : c + size]
    spikes, active = _step(
        u, v, heard, bias, high, row[out : out + size], counts, events[out : out + size], I32(4095 - p.du),
        I32(4096 - p.dv), counters.population_overflows[k],
    )  # fmt: skip
    sent[p.ports[0]] = spikes
    state.fed[k] = 0
    counters.active[k, 0] += active
    counters.active[k, 1] += spikes
    keep(state.cells, c, size, membrane, at, c)


@merged
def keep(cells, start, size, membrane, at, into):
    """Keep u and v of some neurons in step `at` of a recording, if it has one, from place `into` on."""
    if 0 <= at < len(membrane):
        for k in range(2):
            for i in range(size):
                membrane[at, k, into + i] = cells[k, start + i]


@merged
def step_near(near, half, keep_u, keep_v, overflow):
    """Step 64 neurons, whose states and parameters are rows of `near`; return who spikes, as bits, and how many heard
    or said something. Spikes are added to the row of what they said. `half`: there are no more than 32.
    """
    u, v, heard, bias, high, said = near[U], near[V], near[HEARD], near[BIAS], near[HIGH], near[SAID]
    if half and keep_u:
        spikes, active, done = step_32(u, v, heard, bias, high, said, 0, keep_u, keep_v)
    elif half:
        spikes, active, done = step_32_at_once(u, v, heard, bias, high, said, 0, keep_u, keep_v)
    elif keep_u:
        spikes, active, done = step_64(u, v, heard, bias, high, said, 0, keep_u, keep_v)
    else:
        spikes, active, done = step_64_at_once(u, v, heard, bias, high, said, 0, keep_u, keep_v)
    if not done:
        fired = near[FIRED]
        spikes, active = _step_rest(u, v, heard, bias, high, fired, 0, COLUMNS, keep_u, keep_v, overflow)
        for i in range(COLUMNS):
            said[i] += fired[i]
    return spikes, ones(active)


@kernel
def _step(u, v, heard, bias, high, said, counts, who, keep_u, keep_v, overflow):
    """One step; return how many spike, and how many heard or said something.

    Spikes of 64 neurons are listed together: whether there is another one is what a processor cannot foresee.
    """
    total, busy, size = 0, 0, len(u)
    for first in range(0, size, COLUMNS):
        bits, stop = U64(0), min(size, first + COLUMNS)
        for i in range(first, stop, NEURONS):
            spikes, active, done = U64(0), U64(0), False
            if i + NEURONS > stop:
                pass
            elif keep_u:
                spikes, active, done = step_16(u, v, heard, bias, high, said, i, keep_u, keep_v)
            else:
                spikes, active, done = step_16_at_once(u, v, heard, bias, high, said, i, keep_u, keep_v)
            if not done:
                end = min(stop, i + NEURONS)
                spikes, active = _step_rest(u, v, heard, bias, high, said, i, end, keep_u, keep_v, overflow)
            busy += ones(active)
            bits |= spikes << U64(i - first)
        total = list_bits(bits, first, total, counts, who)
    return total, busy


@kernel
def _step_rest(u, v, heard, bias, high, said, start, stop, keep_u, keep_v, overflow):
    """`lanes.step_16` of neurons start..stop-1, whatever their range; counts what wraps and what saturates."""
    u, v, heard, bias = u[start:stop], v[start:stop], heard[start:stop], bias[start:stop]
    high, said = high[start:stop], said[start:stop]
    wrapped, saturated = _integrate(u, v, heard, bias, keep_u / 4096, keep_v / 4096)
    overflow[0] += wrapped
    overflow[1] += saturated
    _fire(v, said, high)
    spikes, active = U64(0), U64(0)
    for i in range(len(u)):
        spikes |= U64(said[i]) << U64(i)
        active |= U64(said[i] | I32(heard[i] != 0)) << U64(i)
        heard[i] = 0
    return spikes, active


@inlined
def _decay(x, keep):
    """Multiply by `keep` = (4096 - d) / 4096, toward zero: dec(x, d) of `neurons.lif.Lif`.

    43 bits at most, so float64 is exact, and its conversion to an integer is the rounding that is asked for.
    """
    return I32(np.float64(x) * keep)


@kernel
def _integrate(u, v, arrived, bias, keep_u, keep_v):
    """New current and voltage before spiking; return how many wrapped and how many saturated."""
    wrapped, saturated, half, top = I32(0), I32(0), I32(HALF_RANGE), I32(HALF_RANGE - 1)
    for i in range(len(u)):
        current = I32(_decay(u[i], keep_u) + I32(arrived[i] << I32(6)))
        over, under = I32(current > half), I32(current <= -half)
        wrapped = I32(wrapped + I32(over + under))
        current = I32(current + I32(I32(under - over) << I32(24)))
        voltage = I32(I32(_decay(v[i], keep_v) + current) + bias[i])
        saturated = I32(saturated + I32((voltage > top) | (voltage < -top)))
        u[i] = current
        v[i] = min(top, max(-top, voltage))
    return wrapped, saturated


@kernel
def _fire(v, sent, high):
    """Spike and reset."""
    for i in range(len(v)):
        spike = I32(v[i] > high[i])
        sent[i] = spike
        v[i] = I32(v[i] * I32(spike == 0))
