"""Alif against the equations of Bellec et al. 2020 in floats."""

from __future__ import annotations

import numpy as np
from support.alone import assert_decided_alike, run_alone

from neurohw.neurons.adaptive import Alif
from neurohw.neurons.cuba import CubaLif

SIZE, STEPS = 40, 600


def test_it_follows_the_published_equations_in_floats_to_what_rounding_toward_zero_can_do():
    rng = np.random.default_rng(0)
    vth, beta = rng.integers(5_000, 20_000, SIZE), rng.integers(0, 4_000, SIZE)
    dv, db = 200, 20  # time constants of 20 and 200 steps, as in the source
    alpha, rho = 1 - dv / 4096, 1 - db / 4096
    inputs = np.round(vth * 0.1 * rng.uniform(-1, 3, (STEPS, SIZE))).astype(int)
    spikes, states = run_alone(Alif(vth, dv=dv, db=db, jump=beta), {"in": inputs})
    v, a, z = np.zeros(SIZE), np.zeros(SIZE), np.zeros(SIZE)  # in units of the threshold
    error_v, error_b = np.zeros(SIZE), np.zeros(SIZE)  # in 1 / 64 of them
    distances, tolerances = [], []
    for t in range(STEPS):
        v = alpha * v + inputs[t] - z * vth
        a = rho * a + z
        error_v, error_b = alpha * error_v + 1, rho * error_b + 1
        threshold = vth + beta * a
        distances.append((v - threshold) * 64)
        tolerances.append(error_v + error_b)
        z = (spikes[t] != 0).astype(float)
        assert (np.abs(states["v"][t] - v * 64) <= error_v).all()
        assert (np.abs(states["b"][t] - beta * a * 64) <= error_b).all()
    assert_decided_alike(spikes, np.array(distances), np.array(tolerances))
    assert error_b.max() < 0.001 * 64 * vth.min()


def test_its_threshold_makes_spikes_rarer():
    spikes, states = run_alone(Alif(100, dv=200, db=20, jump=[0, 20, 100]), {"in": np.full((400, 3), 50)})
    early, late = spikes[:40].sum(axis=0), spikes[-40:].sum(axis=0)
    assert early[0] == late[0]
    assert early[1] > late[1]
    assert early[2] > late[2] > 0
    assert (states["b"][:, 0] == 0).all()
    assert (np.diff(states["b"][-1]) > 0).all()


def test_without_a_jump_and_a_leak_it_is_a_neuron_that_subtracts_its_threshold():
    rng = np.random.default_rng(3)
    inputs, vth = rng.integers(-500, 900, (STEPS, SIZE)), rng.integers(500, 2000, SIZE)
    spikes, _ = run_alone(Alif(vth, jump=0), {"in": inputs})
    expected, _ = run_alone(CubaLif(vth, reset="subtract", current=False), {"in": inputs})
    np.testing.assert_array_equal(spikes, expected)
