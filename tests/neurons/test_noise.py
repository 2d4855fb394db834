"""Random neurons against the statistics that their equations have; bounds are 5 standard errors, or say more."""

from __future__ import annotations

import numpy as np
import pytest
from support.alone import run_alone

from neurohw.microcode.hashing import draw, key
from neurohw.neurons.lif import Lif
from neurohw.neurons.noise import ALWAYS, NoisyLif, Poisson

SIZE, STEPS = 2000, 400


@pytest.mark.parametrize("p", [0.002, 0.05, 0.5, 0.98])
def test_a_poisson_neuron_spikes_at_its_rate_and_without_memory(p):
    spikes, _ = run_alone(Poisson(round(p * ALWAYS)), {"in": np.zeros((STEPS, SIZE), int)})
    n = STEPS * SIZE
    assert abs(spikes.mean() - p) < 5 * np.sqrt(p * (1 - p) / n)
    counts = spikes.sum(axis=0)  # binomial: their variance is STEPS p (1 - p), near Poisson's STEPS p where p is small
    assert abs(counts.var() / (STEPS * p * (1 - p)) - 1) < 5 * np.sqrt(2 / SIZE) + 3 / (STEPS * p * (1 - p) * SIZE)
    after = spikes[1:][spikes[:-1] != 0].mean()  # a spike says nothing of the next step
    assert abs(after - p) < 5 * np.sqrt(p * (1 - p) / (n * p))
    together = np.corrcoef(spikes[:, 0:2000:2].ravel(), spikes[:, 1:2000:2].ravel())[0, 1]  # nor of the neighbour
    assert abs(together) < 5 / np.sqrt(n / 2)


def test_what_arrives_adds_to_the_rate_and_the_ends_are_never_and_always():
    given = np.tile([0, ALWAYS // 4, -ALWAYS, ALWAYS, 1 << 30, -(1 << 31)], (STEPS * 10, 1))
    spikes, _ = run_alone(Poisson(ALWAYS // 2), {"in": given})
    rates = spikes.mean(axis=0)
    assert rates[2:].tolist() == [0, 1, 1, 0]
    assert np.abs(rates[:2] - [0.5, 0.75]).max() < 5 * 0.5 / np.sqrt(STEPS * 10)
    spikes, _ = run_alone(Poisson([0, ALWAYS]), {"in": np.zeros((STEPS, 2), int)})
    assert spikes.mean(axis=0).tolist() == [0, 1]


@pytest.mark.parametrize(("noise", "dv"), [(1000, 400), (65535, 2000), (37, 100)])
def test_the_voltage_varies_as_an_autoregressive_process_does(noise, dv):
    """Means and variances of the stationary process; rounding toward zero costs the voltage half a unit a step."""
    silence = np.zeros((STEPS, SIZE), int)
    _, states = run_alone(NoisyLif((1 << 25) - 1, noise, dv=dv), {"in": silence}, seed=3)
    keep = 1 - dv / 4096
    v = states["v"][int(12 / (1 - keep)) :].astype(float) if dv > 100 else states["v"][-1:].astype(float)
    variance = noise**2 / (1 - keep**2) * (1 - keep ** (2 * STEPS))
    independent = v.size * (1 - keep) / (1 + keep) if len(v) > 1 else v.size
    assert abs(v.mean()) < 5 * np.sqrt(variance / independent)
    lost = 1 / (1 - keep) / np.sqrt(variance)  # by rounding, of a standard deviation
    assert abs(v.var() / variance - 1) < 5 * np.sqrt(2 / independent) + 2 * lost
    drawn = states["v"][0].astype(float)  # of the first step: the noise itself
    assert abs(drawn.std() / noise - 1) < 5 * np.sqrt(0.5 / SIZE) + 1 / noise
    assert abs((drawn**4).mean() / drawn.var() ** 2 - 2.7) < 5 * np.sqrt(24 / SIZE)  # 3 - 0.3
    if len(v) > 1:
        assert np.corrcoef(v[1:].ravel(), v[:-1].ravel())[0, 1] == pytest.approx(keep, abs=5 / np.sqrt(v.size))


def drawn(bits, place):
    """The random numbers of a population of SIZE neurons at its first step, by their place in the text."""
    return draw(key(0, 0, 0, 1, place), np.arange(SIZE), bits)


def test_a_spike_is_a_random_number_below_the_rate():
    numbers, silence = drawn(24, 0), np.zeros((1, SIZE), int)
    assert run_alone(Poisson(numbers), {"in": silence})[0].sum() == 0
    assert run_alone(Poisson(numbers + 1), {"in": silence})[0].sum() == SIZE


@pytest.mark.parametrize("noise", [1, 900, 65535])
def test_noise_is_a_sum_of_four_random_numbers_to_a_unit(noise):
    """sqrt(3) 2^14 is 28378 (1 - 4e-6) there, and the noise at most 2 sqrt(3) times its standard deviation."""
    total = sum(drawn(16, place).astype(float) for place in range(4))
    _, states = run_alone(NoisyLif((1 << 25) - 1, noise), {"in": np.zeros((1, SIZE), int)})
    expected = noise * (total - 2 * 65535) * np.sqrt(3) / 65536
    assert np.abs(states["v"][0] - expected).max() < 1 + 4e-6 * 2 * np.sqrt(3) * noise


def test_without_noise_it_is_lif():
    rng = np.random.default_rng(1)
    inputs, vth, bias = rng.integers(-300, 900, (100, 30)), rng.integers(0, 3000, 30), rng.integers(-200, 200, 30)
    spikes, states = run_alone(NoisyLif(vth, 0, 500, 60, bias, 3), {"in": inputs})
    expected, expected_states = run_alone(Lif(vth, 500, 60, bias, 3), {"in": inputs})
    np.testing.assert_array_equal(spikes, expected)
    np.testing.assert_array_equal(states["v"], expected_states["v"])


def test_noise_makes_neurons_below_their_threshold_spike_and_those_above_jitter():
    given = np.full((STEPS, 200), 10)
    _, silent = run_alone(Lif(200, 4095, 400), {"in": given})
    below, _ = run_alone(Lif(200, 4095, 400), {"in": given})
    noisy, _ = run_alone(NoisyLif(200, 3000, 4095, 400), {"in": given})
    assert below.sum() == 0
    assert (noisy.sum(axis=0) > 0).all()
    assert len({tuple(np.flatnonzero(row)[:3]) for row in noisy.T}) > 150
    assert silent["v"].std(axis=1).max() == 0
