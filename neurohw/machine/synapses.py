"""Messages through weights: event-driven accumulation, the shift by the exponent, delays.

The synapses of one presynaptic neuron lie side by side. Static weights are int8 mantissas, w = (stored << shift) +
offset, since a step's time goes into reading them; plastic weights are int16 as they are (shift and offset 0).
"""

from __future__ import annotations

import numpy as np

from neurohw.machine.simd.jit import kernel, merged
from neurohw.machine.simd.lanes import COLUMNS, NEURONS, prefetch, sum_16_columns, sum_32_columns, sum_64_columns
from neurohw.machine.simd.rows import fill

I32 = np.int32


@merged
def deliver(arriving, into):
    """Add what arrives this step to the inputs of the postsynaptic population, and empty the slot."""
    for j in range(len(into)):
        into[j] = I32(into[j] + arriving[j])
        arriving[j] = 0


@kernel
def propagate(q, messages, events, weights, rows, columns, delays, inputs, ring, dirty, acc, narrow, time, limit):
    """Accumulate the fan-out of the events and put it where it arrives; return how many sums exceed `limit`."""
    if not (q.graded or q.shared or q.sparse or q.delays >= 0):
        return dense_binary(q, weights, events, acc, arriving(q, inputs, ring, dirty, time, q.delay), limit)
    acc = acc[: q.n_post * (q.slots if q.delays >= 0 else 1)]
    fill(acc, 0)
    if q.shared:
        _shared(q, messages, weights, events, acc)
    elif q.sparse:
        _sparse(q, messages, weights, rows, columns, events, acc)
    elif q.delays >= 0:
        _delayed(q, messages, weights, delays, events, acc)
    else:
        weights = weights[q.weight : q.weight + np.int64(q.n_pre) * q.n_post]
        _dense_graded(weights, messages, events, acc, narrow[: len(events)], q.shift, q.offset)
    exponent, beyond = q.exponent, 0
    if q.shared:
        beyond, exponent = _wrap(acc, q.exponent), 0
    return beyond + place(q, acc, exponent, inputs, ring, dirty, time, limit)


@merged
def arriving(q, inputs, ring, dirty, time, delay):
    """What the postsynaptic neurons hear in the next step, or `delay` steps after it."""
    if q.slots == 1:
        return inputs[q.input : q.input + q.n_post]
    slot = (time + 1 + delay) % q.slots
    dirty[q.flags + slot] = 1
    start = q.ring + slot * q.n_post
    return ring[start : start + q.n_post]


@merged
def place(q, acc, exponent, inputs, ring, dirty, time, limit):
    """Put sums where they arrive, shifted by the exponent; return how many exceed `limit`."""
    left, right, top = I32(max(0, exponent)), I32(max(0, -exponent)), I32(limit)
    if q.delays < 0:
        return _store(acc, arriving(q, inputs, ring, dirty, time, q.delay), left, right, top)
    beyond = 0
    for d in range(q.slots):
        part = acc[d * q.n_post : (d + 1) * q.n_post]
        beyond += _store(part, arriving(q, inputs, ring, dirty, time, d), left, right, top)
    return beyond


@merged
def _dense_graded(weights, messages, events, acc, narrow, shift, offset):
    """Payloads that are known to have 16 bits take half as long to multiply."""
    total, wide = I32(0), False
    for e in range(len(events)):
        s = messages[events[e]]
        narrow[e] = np.int16(s)
        wide |= narrow[e] != s
        total = I32(total + s)
    if wide:
        payloads = np.empty(len(events), np.int32)
        for e in range(len(events)):
            payloads[e] = messages[events[e]]
        _add_graded(weights, payloads, events, acc)
    else:
        _add_graded(weights, narrow, events, acc)
    if shift or offset:
        for j in range(len(acc)):
            acc[j] = I32(I32(acc[j] << I32(shift)) + I32(total * I32(offset)))


@merged
def _add_graded(weights, payloads, events, acc):
    """Four rows at a time: a row is read once, the accumulator a quarter as often."""
    size, n, e = len(acc), len(events), 0
    while e + 4 <= n:
        i0, i1, i2, i3 = events[e], events[e + 1], events[e + 2], events[e + 3]
        r0, r1 = weights[i0 * size : (i0 + 1) * size], weights[i1 * size : (i1 + 1) * size]
        r2, r3 = weights[i2 * size : (i2 + 1) * size], weights[i3 * size : (i3 + 1) * size]
        s0, s1, s2, s3 = I32(payloads[e]), I32(payloads[e + 1]), I32(payloads[e + 2]), I32(payloads[e + 3])
        for j in range(size):
            first = I32(I32(s0 * I32(r0[j])) + I32(s1 * I32(r1[j])))
            second = I32(I32(s2 * I32(r2[j])) + I32(s3 * I32(r3[j])))
            acc[j] = I32(acc[j] + I32(first + second))
        e += 4
    while e < n:
        s, row = I32(payloads[e]), weights[events[e] * size : (events[e] + 1) * size]
        for j in range(size):
            acc[j] = I32(acc[j] + I32(s * I32(row[j])))
        e += 1


@kernel
def dense_binary(q, weights, events, acc, into, limit):
    """Add the sums of rows to `into`; return how many exceed `limit`."""
    beyond, j = 0, 0
    while j < q.n_post:
        size = _columns_from(q, j)
        beyond += _add_columns(columns(q, j, limit), size, weights, events, acc, into, j)
        j += size
    return beyond


@kernel
def _columns_from(q, j):
    """How many columns `_add_columns` takes from j on."""
    return COLUMNS if j + COLUMNS <= q.n_post else NEURONS if j + NEURONS <= q.n_post else np.int64(q.n_post) - j


@merged
def columns(q, j, limit):
    """What adding up needs to know of the columns from j on: plain numbers, since fields of a table row would be
    read again for every sum. Where weights do not change, 64 columns of all rows lie together, so that they stay in the
    cache from one step to the next; the last are filled up with what adds nothing.
    """
    base, width = q.weight + j, np.int64(q.n_post)
    if q.blocked:
        start, width = j // COLUMNS * COLUMNS, np.int64(COLUMNS)
        base = q.weight + np.int64(start) * q.n_pre + j - start
    left, right = max(0, q.exponent), max(0, -q.exponent)
    return base, width, I32(q.shift + left), I32(q.offset << left), left, I32(right), I32(limit)


@merged
def add_64_columns(place, weights, events, acc, into, j, half):
    """Add sums of 64 `columns` of the rows of binary events to `into`, from j on; return how many exceed the limit.
    `half`: only 32 of them matter.

    They are added in int16, and carried over in `acc` before they can leave its range.
    """
    base, width, up, extra, left, right, top = place
    n, most, beyond = len(events), 255 if weights.itemsize == 1 else 127, 0  # of -128..127, or of -256..255
    if 0 < n <= most:
        plain = extra == 0 and right == 0 and (n << (8 + left)) <= top
        if half:
            return sum_32_columns(
                weights, base, width, events, 0, n, acc, into, j, up, extra, right, top, True, True, plain
            )
        return sum_64_columns(
            weights, base, width, events, 0, n, acc, into, j, up, extra, right, top, True, True, plain
        )
    for first in range(0, n, most):
        count, begins, ends = min(most, n - first), first == 0, first + most >= n
        beyond += sum_64_columns(
            weights, base, width, events, first, count, acc, into, j, up, extra, right, top, begins, ends, False
        )
    return beyond


@kernel
def _add_columns(place, size, weights, events, acc, into, j):
    """The same for `size` columns and all events."""
    base, width, up, extra, _, right, top = place
    n, most, beyond = len(events), 255 if weights.itemsize == 1 else 127, 0
    if size == COLUMNS:
        return add_64_columns(place, weights, events, acc, into, j, False)
    if size < NEURONS:
        fill(acc[j : j + size], 0)
        _last_columns(weights, base, width, events, acc[j : j + size], up, extra)
        return _store(acc[j : j + size], into[j : j + size], I32(0), right, top)
    for first in range(0, n, most):
        count, begins, ends = min(most, n - first), first == 0, first + most >= n
        beyond += sum_16_columns(
            weights, base, width, events, first, count, acc, into, j, up, extra, right, top, begins, ends, False
        )
    return beyond


@merged
def fetch(weights, start, stop):
    """Have blocked weights brought near before they are needed: events touch the rows of a block in no order that a
    processor foresees, so that each would wait for its first touch.
    """
    for place in range(start, stop, COLUMNS):
        prefetch(weights, place)


@kernel
def _last_columns(weights, base, width, events, acc, shift, offset):
    for e in events:
        row = weights[base + e * width : base + e * width + len(acc)]
        for j in range(len(acc)):
            acc[j] = I32(acc[j] + I32(I32(I32(row[j]) << shift) + offset))


@kernel
def _delayed(q, messages, weights, delays, events, acc):
    """Every synapse has its own delay: accumulate each delay apart, as the shift comes after the sum."""
    shift, offset = I32(q.shift), I32(q.offset)
    for i in events:
        s = messages[i] if q.graded else I32(1)
        for j in range(q.n_post):
            k = delays[q.delays + i * q.n_post + j] * q.n_post + j
            w = I32(I32(I32(weights[q.weight + i * q.n_post + j]) << shift) + offset)
            acc[k] = I32(acc[k] + I32(s * w))


@kernel
def _sparse(q, messages, weights, rows, columns, events, acc):
    shift, offset = I32(q.shift), I32(q.offset)
    for i in events:
        s = messages[i] if q.graded else I32(1)
        for k in range(rows[q.rows + i], rows[q.rows + i + 1]):
            j = columns[q.column + k]
            w = I32(I32(I32(weights[q.weight + k]) << shift) + offset)
            acc[j] = I32(acc[j] + I32(s * w))


@kernel
def _shared(q, messages, weights, events, acc):
    """Send each event through the kernel entries that it meets: those that put an output on the stride."""
    shift, offset = I32(q.shift), I32(q.offset)
    height, width = q.image[1], q.image[2]
    high, wide = q.made[1], q.made[2]
    per_group, rows, columns = q.kernel[0], q.kernel[1], q.kernel[2]
    per_output = q.made[0] // (q.image[0] // per_group)
    for event in events:
        s = messages[event] if q.graded else I32(1)
        channel, place = event // (height * width), event % (height * width)
        row, column = place // width + q.padding[0], place % width + q.padding[1]
        first = channel // per_group * per_output
        for i in range(rows):
            y = row - i * q.dilation[0]
            if y < 0 or y % q.stride[0] or y // q.stride[0] >= high:
                continue
            for j in range(columns):
                x = column - j * q.dilation[1]
                if x < 0 or x % q.stride[1] or x // q.stride[1] >= wide:
                    continue
                for o in range(first, first + per_output):
                    k = ((o * per_group + channel % per_group) * rows + i) * columns + j
                    w = I32(I32(I32(weights[q.weight + k]) << shift) + offset)
                    to = (o * high + y // q.stride[0]) * wide + x // q.stride[1]
                    acc[to] = I32(acc[to] + I32(s * w))


@kernel
def _wrap(acc, exponent):
    """Shift left and wrap to 24 bits, as Lava's Conv does; return how many sums that changed."""
    beyond = I32(0)
    for j in range(len(acc)):
        value = I32(acc[j] << I32(exponent))
        wrapped = I32(I32(I32(value + I32(1 << 23)) & I32((1 << 24) - 1)) - I32(1 << 23))
        beyond = I32(beyond + I32(wrapped != value))
        acc[j] = wrapped
    return beyond


@merged
def _store(acc, into, left, right, top):
    """Shift and add to the slot; return how many sums leave the accumulator's range."""
    beyond = I32(0)
    for j in range(len(into)):
        value = I32(I32(acc[j] << left) >> right)
        beyond = I32(beyond + I32((value > top) | (value < -top)))
        into[j] = I32(into[j] + value)
    return beyond
