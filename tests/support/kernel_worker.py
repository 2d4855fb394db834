"""Steps the population of a layer alone, in a process of a checkout: with kernels by hand, or with what is generated.

A line on standard input is "<steps> <layer>", the answer [seconds of the processor, digest of all states but y0]. What
is written by hand is that of the last commit that had it, `BEFORE`: its modules are named here as they are there.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

import neurohw as nh

BEFORE = "469657a"
SIZE, PERIOD = 1000, 16
PORTS = ("in", "prediction", "gate")
BAP = 5  # the row of spikes back, which are forgotten before a step in one and in it in the other


class Parts(NamedTuple):
    """Tables and state of a network, and a function that steps its layer so many times."""

    tables: Any
    state: Any
    loop: Callable[[int], None]


def layers() -> dict[str, Any]:
    """Layers of CLAPP, by what they are called in tables."""
    from neurohw.ir.neurons import Clapp, ClappLif

    graded = {f"Clapp, {mapping}": Clapp(1, PERIOD, 6, 5, 7, mapping) for mapping in ("carry", "signed", "unsigned")}
    spiking = {
        f"ClappLif, {'delayed' if delayed else mapping}":
            ClappLif(1, PERIOD, 8, 300, 4095, 128, 3, 5, 7, True, mapping, delayed=delayed)
        for mapping, delayed in (("carry", False), ("signed", False), ("unsigned", False), ("carry", True))
    }  # fmt: skip
    return {**graded, **spiking}


def network_of(neuron: Any) -> Any:
    """A layer with a source at each input, so that it has inputs."""
    from neurohw.ir.neurons import Source

    wires, form = sparse.csr_array(sparse.eye_array(SIZE, dtype=int)), nh.Format(8, 0, "excitatory")
    sources = tuple(nh.Population(f"to_{port}", SIZE, Source(-100, 100)) for port in PORTS)
    into = tuple(nh.Projection(port, f"to_{port}", "x", wires, form, post_port=port) for port in PORTS)
    return nh.Network((*sources, nh.Population("x", SIZE, neuron)), into)


def by_hand(network: Any) -> Parts:
    """What `BEFORE` makes of a network, and a loop of its kernels."""
    home = "neurohw.backends.emulator"
    entry, kernels, acts = (
        import_module(f"{home}.jit").entry, import_module(f"{home}.neurons"), import_module(f"{home}.population")._acts
    )  # fmt: skip
    clapp, clapp_lif = kernels.clapp, kernels.clapp_lif
    tables, state, counters, _ = import_module(f"{home}.layout").build(network)
    spiking, k = hasattr(network.population("x").neuron, "steps"), len(PORTS)

    @entry
    def loop(populations, params, cells, inputs, messages, hot, overflow, times):
        p = populations[k]
        for t in range(1, times + 1):
            if acts(p, t):
                if spiking:
                    clapp_lif(p, params, cells, inputs, messages, hot, overflow, t)
                else:
                    clapp(p, cells, inputs, messages, hot, overflow, t)

    hot, overflow = np.zeros(8, np.int64), counters.population_overflows[k]
    arrays = (tables.populations, tables.params, state.cells, state.inputs, state.messages, hot, overflow)
    return Parts(tables, state, lambda times: loop(*arrays, times))


def generated(network: Any) -> Parts:
    """What this commit makes of a network, and a loop of its generated code."""
    jit, first = import_module("neurohw.machine.simd.jit"), import_module("neurohw.machine.programs.table").FIRST
    call, address, k = jit.call, jit.address, len(PORTS)
    made = import_module("neurohw.machine.machine").Machine(network, steps=PERIOD)

    @jit.entry
    def loop(populations, words, row, times):
        p = populations[k]
        for o in range(3):
            words[p.words + first + o] = address(row, p.outputs[o])
        for t in range(1, times + 1):
            call(p.code, address(words, p.words), t)

    tables, state = made.tables, made.state
    return Parts(tables, state, lambda times: loop(tables.populations, tables.words, state.messages, times))


def main() -> None:
    """Answer requests until there are no more."""
    make = by_hand if Path(nh.__file__).with_name("backends").joinpath("emulator", "neurons.py").exists() else generated
    ready: dict[str, Parts] = {}
    for line in sys.stdin:
        times, _, name = line.strip().partition(" ")
        if name not in ready:
            ready[name] = make(network_of(layers()[name]))
            ready[name].loop(1)  # compiles
        print(json.dumps(timed(ready[name], int(times))), flush=True)


def timed(parts: Parts, times: int) -> tuple[float, str]:
    """Seconds, and a digest of the states, from rest and with the same inputs in all steps."""
    rng, (tables, state, loop) = np.random.default_rng(0), parts
    for first, limits in zip(tables.populations[-1]["inputs"], ((-3000, 9000), (-3000, 3000), (-1, 2))):
        state.inputs[first : first + SIZE] = rng.integers(*limits, SIZE)
    state.cells[:] = 0
    start = time.process_time()
    loop(times)
    seconds = time.process_time() - start
    states = np.delete(state.cells[:10, -SIZE:], BAP, axis=0)
    return seconds, hashlib.sha256(states.tobytes()).hexdigest()[:16]


if __name__ == "__main__":
    main()
