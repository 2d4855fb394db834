"""The end of an epoch: sums of products over all synapses of a plastic projection.

The equations are in `neurohw.ir.plasticity`. Work is by presynaptic neuron (row), whose synapses lie side by side; rows
that nothing touches are skipped, which is exact except for a tag of -257 (its accumulator saturates), so such rows are
remembered in `state.low`.
"""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator import rows, traces
from neurohw.backends.emulator.jit import inlined, kernel
from neurohw.backends.emulator.rows import HIGH, LOW

I32 = np.int32
X0, Y0, X1, X2, Y1, Y2, Y3, W, D, T, C = range(11)  # factor codes, in the order of FACTOR_BITS
ON_X0, ON_Y0, ON_U = range(3)


@inlined
def _clip(v, low, high):
    return min(high, max(low, v))


@kernel
def learn(r, index, tables, state, counters, numbers, epoch_index):
    """End of an epoch of one plastic projection; `numbers`: its random numbers, see `Machine._numbers`."""
    q = tables.projections[r.projection]
    n_pre, n_post = q.n_pre, q.n_post
    x, y = state.x[r.x : r.x + 3 * n_pre], state.y[r.y : r.y + 4 * n_post]
    tx, ty = x[2 * n_pre :], y[3 * n_post :]
    hx = _pre_histories(r, x, tx, numbers)
    hy, silent = _post_histories(r, tables.populations[q.post].cell, state.cells, y, ty, numbers)
    beat = r.decimate >= 0 and epoch_index % (1 << max(0, r.decimate)) == 0
    live, targets = _live(r, tables.products, tables.factors, silent, beat, rows.count(ty) > 0)
    overflow, low = counters.projection_overflows[r.projection], state.low[r.row : r.row + n_pre]
    rounding, written = int(numbers[4]), 0
    if _is_single(r, q, tables.products, tables.factors, live, targets, low):
        size, at = np.int64(n_pre) * n_post, r.synapse
        values = state.weights[q.weight : q.weight + size] if targets[0] == 0 else state.tags[at : at + size]
        written = _update_single(
            r, q, tables.products[live[0]], tables.factors, targets[0], values, tables.dither[at : at + size], low,
            state.fan_out[q.fan : q.fan + n_pre], overflow, hx, hy, tx, ty, rounding,
        )  # fmt: skip
    elif len(live) > 0 or rows.count(low) > 0:
        written = _update(
            r, q, tables.products, tables.factors, tables.rows, tables.columns, tables.dither, state.weights,
            state.tags2, state.tags, state.fan_out, state.low, overflow, hx, hy, tx, ty, live, targets, rounding,
        )  # fmt: skip
    counters.learning[index, 0] += 1
    counters.learning[index, 1] += _visited(r, q, tables.rows, tables.columns, tx, ty, beat)
    counters.learning[index, 2] += written
    tx[:] = 0
    ty[:] = 0


@kernel
def _pre_histories(r, x, tx, numbers):
    """x1 and x2 over the epoch, [2, epoch + 1, n_pre], where the rule reads them; the traces move on to its end."""
    n, end = len(tx), r.epoch
    h = np.zeros((2, end + 1, n), I32)
    for v in range(2):
        if r.uses[v]:
            start = x[v * n : (v + 1) * n]
            whole, fraction = r.impulse[v], r.fraction[v]
            traces.history(h[v], start, r.decay[v], numbers[0], whole, fraction, int(numbers[2]), tx, end)
            for i in range(n):
                start[i] = h[v, end, i]
    return h


@kernel
def _post_histories(r, cell, cells, y, ty, numbers):
    """y1..y3 over the epoch, [3, epoch + 1, n_post], and which are zero throughout.

    Three-factor traces start from what the neuron sent last and stay there; the others move on.
    """
    n, end = len(ty), r.epoch
    h = np.zeros((3, end + 1, n), I32)
    silent = np.ones(3, np.bool_)
    for v in range(3):
        if r.uses[2 + v]:
            own = y[v * n : (v + 1) * n]
            start = cells[2 + v, cell : cell + n] if r.third_factor else own
            whole, fraction = r.impulse[2 + v], r.fraction[2 + v]
            traces.history(h[v], start, r.decay[2 + v], numbers[1], whole, fraction, int(numbers[3]), ty, end)
            for j in range(n):
                if not r.third_factor:
                    own[j] = h[v, end, j]
                for t in range(end + 1):
                    silent[v] &= h[v, t, j] == 0
    return h, silent


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
def _visited(r, q, starts, columns, tx, ty, beat):
    """Synapses with an active dependency."""
    visited, posts = 0, 0
    for j in range(q.n_post):
        posts += ty[j] > 0
    for i in range(q.n_pre):
        size = starts[q.rows + i + 1] - starts[q.rows + i]
        if (r.x_depends and tx[i] > 0) or (r.u_depends and beat):
            visited += size
        elif r.y_depends and posts:
            if not q.sparse:
                visited += posts
            else:
                first = q.column + starts[q.rows + i]
                for s in range(size):
                    visited += ty[columns[first + s]] > 0
    return visited


@kernel
def _is_single(r, q, products, factors, live, targets, low):
    """Whether one plain product changes the tags (or mixed weights) of a dense matrix: the case worth its own loop."""
    if len(live) != 1 or q.sparse or rows.count(low) > 0:
        return False
    product = products[live[0]]
    plain = product.dependency == ON_X0 and not _bends(product, factors)
    return plain and (targets[0] == 2 or (targets[0] == 0 and r.sign == 0))


@kernel
def _update_single(r, q, product, factors, target, values, dither, low, fan_out, overflow, hx, hy, tx, ty, rounding):
    """`_update` for that case, in one pass over each row; `values`: the tags or weights of the projection."""
    n_post, written, when = q.n_post, 0, 0
    along = np.empty(n_post, I32)
    bottom = -257 if target == 2 else -256
    for i in range(q.n_pre):
        scale = _row_scale(product, factors, hx, tx[i], tx[i], i) if tx[i] > 0 else I32(0)
        if scale == 0:
            continue
        if tx[i] != when:
            when = tx[i]
            _along(along, product, factors, hy, ty, when)
        first = np.int64(i) * n_post
        row, numbers = values[first : first + n_post], dither[first : first + n_post]
        changed, saturated, rails, deep = rows.add_product(
            row, along, scale, product.shift, product.left, numbers, rounding, r.per_synapse != 0, bottom, 255
        )
        written += changed
        overflow[3] += saturated
        overflow[2 if target == 2 else 1] += rails
        if target == 2:
            low[i] = deep != 0
        else:
            fan_out[i] = rows.count(row)
    return written


@kernel
def _update(
    r, q, products, factors, starts, columns, dither, weights, tags2, tags, fan_out, low, overflow,
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
        first = starts[q.rows + i]
        size = starts[q.rows + i + 1] - first
        at, column = r.synapse + first, columns[q.column + first : q.column + first + (size if sparse else 0)]
        w, d, t = weights[q.weight + first : q.weight + first + size], tags2[at : at + size], tags[at : at + size]
        touched[:] = False
        changed[:size] = 0
        if deep:
            touched[2] = True
            rows.align(acc[2, :size], t)
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
                rows.bound(acc[2, :size], LOW, HIGH)
            if not touched[target]:
                touched[target] = True
                rows.align(acc[target, :size], w if target == 0 else d if target == 1 else t)
            if along_at[k] != when:
                _along(along[k], product, factors, hy, ty, when)
                along_at[k] = when
            row = along[k]
            if sparse or _bends(product, factors):
                rows.gather(mac[:size], row, column, sparse)
                row = mac
                _bend(mac[:size], product, factors, hx, ty, i, column, sparse, w, d, t)
            overflow[3] += rows.accumulate(acc[target, :size], row[:size], scale, product.shift, product.left)
        numbers = dither[at : at + size]
        if touched[0]:
            fan = fan_out[q.fan + i : q.fan + i + 1]
            overflow[1] += _write_weights(w, acc[0, :size], numbers, rounding, r, fan, changed[:size])
        if touched[1] or touched[2]:
            flag = low[r.row + i : r.row + i + 1]
            overflow[2] += _write_tags(d, t, acc[:, :size], touched, numbers, rounding, r, flag, changed[:size])
        written += rows.count(changed[:size])
    return written


@kernel
def _write_weights(w, acc, numbers, rounding, r, fan_out, changed):
    """Store one row of weights and count its non-zero ones; return how many hit their rails."""
    rails = rows.store_weights(w, acc, numbers, rounding, r.per_synapse, r.sign, changed)
    fan_out[0] = rows.count(w)
    return rails


@kernel
def _write_tags(d, t, acc, touched, numbers, rounding, r, low, changed):
    """Store one row of the two tags; return how many hit their rails."""
    hits = 0
    if touched[1]:
        rows.bound(acc[1], 0, HIGH)
        hits += rows.store(d, acc[1], numbers, rounding, r.per_synapse, 0, 255, changed)[0]
    if touched[2]:
        rows.bound(acc[2], LOW, HIGH)  # a tag of -257 that no product reached saturates
        rails, below = rows.store(t, acc[2], numbers, rounding, r.per_synapse, -257, 255, changed)
        hits += rails
        low[0] = below != 0
    return hits


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
        elif X1 <= factor.var <= X2 and product.dependency != ON_Y0:
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
        if W <= var <= T or (product.dependency == ON_Y0 and X1 <= var <= X2):
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
                rows.multiply_sign(mac, values, factor.const)
            else:
                rows.multiply(mac, values, factor.const, factor.low, factor.high)
        elif X1 <= factor.var <= X2 and product.dependency == ON_Y0:
            for s in range(len(mac)):
                v = hx[factor.var - X1, ty[column[s] if sparse else s], i]
                mac[s] = I32(mac[s] * _clip(v + factor.const, factor.low, factor.high))
