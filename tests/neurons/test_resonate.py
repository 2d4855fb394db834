"""Resonator against the complex equation in floats, and bit for bit against Lava's RF."""

from __future__ import annotations

import numpy as np
import pytest
from support.alone import run_alone

from neurohw.backends.lava.available import why_not
from neurohw.neurons.resonate import Resonator

SIZE, STEPS, BITS = 30, 300, 12


def turning(period, alpha, bits=BITS):
    """sin and cos of a neuron that turns once in `period` steps and loses `alpha` in each."""
    angle = 2 * np.pi / np.asarray(period, float)
    one = (1 - np.asarray(alpha)) * (1 << bits)
    return np.trunc(one * np.sin(angle)).astype(int), np.trunc(one * np.cos(angle)).astype(int)


def test_it_is_a_complex_number_that_turns_and_shrinks():
    """Each step rounds two products of each part, by less than 1 each, and the loss forgets: 4 / alpha at most."""
    rng = np.random.default_rng(0)
    period, alpha = rng.uniform(6, 40, SIZE), 0.05
    sin, cos = turning(period, alpha, 15)
    turn = (cos + 1j * sin) / (1 << 15)
    assert np.abs(np.angle(turn) - 2 * np.pi / period).max() < 1e-4
    assert np.abs(np.abs(turn) - 0.95).max() < 1e-4
    inputs = {"in": rng.integers(-3000, 3000, (STEPS, SIZE)), "imaginary": rng.integers(-3000, 3000, (STEPS, SIZE))}
    vth = 20_000 << 6
    spikes, states = run_alone(Resonator(vth >> 3, sin, cos, 15, 6), inputs)
    z, before, far = np.zeros(SIZE, complex), np.zeros(SIZE, complex), np.zeros((STEPS, SIZE), bool)
    for t in range(STEPS):
        before, z = z, turn * z + (inputs["in"][t] + 1j * inputs["imaginary"][t]) * 64
        found = states["real"][t] + 1j * states["imag"][t]
        assert np.abs(found - z).max() <= 4 / 0.05
        spiked = (z.real >= vth >> 3) & (z.imag >= 0) & (before.imag < 0)
        far[t] = np.minimum(np.abs(z.real - (vth >> 3)), np.minimum(np.abs(z.imag), np.abs(before.imag))) > 80
        np.testing.assert_array_equal(spikes[t][far[t]] != 0, spiked[far[t]])
    assert far.mean() > 0.99
    assert 0.002 < spikes.mean() < 0.5


def test_it_answers_to_its_own_frequency_most():
    """Pulses of one period reach neurons of periods 9 to 17: the one of that period goes furthest."""
    periods = np.arange(9, 18)
    sin, cos = turning(periods, 0.03)
    for pulses in (10, 13, 16):
        given = np.zeros((STEPS, len(periods)), int)
        given[::pulses] = 100
        _, states = run_alone(Resonator(1000, sin, cos), {"in": given, "imaginary": np.zeros_like(given)})
        reach = np.hypot(states["real"], states["imag"])[STEPS // 2 :].max(axis=0)
        assert periods[reach.argmax()] == pulses


def test_it_spikes_at_its_threshold_and_only_where_the_imaginary_part_comes_from_below_zero():
    quarter = Resonator([100, 101, 100], 4096, 0)  # a quarter of a turn in each step, exactly
    inputs = {"in": np.array([[0, 0, 100], [0, 0, 0]]), "imaginary": np.array([[-100, -100, 0], [0, 0, 0]])}
    spikes, states = run_alone(quarter, inputs)
    assert states["real"].tolist() == [[0, 0, 100], [100, 100, 0]]
    assert states["imag"].tolist() == [[-100, -100, 0], [0, 0, 100]]
    assert spikes.tolist() == [[0, 0, 0], [1, 0, 0]]


@pytest.mark.lava
@pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")
@pytest.mark.parametrize(
    ("period", "alpha", "state_exp", "vth"), [(10, 0.07, 6, 400), (5.3, 0.01, 0, 2000), (60, 0.2, 3, 50)]
)
def test_it_is_lavas_rf_bit_for_bit(period, alpha, state_exp, vth):
    from neurohw.backends.lava.run import prepare_import

    prepare_import()
    from lava.proc.rf.process import RF
    from support.on_lava import run_own

    rng = np.random.default_rng(state_exp)
    inputs = {
        port: rng.integers(-400, 400, (STEPS, SIZE)) * (rng.random((STEPS, SIZE)) < 0.3) for port in ("in", "imaginary")
    }
    process = RF(shape=(SIZE,), period=period, alpha=alpha, state_exp=state_exp, decay_bits=BITS, vth=vth)
    expected = run_own(process, {"a_real_in": inputs["in"], "a_imag_in": inputs["imaginary"]})
    sin, cos = turning(period, alpha)
    spikes, _ = run_alone(Resonator(vth << state_exp, int(sin), int(cos), BITS, state_exp), inputs)
    np.testing.assert_array_equal(spikes, expected)
    assert 0.001 < spikes.mean() < 0.5
