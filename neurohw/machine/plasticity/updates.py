"""Sums of products over the synapses of a plastic projection, rounded and written back.

The equations are in `neurohw.ir.plasticity`. Rows are presynaptic neurons, whose synapses lie side by side.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurohw.machine.layout.tables import BLOCK, STEPS, UNKNOWN
from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import inlined, kernel, lower, merged, shared, upper
from neurohw.machine.simd.rows import HIGH, LOW

I32, U64 = np.int32, np.uint64
X0, Y0, X1, X2, Y1, Y2, Y3, W, D, T, C = range(11)  # factor codes, in the order of FACTOR_BITS
ON_X0, ON_Y0, ON_U = range(3)


class Epoch(NamedTuple):
    """Traces after each step of an epoch, x [2, epoch + 1, n_pre] and y [3, epoch + 1, n_post], and spike times."""

    hx: NDArray[np.int32]
    hy: NDArray[np.int32]
    tx: NDArray[np.int32]
    ty: NDArray[np.int32]
    rounding: Any  # 127 - floor(128 r), the random number that all synapses share


class Block(NamedTuple):
    """Synapses of some rows that follow each other: variables, their sums in units of 1/128, and room to work in."""

    w: NDArray[np.int16]
    d: NDArray[np.int16]
    t: NDArray[np.int16]
    sum_w: NDArray[np.int32]
    sum_d: NDArray[np.int32]
    sum_t: NDArray[np.int32]
    mac: NDArray[np.int32]
    changed: NDArray[np.int32]


@inlined
def _clip(v, low, high):
    return lower(high, upper(low, I32(v)))


@kernel
def is_single(r, q, products, factors, live, targets):
    """Whether one plain product changes the tags (or mixed weights) of a dense matrix: the case worth its own loop."""
    if len(live) != 1 or q.sparse:
        return False
    product = products[live[0]]
    plain = product.dependency == ON_X0 and not _bends(product, factors)
    return plain and (targets[0] == 2 or (targets[0] == 0 and r.sign == 0))


@kernel
def update_single(r, q, product, factors, work, target, values, dither, low, fan_out, overflow, e):
    """`update` for that case, in one pass over each row; `values`: the tags or weights of the projection."""
    n_post, written, when, each = np.int64(q.n_post), 0, 0, r.per_synapse != 0
    along, narrow, scales = work.along[:n_post], work.narrow[:n_post], work.scales[: q.n_pre]
    steepest, fits = _row_scales(scales, product, factors, e.hx, e.tx, r.epoch), False
    right, left, number, low_end = product.shift, product.left, e.rounding, -257 if target == 2 else -256
    for i in range(len(scales)):
        scale = scales[i]
        if scale == 0:
            continue
        if e.tx[i] != when:
            when = e.tx[i]
            _along(along, product, factors, e.hy, e.ty, when)
            fits = rows.fits_int16(rows.narrow_to(narrow, along), steepest, right, left, n_post)
        first = i * n_post
        row, numbers = values[first : first + n_post], dither[first : first + n_post]
        if not fits:
            changed, saturated, rails, deep = rows.add_product(
                row, along, scale, right, left, numbers, number, each, low_end, 255
            )
            overflow[3] += saturated
        elif each:
            changed, rails, deep = rows.add_narrow_product_each(
                row, narrow, scale, right, left, numbers, number, low_end
            )
        else:
            changed, rails, deep = rows.add_narrow_product(row, narrow, scale, right, left, number, low_end)
        written += changed
        overflow[2 if target == 2 else 1] += rails
        if target == 2:
            low[i] = deep
        elif changed > 0:
            fan_out[i] = UNKNOWN
    return written


@kernel
def is_outer(r, q, products, factors, live, targets):
    """Whether one product of row and column factors changes all mixed weights of a dense matrix, and nothing else."""
    if len(live) != 1 or q.sparse or targets[0] != 0 or r.sign != 0:
        return False
    product = products[live[0]]
    return product.dependency == ON_U and not _bends(product, factors)


@kernel
def update_outer(r, q, product, factors, work, values, dither, fan_out, overflow, e):
    """`update` for that case, in int16; return -1, with nothing done, if that is not wide enough.

    Where all synapses have one random number, rows of one scale change by the same steps, often by none.
    """
    n_post, n_pre, right, left, written = np.int64(q.n_post), np.int64(q.n_pre), product.shift, product.left, 0
    along, narrow, scales = work.along[:n_post], work.narrow[:n_post], work.scales[:n_pre]
    _along(along, product, factors, e.hy, e.ty, r.epoch)
    largest = _row_scales(scales, product, factors, e.hx, e.tx, r.epoch)
    if not rows.fits_int16(rows.narrow_to(narrow, along), largest, right, left, n_post):
        return -1
    steps, held, moves = work.steps[: STEPS * n_post].reshape((STEPS, n_post)), work.held, work.moves
    rows.fill(held, 0)
    rows.fill(moves, 0)
    candidates, first = work.candidates, 0
    while first < n_pre:
        first, count = _rows_to_change(
            candidates, scales, first, r.per_synapse != 0, steps, held, moves, narrow, product, e
        )
        for n in range(count):
            i = np.int64(candidates[n])
            row, scale = values[i * n_post : (i + 1) * n_post], scales[i]
            if r.per_synapse:
                numbers = dither[i * n_post : (i + 1) * n_post]
                changed, rails = rows.add_to_weights_each(row, narrow, scale, right, left, numbers, e.rounding)
            else:
                changed, rails = rows.add_to_weights(row, steps[scale & (STEPS - 1)], e.rounding)
            if changed > 0:
                fan_out[i] = UNKNOWN
            written += changed
            overflow[1] += rails
    return written


@kernel
def _rows_to_change(candidates, scales, first, each, steps, held, moves, narrow, product, e):
    """List rows that may change, from `first` on, with no branch that a processor has to guess; return where it ends
    and how many there are. It ends before a scale whose place another one holds that rows listed here still need.
    """
    count = U64(0)  # an index that may be negative would be looked at again
    for i in range(first, len(scales)):
        scale = scales[i]
        k = U64(scale & I32(STEPS - 1))
        if not each and held[k] != scale and scale != 0:
            if held[k] != 0 and count > U64(0):
                return i, np.int64(count)
            held[k] = scale
            moves[k] = rows.round_product(steps[k], narrow, scale, product.shift, product.left, e.rounding)
        candidates[count] = i
        count += U64((scale != 0) & (each | (moves[k] != 0)))
    return len(scales), np.int64(count)


@merged
def _row_scales(scales, product, factors, hx, tx, end):
    """`_row_scale` of every row, zero where a spike is missing that it depends on; return the largest size of any."""
    largest, on_pre = I32(0), product.dependency == ON_X0
    rows.fill(scales, product.mantissa)
    if on_pre:
        for i in range(len(scales)):
            scales[i] = I32(scales[i] * I32(tx[i] > 0))
    for f in range(product.factors[0], product.factors[1]):
        factor = factors[f]
        if factor.var == X0:
            for i in range(len(scales)):
                scales[i] = I32(scales[i] * _clip(I32(tx[i] > 0) + factor.const, factor.low, factor.high))
        elif factor.var == C:
            for i in range(len(scales)):
                scales[i] = I32(scales[i] * _clip(factor.const, factor.low, factor.high))
        elif X1 <= factor.var <= X2:
            trace = hx[factor.var - X1]
            if on_pre:
                for i in range(len(scales)):
                    scales[i] = I32(scales[i] * _clip(trace[tx[i], i] + factor.const, factor.low, factor.high))
            else:
                rows.multiply(scales, trace[end], factor.const, factor.low, factor.high)
    for i in range(len(scales)):
        largest = upper(largest, I32(abs(scales[i])))
    return largest


@kernel
def update(r, q, tables, state, weights, work, live, targets, overflow, e):
    """Apply the live products, a block of rows at a time; return how many synapses changed.

    A block is one row where only presynaptic spikes matter, so that silent rows are skipped, and as many as stay in the
    first-level cache where all rows change, so that what is the same for all of them is one loop over the block.
    """
    products, starts, n_post, written, always = tables.products, tables.rows, np.int64(q.n_post), 0, False
    for n in range(len(live)):
        always |= products[live[n]].dependency != ON_X0
    height = BLOCK // n_post if always and n_post < BLOCK else np.int64(1)
    along = work.along[: len(products) * n_post].reshape((len(products), n_post))
    along_at = work.along_at
    rows.fill(along_at, -1)
    room = work.blocks[: 5 * height * n_post].reshape((5, height * n_post))
    for top in range(0, q.n_pre, height):
        end = min(top + height, q.n_pre)
        deep = r.dt[1] > r.dt[0] and rows.count(state.low[r.row + top : r.row + end]) > 0
        if not (always or deep or (e.tx[top] > 0 and len(live) > 0)):
            continue
        first = starts[q.rows + top]
        size = starts[q.rows + end] - first
        at, whole = r.synapse + first, q.weight + first
        block = Block(
            weights[whole : whole + size], state.tags2[at : at + size], state.tags[at : at + size],
            room[0][:size], room[1][:size], room[2][:size], room[3][:size], room[4][:size],
        )  # fmt: skip
        here = shared(block)
        touched = _sum_block(r, q, tables, live, targets, overflow, e, here, first, top, end, deep, along, along_at)
        numbers = tables.dither[at : at + size]
        written += _store_block(r, q, starts, state, overflow, e, here, numbers, first, top, end, touched, deep)
    return written


@kernel
def _sum_block(r, q, tables, live, targets, overflow, e, block, first, top, end, deep, along, along_at):
    """Add up the products of a block; return which variables any of them touches (bits: 1 w, 2 d, 4 t)."""
    touched = 0
    if deep:
        touched = 4
        rows.align(block.sum_t, block.t)
    for n in range(len(live)):
        k, target = live[n], targets[n]
        product = tables.products[k]
        if deep and target == 2 and k > r.dt[0]:  # a product before this one, even of zero, has saturated the sum
            rows.bound(block.sum_t, LOW, HIGH)
        total = block.sum_w if target == 0 else block.sum_d if target == 1 else block.sum_t
        if not touched & (1 << target):
            touched |= 1 << target
            rows.align(total, block.w if target == 0 else block.d if target == 1 else block.t)
        if _is_uniform(product, tables.factors):
            overflow[3] += _add_uniform(total, block, product, tables, e)
        else:
            overflow[3] += _add_rows(
                total, r, q, product, tables, e, block, first, top, end, along[k], along_at[k : k + 1]
            )
    return touched


@kernel
def _add_rows(total, r, q, product, tables, e, block, first, top, end, along, along_at):
    """Add one product to each row of a block; return how many saturated."""
    saturated, sparse, factors = 0, q.sparse != 0, tables.factors
    bends = _bends(product, factors)
    for i in range(top, end):
        if product.dependency == ON_X0 and e.tx[i] == 0:
            continue
        when = e.tx[i] if product.dependency == ON_X0 else r.epoch
        scale = _row_scale(product, factors, e.hx, e.tx[i], when, i)
        if scale == 0:
            continue
        if along_at[0] != when:
            _along(along, product, factors, e.hy, e.ty, when)
            along_at[0] = when
        a, b = tables.rows[q.rows + i] - first, tables.rows[q.rows + i + 1] - first
        row = along
        if sparse or bends:
            column = q.column + first + a
            columns = tables.columns[column : column + (b - a if sparse else 0)]
            row = block.mac[a:b]
            rows.gather(row, along, columns, sparse)
            _bend(row, product, factors, e.hx, e.ty, i, columns, sparse, block.w[a:b], block.d[a:b], block.t[a:b])
        saturated += rows.accumulate(total[a:b], row, scale, product.shift, product.left)
    return saturated


@kernel
def _store_block(r, q, starts, state, overflow, e, block, numbers, first, top, end, touched, deep):
    """Round and write back what was touched, and keep book by row; return how many synapses changed."""
    rows.fill(block.changed, 0)
    if touched & 1:
        overflow[1] += rows.store_weights(
            block.w, block.sum_w, numbers, e.rounding, r.per_synapse, r.sign, block.changed
        )
        for i in range(top, end):
            a, b = starts[q.rows + i] - first, starts[q.rows + i + 1] - first
            state.fan_out[q.fan + i] = rows.count(block.w[a:b]) if q.sparse else UNKNOWN
    if touched & 2:
        rows.bound(block.sum_d, 0, HIGH)
        overflow[2] += rows.store(block.d, block.sum_d, numbers, e.rounding, r.per_synapse, 0, 255, block.changed)[0]
    if touched & 4:
        if deep:  # a tag of -257 that no product reached saturates
            rows.bound(block.sum_t, LOW, HIGH)
        rails, low = rows.store(block.t, block.sum_t, numbers, e.rounding, r.per_synapse, -257, 255, block.changed)
        overflow[2] += rails
        for i in range(top, end):
            a, b = starts[q.rows + i] - first, starts[q.rows + i + 1] - first
            state.low[r.row + i] = low != 0 and rows.has_low(block.t[a:b])
    return rows.count(block.changed)


@merged
def _is_uniform(product, factors):
    """Whether a product is the same function of the synaptic variables for every synapse: no traces, no spikes."""
    if product.dependency != ON_U:
        return False
    from_traces = False
    for f in range(product.factors[0], product.factors[1]):
        from_traces |= factors[f].var < W
    return not from_traces


@kernel
def _add_uniform(total, block, product, tables, e):
    """Add such a product to a block of synapses; return how many saturated."""
    factors, w, d, t = tables.factors, block.w, block.d, block.t
    scale = _row_scale(product, factors, e.hx, 0, 0, 0)
    signs, others, last = 0, 0, -1
    for f in range(product.factors[0], product.factors[1]):
        if W <= factors[f].var <= T:
            last = f
            signs += factors[f].sign != 0
            others += factors[f].sign == 0
    if signs == 1 and others == 0:
        factor = factors[last]
        values = w if factor.var == W else d if factor.var == D else t
        saturated = rows.accumulate_sign(total, values, factor.const, scale, product.shift, product.left)
    else:
        rows.fill(block.mac, 1)
        _bend(block.mac, product, factors, e.hx, e.ty, 0, tables.columns, False, w, d, t)
        saturated = rows.accumulate(total, block.mac, scale, product.shift, product.left)
    return saturated


@merged
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


@merged
def _along(row, product, factors, hy, ty, when):
    """The factors that all rows share: dependency y0 and the postsynaptic factors, by postsynaptic neuron."""
    on_post = product.dependency == ON_Y0
    for j in range(len(row)):
        row[j] = I32(ty[j] > 0) if on_post else I32(1)
    for f in range(product.factors[0], product.factors[1]):
        factor = factors[f]
        if Y1 <= factor.var <= Y3:
            trace = hy[factor.var - Y1]
            if on_post:
                for j in range(len(row)):
                    row[j] = I32(row[j] * _clip(trace[ty[j], j] + factor.const, factor.low, factor.high))
            else:
                rows.multiply(row, trace[when], factor.const, factor.low, factor.high)
        elif factor.var == Y0:
            for j in range(len(row)):
                row[j] = I32(row[j] * _clip(I32(ty[j] > 0) + factor.const, factor.low, factor.high))


@merged
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
