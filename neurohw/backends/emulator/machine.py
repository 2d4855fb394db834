"""The step of the machine, and the one compiled call that runs many of them.

numba's cache knows only the file of the function it caches. The entry point is therefore made by a factory that
closes over a hash of all kernel files: numba puts closure values into the cache key, so an edit anywhere recompiles.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from neurohw.backends.emulator import jit, learning, neurons, rows, synapses, traces
from neurohw.backends.emulator.jit import kernel

I32 = np.int32


@kernel
def _reset(state):
    """Back to step 0: states, traces and messages in flight, not weights or tags."""
    state.time[0] = 0
    state.messages[:] = 0
    state.inputs[:] = 0
    state.ring[:] = 0
    state.dirty[:] = 0
    state.hot[:] = 0
    state.cells[:] = 0
    state.x[:] = 0
    state.y[:] = 0


@kernel
def _silence(p, messages, hot):
    """Withdraw the messages of the previous step."""
    for k in range(3):
        if p.outputs[k] >= 0 and hot[p.ports[k]]:
            messages[p.outputs[k] : p.outputs[k] + p.size] = 0
            hot[p.ports[k]] = 0


@kernel
def _clear(p, inputs):
    """Forget the inputs of the previous step."""
    for k in range(3):
        if p.inputs[k] >= 0:
            inputs[p.inputs[k] : p.inputs[k] + p.size] = 0


@kernel
def _acts(p, t):
    """Whether a population does anything at step t: microcode layers are idle outside their phases."""
    if p.kind < 4:
        return True
    phase = (t - 1) % p.period + 1
    if p.kind == 4:
        return phase == p.layer + 1
    if p.kind == 5:
        return phase == 1 or (p.layer <= phase <= p.layer + 4 and phase != p.layer + 2)
    return phase == 2 or phase == p.layer + 2


@kernel
def _update_population(p, params, cells, inputs, messages, hot, overflow, t, frames, step, offset):
    """One neuron update of a population; `step` counts from 0 within the sample."""
    if p.kind == 0:
        if step < frames.shape[0]:
            hot[p.ports[0]] = _emit(frames, step, offset, messages[p.outputs[0] : p.outputs[0] + p.size])
    elif p.kind <= 2:
        hot[p.ports[0]] = neurons.lif(p, params, cells, inputs, messages, overflow, t, p.kind == 2)
    elif p.kind == 3:
        neurons.graded(p, params, inputs, messages, hot)
    elif p.kind == 4:
        neurons.relu(p, params, inputs, messages, hot, overflow, t)
    elif p.kind == 5:
        neurons.clapp(p, cells, inputs, messages, hot, overflow, t)
    else:
        neurons.hinge(p, cells, inputs, messages, hot, t)


@kernel
def _emit(frames, step, offset, sent):
    """Send one frame of a source; return whether any neuron sent something."""
    any_message = I32(0)
    for i in range(len(sent)):
        sent[i] = frames[step, offset + i]
        any_message |= sent[i]
    return any_message != 0


@kernel
def _speaks(p, hot):
    found = False
    for k in range(3):
        found |= p.outputs[k] >= 0 and hot[p.ports[k]] != 0
    return found


@kernel
def _count_active(p, inputs, messages, hot, fed, counts):
    """Count the messages of a population; return how many neurons have an input or an output, and how many send."""
    busy = np.zeros(p.size, I32)
    for k in range(3):
        if p.outputs[k] >= 0 and hot[p.ports[k]]:
            sent = messages[p.outputs[k] : p.outputs[k] + p.size]
            _mark(busy, sent)
            tally = counts[p.outputs[k] : p.outputs[k] + p.size]
            for i in range(len(sent)):
                tally[i] += sent[i] != 0
    senders = rows.count(busy)
    for k in range(3):
        if fed and p.inputs[k] >= 0:
            _mark(busy, inputs[p.inputs[k] : p.inputs[k] + p.size])
    return rows.count(busy), senders


@kernel
def _mark(busy, values):
    for i in range(len(busy)):
        busy[i] |= values[i]


@kernel
def _step(tables, state, counters, frames, step, sources, events, accumulator, limit):
    """One time step, up to but without learning: deliver, update neurons, propagate."""
    time = state.time[0]
    for k in range(len(tables.populations)):
        p = tables.populations[k]
        _silence(p, state.messages, state.hot)
        if state.fed[k]:
            _clear(p, state.inputs)
            state.fed[k] = 0
    for k in range(len(tables.projections)):
        q = tables.projections[k]
        slot = time % q.slots
        if state.dirty[q.flags + slot]:
            start = q.ring + slot * q.n_post
            synapses.deliver(state.ring[start : start + q.n_post], state.inputs[q.input : q.input + q.n_post])
            state.dirty[q.flags + slot] = 0
            state.fed[q.post] = 1
    for k in range(len(tables.populations)):
        p = tables.populations[k]
        if _acts(p, time + 1):
            offset = sources[p.source] if p.source >= 0 else 0
            _update_population(
                p, tables.params, state.cells, state.inputs, state.messages, state.hot,
                counters.population_overflows[k], time + 1, frames, step, offset,
            )  # fmt: skip
        if state.fed[k] or _speaks(p, state.hot):
            active, senders = _count_active(p, state.inputs, state.messages, state.hot, state.fed[k], counters.messages)
            counters.active[k, 0] += active
            counters.active[k, 1] += senders
    for k in range(len(tables.projections)):
        q = tables.projections[k]
        if state.hot[q.port]:
            fan = slice(q.fan, q.fan + q.n_pre)
            sent = state.messages[q.message : q.message + q.n_pre]
            n, ops = synapses.find_events(sent, state.fan_out[fan], counters.events[fan], events)
            counters.synaptic_ops[k] += ops
            synapses.propagate(
                q, sent, state.weights, tables.rows, tables.columns, tables.delays, state.ring, state.dirty,
                counters.projection_overflows[k], events[:n], accumulator, time, limit,
            )  # fmt: skip
            if q.plastic >= 0:
                r = tables.plastics[q.plastic]
                traces.pre_spikes(r, q, state.messages, state.x, events[:n], time % r.epoch + 1)


@kernel
def _learn(tables, state, counters, numbers, impulses, first, learn):
    """Postsynaptic spikes, and at the end of an epoch the synapses."""
    time = state.time[0]
    for k in range(len(tables.plastics)):
        r = tables.plastics[k]
        if r.hears_post:
            number = impulses[k, time - first] if impulses.shape[1] else 0
            traces.post_spikes(r, tables, state, time % r.epoch + 1, number)
        if learn and (time + 1) % r.epoch == 0:
            e = (time + 1) // r.epoch
            row = numbers[k, e - first // r.epoch - 1]
            learning.learn(r, k, tables, state, counters, row, e)


@kernel
def _record(state, total, selected, raster, membrane, at):
    for k in range(len(selected)):
        port, start, size, into = selected[k]
        if state.hot[port]:
            for i in range(size):
                total[into + i] += state.messages[start + i]
    if 0 <= at < len(raster):
        for i in range(raster.shape[1]):
            raster[at, i] = state.messages[i]
        for k in range(2):
            for i in range(membrane.shape[2]):
                membrane[at, k, i] = state.cells[k, i]


def _make_run(source_hash: int) -> Any:
    @njit(cache=True)
    def run(
        tables,
        state,
        counters,
        data,
        steps,
        reset,
        learn,
        sources,
        numbers,
        impulses,
        selected,
        totals,
        raster,
        membrane,
        skip,
        limit,
    ):
        """Run data.shape[0] samples of `steps` steps; see `neurohw.backends.emulator.run` for the arguments."""
        version = source_hash
        widest = 1
        for k in range(len(tables.projections)):
            q = tables.projections[k]
            widest = max(widest, q.n_pre, q.n_post * (q.slots if q.delays >= 0 else 1))
        events, accumulator = np.empty(widest, np.int64), np.empty(widest, np.int32)
        first, at = state.time[0], -skip
        for s in range(data.shape[0]):
            if reset:
                _reset(state)
            for step in range(steps):
                _step(tables, state, counters, data[s], step, sources, events, accumulator, limit)
                if len(tables.plastics):
                    _learn(tables, state, counters, numbers, impulses, first, learn)
                _record(state, totals[s], selected, raster, membrane, at)
                state.time[0] += 1
                at += 1
        return version

    return run


def _hash_of_kernels() -> int:
    files = (Path(module.__file__ or "") for module in (jit, learning, neurons, rows, synapses, traces))
    return zlib.crc32(b"".join(f.read_bytes() for f in (*files, Path(__file__))))


run_kernel = _make_run(_hash_of_kernels())
