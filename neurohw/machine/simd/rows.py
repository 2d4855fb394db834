"""Loops over the synapses of one row of a plastic matrix.

They take plain numbers and arrays: fields of a table row could alias the arrays, so the compiler would read them again
for every synapse and could not vectorise. Explicit int32 keeps numba from widening to int64, and wraps as Lava does.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine.simd.jit import add, both, differ, either, kernel, lower, merged, mul, sar, shl, upper

I32, I16 = np.int32, np.int16
LOW, HIGH = -32769, 32767  # range of products and sums


@merged
def fill(values, value):
    """Set all values: numba's own assignment to a slice compiles for longer than all of this file."""
    for k in range(len(values)):
        values[k] = value


@merged
def align(acc, values):
    """acc = value << 7."""
    for k in range(len(acc)):
        acc[k] = I32(I32(values[k]) << I32(7))


@merged
def add_product(values, mac, scale, right, left, numbers, number, per_synapse, low, high):
    """One product on a row in one pass: align, accumulate, round and store together.

    Most epochs of most rules have a single live product, so this is the loop that learning spends its time in.
    Return how many synapses changed, how many products saturated, how many values hit the rails, whether one is low.
    """
    changed, saturated, rails, deep = I32(0), I32(0), I32(0), I32(0)
    c, down, up, shared, mask = I32(scale), I32(right), I32(left), I32(number), I32(127 if per_synapse else 0)
    lo, hi, bottom, top, floor = I32(LOW), I32(HIGH), I32(low), I32(high), I32(-256)
    base, seven = I32(0 if per_synapse else number), I32(7)
    for k in range(len(values)):
        m = shl(sar(mul(mac[k], c), down), up)
        saturated = add(saturated, I32((m > hi) | (m < lo)))
        m = lower(hi, upper(lo, m))
        total = lower(hi, upper(lo, add(shl(I32(values[k]), seven), m)))
        v = sar(add(total, add(base, both(add(I32(numbers[k]), shared), mask))), seven)
        rails = add(rails, I32((v > top) | (v < bottom)))
        deep = add(deep, I32(v < floor))
        v = lower(top, upper(bottom, v))
        changed = add(changed, I32(v != I32(values[k])))
        values[k] = np.int16(v)
    return changed, saturated, rails, deep != 0


@merged
def narrow_to(narrow, values):
    """Copy values into int16; return the largest size, whatever it is."""
    largest = I32(0)
    for k in range(len(values)):
        narrow[k] = I16(values[k])
        largest = upper(largest, I32(abs(values[k])))
    return largest


@merged
def fits_int16(largest, scale, right, left, n):
    """Whether `add_narrow_product` is exact: no product of such factors leaves int16 with a random number on top."""
    product = np.int64(largest) * abs(np.int64(scale))
    fits = product <= 32767 and right <= 15 and n <= 32767
    return fits and ((product >> np.int64(right)) + 1) << np.int64(left) <= 32767 - 127


@merged
def add_narrow_product(values, mac, scale, right, left, number, low):
    """`add_product` in int16, twice as many synapses a vector, where no product can saturate, for one random number.

    (value << 7) + m is not formed: its upper bits are value + ((m + r) >> 7), and where it leaves the accumulator's
    range -32769..32767 the bits above the 7 are 255 or 256, and -256 or -257, depending on the random number r. So a
    value is at the rail above for r > 0, and below only for r = 0 and a weight: ~v > 255 for v < -256.
    Return how many synapses changed, how many values hit the rails, whether a tag is -257.
    """
    changed, rails, least, seven = I16(0), I16(0), I16(0), I16(7)
    c, down, up, r = I16(scale), I16(right), I16(left), I16(number)
    bottom, top = I16(max(low, -256 if number > 0 else -257)), I16(255)
    flip, limit = I16(0 if number > 0 else -1), I16(255 if number > 0 or low == -256 else 32767)
    for k in range(len(values)):
        v = add(values[k], sar(add(shl(sar(mul(mac[k], c), down), up), r), seven))
        kept = lower(top, upper(bottom, v))
        rails = add(rails, I16(differ(v, flip) > limit))
        changed = add(changed, I16(kept != values[k]))
        least = lower(least, kept)
        values[k] = kept
    return changed, rails, least < -256


@merged
def add_narrow_product_each(values, mac, scale, right, left, numbers, number, low):
    """The same with a random number for each synapse."""
    changed, rails, least, one, seven = I16(0), I16(0), I16(0), I16(1), I16(7)
    c, down, up, shared, mask = I16(scale), I16(right), I16(left), I16(number), I16(127)
    bottom, top, ceiling, floor = I16(low), I16(255), I16(255), I16(-257)
    for k in range(len(values)):
        r = both(add(I16(numbers[k]), shared), mask)
        v = add(values[k], sar(add(shl(sar(mul(mac[k], c), down), up), r), seven))
        above = lower(r, one)  # 0 for r = 0, else 1
        v = lower(add(ceiling, above), upper(add(floor, above), v))
        kept = lower(top, upper(bottom, v))
        rails = add(rails, I16(kept != v))
        changed = add(changed, I16(kept != values[k]))
        least = lower(least, kept)
        values[k] = kept
    return changed, rails, least < -256


@merged
def round_product(steps, mac, scale, right, left, number):
    """What a product adds to weights when all have one random number; return whether it changes any."""
    c, down, up, r, seven, any_step = I16(scale), I16(right), I16(left), I16(number), I16(7), I16(0)
    for k in range(len(steps)):
        step = sar(add(shl(sar(mul(mac[k], c), down), up), r), seven)
        any_step = either(any_step, step)
        steps[k] = step
    return any_step != 0


@merged
def add_to_weights(values, steps, number):
    """`add_narrow_product` for mixed weights, of a product that is rounded: -256..255 is within the accumulator.

    What leaves it is counted as at the rail if its sum still does after saturation: above for a random number above 0,
    below for 0. ~v > 255 for v < -256. Return how many synapses changed, and how many values hit the rails.
    """
    changed, rails, bottom, top, flip = I16(0), I16(0), I16(-256), I16(255), I16(0 if number > 0 else -1)
    for k in range(len(values)):
        v = add(values[k], steps[k])
        kept = lower(top, upper(bottom, v))
        rails = add(rails, I16(differ(v, flip) > top))
        changed = add(changed, I16(kept != values[k]))
        values[k] = kept
    return changed, rails


@merged
def add_to_weights_each(values, mac, scale, right, left, numbers, number):
    """The same with a random number for each synapse."""
    changed, rails, c, down, up, shared = I16(0), I16(0), I16(scale), I16(right), I16(left), I16(number)
    seven, bottom, top, mask, zero = I16(7), I16(-256), I16(255), I16(127), I16(0)
    for k in range(len(values)):
        r = both(add(I16(numbers[k]), shared), mask)
        v = add(values[k], sar(add(shl(sar(mul(mac[k], c), down), up), r), seven))
        kept = lower(top, upper(bottom, v))
        rails = add(rails, I16(differ(v, I16(-I16(r == zero))) > top))
        changed = add(changed, I16(kept != values[k]))
        values[k] = kept
    return changed, rails


@merged
def bound(acc, low, high):
    """Clip in place."""
    lo, hi = I32(low), I32(high)
    for k in range(len(acc)):
        acc[k] = lower(hi, upper(lo, acc[k]))


@merged
def count(values):
    """How many are not zero, in int32; as many lanes as int16 has, where the values have no more bits."""
    n = I32(0)
    if values.itemsize <= 2 and len(values) <= HIGH:
        few = I16(0)
        for k in range(len(values)):
            few = add(few, I16(values[k] != 0))
        return I32(few)
    for k in range(len(values)):
        n = I32(n + I32(values[k] != 0))
    return n


@merged
def any_of(values):
    """Whether any is not zero, of up to 32 bits each."""
    found = I32(0)
    for k in range(len(values)):
        found = either(found, I32(values[k]))
    return found != 0


@merged
def count_either(a, b):
    """How many places are not zero in a or in b."""
    n = I32(0)
    for k in range(len(a)):
        n = I32(n + I32((a[k] | b[k]) != 0))
    return n


@merged
def gather(mac, values, columns, sparse):
    """mac = values by postsynaptic neuron, for the synapses of a row."""
    if sparse:
        for k in range(len(mac)):
            mac[k] = values[columns[k]]
    else:
        for k in range(len(mac)):
            mac[k] = values[k]


@merged
def multiply(mac, values, const, low, high):
    """mac *= clip(value + const) along a row."""
    c, lo, hi = I32(const), I32(low), I32(high)
    for k in range(len(mac)):
        mac[k] = mul(mac[k], lower(hi, upper(lo, add(I32(values[k]), c))))


@kernel
def multiply_sign(mac, values, const):
    """mac *= sign(value + const) along a row."""
    c, zero = I32(const), I32(0)
    for k in range(len(mac)):
        v = I32(I32(values[k]) + c)
        mac[k] = I32(mac[k] * (I32(v > zero) - I32(v < zero)))


@merged
def accumulate(acc, mac, scale, right, left):
    """Scale, shift, saturate and add one product; return how many saturated."""
    saturated = I32(0)
    c, down, up, lo, hi = I32(scale), I32(right), I32(left), I32(LOW), I32(HIGH)
    for k in range(len(acc)):
        m = shl(sar(mul(mac[k], c), down), up)
        saturated = add(saturated, I32((m > hi) | (m < lo)))
        m = lower(hi, upper(lo, m))
        acc[k] = lower(hi, upper(lo, add(acc[k], m)))
    return saturated


@merged
def accumulate_sign(acc, values, const, scale, right, left):
    """Add the product scale * sign(value + const): one of three numbers; return how many saturated."""
    zero, c, lo, hi = I32(0), I32(const), I32(LOW), I32(HIGH)
    plus = I32(I32(I32(scale) >> I32(right)) << I32(left))
    minus = I32(I32(I32(-scale) >> I32(right)) << I32(left))
    much, little = I32((plus > hi) | (plus < lo)), I32((minus > hi) | (minus < lo))
    plus, minus, saturated = min(hi, max(lo, plus)), min(hi, max(lo, minus)), I32(0)
    for k in range(len(acc)):
        v = add(I32(values[k]), c)
        m = plus if v > zero else (minus if v < zero else zero)
        acc[k] = lower(hi, upper(lo, add(acc[k], m)))
    if much or little:
        for k in range(len(acc)):
            v = add(I32(values[k]), c)
            saturated = add(saturated, much if v > zero else (little if v < zero else zero))
    return saturated


@merged
def has_low(values):
    """Whether a tag is -257."""
    found = I16(0)
    for k in range(len(values)):
        found |= I16(values[k] < I16(-256))
    return found != 0


@merged
def store(target, acc, numbers, number, per_synapse, low, high, changed):
    """Round stochastically, clip and write back, marking what changed; return how many hit the rails, and are low."""
    rails, deep = I32(0), I32(0)
    shared, lo, hi, floor, seven = I32(number), I32(low), I32(high), I32(-256), I32(7)
    mask, base = I32(127 if per_synapse else 0), I32(0 if per_synapse else number)
    for k in range(len(acc)):
        v = sar(add(acc[k], add(base, both(add(I32(numbers[k]), shared), mask))), seven)
        rails = add(rails, I32((v > hi) | (v < lo)))
        deep = add(deep, I32(v < floor))
        v = lower(hi, upper(lo, v))
        changed[k] = either(changed[k], I32(v ^ I32(target[k])))
        target[k] = I16(v)
    return rails, deep


@merged
def store_weights(w, acc, numbers, rounding, per_synapse, sign, changed):
    """Weights keep their sign in the accumulator and their range after rounding."""
    if sign == 1:
        bound(acc, 0, HIGH)
        return store(w, acc, numbers, rounding, per_synapse, 0, 255, changed)[0]
    if sign == 2:
        bound(acc, LOW, 0)
        return store(w, acc, numbers, rounding, per_synapse, -255, 0, changed)[0]
    return store(w, acc, numbers, rounding, per_synapse, -256, 255, changed)[0]
