"""Populations of neuron programs on Brian2 alone, without a network: what arrives in each step is given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2.engine import Target, brian2, compile_standalone, run_standalone, running_on, simulate
from neurohw.backends.brian2.functions import functions
from neurohw.backends.brian2.programs import BACK, neuron_code, variable_of
from neurohw.backends.brian2.timeline import drawn
from neurohw.microcode.kind import kind_of

Arrays = dict[str, NDArray[Any]]


def run_on_brian2(neurons: list[Any], inputs: list[Arrays], size: int, target: Target) -> list[Arrays]:
    """Messages and states of each population in each step, [steps, size], by name; `inputs`: [steps, size] by port.

    Population number k draws its random numbers as that of `microcode.vector.Neurons` with this number does.
    """
    steps = len(next(iter(inputs[0].values())))
    with running_on(target) as folder:
        brian2.start_scope()
        brian2.defaultclock.dt = 1 * brian2.ms
        network = brian2.Network()
        monitors = [_population(network, k, neurons[k], inputs[k], size) for k in range(len(neurons))]
        simulate(network, steps)
        if target == "cpp":
            compile_standalone(folder)
            run_standalone({})
        return [
            {name: np.array(getattr(monitor, variable)).T for name, variable in names.items()}
            for monitor, names in monitors
        ]


def _population(network: Any, k: int, neuron: Any, inputs: Arrays, size: int) -> tuple[Any, dict[str, str]]:
    """Its monitor, and the variables of its messages and states, by name."""
    code, program = neuron_code(neuron, size), kind_of(neuron).program(neuron)
    now = np.arange(1, len(next(iter(inputs.values()))) + 1)
    arrays = {f"in_{port}": values for port, values in inputs.items()} | {"now": now}
    arrays |= {draw.name: drawn(draw, k, size, now[None], [0]) for draw in code.randoms}
    timed = {
        name: brian2.TimedArray(np.asarray(v, float), dt=1 * brian2.ms, name=f"array{k}_{name}")
        for name, v in arrays.items()
    }
    names = {d.name: f"m_{d.name}" for d in program.of_role("sends", "given")}
    names |= {d.name: variable_of(d.name) for d in program.of_role("state", "trace")}
    if program.of_role("spikes_back"):
        names["y0"] = BACK
    own = (*code.start, *code.constants, *code.counts, *code.broken)
    variables = list(dict.fromkeys([*(f"a_{port}" for port in inputs), *names.values(), *own]))
    group = brian2.NeuronGroup(
        size, "".join(f"{v} : integer\n" for v in variables), dtype=dict.fromkeys(variables, np.int64),
        namespace={**functions(), **timed}, name=f"population{k}",
    )  # fmt: skip
    for name, values in {**code.constants, **code.start}.items():
        setattr(group, name, values)
    arrive = "".join(f"a_{port} = op_whole(in_{port}(t, i))\n" for port in inputs)
    group.run_regularly(arrive + code.step, when="groups", name=f"step{k}")
    monitor = brian2.StateMonitor(group, list(names.values()), record=True, when="end", name=f"monitor{k}")
    network.add(group, monitor)
    return monitor, names
