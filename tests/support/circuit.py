"""Crossbar circuits the slow, plain way: modified nodal analysis of every node, to hold the fast solvers against."""

import numpy as np
from scipy import sparse


def nodal_currents(g, voltages, row_resistance, column_resistance):
    """Column currents and row input currents, from one dense linear system of all 2 rows x columns nodes."""
    rows, columns = g.shape
    size = rows * columns
    matrix, right = np.zeros((2 * size, 2 * size)), np.zeros(2 * size)

    def join(a, b, conductance):
        matrix[a, a] += conductance
        if b is not None:
            matrix[b, b] += conductance
            matrix[a, b] -= conductance
            matrix[b, a] -= conductance

    for i in range(rows):
        for j in range(columns):
            on_row = i * columns + j
            on_column = size + on_row
            join(on_row, on_column, g[i, j])
            join(on_row, None if j == 0 else on_row - 1, 1 / row_resistance)
            join(on_column, None if i == rows - 1 else on_column + columns, 1 / column_resistance)
        right[i * columns] += voltages[i] / row_resistance
    nodes = np.linalg.solve(matrix, right)
    into = (voltages - nodes[:size:columns]) / row_resistance
    return nodes[2 * size - columns :] / column_resistance, into


def nodal_system(g, voltages, row_resistance, column_resistance):
    """The same equations as a sparse matrix, and the right side of each of some inputs [n, rows]."""
    rows, columns = g.shape
    on_row = np.arange(rows * columns).reshape(rows, columns)
    on_column = on_row + rows * columns
    row, column = (np.full((rows, columns), 1 / r) for r in (row_resistance, column_resistance))
    pairs = [
        (on_row, on_column, g), (on_row[:, 1:], on_row[:, :-1], row[:, 1:]),
        (on_column[:-1], on_column[1:], column[:-1]),
    ]  # fmt: skip
    a, b, c = (np.concatenate([p[k].ravel() for p in pairs]) for k in range(3))
    ends = np.concatenate([on_row[:, 0], on_column[-1]])  # to the sources and to the ground
    outer = np.concatenate([row[:, 0], column[-1]])
    values = np.concatenate([c, c, -c, -c, outer])
    where = np.concatenate([a, b, a, b, ends]), np.concatenate([a, b, b, a, ends])
    matrix = sparse.csc_matrix((values, where), (2 * rows * columns,) * 2)
    sides = np.zeros((len(voltages), 2 * rows * columns))
    sides[:, on_row[:, 0]] = voltages / row_resistance
    return matrix, sides
