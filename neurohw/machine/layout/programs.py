"""Which populations run generated code, and the tables that it is given.

`BY_HAND` is the registry of kinds whose kernels are written by hand since they are faster; without it all run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Clapp, ClappLif, Critic, Hinge, Lif, Readout, Source, TernaryLif
from neurohw.machine.layout.tables import (
    BAP,
    COUNT,
    NEAR,
    POPULATION_OVERFLOWS,
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
from neurohw.microcode.kind import kind_of
from neurohw.microcode.program import Program

BY_HAND: set[type] = {Lif}
NOBODY = np.zeros(1, np.int64)  # counts what nobody asks for yet: states and messages beyond what they declare
SPIKES = "bap"  # what the programs of Clapp layers call spikes back
FACTORS = {"y1": Y1, "y2": Y2, "y3": Y3, SPIKES: BAP}
ROWS: Mapping[type, Mapping[str, int]] = {  # of `cells`, in which each kind keeps its states
    Lif: {"u": U, "v": V},
    TernaryLif: {"u": U, "v": V},
    Clapp: {"z": Z, "p": P, **FACTORS},
    ClappLif: {"u": U, "v": V, "n": COUNT, "near": NEAR, "z": Z, "p": P, **FACTORS},
    Hinge: {"y": U},
    Readout: {"n": U, "q": Z, "v": V, "inside": COUNT, "y1": Y1},
    Critic: {"label": U},
}


def generated(
    network: Network, populations: NDArray[Any], state: State, counters: Counters
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The tables of all populations that run generated code, one after the other, and the constants of their neurons.

    Rows of `populations` get the address of their code and where their tables begin.
    """
    own = [(k, p) for k, p in enumerate(network.populations) if type(p.neuron) not in {Source, *BY_HAND}]
    programs = {k: kind_of(p.neuron).program(p.neuron) for k, p in own}
    values = {(k, name): v for k, p in own for name, v in programs[k].values(p.neuron, p.size).items()}
    arrays = {which: v for which, v in values.items() if isinstance(v, np.ndarray)}
    constants = aligned(np.concatenate([np.zeros(0, np.int32), *arrays.values()]))
    starts = np.cumsum([0, *(len(v) for v in arrays.values())])
    values.update({which: _at(constants, start) for which, start in zip(arrays, starts)})
    tables = [np.zeros(0, np.int64)]
    for k, p in own:
        words = {constant(name): int(v) for (owner, name), v in values.items() if owner == k}
        words.update(_addresses(p, programs[k], k, populations[k], state, counters))
        populations[k]["code"], populations[k]["words"] = code_of(programs[k]).address, sum(map(len, tables))
        tables.append(layout_of(programs[k]).table(p.size, key(0, k, 0), words))
    return np.concatenate(tables), constants


def _addresses(p: Population, program: Program, k: int, row: Any, state: State, counters: Counters) -> dict[str, int]:
    """Where inputs, states and counters of population k are; messages are elsewhere in each step."""
    found = {d.name: 0 for d in program.of_role("sends")}
    for n, d in enumerate(program.of_role("receives")):
        found[d.name] = _at(state.inputs, row["inputs"][n])
    for d in program.of_role("state", "trace", "spikes_back"):
        found[d.name] = _at(state.cells[ROWS[type(p.neuron)][d.name]], row["cell"])
    for what in program.counts:
        found[counter(what)] = _at(counters.population_overflows[k], POPULATION_OVERFLOWS.index(what))
    return {**found, **{beyond(name): _at(NOBODY, 0) for name in program.unproven}}


def _at(array: NDArray[Any], index: int) -> int:
    """The address of an element."""
    return int(array.ctypes.data + array.itemsize * index)
