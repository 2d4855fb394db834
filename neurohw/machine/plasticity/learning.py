"""The end of an epoch: what the traces and spike times say, which products are live, and what that touches.

Rows that nothing touches are skipped, which is exact except for a tag of -257 (its accumulator saturates), so such rows
are remembered in `state.low`.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine.plasticity import traces, updates
from neurohw.machine.plasticity.updates import ON_U, ON_X0, ON_Y0, Y1, Y3
from neurohw.machine.simd import rows
from neurohw.machine.simd.jit import kernel

I32 = np.int32


@kernel
def learn(r, index, tables, state, counters, work, numbers, epoch_index):
    """End of an epoch of one plastic projection; `numbers`: its random numbers, see `Machine._numbers`."""
    q = tables.projections[r.projection]
    n_pre, n_post, steps = np.int64(q.n_pre), np.int64(q.n_post), np.int64(r.epoch) + 1
    x, y = state.x[r.x : r.x + 3 * n_pre], state.y[r.y : r.y + 4 * n_post]
    tx, ty = x[2 * n_pre :], y[3 * n_post :]
    pre = 2 * steps * n_pre
    hx = work.histories[:pre].reshape((2, steps, n_pre))
    hy = work.histories[pre : pre + 3 * steps * n_post].reshape((3, steps, n_post))
    _pre_histories(hx, r, x, tx, numbers)
    silent = _post_histories(hy, r, tables.populations[q.post].cell, state.cells, y, ty, numbers)
    beat = r.decimate >= 0 and epoch_index % (1 << max(0, r.decimate)) == 0
    live, targets = _live(r, tables.products, tables.factors, silent, beat, rows.count(ty) > 0, work.live)
    weights = work.pending if len(work.pending) else state.weights
    overflow, low = counters.projection_overflows[r.projection], state.low[r.row : r.row + n_pre]
    epoch, written = updates.Epoch(hx, hy, tx, ty, int(numbers[4])), -1
    deep = rows.any_of(low)
    if not deep and updates.is_outer(r, q, tables.products, tables.factors, live, targets):
        size, at = n_pre * n_post, r.synapse
        written = updates.update_outer(
            r, q, tables.products[live[0]], tables.factors, work, weights[q.weight : q.weight + size],
            tables.dither[at : at + size], state.fan_out[q.fan : q.fan + n_pre], overflow, epoch,
        )  # fmt: skip
    elif not deep and updates.is_single(r, q, tables.products, tables.factors, live, targets):
        size, at = n_pre * n_post, r.synapse
        values = weights[q.weight : q.weight + size] if targets[0] == 0 else state.tags[at : at + size]
        written = updates.update_single(
            r, q, tables.products[live[0]], tables.factors, work, targets[0], values, tables.dither[at : at + size],
            low, state.fan_out[q.fan : q.fan + n_pre], overflow, epoch,
        )  # fmt: skip
    if written < 0 and (len(live) > 0 or deep):
        written = updates.update(r, q, tables, state, weights, work, live, targets, overflow, epoch)
    counters.learning[index, 0] += 1
    counters.learning[index, 1] += (
        _visited_sparse(r, q, tables, tx, ty, beat) if q.sparse else _visited(r, tx, ty, beat)
    )
    counters.learning[index, 2] += max(0, written)
    rows.fill(tx, 0)
    rows.fill(ty, 0)


@kernel
def _pre_histories(h, r, x, tx, numbers):
    """x1 and x2 over the epoch, [2, epoch + 1, n_pre], where the rule reads them; the traces move on to its end."""
    n, end = len(tx), r.epoch
    for v in range(2):
        if r.uses[v]:
            start = x[v * n : (v + 1) * n]
            whole, fraction = r.impulse[v], r.fraction[v]
            traces.history(h[v], start, r.decay[v], numbers[0], whole, fraction, int(numbers[2]), tx, end)
            for i in range(n):
                start[i] = h[v, end, i]


@kernel
def _post_histories(h, r, cell, cells, y, ty, numbers):
    """y1..y3 over the epoch, [3, epoch + 1, n_post], and as bits which are zero throughout.

    Three-factor traces start from what the neuron sent last and stay there; the others move on.
    """
    n, end = len(ty), r.epoch
    silent = 7
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
                if rows.any_of(h[v, t]):
                    silent &= ~(1 << v)
    return silent


@kernel
def _live(r, products, factors, silent, beat, any_y, room):
    """Products that can be non-zero this epoch whatever the row, and the variable each changes (0 w, 1 d, 2 t)."""
    live, targets, n = room[0], room[1], 0
    for target in range(3):
        span = r.dw if target == 0 else r.dd if target == 1 else r.dt
        for k in range(span[0], span[1]):
            product = products[k]
            on = product.dependency == ON_X0
            on |= product.dependency == ON_U and beat
            on |= product.dependency == ON_Y0 and any_y
            for f in range(product.factors[0], product.factors[1]):
                factor = factors[f]
                if Y1 <= factor.var <= Y3 and factor.const == 0 and silent >> (factor.var - Y1) & 1:
                    on = False
            if on:
                live[n], targets[n] = k, target
                n += 1
    return live[:n], targets[:n]


@kernel
def _visited(r, tx, ty, beat):
    """Synapses with an active dependency, of a dense matrix."""
    whole = np.int64(len(tx) if r.u_depends and beat else rows.count(tx) if r.x_depends else 0)
    return whole * len(ty) + (len(tx) - whole) * (rows.count(ty) if r.y_depends else 0)


@kernel
def _visited_sparse(r, q, tables, tx, ty, beat):
    """The same of a sparse one."""
    visited, starts = 0, tables.rows
    for i in range(q.n_pre):
        first, size = starts[q.rows + i], starts[q.rows + i + 1] - starts[q.rows + i]
        if (r.x_depends and tx[i] > 0) or (r.u_depends and beat):
            visited += size
        elif r.y_depends:
            for s in range(size):
                visited += ty[tables.columns[q.column + first + s]] > 0
    return visited
