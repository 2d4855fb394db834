"""Many steps of a network in one compiled call.

Networks that learn or have cycles go step by step: all populations, then all projections, then learning. In others
nothing that a population does depends on a later one, so each runs through a block of steps before the next begins:
its states and weights stay in the nearest cache, and what to do is decided once in many steps. The numbers are equal.

numba's cache knows only the file of the function it caches. The entry point is therefore made by a factory that
closes over a hash of all kernel files: numba puts closure values into the cache key, so an edit anywhere recompiles.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from neurohw.machine import recorder, synapses
from neurohw.machine.layout.tables import LIF, SOURCE, UNKNOWN, Call
from neurohw.machine.neurons import ahead, lif, population
from neurohw.machine.neurons.drawn import begin_sample
from neurohw.machine.neurons.events import speakers
from neurohw.machine.plasticity import learning, traces
from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import entry, hash_of, kernel, members, merged, shared
from neurohw.machine.simd.rows import fill


@kernel
def silence(tables, state):
    """Back to step 0: states, traces and messages in flight, not weights or tags."""
    state.time[0] = 0
    fill(state.messages, 0)
    fill(state.inputs, 0)
    fill(state.ring, 0)
    fill(state.dirty, 0)
    fill(state.fed, 0)
    for row in range(len(state.cells)):
        fill(state.cells[row], 0)
    for row in range(len(tables.starts)):
        for i in range(tables.starts.shape[1]):
            state.cells[row, i] = tables.starts[row, i]
    fill(state.x, 0)
    fill(state.y, 0)


@kernel
def _populate(tables, state, counters, work, call, s, step, k, t, at):
    """Population k in step `step` of sample s, which is row t of the block; u and v go to step `at` of the window."""
    p, time = tables.populations[k], state.time[0] + t
    row, sent, events = work.history[t], work.sent[t], work.events[t]
    population.deliver(tables, state, k, time)
    if p.kind == LIF:
        heard = state.inputs[p.inputs[0] : p.inputs[0] + p.size]
        lif.step(p, k, tables, state, counters, row, sent, events, heard, time, call.membrane, at)
    elif p.kind != SOURCE:
        population.step(p, k, tables, state, counters, work, row, sent, events, time, call.membrane, at)
    else:
        first = call.sources[p.source]
        if call.spikes.shape[1]:
            population.emit(p, call.spikes[s], step, first, row, sent, counters.messages, events)
        else:
            population.emit(p, call.payloads[s], step, first, row, sent, counters.messages, events)
        counters.active[k, 0] += sent[p.ports[0]]
        counters.active[k, 1] += sent[p.ports[0]]


@merged
def sent_by(tables, q, work, t):
    """Messages of a projection's presynaptic neurons in row t of the block, and who sent one."""
    return work.history[t, q.message : q.message + q.n_pre], speakers(tables, work, q.port, q.message, t)


@kernel
def send(tables, state, work, k, limit, t):
    """Send messages through the synapses of projection k; return how many sums exceed `limit`."""
    q, time = tables.projections[k], state.time[0] + t
    sent, events = sent_by(tables, q, work, t)
    if q.plastic < 0:
        return synapses.propagate(
            q, sent, events, tables.mantissas, tables.rows, tables.columns, tables.delays, state.inputs,
            state.ring, state.dirty, work.sums, work.payloads, time, limit,
        )  # fmt: skip
    return synapses.propagate(
        q, sent, events, state.weights, tables.rows, tables.columns, tables.delays, state.inputs,
        state.ring, state.dirty, work.sums, work.payloads, time, limit,
    )  # fmt: skip


@merged
def arrived(tables, state, counters, work, k, beyond, t):
    """Note that the messages of projection k are through; plastic ones remember who spoke."""
    q = tables.projections[k]
    if q.plastic >= 0:
        _, events = sent_by(tables, q, work, t)
        fan, n_post, done = state.fan_out[q.fan : q.fan + q.n_pre], np.int64(q.n_post), np.int64(0)
        for i in events:
            if fan[i] == UNKNOWN:  # of a dense matrix
                first = q.weight + i * n_post
                fan[i] = rows.count(state.weights[first : first + n_post])
            done += fan[i]
        counters.synaptic_ops[q.plastic] += done
        r = tables.plastics[q.plastic]
        traces.pre_spikes(r, q, work.history[t], state.x, events, (state.time[0] + t) % r.epoch + 1)
    counters.projection_overflows[k, 0] += beyond
    if q.slots == 1:
        state.fed[q.post] = 1


@kernel
def learn_all(tables, state, counters, work, call, first, learn):
    """Postsynaptic spikes, and at the end of an epoch the synapses."""
    time = state.time[0]
    for k in range(len(tables.plastics)):
        r = tables.plastics[k]
        if r.hears_post:
            number = call.impulses[k, time - first] if call.impulses.shape[1] else 0
            traces.post_spikes(r, tables, state, time % r.epoch + 1, number)
        if learn and (time + 1) % r.epoch == 0:
            e = (time + 1) // r.epoch
            row = call.numbers[k, e - first // r.epoch - 1]
            learning.learn(r, k, tables, state, counters, work, row, e)


@kernel
def end_step(tables, state, work, call, s, at):
    """Add to the recorded sums of sample s, keep the step if it is in the window, and move on."""
    for k in range(len(call.selected)):
        _add_up(tables, work, call.totals[s], call.selected[k], 0, 1)
    if 0 <= at < len(call.raster):
        _copy_messages(tables, work, 0, call.raster[at])
    state.time[0] += 1


@kernel
def _end_block(tables, work, totals, selected, raster, at, block):
    """Add to the recorded sums of each sample, and keep the steps of a block that are in the window."""
    steps, _, sample, begin, count = block
    t = 0
    while t < count:
        end = min(count, t + steps - begin)
        for k in range(len(selected)):
            _add_up(tables, work, totals[sample], selected[k], t, end)
        t, sample, begin = end, sample + 1, 0
    for t in range(max(0, -at), min(count, len(raster) - at)):
        _copy_messages(tables, work, t, raster[at + t])


@kernel
def _add_up(tables, work, total, which, first, end):
    """Add what was sent through a port in some rows of the block."""
    port, start, _, into = which
    if tables.early[port] == 2:  # one after the other
        for i in work.listed[work.begins[first, port] : work.begins[end - 1, port] + work.sent[end - 1, port]]:
            total[into + i] += 1
        return
    for t in range(first, end):
        for i in speakers(tables, work, port, start, t):
            total[into + i] += work.history[t, start + i]


@kernel
def _copy_messages(tables, work, t, into):
    """All messages of row t of the block, where there were none."""
    for k in range(len(tables.populations)):
        p = tables.populations[k]
        for o in range(p.outs):
            port, start = p.ports[o], p.outputs[o]
            for i in speakers(tables, work, port, start, t):
                into[start + i] = 1 if tables.early[port] == 2 else work.history[t, start + i]


@kernel
def _run_block(tables, state, counters, work, call, block, at, limit):
    """A block of steps, a population at a time: (steps of a sample, reset, sample, its step, how many in all)."""
    steps, reset, s, begin, count = block
    for n in range(len(tables.order)):
        k = tables.order[n]
        if tables.ahead[k]:
            ahead.run(tables, state, counters, work, call, k, block, at, limit)
            continue
        for t in range(count):
            _populate(tables, state, counters, work, call, s, begin + t, k, t, at + t)
            if len(work.taps):
                recorder.record(state, work, work.tapped[k], work.tapped[k + 1], work.history[t], at + t)
            for j in range(tables.into[k], tables.into[k + 1]):
                m = tables.incoming[j]
                if work.sent[t, tables.projections[m].port]:
                    arrived(tables, state, counters, work, m, send(tables, state, work, m, limit, t), t)
    fill(state.messages, 0)
    _copy_messages(tables, work, count - 1, state.messages)
    _end_block(tables, work, call.totals, call.selected, call.raster, at, block)
    state.time[0] = (begin + count - 1) % steps + 1 if reset else state.time[0] + count


@kernel
def _run_blocks(tables, state, counters, work, call, steps, reset, skip, limit):
    """All samples in blocks of steps; where all populations run ahead, a block may hold several samples."""
    row, rows, together = 0, len(call.spikes) * steps, tables.ahead.all()
    while row < rows:
        s, begin = row // steps, row % steps
        if reset and begin == 0:
            silence(tables, state)
            begin_sample(tables, s)
        count = min(rows - row if together else steps - begin, len(work.history))
        _run_block(tables, state, counters, work, call, (steps, reset, s, begin, count), row - skip, limit)
        row += count


def step_by_step(read: Callable[..., Any], write: Callable[..., Any]) -> Any:
    """The schedule of a network that learns or has cycles, compiled for where its sums come from and weights go to.

    `read(tables, state, work, k, limit, own)` brings the sums of projection k to where they arrive, and returns how
    many exceed `limit`. `write(tables, state, counters, work, samples, own)` follows learning in every step; `samples`:
    those that have ended with this step, 0 within one. `own`: what both know of, handed on as it is.
    """

    @kernel
    def run(tables, state, counters, work, call, steps, reset, learn, skip, limit, own):
        first, at = state.time[0], -skip
        for s in range(len(call.spikes)):
            if reset:
                silence(tables, state)
                begin_sample(tables, s)
            for step in range(steps):
                for k in range(len(tables.populations)):
                    _populate(tables, state, counters, work, call, s, step, k, 0, at)
                for k in range(len(tables.projections)):
                    if work.sent[0, tables.projections[k].port]:
                        arrived(tables, state, counters, work, k, read(tables, state, work, k, limit, own), 0)
                learn_all(tables, state, counters, work, call, first, learn)
                ended = (state.time[0] + 1) // steps if step == steps - 1 else 0
                write(tables, state, counters, work, ended, own)
                if len(work.taps):
                    recorder.record(state, work, 0, len(work.taps), work.history[0], at)
                end_step(tables, state, work, call, s, at)
                at += 1

    return run


@merged
def _read(tables, state, work, k, limit, own):
    """Sums of integer weights."""
    return send(tables, state, work, k, limit, 0)


@merged
def _write(tables, state, counters, work, samples, own):
    """Weights are where learning has changed them."""


_run_steps = step_by_step(_read, _write)


def _make_run(source_hash: int) -> Any:
    @entry
    def run(
        groups, spikes, payloads, sources, numbers, impulses, selected, totals, raster, membrane, steps, reset, learn,
        skip, limit,
    ):  # fmt: skip
        """Run all samples of `steps` steps; see `Call` for the arrays, and `machine.Machine` for the rest."""
        version = source_hash
        tables, state, counters, work = members(groups)
        call = shared(Call(spikes, payloads, sources, numbers, impulses, selected, totals, raster, membrane))
        if len(tables.order):
            _run_blocks(tables, state, counters, work, call, steps, reset, skip, limit)
        else:
            _run_steps(tables, state, counters, work, call, steps, reset, learn, skip, limit, ())
        return version

    return run


run_kernel = _make_run(hash_of(Path(__file__).parent))
