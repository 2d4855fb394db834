"""One step of each neuron kind but Lif; the equations are the docstrings of `neurohw.ir.neurons`.

Every function reads the inputs, updates the cells, writes the messages and says which ports sent something.
Casts to int32 are deliberate: they wrap where Lava's int32 arrays wrap.
"""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator import rows
from neurohw.backends.emulator.jit import inlined, kernel

I32 = np.int32
HALF_RANGE = 1 << 23
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
    """Nearest multiple of 8 within +-120 of a number of halves; ties away from zero."""
    size = (abs(halves) + 8) >> 4 << 3
    return I32(min(120, max(-120, size if halves >= 0 else -size)))


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
    if phase == p.layer:
        any_context = 0
        for i in range(n):
            messages[p.outputs[1] + i] = cells[Z, c + i]
            any_context |= cells[Z, c + i] != 0
        hot[p.ports[1]] = any_context
    if phase == p.layer + 1:
        any_z, any_score, clipped, flat = 0, 0, 0, 0
        for i in range(n):
            a = max(I32(0), inputs[p.inputs[0] + i]) >> p.shift
            b = inputs[p.inputs[1] + i] >> p.prediction_shift
            clipped += a > 254
            flat += abs(b) > 127
            z, q = min(254, a), min(127, max(-127, b))
            score = (z * q) >> p.score_shift
            cells[Z, c + i], cells[P, c + i] = z, q
            messages[p.outputs[0] + i] = z
            messages[p.outputs[2] + i] = score
            any_z |= z != 0
            any_score |= score != 0
        overflow[2] += clipped
        overflow[3] += flat
        hot[p.ports[0]] = any_z
        hot[p.ports[2]] = any_score
    if phase == p.layer + 3:
        for i in range(n):
            z = cells[Z, c + i]
            _post_factors(p, cells, c + i, inputs[p.inputs[2] + i], z >> 1, z > 0)


@inlined
def _post_factors(p, cells, k, g, z, active):
    """Traces for g p rho and g z of neuron k; z is 7 bits wide."""
    first, second = g * cells[P, k] * active, g * z
    if p.mapping == 0:
        grown = p.growth if active and g != 0 else 0
        cells[Y1, k], cells[Y2, k] = eighth(2 * first + grown), eighth(2 * second)
    elif p.mapping == 1:
        cells[Y1, k], cells[Y2, k], cells[Y3, k] = first, second, p.rate
    else:
        bits = 0
        while p.rate >> bits:
            bits += 1
        shift = 8 - bits
        cells[Y1, k], cells[Y2, k] = max(first, 0) >> shift, max(-first, 0) >> shift
        cells[Y3, k], cells[BAP, k] = (abs(g) * z) >> shift, g > 0


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
        hot[p.ports[1]] = _any(context)
    if phase == p.layer + 1 and not p.delayed:
        for i in range(n):
            cells[P, c + i] = arriving[i]
        overflow[3] += _limit_prediction(p, cells, 0)
    if p.delayed and p.layer + 2 <= phase <= end + 1:
        for i in range(n):
            cells[P, c + i] = I32(cells[P, c + i] + arriving[i])
        if phase == end + 1:
            overflow[3] += _limit_prediction(p, cells, p.count_shift + 1)
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
        hot[port], hot[p.ports[2]] = _any(out), _any(score)
    if phase == end + 3:
        for i in range(n):
            active = cells[NEAR if p.window else COUNT, c + i] != 0
            _post_factors(p, cells, c + i, inputs[p.inputs[2] + i], cells[Z, c + i], active)


@kernel
def _limit_prediction(p, cells, left):
    """Turn sums in P, times 2^left, into predictions; return how many were clipped."""
    flat = 0
    for i in range(p.cell, p.cell + p.size):
        b = I32(cells[P, i] << left) >> p.prediction_shift
        flat += abs(b) > 127
        cells[P, i] = min(127, max(-127, b))
    return flat


@kernel
def _any(values):
    found = I32(0)
    for i in range(len(values)):
        found |= values[i]
    return found != 0


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
