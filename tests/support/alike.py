"""Generated programs as populations of one simulation, compared with the same programs on numpy's arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neurohw.microcode.kind import kind_of
from neurohw.microcode.vector import Neurons
from support.generate_programs import random_inputs, random_neuron, random_program
from support.some import inputs_of, some

SIZE, STEPS = 4, 8
Run = Callable[[list[Any], list[dict[str, Any]], int], list[dict[str, Any]]]


def assert_programs_agree(run: Run, seeds: Sequence[int]) -> None:
    """Every message, state, trace and spike back of one program for each seed; `run` gets neurons, inputs and size."""
    rng = np.random.default_rng([seeds[0], 271])
    texts = [random_program(np.random.default_rng([seed, 27])) for seed in seeds]
    neurons = [random_neuron(rng, text, SIZE) for text in texts]
    given = [[random_inputs(rng, neuron, (SIZE,)) for _ in range(STEPS)] for neuron in neurons]
    assert_neurons_agree(run, neurons, given, texts)


def assert_kinds_agree(run: Run, kinds: Sequence[Any], steps: int = 40) -> None:
    """The same of one population of each of these kinds that ship."""
    rng = np.random.default_rng(len(kinds))
    neurons = [some(rng, SIZE, kind) for kind in kinds]
    given = [[inputs_of(rng, kind, SIZE, 800) for _ in range(steps)] for kind in kinds]
    assert_neurons_agree(run, neurons, given, [kind.__doc__ for kind in kinds])


def assert_neurons_agree(run: Run, neurons: list[Any], given: list[Any], texts: Sequence[Any]) -> None:
    """Every message, state, trace and spike back of each neuron's population; `given`: what arrives in each step."""
    inputs = [{port: np.stack([step[port] for step in steps]) for port in steps[0]} for steps in given]
    found = run(neurons, inputs, SIZE)
    for k, neuron in enumerate(neurons):
        arrays = Neurons(neuron, (SIZE,), population=k)
        back = [d.name for d in kind_of(neuron).program(neuron).of_role("spikes_back")]
        for t, step in enumerate(given[k]):
            expected = {**arrays.step(t + 1, step), **arrays.states()}
            for name in back:
                expected["y0"] = expected.pop(name)
            assert found[k].keys() == expected.keys()
            for name, values in expected.items():
                message = f"{name} at {t + 1} of {neuron}\n{texts[k]}"
                np.testing.assert_array_equal(found[k][name][t], values, err_msg=message)
