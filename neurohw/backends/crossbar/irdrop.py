"""IR drop: the exact currents of a crossbar whose wires have resistance.

Circuit: row i is driven at its left end through one segment of `row_resistance`; such a segment lies between
neighbouring cells of a row, a segment of `column_resistance` between those of a column; the last cell of column j
reaches virtual ground through one more segment. Cell (i, j) joins the two lines with conductance G[i, j]. This is the
circuit of badcrossbar (Joksas and Mehonic, SoftwareX 2020).

The circuit is linear, so for fixed conductances the currents are exactly V @ Geff. `effective_conductance` finds Geff
once by block elimination of the nodal equations; `solve` finds the currents of a few inputs without it, by conjugate
gradients, for arrays that change between reads. Currents [A], voltages [V], conductances [S], resistances [Ohm].
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.linalg.lapack import dpotrf, dpotri
from threadpoolctl import threadpool_limits

from neurohw.errors import NeurohwError, Problem

Floats = NDArray[np.float64]
TOLERANCE = 1e-12  # of the residual, relative to the currents that the sources would drive into grounded columns
_ONE_AT_A_TIME = Lock()  # the number of BLAS threads belongs to the process: runs in threads of it take turns
ITERATIONS = 2000  # presets need 8 to 60; a well-posed circuit converges in at most rows x columns


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """On matrices of one array, two threads are up to 20 times slower."""
    with _ONE_AT_A_TIME, threadpool_limits(1, user_api="blas"):
        yield


def effective_conductance(g: Floats, row_resistance: float, column_resistance: float) -> Floats:
    """Geff [rows, columns] with currents = voltages @ Geff, exact up to rounding.

    Node voltages of the rows are eliminated first (one tridiagonal system each), then the columns from the far end to
    the ground, with one dense Cholesky factor of [columns, columns] a row: O(rows columns^3) time, O(columns^2) memory.
    """
    rows, columns = g.shape
    if not (np.isfinite(g) & (g >= 0)).all():
        raise NeurohwError(Problem("IR drop", f"conductances from {np.min(g):g} to {np.max(g):g} S", "needs 0 and up"))
    if row_resistance == 0 and column_resistance == 0:
        return np.array(g, np.float64)
    if row_resistance == 0 or column_resistance == 0:
        raise ValueError("both wires need a resistance; give the better one a very small resistance")
    if columns > rows:  # by reciprocity the transposed circuit, driven from the ground's side, has the same transfer
        turned = effective_conductance(g[::-1, ::-1].T.copy(), column_resistance, row_resistance)
        return np.ascontiguousarray(turned[::-1, ::-1].T)
    with _one_blas_thread():
        inverse, injected, _ = deque(_eliminate(g, 1 / row_resistance, 1 / column_resistance), maxlen=1)[0]
    return np.ascontiguousarray((inverse @ injected).T / column_resistance)


def input_admittance(g: Floats, row_resistance: float, column_resistance: float) -> Floats:
    """Y [rows, rows]: currents that the sources deliver = Y @ voltages, so that V Y V is the power they spend [W].

    What rows draw depends on the column nodes beside them, which are found from the ground upwards.
    """
    row_wire, column_wire = 1 / row_resistance, 1 / column_resistance
    with _one_blas_thread():
        sweep = list(_eliminate(g, row_wire, column_wire))
    nodes, found = np.zeros((g.shape[1], len(g))), np.diag(np.full(len(g), row_wire))
    for i in reversed(range(len(g))):
        inverse, injected, first = sweep[i]
        right = column_wire * nodes
        right[:, : i + 1] += injected
        nodes = inverse @ right  # of row i, for 1 V on each row
        found[i, i] -= row_wire * _first_node(g[i], row_wire)
        found[i] -= row_wire * (first @ nodes)
    return found


def _eliminate(g: Floats, row_wire: float, column_wire: float) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Row by row: the inverse of what is left of the column nodes' equations, the currents into them for 1 V on each
    row so far, and how the row's first node follows them."""
    rows, columns = g.shape
    diagonal = np.arange(columns)
    inverse, injected = np.zeros((columns, columns)), np.zeros((columns, 0))
    for i in range(rows):
        coupling = _row_response(g[i], row_wire)
        node = -(g[i][:, None] * coupling)
        node[diagonal, diagonal] += g[i] + column_wire * (1 if i == 0 else 2)
        if i:
            node -= column_wire**2 * inverse
            injected = column_wire * (inverse @ injected)
        injected = np.concatenate([injected, row_wire * coupling[0][:, None]], axis=1)
        inverse = _inverse(node)
        yield inverse, injected, coupling[0]


def _first_node(g: Floats, wire: float) -> float:
    """Voltage of a row's first node for 1 V at its source and all its column nodes at 0."""
    banded = _line(g, wire)
    unit = np.zeros(len(g))
    unit[0] = wire
    return float(solveh_banded(banded, unit, check_finite=False)[0]) if len(g) > 1 else wire / float(banded[1, 0])


def _line(g: Floats, wire: float) -> Floats:
    """The tridiagonal equations of one row's nodes, as scipy wants them."""
    banded = np.empty((2, len(g)))
    banded[0], banded[1] = -wire, 2 * wire + g
    banded[1, -1] -= wire
    return banded


def _row_response(g: Floats, wire: float) -> Floats:
    """Voltages of one row's nodes for 1 V on each of its column nodes in turn: (L + D)^-1 D, [columns, columns]."""
    banded = _line(g, wire)
    if len(g) == 1:
        return np.array([[g[0] / banded[1, 0]]])
    return np.asarray(solveh_banded(banded, np.diag(g), check_finite=False))


def _inverse(matrix: Floats) -> Floats:
    """Inverse of a symmetric positive definite matrix."""
    lower, _ = dpotri(dpotrf(matrix, lower=1, clean=1)[0], lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def solve(
    g: Floats, voltages: Floats, row_resistance: float, column_resistance: float, *, start: Floats | None = None,
    tolerance: float = TOLERANCE, iterations: int = ITERATIONS,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Column currents [columns] for row `voltages` [rows], and the column nodes' voltages [rows, columns].

    `start`: those of an earlier, similar solve. Conjugate gradients on the columns' Schur complement, preconditioned by
    its own tridiagonal lines: the matrix is symmetric positive definite, so it converges whatever the IR drop.
    Raise a NeurohwError when `iterations` do not reach `tolerance`.
    """
    if row_resistance <= 0 or column_resistance <= 0:
        raise ValueError("both wires need a resistance above 0")
    first = np.zeros(g.shape) if start is None else np.array(start, np.float64)
    dense = np.ascontiguousarray(g, np.float64)
    at_ground, nodes, left, used = _gradients(
        dense, np.ascontiguousarray(voltages, np.float64), 1 / row_resistance, 1 / column_resistance,
        tolerance, iterations, first,
    )  # fmt: skip
    if not left <= tolerance:
        what = f"no solution after {used} iterations: residual {left:.1e} of the current"
        raise NeurohwError(
            Problem("IR drop", what, f"asked for {tolerance:g}", "allow more iterations or a larger tolerance")
        )
    return at_ground, nodes


@njit(cache=True)
def _factor(diagonal: Any, wire: float, ratio: Any, inverse: Any) -> None:
    """Factors of tridiagonal systems along axis 0, one a column, with -wire beside the diagonal."""
    for j in range(diagonal.shape[1]):
        inverse[0, j] = 1 / diagonal[0, j]
        ratio[0, j] = -wire * inverse[0, j]
    for i in range(1, diagonal.shape[0]):
        for j in range(diagonal.shape[1]):
            inverse[i, j] = 1 / (diagonal[i, j] + wire * ratio[i - 1, j])
            ratio[i, j] = -wire * inverse[i, j]


@njit(cache=True)
def _substitute(ratio: Any, inverse: Any, wire: float, right: Any, out: Any) -> None:
    """Solve them, all columns at a time."""
    for j in range(right.shape[1]):
        out[0, j] = right[0, j] * inverse[0, j]
    for i in range(1, right.shape[0]):
        for j in range(right.shape[1]):
            out[i, j] = (right[i, j] + wire * out[i - 1, j]) * inverse[i, j]
    for i in range(right.shape[0] - 2, -1, -1):
        for j in range(right.shape[1]):
            out[i, j] -= ratio[i, j] * out[i + 1, j]


@njit(cache=True)
def _apply(g: Any, turned: Any, diagonal: Any, wire: float, rows: Any, row_wire: float, x: Any, room: Any) -> Any:
    """The Schur complement of the columns times x; `rows`: factors of the row lines, transposed like `turned`."""
    _substitute(rows[0], rows[1], row_wire, turned * x.T, room)
    out = diagonal * x - g * room.T
    out[1:] -= wire * x[:-1]
    out[:-1] -= wire * x[1:]
    return out


@njit(cache=True)
def _gradients(
    g: Any, voltages: Any, row_wire: float, wire: float, tolerance: float, iterations: int, x: Any
) -> Any:  # fmt: skip
    """Preconditioned conjugate gradients; return the currents, the nodes, the relative residual, the iterations."""
    m, n = g.shape
    turned = np.ascontiguousarray(g.T)  # rows as columns, so that all lines are solved side by side
    along_rows = turned + 2 * row_wire
    along_rows[n - 1] -= row_wire
    diagonal = g + 2 * wire
    diagonal[0] -= wire
    rows, columns = np.empty((2, n, m)), np.empty((2, m, n))
    _factor(along_rows, row_wire, rows[0], rows[1])
    _factor(diagonal, wire, columns[0], columns[1])
    room, driven = np.empty((n, m)), np.zeros((n, m))
    driven[0] = voltages * row_wire
    _substitute(rows[0], rows[1], row_wire, driven, room)
    right = g * room.T
    size = np.sqrt((right * right).sum())
    if size == 0:
        return np.zeros(n), np.zeros((m, n)), 0.0, 0
    residual = right - _apply(g, turned, diagonal, wire, rows, row_wire, x, room)
    z = np.empty((m, n))
    _substitute(columns[0], columns[1], wire, residual, z)
    direction, weight = z.copy(), (residual * z).sum()
    left, used = np.sqrt((residual * residual).sum()) / size, 0
    while left > tolerance and used < iterations:
        moved = _apply(g, turned, diagonal, wire, rows, row_wire, direction, room)
        step = weight / (direction * moved).sum()
        x += step * direction
        residual -= step * moved
        left, used = np.sqrt((residual * residual).sum()) / size, used + 1
        _substitute(columns[0], columns[1], wire, residual, z)
        new = (residual * z).sum()
        direction = z + (new / weight) * direction
        weight = new
    return x[m - 1] * wire, x, left, used
