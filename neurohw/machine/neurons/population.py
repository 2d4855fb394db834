"""One population in one step: deliver what was delayed, update, list who sent something, count, forget the inputs.

`row` holds the messages of the step by message slot, `sent` how many neurons sent something through each port, and
`events` who they are. What is left in them from before is withdrawn first.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine import synapses
from neurohw.machine.layout.tables import BAP
from neurohw.machine.neurons import lif
from neurohw.machine.neurons.events import find_events
from neurohw.machine.programs.table import FIRST
from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import address, call, kernel, merged


@merged
def deliver(tables, state, k, time):
    """Bring what the delays of the projections into population k hold back for this step."""
    for n in range(tables.into[k], tables.into[k + 1]):
        q = tables.projections[tables.incoming[n]]
        if q.slots > 1:
            slot = time % q.slots
            if state.dirty[q.flags + slot]:
                start = q.ring + slot * q.n_post
                synapses.deliver(state.ring[start : start + q.n_post], state.inputs[q.input : q.input + q.n_post])
                state.dirty[q.flags + slot] = 0
                state.fed[k] = 1


@merged
def emit(p, frames, step, first, row, sent, counts, events):
    """A source sends a frame, if there is one for this step."""
    _withdraw(p, row, sent, events)
    if step < frames.shape[0]:
        start, frame = p.outputs[0], frames[step, first : first + p.size]
        n = find_events(frame, counts[start : start + p.size], events[start : start + p.size])
        for i in events[start : start + n]:
            row[start + i] = frame[i]
        sent[p.ports[0]] = n


@kernel
def step(p, k, tables, state, counters, work, row, sent, events, time, membrane, at):
    """Everything that population k, which runs generated code, does at step `time` (from 0).

    u and v of those that have them go to step `at` of `membrane`, if there is one.
    """
    _withdraw(p, row, sent, events)
    said, speaks = _run(p, tables.words, state.cells, row, time + 1), False
    for o in range(p.outs):
        if said >> o & 1:
            part = slice(p.outputs[o], p.outputs[o] + p.size)
            sent[p.ports[o]] = find_events(row[part], counters.messages[part], events[part])
            speaks = True
    fed = state.fed[k] != 0
    if fed or speaks:
        active, senders = _count_active(p, state.inputs, row, sent, fed, work.busy)
        counters.active[k, 0] += active
        counters.active[k, 1] += senders
    if fed:
        _clear(p, state.inputs)
        state.fed[k] = 0
    if p.membrane:
        lif.keep(state.cells, p.cell, p.size, membrane, at, p.cell)


@merged
def _withdraw(p, row, sent, events):
    """Take back what stands in the row."""
    for o in range(p.outs):
        if sent[p.ports[o]]:
            start = p.outputs[o]
            for i in events[start : start + sent[p.ports[o]]]:
                row[start + i] = 0
            sent[p.ports[o]] = 0


@merged
def _clear(p, inputs):
    """Forget the inputs of this step."""
    for o in range(p.ins):
        rows.fill(inputs[p.inputs[o] : p.inputs[o] + p.size], 0)


@merged
def _run(p, words, cells, row, t):
    """Step t of the generated code of a population, whose messages go to `row`; returns which ports may have some."""
    if p.back:
        rows.fill(cells[BAP, p.cell : p.cell + p.size], 0)
    for o in range(p.outs):
        words[p.words + FIRST + o] = address(row, p.outputs[o])
    return call(p.code, address(words, p.words), t)


@kernel
def _count_active(p, inputs, row, sent, fed, busy):
    """Return how many neurons of a population have an input or an output, and how many send."""
    heard = fed and p.ins > 0
    if p.outs == 1 and p.ins <= 1:
        senders = sent[p.ports[0]]
        if not heard:
            return senders, senders
        into, out = inputs[p.inputs[0] : p.inputs[0] + p.size], row[p.outputs[0] : p.outputs[0] + p.size]
        return np.int64(rows.count_either(into, out) if senders else rows.count(into)), senders
    rows.fill(busy[: p.size], 0)
    for o in range(p.outs):
        if sent[p.ports[o]]:
            _mark(busy, row[p.outputs[o] : p.outputs[o] + p.size])
    senders = np.int64(rows.count(busy[: p.size]))
    if fed:
        for o in range(p.ins):
            _mark(busy, inputs[p.inputs[o] : p.inputs[o] + p.size])
    return np.int64(rows.count(busy[: p.size])), senders


@kernel
def _mark(busy, values):
    for i in range(len(values)):
        busy[i] |= values[i]
