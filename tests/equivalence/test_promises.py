"""A message beyond what its port declares ends a run, with the same words on every backend."""

import numpy as np
import pytest
from support.own_kinds import BACKENDS, kind_in, own_network, run_on, spikes

from neurohw.errors import NeurohwError
from neurohw.ir.engine import Setting
from neurohw.ir.promises import promised
from neurohw.machine.machine import Machine
from neurohw.microcode.vector import Neurons
from neurohw.runtime.backends import make_stepper

LOUD = """
@neuron
class Loud:
    most: int = one(0, 1000)
    v: int = state(16)
    a: int = receives("in")
    out: int = sends(-99, 99)
    extra: int = sends(0, 1)
    exact: int = sends(-7, 7)

    def step(self, t):
        self.v = clip(self.v + self.a, -300, 300)
        self.out = clip(self.v, -self.most, self.most)
        self.extra = self.v > 250
        self.exact = clip(self.v, -7, 7)
        if self.v > 280:
            self.extra = 2
"""
SAMPLES, STEPS, SIZE = 3, 20, 18


def network_of(most):
    return own_network(kind_in(LOUD)(most), SIZE)


def expected_problems(most, reset=False):
    """What is to be said, of the same program on numpy's arrays."""
    network, inputs = network_of(most), spikes(SAMPLES, STEPS)["source"].astype(np.int64)
    arrays, before = Neurons(network.population("x").neuron, (SIZE,)), np.zeros(5, np.int64)
    for sample in inputs:
        for t, frame in enumerate(sample):
            if reset and t == 0:
                arrays.reset()
                before[:] = 0
            arrays.step(t + 1, {"in": network.projections[0].weight @ before})
            before = frame
    fix = "send clip(..., {}, {}), or declare more"
    ends = {"out": (-99, 99), "extra": (0, 1)}
    return [
        f"x.{port}: sent {arrays.beyond[port]:,} messages beyond {low}..{high}; declared with sends({low}, {high}); "
        + fix.format(low, high)
        for port, (low, high) in ends.items()
        if port in arrays.beyond
    ]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("most", [100, 20])
def test_a_broken_promise_is_the_same_error_everywhere(backend, reset, most):
    if reset and backend == "lava":
        pytest.skip("Lava cannot reset neurons between samples")
    network = network_of(most)
    with pytest.raises(NeurohwError) as error:
        run_on(backend, network, spikes(SAMPLES, STEPS), reset=reset)
    said = expected_problems(most, reset)
    assert len(said) == (2 if most == 100 else 1)
    assert str(error.value).splitlines() == said


@pytest.mark.parametrize("backend", ["emulator", BACKENDS[2]])
def test_a_session_ends_with_the_step_that_breaks_a_promise(backend):
    network, frames = network_of(20), spikes(1, 60)["source"][0]
    arrays, before = Neurons(network.population("x").neuron, (SIZE,)), np.zeros(5, np.int64)
    chip = make_stepper(backend, Setting(network, 1))
    for t, frame in enumerate(frames, 1):
        arrays.step(t, {"in": network.projections[0].weight @ before.astype(np.int64)})
        before = frame
        if arrays.beyond:
            with pytest.raises(NeurohwError, match=r"x\.extra: sent \d+ messages? beyond 0..1"):
                chip.step({"source": frame})
            break
        chip.step({"source": frame})
    chip.close()
    assert arrays.beyond.keys() == {"extra"}


def test_a_run_that_goes_on_after_a_broken_promise_is_refused_again():
    machine = Machine(network_of(100), steps=STEPS)
    for _ in range(2):
        with pytest.raises(NeurohwError, match=r"x\.out: sent"):
            machine.advance(spikes(SAMPLES, STEPS))


def test_only_ports_that_nothing_proves_are_looked_at():
    neuron = kind_in(LOUD)(5)
    assert list(promised(own_network(neuron, 2))) == ["x.out", "x.extra"]
    proven = LOUD.replace("-self.most, self.most)", "-99, 99)").replace("self.extra = 2", "self.extra = 0")
    assert not promised(own_network(kind_in(proven)(5), 2))
