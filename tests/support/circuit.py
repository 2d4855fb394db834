"""Crossbar circuits the slow, plain way: modified nodal analysis of every node, to hold the fast solvers against."""

import numpy as np


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
