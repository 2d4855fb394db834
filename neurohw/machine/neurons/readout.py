"""One step of a readout and of its critic; the equations are the docstrings of `neurohw.ir.neurons`."""

from __future__ import annotations

import numpy as np

from neurohw.machine.neurons.kinds import COUNT, FAR, Y1, U, V, Z, eighth
from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import kernel

I32 = np.int32
NOISE, VALUE, EXPECTED, INSIDE = U, V, Z, COUNT  # rows of `cells`; NOISE: the target of the supervised rule


@kernel
def readout(p, cells, inputs, messages, hot, overflow, t):
    """Readout: noise or target, the contest bit by bit, the action, and the post factor of those that learn."""
    phase = (t - 1) % p.period + 1
    c, n, done = p.cell, p.size, phase - p.layer - 1  # rounds of the contest that are over
    if phase == 1:
        rows.fill(cells[Y1, c : c + n], 0)
    if phase == 2:
        for j in range(n):
            cells[NOISE, c + j] = inputs[p.inputs[2] + j]
    if done == 0:
        overflow[3] += _enter(p, cells, inputs[p.inputs[0] : p.inputs[0] + n])
    elif 0 < done <= p.rounds:
        for j in range(n):
            if inputs[p.inputs[1] + j] > 0:
                cells[INSIDE, c + j] &= cells[VALUE, c + j] >> (p.rounds - done)
    if 0 <= done <= p.rounds:
        port = 0 if done == p.rounds else 1
        any_message = I32(0)
        for j in range(n):
            bit = I32(1) if done == p.rounds else cells[VALUE, c + j] >> (p.rounds - 1 - done) & 1
            sent = cells[INSIDE, c + j] & bit
            messages[p.outputs[port] + j] = sent
            any_message |= sent
        hot[p.ports[port]] = any_message
    if done == p.rounds + 2:
        for j in range(n):
            goal = cells[NOISE, c + j] if p.supervised else inputs[p.inputs[2] + j]
            learns = p.supervised or cells[INSIDE, c + j]
            error = min(FAR, max(-FAR, goal - cells[EXPECTED, c + j]))
            cells[Y1, c + j] = eighth(I32(2 * error)) if learns else I32(0)


@kernel
def _enter(p, cells, arrived):
    """Start the contest with what has arrived; return how many expectations were clipped."""
    clipped, tie = 0, 1 << (p.rounds - 8)
    for j in range(p.size):
        k, a = p.cell + j, arrived[j] >> p.shift
        q = min(127, max(-127, a))
        clipped += q != a
        noise = 0 if p.supervised else cells[NOISE, k]
        cells[EXPECTED, k] = q
        cells[VALUE, k] = (min(127, max(-128, q + noise)) + 128) * tie + max(0, tie - 1 - j)
        cells[INSIDE, k] = 1
    return clipped


@kernel
def critic(p, cells, inputs, messages, hot, t):
    """Critic: latch the label, then compare it with the action."""
    phase = (t - 1) % p.period + 1
    c, n = p.cell, p.size
    if phase == 2:
        for j in range(n):
            cells[U, c + j] = inputs[p.inputs[1] + j]
    if phase == p.layer + 2:
        any_message = I32(0)
        for j in range(n):
            label = cells[U, c + j]
            reward = (p.right if inputs[p.inputs[0] + j] == label else p.wrong) if label != 0 else 0
            messages[p.outputs[0] + j] = reward
            any_message |= reward
        hot[p.ports[0]] = any_message
