"""Which populations run generated code, and the tables that it is given.

`BY_HAND` is the registry of kinds whose kernels are written by hand since they are faster; without it all run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import ClappLif, Critic, Hinge, Lif, Neuron, Readout, is_source
from neurohw.machine.layout.tables import (
    BAP,
    COUNT,
    GENERATED,
    LIF,
    NEAR,
    POPULATION_OVERFLOWS,
    PORTS,
    SOURCE,
    Y1,
    Y2,
    Y3,
    Counters,
    P,
    State,
    U,
    V,
    Z,
    aligned,
)
from neurohw.machine.programs.code import code_of
from neurohw.machine.programs.table import beyond, constant, counter, layout_of
from neurohw.microcode.hashing import key
from neurohw.microcode.kind import declared_of, program_of
from neurohw.microcode.program import Program, beyond_range

BY_HAND: frozenset[type] = frozenset({Lif})
FIXED = {"u": U, "v": V, "y1": Y1, "y2": Y2, "y3": Y3, "y0": BAP, "z": Z, "p": P}  # rows of `cells` by state
OWN: Mapping[type, Mapping[str, int]] = {  # where checkpoints have those of some kinds
    ClappLif: {"n": COUNT, "near": NEAR},
    Hinge: {"y": U},
    Readout: {"n": U, "q": Z, "inside": COUNT},
    Critic: {"label": U},
}


def population_problems(p: Population) -> Iterator[Problem]:
    """What the emulator has no room for."""
    for ports, what in ((p.neuron.inputs, "inputs"), (p.neuron.outputs, "outputs")):
        if len(ports) > PORTS:
            yield Problem(p.name, f"has {len(ports)} {what}", f"the emulator has room for {PORTS}")


def stepped_by(neuron: Neuron) -> int:
    """What steps the populations of a neuron."""
    return SOURCE if is_source(neuron) else LIF if type(neuron) in BY_HAND else GENERATED


def rows_of(neuron: Neuron) -> dict[str, int]:
    """The row of `cells` that holds each state, trace and spike back (y0) of a neuron; what it chose to do without
    stays as it starts."""
    known, others = {**FIXED, **OWN.get(type(neuron), {})}, count(NEAR + 1)
    declared = [d for d in declared_of(neuron).values() if d.role in ("state", "trace", "spikes_back")]
    names = ["y0" if d.role == "spikes_back" else d.name for d in declared]
    return {name: known[name] if name in known else next(others) for name in names}


def counted_by(neuron: Neuron) -> tuple[str, ...]:
    """What is counted of a population of a neuron, in the order of its counters."""
    program = program_of(neuron)
    if set(program.counts) <= set(POPULATION_OVERFLOWS):  # where checkpoints have those of ours
        return tuple(dict.fromkeys((*POPULATION_OVERFLOWS, *program.overflows)))
    return program.overflows


def starts_of(network: Network) -> NDArray[np.int32]:
    """What every state is at first, [rows, neurons]."""
    rows = [rows_of(p.neuron) for p in network.populations]
    height = 1 + max([NEAR, *(row for of in rows for row in of.values())])
    starts, first = np.zeros((height, sum(p.size for p in network.populations)), np.int32), 0
    for p, of in zip(network.populations, rows):
        for d in (d for d in declared_of(p.neuron).values() if d.role == "state"):
            starts[of[d.name], first : first + p.size] = d.start
        first += p.size
    return starts


def generated(
    network: Network, populations: NDArray[Any], state: State, counters: Counters, broken: Mapping[str, NDArray[Any]],
    seed: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:  # fmt: skip
    """The tables of all populations that run generated code, one after the other, and the constants of their neurons.

    Rows of `populations` get the address of their code, where their tables begin and the key of their random numbers.
    `broken`: of promised ports, see `Layout`.
    """
    own = [(k, p) for k, p in enumerate(network.populations) if populations[k]["kind"] == GENERATED]
    programs = {k: program_of(p.neuron) for k, p in own}
    values = {(k, name): v for k, p in own for name, v in programs[k].values(p.neuron, p.size).items()}
    arrays = {which: v for which, v in values.items() if isinstance(v, np.ndarray)}
    constants = aligned(np.concatenate([np.zeros(0, np.int32), *arrays.values()]))
    starts = np.cumsum([0, *(len(v) for v in arrays.values())])
    values.update({which: _at(constants, start) for which, start in zip(arrays, starts)})
    tables = [np.zeros(0, np.int64)]
    for k, p in own:
        words = {constant(name): int(v) for (owner, name), v in values.items() if owner == k}
        words.update(_addresses(p, programs[k], k, populations[k], state, counters))
        words.update({beyond(d.name): _at(broken[f"{p.name}.{d.name}"], 0) for d in programs[k].promised})
        populations[k]["code"], populations[k]["words"] = code_of(programs[k]).address, sum(map(len, tables))
        populations[k]["draws"], populations[k]["key"] = programs[k].has_random, np.uint64(key(seed, k)).view(np.int64)
        tables.append(layout_of(programs[k]).table(p.size, key(seed, k, 0), words))
    return np.concatenate(tables), constants


def _addresses(p: Population, program: Program, k: int, row: Any, state: State, counters: Counters) -> dict[str, int]:
    """Where inputs, states and counters of population k are; messages are elsewhere in each step."""
    found = {d.name: 0 for d in program.of_role("sends")}
    for n, d in enumerate(program.of_role("receives")):
        found[d.name] = _at(state.inputs, row["inputs"][n])
    rows, counted, counts = rows_of(p.neuron), counted_by(p.neuron), counters.population_overflows[k]
    for d in program.of_role("state", "trace", "spikes_back"):
        found[d.name] = _at(state.cells[rows["y0" if d.role == "spikes_back" else d.name]], row["cell"])
    found.update({counter(what): _at(counts, counted.index(what)) for what in program.counts})
    for d in program.watched:
        found[beyond(d.name)] = _at(counts, counted.index(beyond_range(d.name)))
    return found


def _at(array: NDArray[Any], index: int) -> int:
    """The address of an element."""
    return int(array.ctypes.data) + array.itemsize * int(index)
