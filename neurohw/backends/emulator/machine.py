"""Many steps of a network in one compiled call.

Networks that learn or have cycles go step by step: all populations, then all projections, then learning. In others
nothing that a population does depends on a later one, so each runs through a block of steps before the next begins:
its states and weights stay in the nearest cache, and what to do is decided once in many steps. The numbers are equal.

numba's cache knows only the file of the function it caches. The entry point is therefore made by a factory that
closes over a hash of all kernel files: numba puts closure values into the cache key, so an edit anywhere recompiles.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from neurohw.backends.emulator import (
    ahead,
    events,
    jit,
    lanes,
    learning,
    lif,
    neurons,
    population,
    readout,
    rows,
    synapses,
    tables,
    traces,
    updates,
)
from neurohw.backends.emulator.events import speakers
from neurohw.backends.emulator.jit import entry, kernel, members, merged, untracked
from neurohw.backends.emulator.rows import fill
from neurohw.backends.emulator.tables import LIF, SOURCE, UNKNOWN


@kernel
def silence(state):
    """Back to step 0: states, traces and messages in flight, not weights or tags."""
    state.time[0] = 0
    fill(state.messages, 0)
    fill(state.inputs, 0)
    fill(state.ring, 0)
    fill(state.dirty, 0)
    fill(state.fed, 0)
    for row in range(len(state.cells)):
        fill(state.cells[row], 0)
    fill(state.x, 0)
    fill(state.y, 0)


@kernel
def _populate(tables, state, counters, work, spikes, payloads, step, sources, k, t, membrane, at):
    """Population k in step `step` of a sample, which is row t of the block."""
    p, time = tables.populations[k], state.time[0] + t
    row, sent, events = work.history[t], work.sent[t], work.events[t]
    population.deliver(tables, state, k, time)
    if p.kind == LIF:
        heard = state.inputs[p.inputs[0] : p.inputs[0] + p.size]
        lif.step(p, k, tables, state, counters, row, sent, events, heard, time, membrane, at)
    elif p.kind != SOURCE:
        population.step(p, k, tables, state, counters, work, row, sent, events, time, membrane, at)
    else:
        first = sources[p.source]
        if len(spikes):
            population.emit(p, spikes, step, first, row, sent, counters.messages, events)
        else:
            population.emit(p, payloads, step, first, row, sent, counters.messages, events)
        counters.active[k, 0] += sent[p.ports[0]]
        counters.active[k, 1] += sent[p.ports[0]]


@kernel
def begin_step(tables, state, counters, work, spikes, payloads, step, sources, membrane, at):
    """All populations in one step."""
    for k in range(len(tables.populations)):
        _populate(tables, state, counters, work, spikes, payloads, step, sources, k, 0, membrane, at)


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


@kernel
def end_step(tables, state, work, total, selected, raster, at):
    """Add to the recorded sums, keep the step if it is in the window, and move on."""
    for k in range(len(selected)):
        _add_up(tables, work, total, selected[k], 0, 1)
    if 0 <= at < len(raster):
        _copy_messages(tables, work, 0, raster[at])
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
        for o in range(3):
            if p.outputs[o] >= 0:
                port, start = p.ports[o], p.outputs[o]
                for i in speakers(tables, work, port, start, t):
                    into[start + i] = 1 if tables.early[port] == 2 else work.history[t, start + i]


@kernel
def _run_block(
    tables, state, counters, work, spikes, payloads, block, sources, totals, selected, raster, membrane, at, limit,
):  # fmt: skip
    """A block of steps, a population at a time: (steps of a sample, reset, sample, its step, how many in all)."""
    steps, reset, s, begin, count = block
    for n in range(len(tables.order)):
        k = tables.order[n]
        if tables.ahead[k]:
            ahead.run(tables, state, counters, work, spikes, payloads, sources, k, block, membrane, at, limit)
            continue
        for t in range(count):
            _populate(tables, state, counters, work, spikes[s], payloads[s], begin + t, sources, k, t, membrane, at + t)
            for j in range(tables.into[k], tables.into[k + 1]):
                m = tables.incoming[j]
                if work.sent[t, tables.projections[m].port]:
                    arrived(tables, state, counters, work, m, send(tables, state, work, m, limit, t), t)
    fill(state.messages, 0)
    _copy_messages(tables, work, count - 1, state.messages)
    _end_block(tables, work, totals, selected, raster, at, block)
    state.time[0] = (begin + count - 1) % steps + 1 if reset else state.time[0] + count


def _make_run(source_hash: int) -> Any:
    @entry
    def run(
        groups, spikes, payloads, steps, reset, learn, sources, numbers, impulses, selected, totals, raster, membrane,
        skip, limit,
    ):  # fmt: skip
        """Run all samples of `steps` steps; see `neurohw.backends.emulator.run` for the arguments."""
        version = source_hash
        tables, state, counters, work = members(groups)
        spikes, payloads, sources = untracked(spikes), untracked(payloads), untracked(sources)
        numbers, impulses, selected = untracked(numbers), untracked(impulses), untracked(selected)
        totals, raster, membrane = untracked(totals), untracked(raster), untracked(membrane)
        first, at = state.time[0], -skip
        row, rows, together = 0, len(spikes) * steps, tables.ahead.all()
        while len(tables.order) and row < rows:
            s, begin = row // steps, row % steps
            if reset and begin == 0:
                silence(state)
            count = min(rows - row if together else steps - begin, len(work.history))
            block = steps, reset, s, begin, count
            _run_block(
                tables, state, counters, work, spikes, payloads, block, sources, totals, selected, raster, membrane,
                at + row, limit,
            )  # fmt: skip
            row += count
        for s in range(0 if len(tables.order) else len(spikes)):
            if reset:
                silence(state)
            for step in range(steps):
                begin_step(tables, state, counters, work, spikes[s], payloads[s], step, sources, membrane, at)
                for k in range(len(tables.projections)):
                    if work.sent[0, tables.projections[k].port]:
                        arrived(tables, state, counters, work, k, send(tables, state, work, k, limit, 0), 0)
                learn_all(tables, state, counters, work, numbers, impulses, first, learn)
                end_step(tables, state, work, totals[s], selected, raster, at)
                at += 1
        return version

    return run


def hash_of_kernels() -> int:
    """Changes with every edit of the kernels."""
    modules = (
        ahead, events, jit, lanes, learning, lif, neurons, population, readout, rows, synapses, tables, traces, updates,
    )  # fmt: skip
    files = (Path(module.__file__ or "") for module in modules)
    return zlib.crc32(b"".join(f.read_bytes() for f in (*files, Path(__file__))))


run_kernel = _make_run(hash_of_kernels())
