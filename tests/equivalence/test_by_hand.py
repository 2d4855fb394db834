"""Kernels that are written by hand do what code that is generated from the text does; without them all still runs."""

import numpy as np
import pytest
from support import digests
from support.generate_by_hand import MAKE, random_populations

from neurohw.machine.layout import programs
from neurohw.machine.machine import Machine

QUICK, ALL, PART = 50, 1000, 50
BY_HAND = sorted(programs.BY_HAND, key=str)
CASES = [c if c.endswith(" 0") else pytest.param(c, marks=pytest.mark.slow) for c in digests.cases()]


@pytest.fixture
def without(monkeypatch):
    """A function that empties the registry."""
    return lambda: monkeypatch.setattr(programs, "BY_HAND", frozenset())


def left_behind(case):
    """Every message, u and v in every step, states, counters and activity; and what steps the populations."""
    length = case.steps * sum(map(len, case.inputs))
    machine = Machine(case.network, steps=case.steps, reset=case.reset, window=length)
    for chunk in case.inputs:
        machine.advance({"source": chunk})
    signals = {name: trace.values for name, trace in machine.traces().items()}
    counters = {name: array for name, array in machine.checkpoint().items() if name.startswith("counters.")}
    arrays = {**signals, **counters, "cells": machine.state.cells, "fan out": machine.state.fan_out}
    return {name: np.array(array) for name, array in arrays.items()}, machine.tables


def compare(kind, seeds, without):
    """How many of the networks ran many steps at once, saturated, and had spikes of the second population."""
    cases = [random_populations(kind, seed) for seed in seeds]
    by_hand = [left_behind(case) for case in cases]
    without()
    reached = np.zeros(3, int)
    for seed, case, (expected, tables) in zip(seeds, cases, by_hand):
        found, generated = left_behind(case)
        assert np.any(generated.populations["kind"] != tables.populations["kind"])
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=f"{name} of {kind.__name__} {seed}")
        second, overflows = expected["second.out"], expected["counters.population_overflows"]
        reached += (bool(tables.ahead[1:].any()), bool(overflows.any()), bool(second.any()))
    return reached


def test_each_kind_of_the_registry_has_generated_populations():
    assert set(BY_HAND) == MAKE.keys()


@pytest.mark.parametrize("kind", BY_HAND)
def test_generated_populations_run_alike(kind, without):
    assert np.all(compare(kind, range(QUICK), without) >= (10, 10, 20))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(QUICK, ALL, PART))
@pytest.mark.parametrize("kind", BY_HAND)
def test_a_thousand_generated_populations_run_alike(kind, start, without):
    assert np.all(compare(kind, range(start, start + PART), without) >= (5, 5, 10))


@pytest.mark.parametrize("case", CASES)
def test_no_digest_changes_without_the_registry(case, without):
    without()
    assert digests.changes(case, digests.digests_of(case), digests.golden()[case]) == ""
