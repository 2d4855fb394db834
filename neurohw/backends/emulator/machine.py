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
from numba import njit

from neurohw.backends.emulator import (
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
from neurohw.backends.emulator.jit import kernel, shared, untracked
from neurohw.backends.emulator.lanes import COLUMNS
from neurohw.backends.emulator.population import LIF, SOURCE
from neurohw.backends.emulator.rows import fill
from neurohw.backends.emulator.tables import UNKNOWN


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


@kernel
def sent_by(q, work, t):
    """Messages of a projection's presynaptic neurons in row t of the block, and who sent one."""
    events = work.events[t, q.message : q.message + work.sent[t, q.port]]
    return work.history[t, q.message : q.message + q.n_pre], events


@kernel
def send(tables, state, work, k, limit, t):
    """Send messages through the synapses of projection k; return how many sums exceed `limit`."""
    q, time = tables.projections[k], state.time[0] + t
    sent, events = sent_by(q, work, t)
    if q.plastic < 0:
        return synapses.propagate(
            q, sent, events, tables.mantissas, tables.rows, tables.columns, tables.delays, state.inputs,
            state.ring, state.dirty, work.sums, time, limit,
        )  # fmt: skip
    return synapses.propagate(
        q, sent, events, state.weights, tables.rows, tables.columns, tables.delays, state.inputs,
        state.ring, state.dirty, work.sums, time, limit,
    )  # fmt: skip


@kernel
def arrived(tables, state, counters, work, k, beyond, t):
    """Note that the messages of projection k are through; plastic ones remember who spoke."""
    q = tables.projections[k]
    if q.plastic >= 0:
        _, events = sent_by(q, work, t)
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
def end_block(state, work, total, selected, raster, at, count):
    """Add to the recorded sums, keep the steps that are in the window, and move on by `count` steps."""
    for t in range(count):
        row = work.history[t]
        for k in range(len(selected)):
            port, start, _, into = selected[k]
            for e in range(work.sent[t, port]):
                i = work.events[t, start + e]
                total[into + i] += row[start + i]
        if 0 <= at + t < len(raster):
            for i in range(raster.shape[1]):
                raster[at + t, i] = row[i]
    state.time[0] += count


@kernel
def _run_ahead(tables, state, counters, work, k, count, membrane, at, limit):
    """Population k, whose inputs do not depend on what it does itself, through `count` steps."""
    p = tables.populations[k]
    size, a = np.int64(p.size), p.inputs[0]
    heard = work.heard[: (count + 1) * size].reshape((count + 1, size))
    for i in range(size):
        heard[0, i] = state.inputs[a + i]
    fill(work.heard[size : (count + 1) * size], 0)
    for n in range(tables.into[k], tables.into[k + 1]):
        m = tables.incoming[n]
        q, j, beyond = tables.projections[m], 0, 0
        port, message, block = q.port, q.message, np.int64(q.n_pre) * COLUMNS
        share = (q.n_pre + count - 1) // count * COLUMNS  # of the next block, in a step of this one
        while j < q.n_post:
            place, following = synapses.columns(q, j, limit), q.weight + j * q.n_pre + block
            end = min(following + block, len(tables.mantissas))
            for t in range(count):
                synapses.fetch(tables.mantissas, following + t * share, min(following + (t + 1) * share, end))
                beyond += synapses.add_columns(
                    place, tables.mantissas, work.events[t], message, work.sent[t, port], work.sums, heard[t + 1], j
                )
            j += synapses.columns_from(q, j)
        counters.projection_overflows[m, 0] += beyond
    for t in range(count):
        row, sent, events = work.history[t], work.sent[t], work.events[t]
        lif.step(p, k, tables, state, counters, row, sent, events, heard[t], state.time[0] + t, membrane, at + t)
    for i in range(size):
        state.inputs[a + i] = heard[count, i]


@kernel
def _run_block(
    tables, state, counters, work, spikes, payloads, begin, count, sources, total, selected, raster, membrane, at,
    limit,
):  # fmt: skip
    """Steps begin .. begin + count - 1 of a sample, a population at a time."""
    for n in range(len(tables.order)):
        k = tables.order[n]
        if tables.ahead[k]:
            _run_ahead(tables, state, counters, work, k, count, membrane, at, limit)
            continue
        for t in range(count):
            _populate(tables, state, counters, work, spikes, payloads, begin + t, sources, k, t, membrane, at + t)
            for j in range(tables.into[k], tables.into[k + 1]):
                m = tables.incoming[j]
                if work.sent[t, tables.projections[m].port]:
                    arrived(tables, state, counters, work, m, send(tables, state, work, m, limit, t), t)
    last = work.history[count - 1]
    for i in range(len(last)):
        state.messages[i] = last[i]
    end_block(state, work, total, selected, raster, at, count)


def _make_run(source_hash: int) -> Any:
    @njit(cache=True, nogil=True)
    def run(
        tables, state, counters, work, spikes, payloads, steps, reset, learn, sources, numbers, impulses, selected,
        totals, raster, membrane, skip, limit,
    ):  # fmt: skip
        """Run all samples of `steps` steps; see `neurohw.backends.emulator.run` for the arguments."""
        version = source_hash
        tables, state, counters, work = shared(tables), shared(state), shared(counters), shared(work)
        spikes, payloads, sources = untracked(spikes), untracked(payloads), untracked(sources)
        numbers, impulses, selected = untracked(numbers), untracked(impulses), untracked(selected)
        totals, raster, membrane = untracked(totals), untracked(raster), untracked(membrane)
        first, at = state.time[0], -skip
        for s in range(len(spikes)):
            if reset:
                silence(state)
            for begin in range(0, steps if len(tables.order) else 0, len(work.history)):
                count = min(steps - begin, len(work.history))
                _run_block(
                    tables, state, counters, work, spikes[s], payloads[s], begin, count, sources, totals[s], selected,
                    raster, membrane, at, limit,
                )  # fmt: skip
                at += count
            for step in range(0 if len(tables.order) else steps):
                begin_step(tables, state, counters, work, spikes[s], payloads[s], step, sources, membrane, at)
                for k in range(len(tables.projections)):
                    if work.sent[0, tables.projections[k].port]:
                        arrived(tables, state, counters, work, k, send(tables, state, work, k, limit, 0), 0)
                learn_all(tables, state, counters, work, numbers, impulses, first, learn)
                end_block(state, work, totals[s], selected, raster, at, 1)
                at += 1
        return version

    return run


def hash_of_kernels() -> int:
    """Changes with every edit of the kernels."""
    modules = (
        events, jit, lanes, learning, lif, neurons, population, readout, rows, synapses, tables, traces, updates,
    )  # fmt: skip
    files = (Path(module.__file__ or "") for module in modules)
    return zlib.crc32(b"".join(f.read_bytes() for f in (*files, Path(__file__))))


run_kernel = _make_run(hash_of_kernels())
