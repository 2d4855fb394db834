"""Every kind that ships computes all neurons of a population, however many they are, on every backend."""

import numpy as np
import pytest
from equivalence.test_crossbar import assert_crossbar_agrees
from support.compare import assert_same
from support.emulate import emulate
from support.reference import run_reference
from support.runs import run_on
from support.sizes import SIZES, population_of

from neurohw import neurons
from neurohw.backends.brian2.available import why_not as no_brian2
from neurohw.backends.lava.available import why_not as no_lava
from neurohw.errors import NeurohwError

KINDS = neurons.kinds()
every_kind, every_size = pytest.mark.parametrize("kind", KINDS), pytest.mark.parametrize("size", SIZES)
FEW = (2, 65)  # of the slow suite: less and more than the 64 neurons that run ahead together
some_neurons = pytest.mark.parametrize(
    "size", [pytest.param(n, marks=pytest.mark.slow if n in FEW else pytest.mark.whole) for n in SIZES[1:]]
)


def reference(case, reset=False):
    return run_reference(case.network, case.inputs, case.steps, case.samples, reset)


@every_size
@every_kind
def test_the_emulator_computes_each(kind, size):
    case = population_of(kind, size)
    for reset in (False, True):
        assert_same(reference(case, reset), emulate(case, reset=reset), ("the reference", "the emulator"))


@every_size
@every_kind
def test_crossbars_compute_each(kind, size):
    assert_crossbar_agrees(population_of(kind, size), size)


@pytest.mark.lava
@pytest.mark.skipif(no_lava() is not None, reason=no_lava() or "Lava runs here")
@some_neurons
@every_kind
def test_lava_computes_each(kind, size):
    from neurohw.backends.lava.run import run_lava

    case = population_of(kind, size)
    expected = reference(case)
    how = {"steps_per_sample": case.steps, "samples": case.samples, "timeout": 120, "states": True}
    found = run_lava(case.network, case.inputs, record=list(expected.messages), **how)
    assert_same(expected, found, ("the reference", "Lava"))


@pytest.mark.skipif(no_brian2() is not None, reason=no_brian2() or "Brian2 runs here")
@some_neurons
@every_kind
def test_brian2_computes_each(kind, size):
    case = population_of(kind, size)
    length = case.steps * case.samples
    found = run_on("brian2", case.network, [case.inputs], steps=case.steps, traces=length, runtime="numpy")
    assert_same(reference(case), found, ("the reference", "Brian2"))


@pytest.mark.parametrize(("backend", "missing"), [("lava", no_lava()), ("brian2", no_brian2())])
@every_kind
def test_backends_that_have_no_empty_populations_say_so(kind, backend, missing):
    if missing:
        pytest.skip(missing)
    case = population_of(kind, 0)
    with pytest.raises(NeurohwError, match=r"x: has no neurons; .*; use the emulator"):
        run_on(backend, case.network, [case.inputs], steps=case.steps)


@every_kind
def test_the_last_of_many_neurons_do_something(kind):
    sent = reference(population_of(kind, 1000)).messages
    assert max(float(np.mean(v[:, -10:] != 0)) for name, v in sent.items() if name.startswith("x.")) > 0
