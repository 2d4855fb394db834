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

from neurohw.backends.emulator import jit, learning, neurons, readout, rows, synapses, traces, updates
from neurohw.backends.emulator.jit import inlined, kernel, untracked

I32 = np.int32


@kernel
def silence(state):
    """Back to step 0: states, traces and messages in flight, not weights or tags."""
    state.time[0] = 0
    state.messages[:] = 0
    state.inputs[:] = 0
    state.ring[:] = 0
    state.dirty[:] = 0
    state.hot[:] = 0
    state.fed[:] = 0
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
    """Forget the inputs of this step."""
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
    if p.kind == 7:
        return phase == 1 or p.layer <= phase <= p.layer + p.steps + 4
    if p.kind == 8:
        return phase <= 2 or p.layer < phase <= p.layer + p.rounds + 3
    return phase == 2 or phase == p.layer + 2


@kernel
def _update_population(p, params, cells, inputs, messages, hot, overflow, t):
    """One neuron update of a population that is not a source."""
    if p.kind <= 2:
        hot[p.ports[0]] = neurons.lif(p, params, cells, inputs, messages, overflow, t, p.kind == 2)
    elif p.kind == 3:
        neurons.graded(p, params, inputs, messages, hot)
    elif p.kind == 4:
        neurons.relu(p, params, inputs, messages, hot, overflow, t)
    elif p.kind == 5:
        neurons.clapp(p, cells, inputs, messages, hot, overflow, t)
    elif p.kind == 7:
        neurons.clapp_lif(p, params, cells, inputs, messages, hot, overflow, t)
    elif p.kind == 8:
        readout.readout(p, cells, inputs, messages, hot, overflow, t)
    elif p.kind == 9:
        readout.critic(p, cells, inputs, messages, hot, t)
    else:
        neurons.hinge(p, cells, inputs, messages, hot, t)


@kernel
def _emit(frame, sent):
    """Send one frame of a source; return whether any neuron sent something."""
    any_message = I32(0)
    for i in range(len(sent)):
        sent[i] = frame[i]
        any_message |= sent[i]
    return any_message != 0


@kernel
def _count_active(p, inputs, messages, hot, fed, sent, busy):
    """Return how many neurons of a population have an input or an output, and how many send."""
    heard, said = fed and p.inputs[0] >= 0, hot[p.ports[0]] != 0
    if p.outputs[1] < 0 and p.inputs[1] < 0:
        senders = sent[p.ports[0]] if said else 0
        if not heard:
            return senders, senders
        into, out = inputs[p.inputs[0] : p.inputs[0] + p.size], messages[p.outputs[0] : p.outputs[0] + p.size]
        return (rows.count_either(into, out) if said else rows.count(into)), senders
    busy[: p.size] = 0
    for k in range(3):
        if p.outputs[k] >= 0 and hot[p.ports[k]]:
            _mark(busy, messages[p.outputs[k] : p.outputs[k] + p.size])
    senders = rows.count(busy[: p.size])
    for k in range(3):
        if fed and p.inputs[k] >= 0:
            _mark(busy, inputs[p.inputs[k] : p.inputs[k] + p.size])
    return rows.count(busy[: p.size]), senders


@kernel
def _mark(busy, values):
    for i in range(len(values)):
        busy[i] |= values[i]


@inlined
def _deliver(tables, state, time):
    """Bring what the delays hold back for this step."""
    for k in range(len(tables.projections)):
        q = tables.projections[k]
        if q.slots > 1:
            slot = time % q.slots
            if state.dirty[q.flags + slot]:
                start = q.ring + slot * q.n_post
                synapses.deliver(state.ring[start : start + q.n_post], state.inputs[q.input : q.input + q.n_post])
                state.dirty[q.flags + slot] = 0
                state.fed[q.post] = 1


@inlined
def _update(tables, state, counters, work, spikes, payloads, step, sources):
    """Update all neurons, list who sent something, and count."""
    time = state.time[0]
    for k in range(len(tables.populations)):
        p = tables.populations[k]
        if p.kind != 1 and p.kind != 2:  # these write all their messages in every step
            _silence(p, state.messages, state.hot)
        if p.kind == 0:
            sent, a = state.messages[p.outputs[0] : p.outputs[0] + p.size], sources[p.source]
            if step < spikes.shape[0]:
                state.hot[p.ports[0]] = _emit(spikes[step, a : a + p.size], sent)
            elif step < payloads.shape[0]:
                state.hot[p.ports[0]] = _emit(payloads[step, a : a + p.size], sent)
        elif _acts(p, time + 1):
            _update_population(
                p, tables.params, state.cells, state.inputs, state.messages, state.hot,
                counters.population_overflows[k], time + 1,
            )  # fmt: skip
        speaks = False
        for o in range(3):
            if p.outputs[o] >= 0 and state.hot[p.ports[o]]:
                speaks = True
                part = slice(p.outputs[o], p.outputs[o] + p.size)
                work.sent[p.ports[o]] = synapses.find_events(
                    state.messages[part], counters.messages[part], work.events[part]
                )
        if state.fed[k] or speaks:
            active, senders = _count_active(
                p, state.inputs, state.messages, state.hot, state.fed[k], work.sent, work.busy
            )
            counters.active[k, 0] += active
            counters.active[k, 1] += senders
        if state.fed[k]:
            _clear(p, state.inputs)
            state.fed[k] = 0


@inlined
def begin_step(tables, state, counters, work, spikes, payloads, step, sources):
    """Deliver what was delayed, update all neurons, list who sent something."""
    _deliver(tables, state, state.time[0])
    _update(tables, state, counters, work, spikes, payloads, step, sources)


@kernel
def sent_by(q, state, work):
    """Messages of a projection's presynaptic neurons, and who sent one."""
    return state.messages[q.message : q.message + q.n_pre], work.events[q.message : q.message + work.sent[q.port]]


@inlined
def send(tables, state, work, k, limit):
    """Send the messages through the synapses of projection k; return how many sums exceed `limit`."""
    q = tables.projections[k]
    sent, events = sent_by(q, state, work)
    if q.plastic < 0:
        return synapses.propagate(
            q, sent, events, tables.mantissas, tables.rows, tables.columns, tables.delays, state.inputs,
            state.ring, state.dirty, work.sums, work.short, state.time[0], limit,
        )  # fmt: skip
    return synapses.propagate(
        q, sent, events, state.weights, tables.rows, tables.columns, tables.delays, state.inputs,
        state.ring, state.dirty, work.sums, work.short, state.time[0], limit,
    )  # fmt: skip


@inlined
def arrived(tables, state, counters, work, k, beyond):
    """Note that the messages of projection k are through; plastic ones remember who spoke."""
    q = tables.projections[k]
    if q.plastic >= 0:
        _, events = sent_by(q, state, work)
        for i in events:
            counters.synaptic_ops[q.plastic] += state.fan_out[q.fan + i]
        r = tables.plastics[q.plastic]
        traces.pre_spikes(r, q, state.messages, state.x, events, state.time[0] % r.epoch + 1)
    counters.projection_overflows[k, 0] += beyond
    if q.slots == 1:
        state.fed[q.post] = 1


@inlined
def learn_all(tables, state, counters, work, numbers, impulses, first, learn):
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
            learning.learn(r, k, tables, state, counters, work, row, e)


@inlined
def end_step(state, work, total, selected, raster, membrane, at):
    """Add to the recorded sums, keep the step if it is in the window, and move on."""
    for k in range(len(selected)):
        port, start, _, into = selected[k]
        if state.hot[port]:
            for e in range(work.sent[port]):
                i = work.events[start + e]
                total[into + i] += state.messages[start + i]
    if 0 <= at < len(raster):
        for i in range(raster.shape[1]):
            raster[at, i] = state.messages[i]
        for k in range(2):
            for i in range(membrane.shape[2]):
                membrane[at, k, i] = state.cells[k, i]
    state.time[0] += 1


def _make_run(source_hash: int) -> Any:
    @njit(cache=True)
    def run(
        tables, state, counters, work, spikes, payloads, steps, reset, learn, sources, numbers, impulses, selected,
        totals, raster, membrane, skip, limit,
    ):  # fmt: skip
        """Run all samples of `steps` steps; see `neurohw.backends.emulator.run` for the arguments."""
        version = source_hash
        tables, state, counters, work = untracked(tables), untracked(state), untracked(counters), untracked(work)
        spikes, payloads, sources = untracked(spikes), untracked(payloads), untracked(sources)
        numbers, impulses, selected = untracked(numbers), untracked(impulses), untracked(selected)
        totals, raster, membrane = untracked(totals), untracked(raster), untracked(membrane)
        first, at = state.time[0], -skip
        for s in range(len(spikes)):
            if reset:
                silence(state)
            for step in range(steps):
                begin_step(tables, state, counters, work, spikes[s], payloads[s], step, sources)
                for k in range(len(tables.projections)):
                    if state.hot[tables.projections[k].port]:
                        arrived(tables, state, counters, work, k, send(tables, state, work, k, limit))
                if len(tables.plastics):
                    learn_all(tables, state, counters, work, numbers, impulses, first, learn)
                end_step(state, work, totals[s], selected, raster, membrane, at)
                at += 1
        return version

    return run


def hash_of_kernels() -> int:
    """Changes with every edit of the kernels."""
    modules = (jit, learning, neurons, readout, rows, synapses, traces, updates)
    files = (Path(module.__file__ or "") for module in modules)
    return zlib.crc32(b"".join(f.read_bytes() for f in (*files, Path(__file__))))


run_kernel = _make_run(hash_of_kernels())
