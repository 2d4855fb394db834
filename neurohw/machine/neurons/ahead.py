"""Populations that run ahead: what they do does not depend on what they, or later ones, do in the same block of steps.

These are sources, and `Lif` populations that hear binary spikes through dense weights. 64 neurons go through all steps
of the block before the next 64 do, so that their states and their columns of weights stay in the nearest caches. What
is kept of a step is who speaks, as bits; they become lists of events when all neurons are through.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine import recorder, synapses
from neurohw.machine.layout.tables import SOURCE
from neurohw.machine.neurons import lif
from neurohw.machine.neurons.events import append_bits, speakers
from neurohw.machine.simd.jit import apart, kernel, merged
from neurohw.machine.simd.lanes import COLUMNS, count_nonzero
from neurohw.machine.simd.rows import fill

I32, U64 = np.int32, np.uint64
NEAREST = 1 << 15  # bytes of weights that stay in the first-level cache


@kernel
def run(tables, state, counters, work, call, k, block, at, limit):
    """Population k through a `block` of steps: (steps of a sample, whether samples start from silence, first sample,
    its first step, how many steps in all); u and v of the first go to step `at` of the window.
    """
    p, spikes, payloads, sources = tables.populations[k], call.spikes, call.payloads, call.sources
    for first in range(0, p.size, COLUMNS):
        fill(work.near[lif.SAID], 0)
        if p.kind != SOURCE:
            _step(tables, state, counters, work, k, first, block, call.membrane, at, limit)
        elif spikes.shape[1]:
            _read(spikes, sources[p.source] + first, min(p.size - first, COLUMNS), block, work, first)
        else:
            _read(payloads, sources[p.source] + first, min(p.size - first, COLUMNS), block, work, first)
        _count(p, k, counters, work.near[lif.SAID], first)
    _list(p, work, block[4])
    if tables.early[p.ports[0]] == 1 and spikes.shape[1]:
        _keep_messages(p, spikes, sources[p.source], block, work)
    elif tables.early[p.ports[0]] == 1:
        _keep_messages(p, payloads, sources[p.source], block, work)
    if work.tapped[k] < work.tapped[k + 1]:
        recorder.record_said(p, k, tables.early[p.ports[0]], work, block[4], at)


@kernel
def _list(p, work, count):
    """List who spoke in each step, by their bits."""
    port, n = p.ports[0], p.outputs[0] * len(work.history)
    events = work.listed[: n + p.size * len(work.history)]
    for t in range(count):
        begin = n
        for first in range(0, p.size, COLUMNS):
            n = append_bits(work.bits[t, first // COLUMNS], first, n, events)
        work.begins[t, port], work.sent[t, port] = begin, n - begin


@kernel
def _keep_messages(p, frames, place, block, work):
    """What a source sent in each step, where that may be any number."""
    steps, _, sample, step, count = block
    out, port = p.outputs[0], p.ports[0]
    for t in range(count):
        if step == steps:
            sample, step = sample + 1, 0
        row, begin = work.history[t, out : out + p.size], work.begins[t, port]
        fill(row, 0)
        for i in work.listed[begin : begin + work.sent[t, port]]:
            row[i] = frames[sample, step, place + i]
        step += 1


@kernel
def _count(p, k, counters, said, first):
    """Add what 64 neurons said in the block."""
    start, total = p.outputs[0] + first, 0
    for i in range(min(p.size - first, COLUMNS)):
        counters.messages[start + i] += said[i]
        total += said[i]
    counters.active[k, 1] += total
    if p.kind == SOURCE:
        counters.active[k, 0] += total


@merged
def _read(frames, place, size, block, work, first):
    """Which of 64 neurons of a source, `size` of which exist, send something in each step."""
    steps, _, sample, step, count = block
    said, bits = work.near[lif.SAID], work.bits
    for t in range(count):
        if step == steps:
            sample, step = sample + 1, 0
        found = U64(0)
        if step < frames.shape[1]:
            frame = frames[sample, step]
            if size == COLUMNS:
                found = count_nonzero(frame, place, said)
            else:
                for i in range(size):
                    hit = I32(frame[place + i] != 0)
                    found |= U64(hit) << U64(i)
                    said[i] += hit
        bits[t, first // COLUMNS] = found
        step += 1


@merged
def _step(tables, state, counters, work, k, first, block, membrane, at, limit):
    """64 neurons of a `Lif` population; those that do not exist hear nothing, and are silent."""
    p = tables.populations[k]
    steps, reset, _, step, count = block
    size, cell, heard_from, near = min(p.size - first, COLUMNS), p.cell + first, p.inputs[0] + first, work.near
    _take(near, tables.params, state.cells, state.inputs, cell, heard_from, size)
    interval, offset, time = p.reset_interval, p.reset_offset, state.time[0]
    keep_u, keep_v, overflow = I32(4095 - p.du), I32(4096 - p.dv), counters.population_overflows[k]
    begin, end, word, active, beyond = tables.into[k], tables.into[k + 1], first // COLUMNS, 0, 0
    m = tables.incoming[begin]
    q = tables.projections[m]
    place, half = synapses.columns(q, first, limit), size <= COLUMNS // 2
    weights, following = tables.mantissas, q.weight + (np.int64(first) + COLUMNS) * q.n_pre
    share, stop = (q.n_pre + count - 1) // count * COLUMNS, min(following + q.n_pre * COLUMNS, len(weights))
    if len(weights) <= NEAREST:
        stop = following
    tap, last_tap = recorder.taps_of(work, k, first)
    watched = tap < last_tap or -count < at < len(membrane)
    for t in range(count):
        if step == steps:
            step = 0
            if reset:
                time = 0
                _silence(near, lif.HEARD + 1)
        if interval > 0 and (time + 1) % interval == offset % interval:
            _silence(near, lif.V + 1)
        found, now_active = lif.step_near(near, half, keep_u, keep_v, overflow)
        work.bits[t, word] = found
        active += now_active
        if watched:
            _keep_states(work, tap, last_tap, near, size, cell, membrane, at + t)
        if following < stop:
            synapses.fetch(weights, following, min(following + share, stop))
            following += share
        beyond += _hear(place, q, tables, work, t, near, half)
        for n in range(begin + 1, end):
            other = tables.projections[tables.incoming[n]]
            counters.projection_overflows[tables.incoming[n], 0] += _hear(
                synapses.columns(other, first, limit), other, tables, work, t, near, half
            )
        step, time = step + 1, time + 1
    counters.active[k, 0] += active
    counters.projection_overflows[m, 0] += beyond
    for i in range(size):
        state.cells[0, cell + i], state.cells[1, cell + i] = near[lif.U, i], near[lif.V, i]
        state.inputs[heard_from + i] = near[lif.HEARD, i]


@apart
def _keep_states(work, tap, last_tap, near, size, cell, membrane, at):
    """Keep what the window and the probes ask for of 64 neurons in step `at`."""
    lif.keep(near, 0, size, membrane, at, cell)
    recorder.record_near(work, tap, last_tap, near, cell, at)


@merged
def _hear(place, q, tables, work, t, near, half):
    """Add what 64 neurons hear from a projection in a step; return how many sums exceed the limit."""
    events = speakers(tables, work, q.port, q.message, t)
    return synapses.add_64_columns(place, tables.mantissas, events, near[lif.ROOM], near[lif.HEARD], 0, half)


@kernel
def _take(near, params, cells, inputs, cell, heard_from, size):
    """States, inputs and parameters of `size` neurons, side by side; the rest of 64 never spike."""
    for row in range(len(near)):
        if row != lif.SAID:
            fill(near[row], 0)
    fill(near[lif.HIGH], I32(2**31 - 1))
    for i in range(size):
        near[lif.U, i], near[lif.V, i] = cells[0, cell + i], cells[1, cell + i]
        near[lif.HEARD, i] = inputs[heard_from + i]
        near[lif.HIGH, i], near[lif.BIAS, i] = params[0, cell + i], params[1, cell + i]


@kernel
def _silence(near, rows):
    for row in range(rows):
        fill(near[row], 0)
