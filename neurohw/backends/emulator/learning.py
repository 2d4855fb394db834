"""The learning engine: traces within an epoch, then sums of products over all synapses at its end.

The equations are in `neurohw.ir.plasticity`; the order of operations is Lava 0.10.0's `LearningConnectionModelBitApproximate`.
Work is by presynaptic neuron (row), whose synapses lie side by side; rows that nothing touches are skipped, which is
exact except for a tag of -257 (its accumulator saturates), so such rows are remembered in `state.low`.
"""

from __future__ import annotations

import numpy as np
from neurohw.backends.emulator.jit import inlined, kernel

I32 = np.int32
LOW, HIGH = -32769, 32767  # range of products and sums
X0, Y0, X1, X2, Y1, Y2, Y3, W, D, T, C = range(11)  # factor codes, in the order of FACTOR_BITS
ON_X0, ON_Y0, ON_U = range(3)


@inlined
def _impulse(value, whole, fraction, number):
    return I32(min(127, max(0, value + whole + (1 if number < fraction else 0))))


@kernel
def pre_spikes(r, q, messages, x, events, when):
    """Presynaptic events of one step: spike times and, for graded or repeated spikes, the traces at once."""
    x1, x2, tx = r.x, r.x + q.n_pre, r.x + 2 * q.n_pre
    mode, graded = r.graded, q.graded != 0
    for i in events:
        s = messages[q.message + i] if graded else I32(1)
        half = int(np.rint(s / 2)) & 255
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
    ty = r.y + 3 * q.n_post
    for j in range(q.n_post):
        if r.third_factor:
            if state.cells[5, p.cell + j] != 0:
                state.y[ty + j] = when
        elif state.messages[p.outputs[0] + j] != 0:
            if state.y[ty + j] > 0:
                for v in range(3):
                    k = r.y + v * q.n_post + j
                    state.y[k] = _impulse(state.y[k], r.impulse[2 + v], r.fraction[2 + v], number)
            state.y[ty + j] = when


@kernel
def _history(h, start, decay, number, whole, fraction, impulse_number, times, epoch):
    """Fill h with a trace after 0..epoch steps: stochastically rounded decay, then the impulse at the spike's step."""
    n, largest = len(start), 0
    for i in range(n):
        h[0, i] = start[i]
        largest = max(largest, abs(start[i]))
    slack = largest * (1.0 - decay) + 1e-9
    still = decay == 1.0 or (slack < number and number < 1.0 - slack)  # no value can move: skip the rounding
    for t in range(1, epoch + 1):
        if decay == 0.0:
            for i in range(n):
                h[t, i] = 0
        elif still:
            for i in range(n):
                h[t, i] = h[t - 1, i]
        else:
            for i in range(n):
                value = decay * h[t - 1, i]
                down = np.floor(value)
                h[t, i] = I32(down) + (1 if number < value - down else 0)
        for i in range(n):
            if times[i] == t:
                h[t, i] = _impulse(h[t, i], whole, fraction, impulse_number)
        if still:  # an impulse can make a value large enough to move
            for i in range(n):
                if times[i] == t and abs(h[t, i]) > largest:
                    largest = abs(h[t, i])
            slack = largest * (1.0 - decay) + 1e-9
            still = decay == 1.0 or (slack < number and number < 1.0 - slack)


@inlined
def _clip(v, low, high):
    return min(high, max(low, v))


# The loops over a row take plain numbers and arrays: fields of a table row could alias the arrays, so the compiler
# would read them again for every synapse and could not vectorise. Explicit int32 keeps numba from widening to int64.


@kernel
def _align(acc, values):
    """acc = value << 7."""
    for k in range(len(acc)):
        acc[k] = I32(I32(values[k]) << I32(7))


@kernel
def _bound(acc, low, high):
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
def _multiply(mac, values, const, low, high):
    """mac *= clip(value + const) along a row."""
    c, lo, hi = I32(const), I32(low), I32(high)
    for k in range(len(mac)):
        mac[k] = I32(mac[k] * min(hi, max(lo, I32(I32(values[k]) + c))))


@kernel
def _multiply_sign(mac, values, const):
    c, zero = I32(const), I32(0)
    for k in range(len(mac)):
        v = I32(I32(values[k]) + c)
        mac[k] = I32(mac[k] * (I32(v > zero) - I32(v < zero)))


@kernel
def _accumulate(acc, mac, scale, right, left, changed):
    """Scale, shift, saturate and add one product; return how many saturated."""
    saturated = I32(0)
    c, r, l, lo, hi = I32(scale), I32(right), I32(left), I32(LOW), I32(HIGH)
    for k in range(len(acc)):
        m = I32(I32(I32(mac[k] * c) >> r) << l)
        saturated = I32(saturated + I32((m > hi) | (m < lo)))
        m = min(hi, max(lo, m))
        changed[k] |= m
        acc[k] = min(hi, max(lo, I32(acc[k] + m)))
    return saturated


@kernel
def _store(target, acc, numbers, number, per_synapse, low, high):
    """Round stochastically, clip and write back; return how many hit the rails and how many are below -256."""
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
        target[k] = np.int16(min(hi, max(lo, v)))
    return rails, deep


@kernel
def learn(r, index, tables, state, counters, numbers, epoch_index):
    """End of an epoch of one plastic projection; `numbers`: its random numbers, see `Machine._numbers`."""
    decay_x, decay_y, impulse_x, impulse_y, rounding = numbers[0], numbers[1], int(numbers[2]), int(numbers[3]), int(numbers[4])
    q = tables.projections[r.projection]
    p = tables.populations[q.post]
    n_pre, n_post, end = q.n_pre, q.n_post, r.epoch
    tx, ty = state.x[r.x + 2 * n_pre : r.x + 3 * n_pre], state.y[r.y + 3 * n_post : r.y + 4 * n_post]
    hx, hy = np.zeros((2, end + 1, n_pre), I32), np.zeros((3, end + 1, n_post), I32)
    silent = np.ones(3, np.bool_)
    for v in range(2):
        if r.uses[v]:
            start = state.x[r.x + v * n_pre : r.x + (v + 1) * n_pre]
            _history(hx[v], start, r.decay[v], decay_x, r.impulse[v], r.fraction[v], impulse_x, tx, end)
            for i in range(n_pre):
                start[i] = hx[v, end, i]
    for v in range(3):
        if r.uses[2 + v]:
            own = state.y[r.y + v * n_post : r.y + (v + 1) * n_post]
            start = state.cells[2 + v, p.cell : p.cell + n_post] if r.third_factor else own
            _history(hy[v], start, r.decay[2 + v], decay_y, r.impulse[2 + v], r.fraction[2 + v], impulse_y, ty, end)
            silent[v] = True
            for j in range(n_post):
                if not r.third_factor:
                    own[j] = hy[v, end, j]
                for t in range(end + 1):
                    silent[v] &= hy[v, t, j] == 0
    beat = r.decimate >= 0 and epoch_index % (1 << max(0, r.decimate)) == 0
    live, targets = _live(r, tables.products, tables.factors, silent, beat, count(ty) > 0)
    counters.learning[index, 0] += 1
    counters.learning[index, 1] += _visited(r, q, tables.rows, tables.columns, tx, ty, beat)
    counters.learning[index, 2] += _update(
        r, q, tables.products, tables.factors, tables.rows, tables.columns, tables.dither,
        state.weights, state.tags2, state.tags, state.fan_out, state.low, counters.projection_overflows[r.projection],
        hx, hy, tx, ty, live, targets, rounding,
    )  # fmt: skip
    tx[:] = 0
    ty[:] = 0


@kernel
def _live(r, products, factors, silent, beat, any_y):
    """Products that can be non-zero this epoch whatever the row, and the variable each changes (0 w, 1 d, 2 t)."""
    live, targets = np.empty(len(products), np.int64), np.empty(len(products), np.int64)
    n = 0
    for target in range(3):
        span = r.dw if target == 0 else r.dd if target == 1 else r.dt
        for k in range(span[0], span[1]):
            product = products[k]
            on = product.dependency == ON_X0
            on |= product.dependency == ON_U and beat
            on |= product.dependency == ON_Y0 and any_y
            for f in range(product.factors[0], product.factors[1]):
                factor = factors[f]
                if Y1 <= factor.var <= Y3 and factor.const == 0 and silent[factor.var - Y1]:
                    on = False
            if on:
                live[n], targets[n] = k, target
                n += 1
    return live[:n], targets[:n]


@kernel
def _visited(r, q, rows, columns, tx, ty, beat):
    """Synapses with an active dependency."""
    visited, posts = 0, 0
    for j in range(q.n_post):
        posts += ty[j] > 0
    for i in range(q.n_pre):
        size = rows[q.rows + i + 1] - rows[q.rows + i]
        if (r.x_depends and tx[i] > 0) or (r.u_depends and beat):
            visited += size
        elif r.y_depends and posts:
            if not q.sparse:
                visited += posts
            else:
                first = q.column + rows[q.rows + i]
                for s in range(size):
                    visited += ty[columns[first + s]] > 0
    return visited


@kernel
def _update(
    r, q, products, factors, rows, columns, dither, weights, tags2, tags, fan_out, low, overflow,
    hx, hy, tx, ty, live, targets, rounding,
):  # fmt: skip
    """Apply the live products row by row; return how many synapses changed."""
    n_post, sparse, written = q.n_post, q.sparse != 0, 0
    along, along_at = np.empty((len(products), n_post), I32), np.full(len(products), -1)
    acc, mac, changed = np.empty((3, n_post), I32), np.empty(n_post, I32), np.empty(n_post, I32)
    touched = np.zeros(3, np.bool_)
    always = False
    for n in range(len(live)):
        always |= products[live[n]].dependency != ON_X0
    for i in range(q.n_pre):
        deep = low[r.row + i] != 0 and r.dt[1] > r.dt[0]
        if not (always or deep or (tx[i] > 0 and len(live) > 0)):
            continue
        first = rows[q.rows + i]
        size = rows[q.rows + i + 1] - first
        at, column = r.synapse + first, columns[q.column + first : q.column + first + (size if sparse else 0)]
        w, d, t = weights[q.weight + first : q.weight + first + size], tags2[at : at + size], tags[at : at + size]
        touched[:] = False
        changed[:size] = 0
        if deep:
            touched[2] = True
            _align(acc[2, :size], t)
        for n in range(len(live)):
            k, target = live[n], targets[n]
            product = products[k]
            if product.dependency == ON_X0 and tx[i] == 0:
                continue
            when = tx[i] if product.dependency == ON_X0 else r.epoch
            scale = _row_scale(product, factors, hx, tx[i], when, i)
            if scale == 0:
                continue
            if deep and target == 2 and k > r.dt[0]:  # a product before this one, even of zero, has saturated the sum
                _bound(acc[2, :size], LOW, HIGH)
            if not touched[target]:
                touched[target] = True
                _align(acc[target, :size], w if target == 0 else d if target == 1 else t)
            if along_at[k] != when:
                _along(along[k], product, factors, hy, ty, when)
                along_at[k] = when
            row = along[k]
            if sparse or _bends(product, factors):
                row = mac
                for s in range(size):
                    mac[s] = along[k, column[s] if sparse else s]
                _bend(mac[:size], product, factors, hx, ty, i, column, sparse, w, d, t)
            overflow[3] += _accumulate(acc[target, :size], row[:size], scale, product.shift, product.left, changed[:size])
        written += count(changed[:size])
        numbers = dither[at : at + size]
        if touched[0]:
            overflow[1] += _store_weights(w, acc[0, :size], numbers, rounding, r.per_synapse, r.sign)
            fan_out[q.fan + i] = count(w)
        if touched[1]:
            _bound(acc[1, :size], 0, HIGH)
            overflow[2] += _store(d, acc[1, :size], numbers, rounding, r.per_synapse, 0, 255)[0]
        if touched[2]:
            if deep:
                _bound(acc[2, :size], LOW, HIGH)
            rails, below = _store(t, acc[2, :size], numbers, rounding, r.per_synapse, -257, 255)
            overflow[2] += rails
            low[r.row + i] = below != 0
    return written


@kernel
def _store_weights(w, acc, numbers, rounding, per_synapse, sign):
    """Weights keep their sign in the accumulator and their range after rounding."""
    if sign == 1:
        _bound(acc, 0, HIGH)
        return _store(w, acc, numbers, rounding, per_synapse, 0, 255)[0]
    if sign == 2:
        _bound(acc, LOW, 0)
        return _store(w, acc, numbers, rounding, per_synapse, -255, 0)[0]
    return _store(w, acc, numbers, rounding, per_synapse, -256, 255)[0]


@kernel
def _row_scale(product, factors, hx, tx, when, i):
    """Mantissa times the factors that all synapses of a row share."""
    scale = I32(product.mantissa)
    for f in range(product.factors[0], product.factors[1]):
        factor = factors[f]
        if factor.var == X0:
            scale = I32(scale * _clip(I32(tx > 0) + factor.const, factor.low, factor.high))
        elif factor.var == C:
            scale = I32(scale * _clip(factor.const, factor.low, factor.high))
        elif (factor.var == X1 or factor.var == X2) and product.dependency != ON_Y0:
            scale = I32(scale * _clip(hx[factor.var - X1, when, i] + factor.const, factor.low, factor.high))
    return scale


@kernel
def _along(row, product, factors, hy, ty, when):
    """The factors that all rows share: dependency y0 and the postsynaptic factors, by postsynaptic neuron."""
    on_post = product.dependency == ON_Y0
    for j in range(len(row)):
        row[j] = I32(ty[j] > 0) if on_post else I32(1)
    for f in range(product.factors[0], product.factors[1]):
        factor = factors[f]
        for j in range(len(row)):
            if Y1 <= factor.var <= Y3:
                v = hy[factor.var - Y1, ty[j] if on_post else when, j]
                row[j] = I32(row[j] * _clip(v + factor.const, factor.low, factor.high))
            elif factor.var == Y0:
                row[j] = I32(row[j] * _clip(I32(ty[j] > 0) + factor.const, factor.low, factor.high))


@kernel
def _bends(product, factors):
    """Whether a product has factors that differ in both directions of the matrix."""
    for f in range(product.factors[0], product.factors[1]):
        var = factors[f].var
        if W <= var <= T or (product.dependency == ON_Y0 and (var == X1 or var == X2)):
            return True
    return False


@kernel
def _bend(mac, product, factors, hx, ty, i, column, sparse, w, d, t):
    """Multiply by those factors: synaptic variables, and presynaptic traces at the postsynaptic spike."""
    for f in range(product.factors[0], product.factors[1]):
        factor = factors[f]
        if W <= factor.var <= T:
            values = w if factor.var == W else d if factor.var == D else t
            if factor.sign:
                _multiply_sign(mac, values, factor.const)
            else:
                _multiply(mac, values, factor.const, factor.low, factor.high)
        elif (factor.var == X1 or factor.var == X2) and product.dependency == ON_Y0:
            for s in range(len(mac)):
                v = hx[factor.var - X1, ty[column[s] if sparse else s], i]
                mac[s] = I32(mac[s] * _clip(v + factor.const, factor.low, factor.high))
