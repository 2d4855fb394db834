"""Generated programs on Brian2: every message, state and trace is that of the program on numpy's arrays."""

import numpy as np
import pytest
from support.generate_programs import random_inputs, random_neuron, random_program

from neurohw.backends.brian2.available import why_not
from neurohw.microcode.vector import Neurons

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "Brian2 runs here")

SIZE, STEPS = 4, 8
QUICK, ALL, BATCH = 12, 300, 24


def assert_programs_agree(seeds, target="numpy"):
    """Run all programs as populations of one simulation."""
    from support.on_brian2 import run_on_brian2

    rng = np.random.default_rng([seeds[0], 271])
    texts = [random_program(np.random.default_rng([seed, 27])) for seed in seeds]
    neurons = [random_neuron(rng, text, SIZE) for text in texts]
    given = [[random_inputs(rng, neuron, (SIZE,)) for _ in range(STEPS)] for neuron in neurons]
    inputs = [{port: np.stack([step[port] for step in steps]) for port in steps[0]} for steps in given]
    found = run_on_brian2(neurons, inputs, SIZE, seed=5, target=target)
    for k, neuron in enumerate(neurons):
        arrays = Neurons(neuron, (SIZE,), seed=5, population=k)
        for t in range(STEPS):
            expected = {**arrays.step(t + 1, given[k][t]), **arrays.states()}
            assert found[k].keys() == expected.keys()
            for name, values in expected.items():
                message = f"{name} at {t + 1} of {neuron}\n{texts[k]}"
                np.testing.assert_array_equal(found[k][name][t], values, err_msg=message)


def test_generated_programs_run_alike():
    assert_programs_agree(range(QUICK))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(QUICK, ALL, BATCH))
def test_three_hundred_generated_programs_run_alike(start):
    assert_programs_agree(range(start, min(start + BATCH, ALL)))


@pytest.mark.slow
@pytest.mark.parametrize("target", ["cpp", "cython"])
def test_compiled_programs_run_alike(target, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert_programs_agree(range(ALL, ALL + 6), target)
