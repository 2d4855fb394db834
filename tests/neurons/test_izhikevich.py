"""Izhikevich's neuron against the published program in floats."""

from __future__ import annotations

import numpy as np
import pytest
from support.alone import run_alone

from neurohw.microcode.vector import Neurons
from neurohw.neurons.izhikevich import Izhikevich

KINDS = {  # A, B, c, d of the source's figure 2
    "regular spiking": (0.02, 0.2, -65, 8), "intrinsically bursting": (0.02, 0.2, -55, 4),
    "chattering": (0.02, 0.2, -50, 2), "fast spiking": (0.1, 0.2, -65, 2), "low threshold": (0.02, 0.25, -65, 2),
    "resonator": (0.1, 0.26, -65, 2),
}  # fmt: skip
STEPS = 1000


def neuron_of(a, b, c, d):
    """The neuron of these numbers, which may be arrays."""
    whole = [np.round(np.asarray(x) * unit).astype(int) for x, unit in [(a, 65536), (b, 65536), (c, 64), (d, 64)]]
    return Izhikevich(*[x.tolist() for x in whole])


def published(v, u, current, a, b):
    """One millisecond of the source's program, before the reset."""
    v = v + 0.5 * (0.04 * v**2 + 5 * v + 140 - u + current)
    v = v + 0.5 * (0.04 * v**2 + 5 * v + 140 - u + current)
    return v, u + a * (b * v - u)


def free_runs(current, moved, a, b, c, d):
    """Spike times of the published program alone, in floats, with v moved a little in each step; one list a run."""
    v, u = np.full(moved.shape[1], -65.0), np.full(moved.shape[1], -13.0)
    spikes = np.zeros(moved.shape, bool)
    for t, given in enumerate(current):
        v, u = published(v, u, given, a, b)
        v += moved[t]
        spikes[t] = v >= 30
        v, u = np.where(spikes[t], c, v), u + d * spikes[t]
    return [np.flatnonzero(row).tolist() for row in spikes.T]


@pytest.mark.parametrize("kind", KINDS)
def test_it_spikes_as_the_published_program_does_as_far_as_that_is_determined(kind):
    """In steps of 1 ms the program is chaotic: moving v by what we round, 12 units, parts its own spike times.

    As long as those of 1,000 such runs are the same, ours are the same; in all, ours are as many as theirs.
    """
    current = np.where(np.arange(STEPS) < 100, 0, 10)
    spikes, _ = run_alone(neuron_of(*KINDS[kind]), {"in": current[:, None] * 64})
    times = np.flatnonzero(spikes[:, 0]).tolist()
    moved = np.random.default_rng(0).uniform(-12, 12, (STEPS, 1000)) / 4096
    runs = free_runs(current, moved, *KINDS[kind])
    common = next((k for k, found in enumerate(zip(*runs)) if len(set(found)) > 1), min(map(len, runs)))
    assert times[:common] == runs[0][:common]
    counts = [len(run) for run in runs]
    assert min(counts) - 1 <= len(times) <= max(counts) + 1
    assert common >= 2


def test_each_step_is_the_published_one_to_a_few_units():
    """From the same state; what rounds is written beside it, in units of 1/4096 mV."""
    rng = np.random.default_rng(0)
    size, unit = 60, 1 / 4096
    a, b = rng.integers(500, 8000, size) / 65536, rng.integers(9000, 18000, size) / 65536
    c, d = rng.integers(-70, -45, size), rng.integers(1, 9, size)
    current = rng.integers(-5 * 64, 30 * 64, (STEPS, size))
    spikes, states = run_alone(neuron_of(a, b, c, d), {"in": current})
    v, u, unsure = np.full(size, -65.0), np.full(size, -13.0), 0
    for t in range(STEPS):
        half = v + 0.5 * (0.04 * v**2 + 5 * v + 140 - u + current[t] / 64)
        gain = np.abs(1 + 0.5 * (0.08 * half + 5))  # what the second half makes of an error of the first
        rounded = 0.5 * (0.04 * 16 + 1) + 1  # v v to 16 units, its product and the half to 1 each
        near = unit * rounded * (1 + gain) + 0.02e-6 * (gain * v**2 + half**2)  # 41943 / 2^20 is 0.04 (1 - 1e-6)
        expected_v, expected_u = published(v, u, current[t] / 64, a, b)
        spiked, certain = spikes[t] != 0, np.abs(expected_v - 30) > near
        unsure += (~certain).sum()
        np.testing.assert_array_equal(spiked[certain], expected_v[certain] >= 30)
        expected_u = expected_u + d * spiked
        expected_v = np.where(spiked, c, expected_v)
        v, u = states["v"][t] * unit, states["u"][t] * unit
        assert (np.abs(v - expected_v) <= near).all()
        assert (np.abs(u - expected_u) <= unit * (1 + a) + a * b * near).all()
    assert spikes.mean() > 0.01
    assert unsure < 10


def test_without_input_it_comes_to_the_rest_potential_of_the_source():
    _, states = run_alone(Izhikevich(), {"in": np.zeros((STEPS, 1), int)})
    rest = (-4.8 - np.sqrt(4.8**2 - 4 * 0.04 * 140)) / 0.08  # where 0.04 v^2 + 5 v + 140 = 0.2 v
    assert states["v"][-1].item() / 4096 == pytest.approx(rest, abs=0.02)


def test_wild_currents_are_clipped_and_counted():
    population = Neurons(Izhikevich(), (1,))
    for t, current in enumerate([1 << 30, -(1 << 31), 1 << 30, 0], 1):
        population.step(t, {"in": [current]})
    assert population.counted["current clipped"] == 3
    assert not population.beyond
