"""A learning run on arrays, in one compiled call: the integer machine of the emulator, whose sums come from arrays.

Neurons, hinges, traces, tags and rules are digital, so they are the emulator's own. A projection whose weights lie on
arrays is read from them instead, digit by digit, with read noise and converters; and where learning writes with
pulses, each unit by which the rule moves a weight is one pulse to a cell, in the step in which it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neurohw.backends.crossbar import reads
from neurohw.backends.crossbar.tables import GROUP, PULSES, SHADOW
from neurohw.machine import steps as machine_steps
from neurohw.machine import synapses
from neurohw.machine.layout.tables import Call
from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import entry, hash_of, kernel, members, merged, shared
from neurohw.machine.steps import send, sent_by, step_by_step

I32 = np.int32


@kernel
def _drive(a, count, room):
    """Find the planes that drive any row: what their digits count, in order; return how many."""
    mask, seen, planes = (1 << a.bits) - 1, np.int64(0), 0
    for k in range(count):
        seen |= room.digits[k]
    for plane in range(a.planes):
        if (seen >> (plane * a.bits)) & mask:
            room.shifts[planes], room.places[planes] = plane * a.bits, np.int64(1) << (plane * a.bits)
            room.driven[planes], room.spent[planes] = 0, 0
            planes += 1
    return planes


@kernel
def _add_rows(a, arrays, room, count, planes, currents, deviations):
    """Currents and variances of the digits of all awake inputs, by plane, and what that drives and spends.

    A few rows at a time go to all planes: the arrays of a projection are larger than the caches near the core.
    """
    mask, width, columns = (1 << a.bits) - 1, currents.shape[1], deviations.shape[1]
    currents[:] = 0
    deviations[:] = 0
    for start in range(0, count, GROUP):
        for p in range(planes):
            rows = 0
            for k in range(start, min(start + GROUP, count)):
                digit = (room.digits[k] >> room.shifts[p]) & mask
                if digit == 0:
                    continue
                i = room.rows[k]
                room.spent[p] += digit * digit * arrays.power[a.row + i]
                room.entries[rows], room.factors[rows] = a.entry + i * a.converters, digit
                room.noises[rows], room.squares[rows] = a.deviation + i * a.columns, digit * digit
                rows += 1
            room.driven[p] += rows
            if mask == 1:
                _add_ones(currents[p], arrays.matrix, room.entries, rows, width)
                _add_ones(deviations[p], arrays.variance, room.noises, rows, columns)
            else:
                _add(currents[p], arrays.matrix, room.entries, room.factors, rows, width)
                _add(deviations[p], arrays.variance, room.noises, room.squares, rows, columns)


@kernel
def _add(out, table, places, factors, count, width):
    """Add rows of a table, which begin at `places`, times their factors: one after the other, four in one pass."""
    full = count - count % 4
    for k in range(0, full, 4):
        a, b = table[places[k] : places[k] + width], table[places[k + 1] : places[k + 1] + width]
        c, d = table[places[k + 2] : places[k + 2] + width], table[places[k + 3] : places[k + 3] + width]
        e, f, g, h = factors[k], factors[k + 1], factors[k + 2], factors[k + 3]
        for j in range(width):
            out[j] = out[j] + e * a[j] + f * b[j] + g * c[j] + h * d[j]
    for k in range(full, count):
        a, e = table[places[k] : places[k] + width], factors[k]
        for j in range(width):
            out[j] += e * a[j]


@kernel
def _add_ones(out, table, places, count, width):
    """The same for factors of one, eight in one pass: with less to do for a row, its loads and stores count."""
    k = 0
    while k + 8 <= count:
        a, b = table[places[k] : places[k] + width], table[places[k + 1] : places[k + 1] + width]
        c, d = table[places[k + 2] : places[k + 2] + width], table[places[k + 3] : places[k + 3] + width]
        e, f = table[places[k + 4] : places[k + 4] + width], table[places[k + 5] : places[k + 5] + width]
        g, h = table[places[k + 6] : places[k + 6] + width], table[places[k + 7] : places[k + 7] + width]
        for j in range(width):
            out[j] = out[j] + a[j] + b[j] + c[j] + d[j] + e[j] + f[j] + g[j] + h[j]
        k += 8
    while k + 3 <= count:
        a, b = table[places[k] : places[k] + width], table[places[k + 1] : places[k + 1] + width]
        c = table[places[k + 2] : places[k + 2] + width]
        for j in range(width):
            out[j] = out[j] + a[j] + b[j] + c[j]
        k += 3
    while k < count:
        a = table[places[k] : places[k] + width]
        for j in range(width):
            out[j] += a[j]
        k += 1


@kernel
def _disturb(current, deviation, plus, minus, rng):
    """Add read noise: a normal deviate a column, shared by the converters that it feeds."""
    for c in range(len(deviation)):
        deviation[c] = np.sqrt(deviation[c])
    for c in range(len(deviation)):
        deviation[c] *= rng.standard_normal()
    for c in range(len(current)):
        current[c] += deviation[plus[c]]
        if minus[c] >= 0:
            current[c] -= deviation[minus[c]]


@kernel
def _follow(a, current, step, inverse, top):
    """Widen the range of calibrated converters to the largest current so far: that of outputs, and that of the rest."""
    own = a.blocks * a.outputs
    for part in range(2):
        first, last = (0, own) if part == 0 else (own, len(top))
        if first == last:
            continue
        largest = current.dtype.type(0)
        for p in range(len(current)):
            for c in range(first, last):
                largest = max(largest, abs(current[p, c]))
        if largest > step[first] * top[first]:
            for c in range(first, last):
                step[c] = largest / top[c]
                inverse[c] = top[c] / largest


@kernel
def _read_array(a, n, arrays, counts, room, rng, messages, events, sign):
    """Add the outputs of one array for inputs of one sign to the sums."""
    count, limit = 0, (1 << (a.planes * a.bits)) - 1
    for i in events:
        value = sign * messages[i]
        if value > 0 and a.first_input <= i < a.first_input + a.inputs:
            room.rows[count], room.digits[count] = i - a.first_input, min(np.int64(value), limit)
            count += 1
    own = slice(a.converter, a.converter + a.converters)
    plus, minus = arrays.plus[own], arrays.minus[own]
    counts.reads[n] += a.planes
    planes, width, columns = _drive(a, count, room), np.int64(a.converters), np.int64(a.columns if a.noisy else 0)
    if planes == 0:  # all its inputs are silent, so that there is neither current nor noise
        return
    current = room.currents[: planes * width].reshape((planes, width))
    deviation = room.deviations[: planes * columns].reshape((planes, columns))
    _add_rows(a, arrays, room, count, planes, current, deviation)
    for p in range(planes):
        counts.active[n] += room.driven[p] * a.rows_per_input
        counts.energy[n] += room.spent[p]
        if a.noisy:
            _disturb(current[p], deviation[p], plus, minus, rng)
    if a.calibrated:
        _follow(a, current, arrays.step[own], arrays.inverse[own], arrays.top[own])
    outputs = room.part[: a.outputs]
    outputs[:] = 0
    blocks, width = np.int64(a.blocks), np.int64(a.outputs)
    reads.convert(
        current, room.places[:planes], arrays.step[own], arrays.inverse[own], arrays.bottom[own], arrays.top[own],
        arrays.coefficients[a.coefficient : a.coefficient + blocks * width].reshape((blocks, width)),
        arrays.common[a.common : a.common + a.shared * width].reshape((np.int64(a.shared), width)),
        room.codes, outputs.reshape((np.int64(1), width)), counts.clipped[n : n + 1],
    )  # fmt: skip
    for j in range(a.outputs):
        room.sums[a.first_output + j] += sign * a.factor * outputs[j]


@kernel
def _hears(q, p, time):
    """Whether the postsynaptic population listens in the next step: spiking CLAPP layers do so for a part of a fixation
    only, and the counts that set their traces come after it."""
    if p.steps == 0 or q.input != p.inputs[0]:
        return True
    return p.layer < (time + 1) % p.period + 1 <= p.layer + p.steps


@kernel
def read_arrays(tables, state, work, k, limit, arrays, counts, room, rng):
    """Sums of projection k from its arrays, to where they arrive; return how many exceed `limit`."""
    q = tables.projections[k]
    if not _hears(q, tables.populations[q.post], state.time[0]):
        return 0
    sent, events = sent_by(tables, q, work, 0)
    if not q.graded:
        for i in events:
            work.busy[i] = 1
        sent = work.busy
    room.sums[: q.n_post] = 0
    planes = arrays.records[arrays.first[k]].planes * arrays.records[arrays.first[k]].bits
    for sign in (1, -1):
        awake = False
        for i in events:
            awake |= sign * sent[i] > 0
            counts.beyond[k] += sign * sent[i] > (1 << planes) - 1
        if awake:
            counts.vectors[k] += 1
            for n in range(arrays.first[k], arrays.first[k + 1]):
                _read_array(arrays.records[n], n, arrays, counts, room, rng, sent, events, sign)
    acc = work.sums[: q.n_post]
    for j in range(q.n_post):
        acc[j] = I32(I32(np.rint(room.sums[j])) << I32(arrays.truncated[k]))
    return synapses.place(q, acc, q.exponent, state.inputs, state.ring, state.dirty, state.time[0], limit)


@kernel
def _pulsed(cell, a, size, up, gain, how, rng):
    """A cell after `size` pulses."""
    gain *= how.step * (1 + how.asymmetry / 2 if up else 1 - how.asymmetry / 2)
    for _ in range(size):
        x = (cell - a.low) / (a.high - a.low)
        moved = gain * (1 - how.slope * (x if up else 1 - x))
        if how.spread > 0:
            moved *= 1 + how.spread * rng.standard_normal()
        cell = min(a.high, max(a.low, cell + (moved if up else -moved)))
    return cell


@kernel
def _move(a, n, arrays, counts, i, j, units, how, rng):
    """Pulses for `units` of the weight from input i to output j of one array: up on the cell of their sign where
    weights are pairs, else up or down on the weight's one cell."""
    below = a.pairs and units < 0
    at = a.cell + i * a.rows_per_input * a.columns + j * a.columns_per_output + (a.minus_cell if below else 0)
    up, size = a.pairs or units > 0, abs(units)
    before, gain = arrays.cells[at], arrays.gain[at]
    counts.pulses[n] += size
    if gain == 0:
        return
    after = _pulsed(before, a, size, up, gain, how, rng)
    counts.ended[n] += (after >= a.high) if up else (after <= a.low)
    arrays.cells[at] = after
    change = (arrays.cells[at] - before) * arrays.ratio[at]
    entry = a.entry + i * a.converters + j + (a.minus_converter if below else 0)
    arrays.matrix[entry] += change * (a.minus_sign if below else 1)
    arrays.power[a.row + i] += change * a.joule


@kernel
def pulse(tables, state, work, k, arrays, counts, how, rng):
    """Pulses for what learning asked of the weights of plastic projection k, which start from 0 again."""
    q = tables.projections[tables.plastics[k].projection]
    first, last = arrays.first[tables.plastics[k].projection], arrays.first[tables.plastics[k].projection + 1]
    for i in range(q.n_pre):
        start, stop = tables.rows[q.rows + i], tables.rows[q.rows + i + 1]
        if rows.count(work.pending[q.weight + start : q.weight + stop]) == 0:
            continue
        for s in range(start, stop):
            units = np.int64(work.pending[q.weight + s])
            if units == 0:
                continue
            work.pending[q.weight + s] = 0
            j = np.int64(tables.columns[q.column + s]) if q.sparse else s - start
            for n in range(first, last):
                a = arrays.records[n]
                row, column = i - a.first_input, j - a.first_output
                if 0 <= row < a.inputs and 0 <= column < a.outputs:
                    _move(a, n, arrays, counts, row, column, units, how, rng)


@kernel
def count_cells(tables, state, k):
    """Fan-outs of plastic projection k where pulses write: its weights are in cells, of which none is ever zero."""
    q = tables.projections[tables.plastics[k].projection]
    for i in range(q.n_pre):
        state.fan_out[q.fan + i] = tables.rows[q.rows + i + 1] - tables.rows[q.rows + i]


@kernel
def _digit_current(a, value, s):
    """Digit s of a weight and, of the other cell of a pair, that of its negative part."""
    if a.pairs:
        return _digit(max(value, 0), a.base, s, a.slices), _digit(max(-value, 0), a.base, s, a.slices)
    return _digit(value + a.offset, a.base, s, a.slices), 0


@kernel
def _digit(value, base, s, slices):
    return value if slices == 1 else value // base**s % base


@kernel
def _rewrite_weight(a, n, arrays, counts, i, j, old, new):
    """Program the cells of one weight whose digits change."""
    for s in range(a.slices):
        plus, minus = _digit_current(a, new, s)
        plus_before, minus_before = _digit_current(a, old, s)
        counts.written[n] += (plus != plus_before) + (minus != minus_before)
        up, down = plus - plus_before, minus - minus_before
        entry = a.entry + i * a.converters + s * a.outputs + j
        if a.pairs and a.apart:
            arrays.matrix[entry] += up
            arrays.matrix[entry + a.slices * a.outputs] += down
        else:
            arrays.matrix[entry] += up - down
        arrays.power[a.row + i] += (up + down) * a.joule


@kernel
def rewrite(tables, state, k, arrays, counts):
    """Bring the cells of plastic projection k up to the digital weights."""
    projection = tables.plastics[k].projection
    q, first, last = tables.projections[projection], arrays.first[projection], arrays.first[projection + 1]
    for i in range(q.n_pre):
        start, stop = tables.rows[q.rows + i], tables.rows[q.rows + i + 1]
        row, held = state.weights[q.weight + start : q.weight + stop], arrays.held[q.weight + start : q.weight + stop]
        if not _differ(row, held):
            continue
        for s in range(len(row)):
            if row[s] == held[s]:
                continue
            j = np.int64(tables.columns[q.column + start + s]) if q.sparse else s
            for n in range(first, last):
                a = arrays.records[n]
                r, c = i - a.first_input, j - a.first_output
                if 0 <= r < a.inputs and 0 <= c < a.outputs:
                    _rewrite_weight(a, n, arrays, counts, r, c, np.int64(held[s]), np.int64(row[s]))
            held[s] = row[s]


@kernel
def _differ(a, b):
    found = np.int16(0)
    for k in range(len(a)):
        found |= a[k] ^ b[k]
    return found != 0


@merged
def _read(tables, state, work, k, limit, own):
    """Sums of projection k, from its arrays if it has any."""
    arrays, counts, room, _, rng = own
    if arrays.first[k] < arrays.first[k + 1]:
        return read_arrays(tables, state, work, k, limit, arrays, counts, room, rng)
    return send(tables, state, work, k, limit, 0)


@merged
def _write(tables, state, counters, work, samples, own):
    """Write what learning has changed: with pulses at once, else when so many samples have ended."""
    arrays, counts, room, how, rng = own
    if how.method == PULSES:
        for k in range(len(tables.plastics)):
            if counters.learning[k, 0] == room.seen[k, 0]:
                continue
            count_cells(tables, state, k)  # learning has counted what is pending
            if counters.learning[k, 2] != room.seen[k, 2]:
                pulse(tables, state, work, k, arrays, counts, how, rng)
            for n in range(3):
                room.seen[k, n] = counters.learning[k, n]
    elif how.method == SHADOW and samples and samples % how.every == 0:
        for k in range(len(tables.plastics)):
            rewrite(tables, state, k, arrays, counts)


_run_steps = step_by_step(_read, _write)


def _make_run(source_hash: int) -> Any:
    @entry
    def run(
        groups, spikes, payloads, sources, numbers, impulses, selected, totals, raster, membrane, steps, reset, learn,
        skip, limit, on_arrays, how, rng,
    ):  # fmt: skip
        """The machine's run, with arrays: `on_arrays` are the `Arrays`, `Counts` and `Room` of `tables`."""
        version = source_hash
        tables, state, counters, work = members(groups)
        arrays, counts, room = members(on_arrays)
        room.seen[:] = counters.learning
        if how.method == PULSES:
            for k in range(len(tables.plastics)):
                count_cells(tables, state, k)
        call = shared(Call(spikes, payloads, sources, numbers, impulses, selected, totals, raster, membrane))
        own = arrays, counts, room, how, rng
        _run_steps(tables, state, counters, work, call, steps, reset, learn, skip, limit, own)
        return version

    return run


run_kernel = _make_run(hash_of(Path(__file__).parent, Path(machine_steps.__file__).parent))
