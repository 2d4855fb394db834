"""Generated programs as populations of one simulation, compared with the same programs on numpy's arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neurohw.microcode.kind import kind_of
from neurohw.microcode.vector import Neurons
from support.generate_programs import random_inputs, random_neuron, random_program

SIZE, STEPS = 4, 8
Run = Callable[[list[Any], list[dict[str, Any]], int], list[dict[str, Any]]]


def assert_programs_agree(run: Run, seeds: Sequence[int]) -> None:
    """Every message, state, trace and spike back of one program for each seed; `run` gets neurons, inputs and size."""
    rng = np.random.default_rng([seeds[0], 271])
    texts = [random_program(np.random.default_rng([seed, 27])) for seed in seeds]
    neurons = [random_neuron(rng, text, SIZE) for text in texts]
    given = [[random_inputs(rng, neuron, (SIZE,)) for _ in range(STEPS)] for neuron in neurons]
    inputs = [{port: np.stack([step[port] for step in steps]) for port in steps[0]} for steps in given]
    found = run(neurons, inputs, SIZE)
    for k, neuron in enumerate(neurons):
        arrays = Neurons(neuron, (SIZE,), population=k)
        back = [d.name for d in kind_of(neuron).program(neuron).of_role("spikes_back")]
        for t in range(STEPS):
            expected = {**arrays.step(t + 1, given[k][t]), **arrays.states()}
            for name in back:
                expected["y0"] = expected.pop(name)
            assert found[k].keys() == expected.keys()
            for name, values in expected.items():
                message = f"{name} at {t + 1} of {neuron}\n{texts[k]}"
                np.testing.assert_array_equal(found[k][name][t], values, err_msg=message)
