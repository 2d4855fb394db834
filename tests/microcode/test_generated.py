"""Random programs: Python that runs the text and arrays agree in messages, states and counts, and keep to proofs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.generate_programs import mutated, random_inputs, random_neuron, random_program

from neurohw.errors import NeurohwError
from neurohw.microcode.reference import Reference
from neurohw.microcode.vector import Neurons

SAMPLES, SIZE, STEPS = 2, 3, 5


def equal(seed: int) -> None:
    """Run one random program on samples side by side, and each neuron of each sample alone."""
    rng = np.random.default_rng([seed, 27])
    text = random_program(rng)
    agree(rng, text, random_neuron(rng, text, SIZE), seed)


def agree(rng: np.random.Generator, text: str, neuron: Any, seed: int) -> None:
    arrays = Neurons(neuron, (SAMPLES, SIZE), seed=seed, population=2)
    arrays.samples = [4, 7]
    alone = [Reference(neuron, SIZE, seed=seed, population=2) for _ in range(SAMPLES)]
    declared = {d.name: d for d in arrays.program.of_role("state", "sends", "spikes_back")}
    beyond: dict[str, int] = {}
    for t in range(1, STEPS + 1):
        inputs = random_inputs(rng, neuron, (SAMPLES, SIZE))
        messages = arrays.step(t, inputs)
        for sample, reference in enumerate(alone):
            here = {port: values[sample] for port, values in inputs.items()}
            expected = reference.step(t, here, arrays.samples[sample])
            found = {
                **{k: v[sample] for k, v in messages.items()},
                **{k: v[sample] for k, v in arrays.states().items()},
            }
            expected.update(reference.states())
            assert found.keys() == expected.keys()
            for name, values in expected.items():
                np.testing.assert_array_equal(found[name], values, err_msg=f"{name} at {t} of sample {sample}\n{text}")
                if name in declared and (values.min() < declared[name].low or values.max() > declared[name].high):
                    outside = (values < declared[name].low) | (values > declared[name].high)
                    beyond[name] = beyond.get(name, 0) + int(outside.sum())
                    assert name in arrays.program.unproven, text
    counted: dict[str, int] = {}
    for reference in alone:
        for what, n in reference.counts().items():
            counted[what] = counted.get(what, 0) + n
    assert arrays.counted == counted, text
    assert arrays.beyond == beyond, text


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_python_and_arrays_agree_on_generated_programs(start):
    for seed in range(start, start + 50):
        equal(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(200, 1200, 200))
def test_python_and_arrays_agree_on_a_thousand_generated_programs(start):
    for seed in range(start, start + 200):
        equal(seed)


def taken(seeds: range) -> int:
    """Change words of random programs: what is still taken has to run, and the same in both forms; how many are."""
    found = 0
    for seed in seeds:
        rng = np.random.default_rng([seed, 32])
        text = mutated(rng, random_program(rng, int(rng.integers(2, 12))), alike=True)
        try:
            neuron = random_neuron(rng, text, SIZE)
        except NeurohwError:
            continue
        agree(rng, text, neuron, seed)
        found += 1
    return found


def test_changed_programs_that_are_taken_run_the_same():
    assert taken(range(100)) > 10


@pytest.mark.slow
@pytest.mark.parametrize("start", range(60, 3060, 500))
def test_thousands_of_changed_programs_that_are_taken_run_the_same(start):
    assert taken(range(start, start + 500)) > 100
