"""One step of each neuron kind; the equations are the docstrings of `neurohw.ir.neurons`.

Every function reads the inputs, updates the cells, writes the messages and marks the ports that sent something.
Casts to int32 are deliberate: they wrap where Lava's int32 arrays wrap.
"""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator.jit import inlined, kernel

I32 = np.int32
HALF_RANGE = 1 << 23


@inlined
def _decay(x, d):
    """Multiply by (4096 - d) / 4096, toward zero."""
    product = np.int64(x) * (4096 - d)
    size = abs(product) >> 12
    return I32(size if product >= 0 else -size)


@kernel
def lif(p, tables, state, overflow, t, ternary):
    """Lif and TernaryLif."""
    c, o, a = p.cell, p.outputs[0], p.inputs[0]
    if p.reset_interval > 0 and t % p.reset_interval == p.reset_offset % p.reset_interval:
        state.cells[0, c : c + p.size] = 0
        state.cells[1, c : c + p.size] = 0
    wrapped, saturated, any_spike = 0, 0, 0
    for i in range(p.size):
        u = I32(_decay(state.cells[0, c + i], p.du + 1) + I32(state.inputs[a + i] << 6))
        if u > HALF_RANGE:
            u = I32(u - 2 * HALF_RANGE)
            wrapped += 1
        elif u <= -HALF_RANGE:
            u = I32(u + 2 * HALF_RANGE)
            wrapped += 1
        v = I32(_decay(state.cells[1, c + i], p.dv) + u + tables.params[2, c + i])
        if v > HALF_RANGE - 1 or v < -HALF_RANGE + 1:
            v = I32(HALF_RANGE - 1 if v > 0 else -HALF_RANGE + 1)
            saturated += 1
        spike = I32(v > tables.params[0, c + i])
        if ternary and v < tables.params[1, c + i]:
            spike = I32(spike - 1)
        state.cells[0, c + i] = u
        state.cells[1, c + i] = 0 if spike != 0 else v
        state.messages[o + i] = spike
        any_spike |= spike != 0
    overflow[0] += wrapped
    overflow[1] += saturated
    state.hot[p.ports[0]] = any_spike


@kernel
def graded(p, tables, state):
    """Graded: pass on what exceeds the threshold."""
    any_message = 0
    for i in range(p.size):
        a, threshold = state.inputs[p.inputs[0] + i], tables.params[0, p.cell + i]
        sends = a > threshold or (not p.rectify and abs(a) > threshold)
        state.messages[p.outputs[0] + i] = a if sends else 0
        any_message |= sends and a != 0
    state.hot[p.ports[0]] = any_message


@kernel
def relu(p, tables, state, overflow, t):
    """Relu: speaks in its own phase only."""
    if (t - 1) % p.period != p.layer:
        return
    any_message, clipped = 0, 0
    for i in range(p.size):
        z = max(I32(0), I32(state.inputs[p.inputs[0] + i] + tables.params[2, p.cell + i])) >> p.shift
        if z > 254:
            z = 254
            clipped += 1
        state.messages[p.outputs[0] + i] = z
        any_message |= z != 0
    overflow[2] += clipped
    state.hot[p.ports[0]] = any_message


@inlined
def _eighth(v, up):
    """Nearest multiple of 8 within +-120; ties up, or away from zero."""
    size = ((v if up else abs(v)) + 4) >> 3 << 3
    signed = size if up or v >= 0 else -size
    return I32(min(120, max(-120, signed)))


@kernel
def clapp(p, state, overflow, t):
    """Clapp: context, then activity, prediction and score, then the post factors."""
    phase = (t - 1) % p.period + 1
    c, n, cells = p.cell, p.size, state.cells
    if phase == 1:
        cells[2:, c : c + n] = 0
    elif phase == p.layer + 4:  # a spike lasts one step, the traces to the end of the fixation
        cells[5, c : c + n] = 0
    if phase == p.layer:
        any_context = 0
        for i in range(n):
            state.messages[p.outputs[1] + i] = cells[0, c + i]
            any_context |= cells[0, c + i] != 0
        state.hot[p.ports[1]] = any_context
    if phase == p.layer + 1:
        any_z, any_score, clipped, flat = 0, 0, 0, 0
        for i in range(n):
            a = max(I32(0), state.inputs[p.inputs[0] + i]) >> p.shift
            b = state.inputs[p.inputs[1] + i] >> p.prediction_shift
            clipped += a > 254
            flat += abs(b) > 127
            z, q = min(254, a), min(127, max(-127, b))
            score = (z * q) >> p.score_shift
            cells[0, c + i], cells[1, c + i] = z, q
            state.messages[p.outputs[0] + i] = z
            state.messages[p.outputs[2] + i] = score
            any_z |= z != 0
            any_score |= score != 0
        overflow[2] += clipped
        overflow[3] += flat
        state.hot[p.ports[0]] = any_z
        state.hot[p.ports[2]] = any_score
    if phase == p.layer + 3:
        for i in range(n):
            _post_factors(p, cells, c + i, state.inputs[p.inputs[2] + i])


@inlined
def _post_factors(p, cells, k, g):
    z, q = cells[0, k], cells[1, k]
    first, second = g * q * (z > 0), g * (z >> 1)
    if p.mapping == 0:
        cells[2, k], cells[3, k] = _eighth(first, p.growth != 0), _eighth(second, False)
    elif p.mapping == 1:
        cells[2, k], cells[3, k], cells[4, k] = first, second, p.rate
    else:
        bits = 0
        while p.rate >> bits:
            bits += 1
        shift = 8 - bits
        cells[2, k], cells[3, k] = max(first, 0) >> shift, max(-first, 0) >> shift
        cells[4, k], cells[5, k] = (abs(g) * (z >> 1)) >> shift, g > 0


@kernel
def hinge(p, state, t):
    """Hinge: latch the sameness, then decide."""
    phase = (t - 1) % p.period + 1
    if phase == 2:
        state.cells[0, p.cell] = state.inputs[p.inputs[1]]
    if phase == p.layer + 2:
        y = state.cells[0, p.cell]
        margin = p.theta - y * state.inputs[p.inputs[0]]
        state.messages[p.outputs[0]] = y if margin > 0 else 0
        state.messages[p.outputs[1]] = margin if margin > 0 and y != 0 else 0
        state.hot[p.ports[0]] = state.messages[p.outputs[0]] != 0
        state.hot[p.ports[1]] = state.messages[p.outputs[1]] != 0
