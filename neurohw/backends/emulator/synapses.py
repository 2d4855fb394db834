"""Messages through weights: event-driven accumulation, the shift by the exponent, delays, the one-step buffer."""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator.jit import kernel

I32, I16 = np.int32, np.int16
ROWS_IN_INT16 = 127  # of weights -256..255


@kernel
def deliver(arriving, into):
    """Add what arrives this step to the inputs of the postsynaptic population, and empty the slot."""
    for j in range(len(into)):
        into[j] = I32(into[j] + arriving[j])
        arriving[j] = 0


@kernel
def find_events(messages, fan_out, counts, events):
    """List the presynaptic neurons that sent something, and count them; return how many, and their fan-out."""
    n, ops = 0, 0
    for i in range(len(messages)):
        if messages[i] != 0:
            events[n] = i
            n += 1
            counts[i] += 1
            ops += fan_out[i]
    return n, ops


@kernel
def propagate(
    q, messages, weights, rows, columns, delays, ring, dirty, overflow, events, accumulator, time, limit
):  # fmt: skip
    """Accumulate the fan-out of the events and put it into the slots where it arrives."""
    acc = accumulator[: q.n_post * (q.slots if q.delays >= 0 else 1)]
    acc[:] = 0
    if q.sparse:
        _sparse(q, messages, weights, rows, columns, events, acc)
    elif q.delays >= 0:
        _delayed(q, messages, weights, delays, events, acc)
    else:
        weights = weights[q.weight : q.weight + np.int64(q.n_pre) * q.n_post]
        if q.graded:
            _dense_graded(weights, messages, events, acc)
        else:
            _dense_binary(weights, events, acc)
    for d in range(q.slots if q.delays >= 0 else 1):
        slot = (time + 1 + (d if q.delays >= 0 else q.delay)) % q.slots
        start = q.ring + slot * q.n_post
        part = acc[d * q.n_post : (d + 1) * q.n_post]
        overflow[0] += _store(part, ring[start : start + q.n_post], q.exponent, limit)
        dirty[q.flags + slot] = 1


@kernel
def _dense_graded(weights, messages, events, acc):
    """Four rows at a time: a row is read once, the accumulator a quarter as often."""
    size, n, e = len(acc), len(events), 0
    while e + 4 <= n:
        i0, i1, i2, i3 = events[e], events[e + 1], events[e + 2], events[e + 3]
        r0, r1 = weights[i0 * size : (i0 + 1) * size], weights[i1 * size : (i1 + 1) * size]
        r2, r3 = weights[i2 * size : (i2 + 1) * size], weights[i3 * size : (i3 + 1) * size]
        s0, s1, s2, s3 = messages[i0], messages[i1], messages[i2], messages[i3]
        for j in range(size):
            first = I32(I32(s0 * I32(r0[j])) + I32(s1 * I32(r1[j])))
            second = I32(I32(s2 * I32(r2[j])) + I32(s3 * I32(r3[j])))
            acc[j] = I32(acc[j] + I32(first + second))
        e += 4
    while e < n:
        s, row = messages[events[e]], weights[events[e] * size : (events[e] + 1) * size]
        for j in range(size):
            acc[j] = I32(acc[j] + I32(s * I32(row[j])))
        e += 1


@kernel
def _dense_binary(weights, events, acc):
    """Sum rows in int16, twice as many a vector as int32, and carry over before |256 n| can leave the range."""
    size, n, e = len(acc), len(events), 0
    short = np.zeros(size, I16)
    while e < n:
        stop = min(n, e + ROWS_IN_INT16)
        while e + 4 <= stop:
            i0, i1, i2, i3 = events[e], events[e + 1], events[e + 2], events[e + 3]
            r0, r1 = weights[i0 * size : (i0 + 1) * size], weights[i1 * size : (i1 + 1) * size]
            r2, r3 = weights[i2 * size : (i2 + 1) * size], weights[i3 * size : (i3 + 1) * size]
            for j in range(size):
                short[j] = I16(short[j] + I16(I16(r0[j] + r1[j]) + I16(r2[j] + r3[j])))
            e += 4
        while e < stop:
            row = weights[events[e] * size : (events[e] + 1) * size]
            for j in range(size):
                short[j] = I16(short[j] + row[j])
            e += 1
        for j in range(size):
            acc[j] = I32(acc[j] + I32(short[j]))
            short[j] = 0


@kernel
def _delayed(q, messages, weights, delays, events, acc):
    """Every synapse has its own delay: accumulate each delay apart, as the shift comes after the sum."""
    for i in events:
        s = messages[i] if q.graded else I32(1)
        for j in range(q.n_post):
            k = delays[q.delays + i * q.n_post + j] * q.n_post + j
            acc[k] = I32(acc[k] + I32(s * I32(weights[q.weight + i * q.n_post + j])))


@kernel
def _sparse(q, messages, weights, rows, columns, events, acc):
    for i in events:
        s = messages[i] if q.graded else I32(1)
        for k in range(rows[q.rows + i], rows[q.rows + i + 1]):
            j = columns[q.column + k]
            acc[j] = I32(acc[j] + I32(s * I32(weights[q.weight + k])))


@kernel
def _store(acc, ring, exponent, limit):
    """Shift by the exponent and add to the slot; return how many sums leave the accumulator's range."""
    beyond, left, right, top = I32(0), I32(max(0, exponent)), I32(max(0, -exponent)), I32(limit)
    for j in range(len(ring)):
        value = I32(I32(acc[j] << left) >> right)
        beyond = I32(beyond + I32((value > top) | (value < -top)))
        ring[j] = I32(ring[j] + value)
    return beyond
