"""CubaLif against NIR's equations in floats and physical units, and against the kinds that it contains."""

from __future__ import annotations

import numpy as np
import pytest
from support.alone import assert_decided_alike, run_alone

from neurohw.neurons.adaptive import Alif
from neurohw.neurons.cuba import CubaLif
from neurohw.neurons.lif import Lif
from neurohw.neurons.noise import NoisyLif
from neurohw.neurons.refractory import LifRefractory

SIZE, STEPS = 40, 400
DT = 1e-3  # s
MILLIVOLT = 40_000  # what u and v count of one, so that thresholds of tens of mV fill their 24 bits


def nir(size, rng, *, current=True, reset="value", leaky=True):
    """A neuron with NIR's parameters, each of its own, as a float simulation and as a CubaLif."""
    tau_syn, tau_mem = rng.uniform(2e-3, 20e-3, size), rng.uniform(5e-3, 40e-3, size)
    du = np.round(4096 * DT / tau_syn).astype(int) if current else np.full(size, 4096)
    dv = np.round(4096 * DT / tau_mem).astype(int) if leaky else np.zeros(size, int)
    level = {name: rng.integers(low, high, size) for name, low, high in
             [("vth", 50_000, 90_000), ("v_leak", -30_000, 30_000), ("v_reset", -40_000, 20_000)]}  # fmt: skip
    rest = rng.integers(0, 4, size)
    neuron = CubaLif(du=du, dv=dv, **level, rest=rest, reset=reset, current=current)
    volts = {name: values * 64 / MILLIVOLT * 1e-3 for name, values in level.items()}
    return neuron, Floats(du / 4096 / DT, dv / 4096 / DT, rest, reset, current, **volts)


class Floats:
    """NIR's CubaLIF by forward Euler with steps of DT, in seconds and volts; rates are 1 / tau.

    tau_syn di/dt = -i + w_in s,  tau_mem dv/dt = v_leak - v + r i, with r w_in such that one unit of input moves v by
    64 units of a neuron's v. `error`: the most by which rounding moves v away from this, in volts.
    """

    def __init__(self, syn_rate, mem_rate, rest, reset, current, vth, v_leak, v_reset):
        self.syn_rate, self.mem_rate, self.rest, self.reset, self.current = syn_rate, mem_rate, rest, reset, current
        self.vth, self.v_leak, self.v_reset = vth, v_leak, v_reset
        self.i, self.v, self.wait = np.zeros(len(vth)), np.zeros(len(vth)), np.zeros(len(vth), int)
        self.error_i, self.error = np.zeros(len(vth)), np.zeros(len(vth))
        self.unit = 1e-3 / MILLIVOLT

    def step(self, arrived):
        """Volts beyond the threshold before any reset."""
        given = arrived * 64 * self.unit
        if self.current:
            self.i += -self.i * self.syn_rate * DT + given
            self.error_i = self.error_i * (1 - self.syn_rate * DT) + self.unit
            given = self.i
        free = self.wait == 0
        v = self.v + (self.v_leak - self.v) * self.mem_rate * DT + given
        error = self.error * (1 - self.mem_rate * DT) + self.error_i + self.unit
        self.v, self.error = np.where(free, v, self.v), np.where(free, error, self.error)
        self.wait = np.maximum(0, self.wait - 1)
        return np.where(free, self.v - self.vth, -np.inf)

    def spike(self, spikes):
        """Reset and rest, of the neurons that spiked."""
        after = self.v_reset if self.reset == "value" else self.v - self.vth
        self.v = np.where(spikes, after, self.v)
        self.error = np.where(spikes & (self.reset == "value"), 0, self.error)
        self.wait = np.where(spikes, self.rest, self.wait)


CASES = {
    "CubaLIF": {}, "LIF": {"current": False}, "IF": {"current": False, "leaky": False},
    "CubaLIF that subtracts": {"reset": "subtract"}, "LIF that subtracts": {"current": False, "reset": "subtract"},
    "IF that subtracts": {"current": False, "leaky": False, "reset": "subtract"},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_follows_nir_in_floats_to_what_rounding_toward_zero_can_do(case):
    rng = np.random.default_rng(list(CASES).index(case))
    neuron, floats = nir(SIZE, rng, **CASES[case])
    mean = 1.6 * neuron.vth * (neuron.du / 4096) * (np.maximum(neuron.dv, 200) / 4096)  # so that v comes to 1.6 vth
    inputs = np.round(mean * rng.uniform(-1, 3, (STEPS, SIZE))).astype(int)
    spikes, states = run_alone(neuron, {"in": inputs})
    distances, tolerances = [], []
    for t in range(STEPS):
        distances.append(floats.step(inputs[t]))
        tolerances.append(floats.error.copy())
        floats.spike(spikes[t] != 0)
        assert (np.abs(states["v"][t] * floats.unit - floats.v) <= floats.error + 1e-12).all()
    assert_decided_alike(spikes, np.array(distances), np.array(tolerances))
    assert floats.error.max() < 1e-3  # of tens of mV


def test_with_the_same_for_all_it_is_lif():
    rng = np.random.default_rng(1)
    inputs = rng.integers(-3000, 4000, (STEPS, SIZE))
    vth, bias = rng.integers(0, 9000, SIZE), rng.integers(-9000, 9000, SIZE)
    spikes, states = run_alone(CubaLif(vth, du=301, dv=77, bias=bias), {"in": inputs})
    expected, expected_states = run_alone(Lif(vth, 300, 77, bias_mant=bias), {"in": inputs})
    np.testing.assert_array_equal(spikes, expected)
    for name in ("u", "v"):
        np.testing.assert_array_equal(states[name], expected_states[name])
    assert spikes.any()
    assert not spikes.all()


def test_with_a_refractory_period_it_is_the_lif_that_has_one():
    rng = np.random.default_rng(2)
    inputs = rng.integers(-3000, 4000, (STEPS, SIZE))
    rest = rng.integers(0, 6, SIZE)
    spikes, states = run_alone(CubaLif(5000, du=301, dv=77, rest=rest), {"in": inputs})
    expected, expected_states = run_alone(LifRefractory(5000, 300, 77, rest), {"in": inputs})
    np.testing.assert_array_equal(spikes, expected)
    for name in ("u", "v", "wait"):
        np.testing.assert_array_equal(states[name], expected_states[name])


@pytest.mark.parametrize("kind", [CubaLif, LifRefractory, Alif, NoisyLif])
def test_a_voltage_at_the_threshold_is_below_it(kind):
    threshold = 100
    spikes, states = run_alone(kind(threshold), {"in": np.array([[99, 100, 101]])})
    assert spikes.tolist() == [[0, 0, 1]]
    assert states["v"][0, 1] == threshold << 6


def test_a_neuron_rests_as_long_as_it_says_even_where_it_is_reset_beyond_its_threshold():
    spikes, _ = run_alone(CubaLif(10, v_reset=20, rest=[0, 1, 4]), {"in": np.full((20, 3), 100)})
    assert [np.flatnonzero(row)[:4].tolist() for row in spikes.T] == [[0, 1, 2, 3], [0, 2, 4, 6], [0, 5, 10, 15]]


def test_a_neuron_that_nothing_reaches_goes_to_its_rest_voltage():
    _, states = run_alone(CubaLif(100_000, dv=[100, 4096, 0], v_leak=[-5000, 7000, 9]), {"in": np.zeros((600, 3), int)})
    away = states["v"][-1] - np.array([-5000, 7000, 0]) * 64
    assert np.abs(away).tolist() == [0, 0, 0]
