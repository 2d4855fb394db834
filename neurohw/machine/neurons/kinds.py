"""One step of each neuron kind but Lif; the equations are the docstrings of `neurohw.ir.neurons`.

Every function reads the inputs, updates the cells, writes the messages and says which ports sent something.
Casts to int32 are deliberate: they wrap where Lava's int32 arrays wrap.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import add, both, inlined, kernel, lower, mul, sar, shl, upper

I32 = np.int32
HALF_RANGE = 1 << 23
FAR = 1 << 16  # beyond what will be clipped anyway, and its products with 8 bits do not wrap
U, V, Y1, Y2, Y3, BAP, Z, P, COUNT, NEAR = range(10)  # rows of `cells`


@inlined
def _decay(x, keep):
    """Multiply by `keep` = (4096 - d) / 4096, toward zero: dec(x, d) of `ir.neurons.Lif`.

    43 bits at most, so float64 is exact, and its conversion to an integer is the rounding that is asked for.
    """
    return I32(np.float64(x) * keep)


@kernel
def ternary(p, params, cells, inputs, messages, overflow, t):
    """TernaryLif; return whether any neuron spiked."""
    n, c, o = p.size, p.cell, p.outputs[0]
    u, v = cells[0, c : c + n], cells[1, c : c + n]
    if p.reset_interval > 0 and t % p.reset_interval == p.reset_offset % p.reset_interval:
        rows.fill(u, 0)
        rows.fill(v, 0)
    sent, arrived = messages[o : o + n], inputs[p.inputs[0] : p.inputs[0] + n]
    high, low, bias = params[0, c : c + n], params[1, c : c + n], params[2, c : c + n]
    wrapped, saturated = integrate(u, v, arrived, bias, (4095 - p.du) / 4096, (4096 - p.dv) / 4096)
    overflow[0] += wrapped
    overflow[1] += saturated
    return fire(v, sent, high, low, True)


@kernel
def integrate(u, v, arrived, bias, keep_u, keep_v):
    """New current and voltage before spiking; return how many wrapped and how many saturated."""
    wrapped, saturated, half, top = I32(0), I32(0), I32(HALF_RANGE), I32(HALF_RANGE - 1)
    for i in range(len(u)):
        current = I32(_decay(u[i], keep_u) + I32(arrived[i] << I32(6)))
        over, under = I32(current > half), I32(current <= -half)
        wrapped = I32(wrapped + I32(over + under))
        current = I32(current + I32(I32(under - over) << I32(24)))
        voltage = I32(I32(_decay(v[i], keep_v) + current) + bias[i])
        saturated = I32(saturated + I32((voltage > top) | (voltage < -top)))
        u[i] = current
        v[i] = min(top, max(-top, voltage))
    return wrapped, saturated


@kernel
def fire(v, sent, high, low, ternary):
    """Spike and reset; return whether any neuron did."""
    any_spike = I32(0)
    for i in range(len(v)):
        spike = I32(v[i] > high[i])
        if ternary:
            spike = I32(spike - I32(v[i] < low[i]))
        sent[i] = spike
        v[i] = I32(v[i] * I32(spike == 0))
        any_spike |= spike
    return any_spike != 0


@kernel
def graded(p, params, inputs, messages, hot):
    """Graded: pass on what exceeds the threshold."""
    any_message = 0
    for i in range(p.size):
        a, threshold = inputs[p.inputs[0] + i], params[0, p.cell + i]
        sends = a > threshold or (not p.rectify and a < -threshold)
        messages[p.outputs[0] + i] = a if sends else 0
        any_message |= sends and a != 0
    hot[p.ports[0]] = any_message


@kernel
def relu(p, params, inputs, messages, hot, overflow, t):
    """Relu: speaks in its own phase only."""
    if (t - 1) % p.period != p.layer:
        return
    any_message, clipped = 0, 0
    for i in range(p.size):
        z = max(I32(0), I32(inputs[p.inputs[0] + i] + params[2, p.cell + i])) >> p.shift
        if z > 254:
            z = 254
            clipped += 1
        messages[p.outputs[0] + i] = z
        any_message |= z != 0
    overflow[2] += clipped
    hot[p.ports[0]] = any_message


@inlined
def eighth(halves):
    """Nearest multiple of 8 within +-120 of a number of halves, in int32; ties away from zero."""
    size = shl(sar(add(I32(abs(halves)), I32(8)), I32(4)), I32(3))
    return lower(I32(120), upper(I32(-120), I32(size if halves >= 0 else -size)))


@kernel
def clapp(p, cells, inputs, messages, hot, overflow, t):
    """Clapp: context, then activity, prediction and score, then the post factors."""
    phase = (t - 1) % p.period + 1
    c, n = p.cell, p.size
    if phase == 1:
        for row in range(Y1, BAP + 1):
            rows.fill(cells[row, c : c + n], 0)
    elif phase == p.layer + 4:  # a spike lasts one step, the traces to the end of the fixation
        rows.fill(cells[BAP, c : c + n], 0)
    z, q = cells[Z, c : c + n], cells[P, c : c + n]
    if phase == p.layer:
        hot[p.ports[1]] = _send(messages[p.outputs[1] : p.outputs[1] + n], z)
    if phase == p.layer + 1:
        overflow[2] += _activity(z, inputs[p.inputs[0] : p.inputs[0] + n], p.shift)
        overflow[3] += _predict(q, inputs[p.inputs[1] : p.inputs[1] + n], p.prediction_shift)
        hot[p.ports[0]] = _send(messages[p.outputs[0] : p.outputs[0] + n], z)
        hot[p.ports[2]] = _score(messages[p.outputs[2] : p.outputs[2] + n], z, q, p.score_shift)
    if phase == p.layer + 3:
        _post_factors(p, cells, inputs[p.inputs[2] : p.inputs[2] + n], 1, z)


# The loops that follow take few arrays each: with more, the compiler gives up proving that they do not overlap.


@kernel
def _send(messages, values):
    """Messages are the values; return whether any is not zero."""
    for i in range(len(messages)):
        messages[i] = values[i]
    return rows.any_of(values)


@kernel
def _activity(z, sums, right):
    """Payloads of sums; return how many were clipped."""
    clipped, zero, top, shift = I32(0), I32(0), I32(254), _shift(right)
    for i in range(len(z)):
        a = sar(upper(zero, sums[i]), shift)
        clipped = add(clipped, I32(a > top))
        z[i] = lower(top, a)
    return clipped


@kernel
def _predict(q, sums, right):
    """Predictions of sums, in units of 2^right; return how many were clipped."""
    flat, top, shift = I32(0), I32(127), _shift(right)
    for i in range(len(q)):
        b = sar(sums[i], shift)
        kept = lower(top, upper(I32(-top), b))
        flat = add(flat, I32(kept != b))
        q[i] = kept
    return flat


@kernel
def _score(messages, z, q, right):
    """Messages are what each neuron adds to the score; return whether any is not zero."""
    shift = _shift(right)
    for i in range(len(messages)):
        messages[i] = sar(mul(z[i], q[i]), shift)
    return rows.any_of(messages)


@kernel
def _post_factors(p, cells, g, halvings, active):
    """Traces for g p rho and g z; z is 7 bits wide after so many halvings, rho 1 where `active` is not zero."""
    here = slice(p.cell, p.cell + p.size)
    z, q, y1, y2, y3, bap = (
        cells[Z, here], cells[P, here], cells[Y1, here], cells[Y2, here], cells[Y3, here], cells[BAP, here]
    )  # fmt: skip
    if p.mapping == 0:
        _forward(y1, q, g, active, p.growth)
        _lateral(y2, z, g, halvings)
        return
    bits = 0
    while p.rate >> bits:
        bits += 1
    shift = 8 - bits
    for i in range(len(y1)):
        first, payload = g[i] * q[i] * (active[i] != 0), z[i] >> halvings
        if p.mapping == 1:
            y1[i], y2[i], y3[i] = first, g[i] * payload, p.rate
        else:
            y1[i], y2[i] = max(first, 0) >> shift, max(-first, 0) >> shift
            y3[i], bap[i] = (abs(g[i]) * payload) >> shift, g[i] > 0


@kernel
def _forward(y1, q, g, active, growth):
    """y1 of the carry mapping."""
    grows = I32(growth)
    for i in range(len(y1)):
        gate, on = _gate(g[i]), I32(-I32(active[i] != 0))
        first = shl(mul(gate, q[i]), I32(1))
        y1[i] = eighth(both(add(first, both(grows, I32(-I32(gate != 0)))), on))


@kernel
def _lateral(y2, z, g, halvings):
    """y2 of the carry mapping."""
    down = I32(halvings)
    for i in range(len(y2)):
        y2[i] = eighth(shl(mul(_gate(g[i]), sar(z[i], down)), I32(1)))


@inlined
def _gate(g):
    return lower(I32(FAR), upper(I32(-FAR), g))


@inlined
def _shift(right):
    """A shift of int32 that leaves its sign only, for all that are larger: there, a processor may do what it likes."""
    return I32(min(31, right))


@kernel
def clapp_lif(p, params, cells, inputs, messages, hot, overflow, t):
    """ClappLif: context and prediction, spikes, count and score, then the post factors."""
    phase = (t - 1) % p.period + 1
    c, n, end = p.cell, p.size, p.layer + p.steps
    out, port = messages[p.outputs[0] : p.outputs[0] + n], p.ports[0]
    if phase == 1:
        for row in range(len(cells)):
            if row != Z:
                rows.fill(cells[row, c : c + n], 0)
    elif phase == end + 4:  # a spike lasts one step, the traces to the end of the fixation
        rows.fill(cells[BAP, c : c + n], 0)
    context, arriving = messages[p.outputs[1] : p.outputs[1] + n], inputs[p.inputs[1] : p.inputs[1] + n]
    if phase == (end + 1 if p.delayed else p.layer):
        for i in range(n):
            context[i] = 2 * cells[Z, c + i]
        hot[p.ports[1]] = rows.any_of(context)
    if phase == p.layer + 1 and not p.delayed:
        overflow[3] += _predict(cells[P, c : c + n], arriving, p.prediction_shift)
    if p.delayed and p.layer + 2 <= phase <= end + 1:
        for i in range(n):
            cells[P, c + i] = I32(cells[P, c + i] + arriving[i])
        if phase == end + 1:
            for i in range(n):
                cells[P, c + i] <<= p.count_shift + 1
            overflow[3] += _predict(cells[P, c : c + n], cells[P, c : c + n], p.prediction_shift)
    if p.layer < phase <= end:
        u, v = cells[U, c : c + n], cells[V, c : c + n]
        arrived, bias = inputs[p.inputs[0] : p.inputs[0] + n], params[2, c : c + n]
        wrapped, saturated = integrate(u, v, arrived, bias, (4095 - p.du) / 4096, (4096 - p.dv) / 4096)
        overflow[0] += wrapped
        overflow[1] += saturated
        for i in range(n):
            cells[NEAR, c + i] |= v[i] > params[0, c + i] >> 1
        hot[port] = fire(v, out, params[0, c : c + n], params[1, c : c + n], False)
        for i in range(n):
            cells[COUNT, c + i] += out[i]
        if p.delayed:
            for i in range(n):
                context[i] = out[i]
            hot[p.ports[1]] = hot[port]
    if phase == end + 1:
        clipped, score = 0, messages[p.outputs[2] : p.outputs[2] + n]
        for i in range(n):
            z = cells[COUNT, c + i] << p.count_shift
            clipped += z > 127
            z = min(127, z)
            cells[Z, c + i], out[i] = z, 2 * z
            score[i] = (z * cells[P, c + i]) >> p.score_shift
        overflow[2] += clipped
        hot[port], hot[p.ports[2]] = rows.any_of(out), rows.any_of(score)
    if phase == end + 3:
        active = cells[NEAR if p.window else COUNT, c : c + n]
        _post_factors(p, cells, inputs[p.inputs[2] : p.inputs[2] + n], 0, active)


@kernel
def hinge(p, cells, inputs, messages, hot, t):
    """Hinge: latch the sameness, then decide."""
    phase = (t - 1) % p.period + 1
    if phase == 2:
        cells[0, p.cell] = inputs[p.inputs[1]]
    if phase == p.layer + 2:
        y = cells[0, p.cell]
        margin = p.theta - y * inputs[p.inputs[0]]
        messages[p.outputs[0]] = y if margin > 0 else 0
        messages[p.outputs[1]] = margin if margin > 0 and y != 0 else 0
        hot[p.ports[0]] = messages[p.outputs[0]] != 0
        hot[p.ports[1]] = messages[p.outputs[1]] != 0
