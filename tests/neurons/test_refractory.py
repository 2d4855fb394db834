"""LifRefractory against its equations in floats, and bit for bit against Lava's."""

from __future__ import annotations

import numpy as np
import pytest
from support.alone import assert_decided_alike, run_alone

from neurohw.backends.lava.available import why_not
from neurohw.neurons.refractory import LifRefractory

SIZE, STEPS = 40, 400


def test_it_follows_its_equations_in_floats_to_what_rounding_toward_zero_can_do():
    rng = np.random.default_rng(0)
    vth, rest, bias = rng.integers(20_000, 60_000, SIZE), rng.integers(0, 9, SIZE), rng.integers(-9000, 9000, SIZE)
    du, dv = 409, 130
    inputs = rng.integers(-3000, 6000, (STEPS, SIZE))
    spikes, states = run_alone(LifRefractory(vth, du, dv, rest, bias, 2), {"in": inputs})
    u, v, ends = np.zeros(SIZE), np.zeros(SIZE), np.zeros(SIZE)
    error_u, error = 0.0, np.zeros(SIZE)
    distances, tolerances = [], []
    for t in range(1, STEPS + 1):  # as Lava's floats have it, times 64
        u = u * (1 - (du + 1) / 4096) + inputs[t - 1] * 64
        error_u = error_u * (1 - (du + 1) / 4096) + 1
        free = ends < t
        v = np.where(free, v * (1 - dv / 4096) + u + bias * 4, v)
        error = np.where(free, error * (1 - dv / 4096) + error_u + 1, error)
        distances.append(v - vth * 64)
        tolerances.append(error)
        spiked = spikes[t - 1] != 0
        v, error, ends = np.where(spiked, 0, v), np.where(spiked, 0, error), np.where(spiked, t + rest, ends)
        assert (np.abs(states["u"][t - 1] - u) <= error_u).all()
        assert (np.abs(states["v"][t - 1] - v) <= error).all()
    assert_decided_alike(spikes, np.array(distances), np.array(tolerances))


@pytest.mark.parametrize("rest", [0, 1, 7, 255])
def test_two_spikes_are_further_apart_than_the_neuron_rests(rest):
    spikes, _ = run_alone(LifRefractory(5, 4095, 0, rest), {"in": np.full((600, 1), 9)})
    assert set(np.diff(np.flatnonzero(spikes[:, 0])).tolist()) == {rest + 1}


@pytest.mark.lava
@pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")
@pytest.mark.parametrize("rest", [1, 3])
def test_it_is_lavas_where_floats_have_no_rounding(rest):
    """du = 1 and dv = 0, all whole numbers: Lava 0.10.0 has this neuron in floats only."""
    from neurohw.backends.lava.run import prepare_import

    prepare_import()
    from lava.proc.lif.process import LIFRefractory
    from support.on_lava import run_own

    rng = np.random.default_rng(rest)
    inputs, bias = rng.integers(-20, 60, (150, SIZE)), rng.integers(-5, 9, SIZE)
    process = LIFRefractory(shape=(SIZE,), du=1, dv=0, vth=90, bias_mant=bias, refractory_period=rest)
    expected = run_own(process, {"a_in": inputs}, "floating_pt")
    spikes, _ = run_alone(LifRefractory(90, 4095, 0, rest, bias, 6), {"in": inputs})
    np.testing.assert_array_equal(spikes, expected)
    assert 0.05 < spikes.mean() < 0.5


@pytest.mark.lava
@pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")
def test_it_is_lavas_refractory_neuron_on_lavas_fixed_point_voltage():
    """Lava's own `subthr_dynamics` in integers, with what its LIFRefractory adds: v of those that rest is put back."""
    from neurohw.backends.lava.run import prepare_import

    prepare_import()
    from lava.proc.lif.models import PyLifModelBitAcc

    rng = np.random.default_rng(5)
    inputs, vth, rest = rng.integers(-3000, 6000, (STEPS, SIZE)), rng.integers(5_000, 60_000, SIZE), 4
    bias, exponent = rng.integers(-4096, 4096, SIZE), rng.integers(0, 4, SIZE)
    model = PyLifModelBitAcc({})
    model.u, model.v, model.vth = np.zeros(SIZE, np.int32), np.zeros(SIZE, np.int32), vth.astype(np.int32)
    model.du, model.dv, model.bias_mant, model.bias_exp = 409, 130, bias, exponent
    model.scale_bias()
    model.scale_threshold()
    spikes, states = run_alone(LifRefractory(vth, 409, 130, rest, bias, exponent), {"in": inputs})
    ends = np.zeros(SIZE, int)
    for t in range(1, STEPS + 1):
        before = model.v.copy()
        model.subthr_dynamics(inputs[t - 1].astype(np.int32))
        model.v[ends >= t] = before[ends >= t]
        spiked = model.spiking_activation()
        ends[spiked] = t + rest
        model.reset_voltage(spiked)
        np.testing.assert_array_equal(spikes[t - 1], spiked)
        np.testing.assert_array_equal(states["u"][t - 1], model.u)
        np.testing.assert_array_equal(states["v"][t - 1], model.v)
    assert 0.02 < spikes.mean() < 0.5
