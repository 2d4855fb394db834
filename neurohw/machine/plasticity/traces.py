"""Traces of plastic projections: what a spike does at once, and their course over an epoch.

The order of operations is that of `LearningConnectionModelBitApproximate` in Lava 0.10.0.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine.simd.jit import add, both, differ, inlined, kernel, lower, merged, upper

I32 = np.int32


@inlined
def _impulse(value, whole, fraction, number):
    return I32(min(127, max(0, value + whole + (1 if number < fraction else 0))))


@merged
def pre_spikes(r, q, messages, x, events, when):
    """Presynaptic events of one step: spike times and, for graded or repeated spikes, the traces at once."""
    x1, x2, tx = r.x, r.x + q.n_pre, r.x + 2 * q.n_pre
    mode, graded, first = r.graded, q.graded != 0, q.message
    for i in events:
        s = messages[first + i] if graded else I32(1)
        floor = s >> 1
        half = (floor + (s & floor & 1)) & 255  # ties to even
        again, counts = x[tx + i] > 0, True
        if mode == 0:
            if again:
                x[x1 + i] = _impulse(x[x1 + i], r.impulse[0], r.fraction[0], 0)
        elif mode == 1:
            x[x1 + i] = half
        else:
            total = (x[x1 + i] + half) & 255
            if mode == 2:
                x[x1 + i] = min(127, total)
            else:
                counts = total > 127
                x[x1 + i] = total - 127 if counts else total
        if again and counts:
            x[x2 + i] = _impulse(x[x2 + i], r.impulse[1], r.fraction[1], 0)
        if counts:
            x[tx + i] = when


@kernel
def post_spikes(r, tables, state, when, number):
    """Back-propagated spikes of one step: those of a Clapp neuron, or the messages of a two-factor rule's neuron."""
    q = tables.projections[r.projection]
    p = tables.populations[q.post]
    y = state.y[r.y : r.y + 4 * q.n_post].reshape((4, np.int64(q.n_post)))
    own = r.third_factor != 0
    spikes = state.cells[5, p.cell : p.cell + p.size] if own else state.messages[p.outputs[0] : p.outputs[0] + p.size]
    for j in range(len(spikes)):
        if spikes[j] != 0:
            if y[3, j] > 0 and not own:
                for v in range(3):
                    y[v, j] = _impulse(y[v, j], r.impulse[2 + v], r.fraction[2 + v], number)
            y[3, j] = when


@merged
def history(h, start, decay, number, whole, fraction, impulse_number, times, epoch):
    """Fill h with a trace after 0..epoch steps: stochastically rounded decay, then the impulse at the spike's step."""
    rise = I32(whole + (1 if impulse_number < fraction else 0))
    largest = _keep(h[0], start, times, I32(-1), rise)
    for t in range(1, epoch + 1):
        slack = largest * (1.0 - decay) + 1e-9
        if decay == 1.0 or (slack < number and number < 1.0 - slack):  # no value can move: skip the rounding
            largest = _keep(h[t], h[t - 1], times, I32(t), rise)
        else:
            largest = _decay(h[t], h[t - 1], decay, number, times, I32(t), rise)


@merged
def _keep(now, before, times, t, rise):
    """Values of the step before, with the impulses of the spikes of step t; return the largest size of any."""
    largest = I32(0)
    for i in range(len(now)):
        now[i] = _spiked(before[i], times[i] == t, rise)
        largest = upper(largest, I32(abs(now[i])))
    return largest


@merged
def _decay(now, before, decay, number, times, t, rise):
    """The same after stochastically rounded decay."""
    largest = I32(0)
    for i in range(len(now)):
        value = decay * before[i]
        down = np.floor(value)
        now[i] = _spiked(add(I32(down), I32(number < value - down)), times[i] == t, rise)
        largest = upper(largest, I32(abs(now[i])))
    return largest


@inlined
def _spiked(v, spikes, rise):
    """A trace value and, where its neuron spikes, its impulse: without a branch, for vectors."""
    risen = lower(I32(127), upper(I32(0), add(v, rise)))
    return differ(v, both(I32(-I32(spikes)), differ(v, risen)))
