"""Populations run the code of their programs: users' kinds too, and ours without their hand-written kernels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from equivalence import test_emulator_reference as reference
from support.own_kinds import kind_in, own_network, run_on, spikes

from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Source
from neurohw.machine.layout import programs
from neurohw.machine.machine import Machine
from neurohw.microcode.kind import kinds_in
from neurohw.microcode.text import Text
from neurohw.microcode.vector import Neurons

ADAPTIVE = """
from neurohw.microcode import Ints, clip, each, neuron, receives, scale, sends, state

@neuron
class Adaptive:
    vth: Ints = each(0, 1000, default=50)
    v: int = state(24, start=-7)
    w: int = state(6)
    tired: int = state(16, 0, 3000)
    last: int = state(24)
    more: int = state(24, start=5)
    extra: int = state(24)
    a: int = receives("in")
    b: int = receives("more")
    out: int = sends(0, 1)
    size: int = sends(-99, 99)

    def step(self, t):
        self.v = clip(scale(self.v, 3900, 12) + self.a - self.b, -5000, 5000)
        self.w += self.a
        self.count("far", self.v > 100)
        self.out = self.v > self.vth + self.tired
        if self.out:
            self.tired = min(3000, self.tired + 20)
            self.v = 0
            self.size = clip(self.last, -99, 99)
        self.last = self.v
        self.more += self.out
        self.extra = self.more + self.index
"""


@pytest.fixture
def any_kind(monkeypatch):
    """Networks take kinds that do not ship."""
    monkeypatch.setattr("neurohw.ir.network.require_kind", lambda *_: None)


def network_of(neuron, size):
    """A population that hears a source at two ports and itself at none; its weights are those of the test."""
    rng = np.random.default_rng(size)
    weights = [2 * rng.integers(-45, 45, (size, 5)).astype(np.int16) for _ in range(2)]
    populations = (Population("source", 5, Source(0, 1)), Population("x", size, neuron))
    projections = tuple(
        Projection(f"to_{port}", "source", "x", weight, Format(8, 0), False, post_port=port)
        for port, weight in zip(("in", "more"), weights)
    )
    return Network(populations, projections), dict(zip(("in", "more"), weights))


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65])
def test_a_kind_of_a_users_own_runs_as_its_program_says(size, any_kind):
    neuron = kinds_in(Text("adaptive.py", ADAPTIVE))["Adaptive"].neuron(np.arange(size) + 20)
    network, weights = network_of(neuron, size)
    frames = (np.random.default_rng(1).random((2, 12, 5)) < 0.5).astype(np.int8)
    machine, counted, beyond = Machine(network, steps=14, reset=True, window=28), {}, 0
    machine.advance({"source": frames})
    traces = machine.traces()
    for sample in range(2):
        arrays, heard = Neurons(neuron, (size,)), np.zeros((15, 5), np.int64)
        heard[1:13] = frames[sample]
        for t in range(1, 15):
            messages = arrays.step(t, {port: weight @ heard[t - 1] for port, weight in weights.items()})
            row = 14 * sample + t - 1
            for port, values in messages.items():
                np.testing.assert_array_equal(machine.raster()[row, machine.layout.outputs[f"x.{port}"]], values)
        counted["far"] = counted.get("far", 0) + arrays.counted.get("far", 0)
        beyond += arrays.beyond["w"]
    for name, values in arrays.states().items():
        row = programs.rows_of(neuron)[name]
        np.testing.assert_array_equal(machine.state.cells[row, machine.layout.cells["x"]], values, err_msg=name)
    assert machine.overflows() == {"x: far": counted["far"], "x: w beyond its range": beyond}
    assert {"x.out", "x.size"} <= traces.keys()


def with_ports(inputs, outputs):
    """A neuron of so many ports, whose messages tell them apart."""
    heard, sent = [f"a{k}" for k in range(inputs)], [f"m{k}" for k in range(outputs)]
    lines = [f'    {a}: int = receives("{a}")' for a in heard] + [f"    {m}: int = sends(-9999, 9999)" for m in sent]
    total = " + ".join(f"{k + 1} * self.{a}" for k, a in enumerate(heard)) or "t % 5"
    steps = [f"        self.{m} = clip({total}, -999, 999) + {k} if t % {k + 2} else 0" for k, m in enumerate(sent)]
    return kind_in("\n".join(["@neuron", "class Many:", *lines, "    def step(self, t):", *steps]))()


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 1), (1, 4), (4, 1), (16, 16)])
@pytest.mark.parametrize("reset", [False, True])
def test_neurons_of_up_to_sixteen_ports_run_and_are_counted(inputs, outputs, reset):
    network, given = own_network(with_ports(inputs, outputs), 37), spikes(3, 8)
    run = run_on("emulator", network, given, reset=reset)
    other = run_on("crossbar", network, given, reset=True) if reset else run_on("brian2", network, given)
    for k in range(outputs):
        np.testing.assert_array_equal(run.totals[f"x.m{k}"], other.totals[f"x.m{k}"])
        assert run.totals[f"x.m{k}"].any()
    if reset:
        assert run.activity.populations["x"] == replace(
            other.activity.populations["x"], messages=run.activity.populations["x"].messages
        )


def test_more_ports_are_refused():
    with pytest.raises(NeurohwError) as error:
        Machine(own_network(with_ports(17, 18), 2), steps=1)
    assert str(error.value).splitlines() == [
        "x: has 17 inputs; the emulator has room for 16",
        "x: has 18 outputs; the emulator has room for 16",
    ]


@pytest.fixture
def no_kernels_by_hand(monkeypatch):
    monkeypatch.setattr(programs, "BY_HAND", frozenset())


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_run_alike_without_the_registry(seed, no_kernels_by_hand):
    reference.test_random_networks_run_alike(seed)


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_learn_alike_without_the_registry(seed, no_kernels_by_hand):
    reference.test_random_networks_learn_alike(seed)
    reference.test_random_spiking_networks_learn_alike(seed)
