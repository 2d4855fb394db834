"""A population of generated code with arrays of its own, as `microcode.vector.Neurons` is one on numpy's arrays."""

from __future__ import annotations

import ctypes

import numpy as np

from neurohw.machine.programs.table import beyond, constant, counter, layout_of
from neurohw.microcode import hashing
from neurohw.microcode.kind import kind_of

STEP = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)
GUARD = -77  # beside every row: no code may write there


class Generated:
    """`address`: of the code of the neuron's program, which has to be kept alive elsewhere."""

    def __init__(self, neuron, size, address, *, seed=0, population=0, sample=0):
        self.program, self.size, self.call = kind_of(neuron).program(neuron), size, STEP(address)
        self.layout = layout = layout_of(self.program)
        self.rows = {name: np.full(size + 2, GUARD, np.int32) for name in layout.rows}
        self.counters = np.zeros(len(layout.counters) + len(layout.watched), np.int64)
        values = {constant(name): value for name, value in self.program.values(neuron, size).items()}
        starts = {d.name: d.start for d in self.program.of_role("state", "trace")}
        for name, row in self.rows.items():
            row[1:-1] = starts.get(name, values.get(name, 0))
        addresses = {name: row.ctypes.data + 4 for name, row in self.rows.items()}
        key = hashing.key(seed, population, sample)
        names = [*map(counter, layout.counters), *map(beyond, layout.watched)]
        counters = {name: self.counters.ctypes.data + 8 * k for k, name in enumerate(names)}
        self.table = layout.table(size, key, {**values, **addresses, **counters})

    def step(self, t, inputs):
        for d in self.program.of_role("receives"):
            self.rows[d.name][1:-1] = inputs[d.port]
        for name in self.layout.messages:
            self.rows[name][1:-1] = 0
        self.sent = self.call(self.table.ctypes.data, t)
        assert all(row[0] == row[-1] == GUARD for row in self.rows.values())
        return {d.name: self.rows[d.name][1:-1].copy() for d in self.program.of_role("sends")}

    def states(self):
        return {d.name: self.rows[d.name][1:-1].copy() for d in self.program.of_role("state", "trace", "spikes_back")}

    @property
    def counted(self):
        return {what: n for what, n in zip(self.layout.counters, self.counters.tolist()) if n}

    @property
    def beyond(self):
        watched = self.counters[len(self.layout.counters) :].tolist()
        return {name: n for name, n in zip(self.layout.watched, watched) if n}
