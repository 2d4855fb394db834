"""Loops over the synapses of one row of a plastic matrix.

They take plain numbers and arrays: fields of a table row could alias the arrays, so the compiler would read them again
for every synapse and could not vectorise. Explicit int32 keeps numba from widening to int64, and wraps as Lava does.
"""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator.jit import kernel

I32 = np.int32
LOW, HIGH = -32769, 32767  # range of products and sums


@kernel
def align(acc, values):
    """acc = value << 7."""
    for k in range(len(acc)):
        acc[k] = I32(I32(values[k]) << I32(7))


@kernel
def add_product(values, mac, scale, right, left, numbers, number, per_synapse, low, high):
    """One product on a row in one pass: align, accumulate, round and store together.

    Most epochs of most rules have a single live product, so this is the loop that learning spends its time in.
    Return how many synapses changed, how many products saturated, how many values hit the rails, how many are low.
    """
    changed, saturated, rails, deep = I32(0), I32(0), I32(0), I32(0)
    c, down, up, shared, mask = I32(scale), I32(right), I32(left), I32(number), I32(127 if per_synapse else 0)
    lo, hi, bottom, top, floor = I32(LOW), I32(HIGH), I32(low), I32(high), I32(-256)
    base = I32(0) if per_synapse else shared
    for k in range(len(values)):
        m = I32(I32(I32(mac[k] * c) >> down) << up)
        saturated = I32(saturated + I32((m > hi) | (m < lo)))
        m = min(hi, max(lo, m))
        total = min(hi, max(lo, I32(I32(I32(values[k]) << I32(7)) + m)))
        v = I32(I32(total + I32(base + I32(I32(I32(numbers[k]) + shared) & mask))) >> I32(7))
        rails = I32(rails + I32((v > top) | (v < bottom)))
        deep = I32(deep + I32(v < floor))
        v = min(top, max(bottom, v))
        changed = I32(changed + I32(v != I32(values[k])))
        values[k] = np.int16(v)
    return changed, saturated, rails, deep


@kernel
def bound(acc, low, high):
    """Clip in place."""
    lo, hi = I32(low), I32(high)
    for k in range(len(acc)):
        acc[k] = min(hi, max(lo, acc[k]))


@kernel
def count(values):
    """How many are not zero."""
    n = I32(0)
    for k in range(len(values)):
        n = I32(n + I32(values[k] != 0))
    return n


@kernel
def count_either(a, b):
    """How many places are not zero in a or in b."""
    n = I32(0)
    for k in range(len(a)):
        n = I32(n + I32((a[k] | b[k]) != 0))
    return n


@kernel
def gather(mac, values, columns, sparse):
    """mac = values by postsynaptic neuron, for the synapses of a row."""
    if sparse:
        for k in range(len(mac)):
            mac[k] = values[columns[k]]
    else:
        for k in range(len(mac)):
            mac[k] = values[k]


@kernel
def multiply(mac, values, const, low, high):
    """mac *= clip(value + const) along a row."""
    c, lo, hi = I32(const), I32(low), I32(high)
    for k in range(len(mac)):
        mac[k] = I32(mac[k] * min(hi, max(lo, I32(I32(values[k]) + c))))


@kernel
def multiply_sign(mac, values, const):
    """mac *= sign(value + const) along a row."""
    c, zero = I32(const), I32(0)
    for k in range(len(mac)):
        v = I32(I32(values[k]) + c)
        mac[k] = I32(mac[k] * (I32(v > zero) - I32(v < zero)))


@kernel
def accumulate(acc, mac, scale, right, left):
    """Scale, shift, saturate and add one product; return how many saturated."""
    saturated = I32(0)
    c, down, up, lo, hi = I32(scale), I32(right), I32(left), I32(LOW), I32(HIGH)
    for k in range(len(acc)):
        m = I32(I32(I32(mac[k] * c) >> down) << up)
        saturated = I32(saturated + I32((m > hi) | (m < lo)))
        m = min(hi, max(lo, m))
        acc[k] = min(hi, max(lo, I32(acc[k] + m)))
    return saturated


@kernel
def store(target, acc, numbers, number, per_synapse, low, high, changed):
    """Round stochastically, clip and write back, marking what changed; return how many hit the rails, and are low."""
    rails, deep = I32(0), I32(0)
    shared, lo, hi, mask, floor = I32(number), I32(low), I32(high), I32(127), I32(-256)
    if per_synapse:
        for k in range(len(acc)):
            acc[k] = I32(acc[k] + I32(I32(I32(numbers[k]) + shared) & mask))
    else:
        for k in range(len(acc)):
            acc[k] = I32(acc[k] + shared)
    for k in range(len(acc)):
        v = I32(acc[k] >> I32(7))
        rails = I32(rails + I32((v > hi) | (v < lo)))
        deep = I32(deep + I32(v < floor))
        acc[k] = min(hi, max(lo, v))
    for k in range(len(acc)):  # apart: one loop that reads and writes both widths does not vectorise
        changed[k] |= I32(acc[k] ^ I32(target[k]))
    for k in range(len(acc)):
        target[k] = np.int16(acc[k])
    return rails, deep


@kernel
def store_weights(w, acc, numbers, rounding, per_synapse, sign, changed):
    """Weights keep their sign in the accumulator and their range after rounding."""
    if sign == 1:
        bound(acc, 0, HIGH)
        return store(w, acc, numbers, rounding, per_synapse, 0, 255, changed)[0]
    if sign == 2:
        bound(acc, LOW, 0)
        return store(w, acc, numbers, rounding, per_synapse, -255, 0, changed)[0]
    return store(w, acc, numbers, rounding, per_synapse, -256, 255, changed)[0]
