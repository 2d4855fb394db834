"""Ten thousand random programs of 2 to 30 statements, with inputs up to 2^31, are run in four ways, and all agree.

Python runs the text, numpy its function on arrays, LLVM makes code of it that takes 16 neurons at a time, and a machine
that numba has compiled runs its tree, neuron by neuron.
"""

from __future__ import annotations

import numpy as np
import pytest
from numba.core.compiler_lock import global_compiler_lock
from support.generate_programs import random_inputs, random_neuron, random_program
from support.generated import Generated
from support.scalar import Taped
from support.tiers import parts

from neurohw.machine.programs import code
from neurohw.microcode import kind
from neurohw.microcode.kind import program_of
from neurohw.microcode.read import definitions
from neurohw.microcode.reference import Reference
from neurohw.microcode.vector import Neurons, function_of

ALL, SLOW, QUICK, PART = 10_000, 500, 20, 100
SIZE, STEPS = 18, 5  # a vector of 16 neurons, and two more


@pytest.fixture(autouse=True)
def forgotten():
    """What is kept of each text would come to gigabytes."""
    yield
    for kept in (definitions, kind._kinds_in, function_of):
        kept.cache_clear()


def made(program):
    """Code that is not kept, neither on disk nor for others."""
    with global_compiler_lock:
        return code.Code("step", code.compiled(program, "step"))


def compare(seed):
    """All values of all four in every step; what fails says the seed, and the text."""
    rng = np.random.default_rng([seed, 27])
    text = random_program(rng)
    neuron, population = random_neuron(rng, text, SIZE), seed % 7
    program, which = program_of(neuron), {"seed": seed, "population": population}
    ways = {"numpy": Neurons(neuron, (SIZE,), **which)}
    codes = {"LLVM": made(program), "numba": Taped(program)}
    ways |= {name: Generated(neuron, SIZE, each.address, **which) for name, each in codes.items()}
    reference = Reference(neuron, SIZE, **which)
    for t in range(1, STEPS + 1):
        inputs = random_inputs(rng, neuron, (SIZE,))
        expected = {**reference.step(t, inputs), **reference.states()}
        for way, population in ways.items():
            found = {**population.step(t, inputs), **population.states()}
            assert found.keys() == expected.keys()
            for name, values in expected.items():
                where = f"{name} of {way} at {t}, seed {seed}\n{text}"
                np.testing.assert_array_equal(found[name], values, err_msg=where)
    for way, population in ways.items():
        assert population.counted == reference.counts(), f"{way}, seed {seed}\n{text}"
        assert population.beyond == ways["numpy"].beyond, f"{way}, seed {seed}\n{text}"


@pytest.mark.parametrize("seed", range(QUICK))
def test_a_random_program_does_the_same_in_four_ways(seed):
    compare(seed)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("start", parts(range(0, ALL, PART), SLOW))
def test_ten_thousand_random_programs_do_the_same_in_four_ways(start):
    for seed in range(start, start + PART):
        compare(seed)
