"""Neurons of any kind are diagnosed: those whose equation no bound is known for are tried."""

import numpy as np
import pytest

import neurohw as nh
from neurohw import neurons
from neurohw.ir.neurons import is_source

UP = '''
from neurohw.microcode import each, Ints, neuron, receives, sends, state

@neuron
class Between:
    """Sends where the sum of both inputs is above `low` and not above `high`; there is no port called out."""

    low: Ints = each()
    high: Ints = each(default=(1 << 31) - 1)
    s: int = state(32)
    a: int = receives("in")
    b: int = receives("other")
    up: int = sends(0, 1)

    def step(self, t):
        self.s = max(min(self.a, 1 << 20), -(1 << 20)) + max(min(self.b, 1 << 20), -(1 << 20))
        self.up = (self.s > self.low) & (self.s <= self.high)
'''
ONES = {"input": np.ones((2, 20, 3), np.int8)}


def network(neuron, size=3, weight=4, ports=("in",)):
    populations = (nh.Population("input", 3, nh.Source(0, 1)), nh.Population("own", size, neuron, layer=1))
    weights = np.full((size, 3), weight)
    return nh.Network(
        populations,
        tuple(nh.Projection(f"to {p}", "input", "own", weights, nh.Format(), post_port=p) for p in ports),
        20,
    )


@pytest.fixture
def between(tmp_path):
    (tmp_path / "between.py").write_text(UP)
    return nh.neuron(tmp_path / "between.py")


def diagnosis(net):
    program = nh.compile_network(net, nh.load_target("loihi2"))
    return nh.diagnose(program, nh.simulate(program, inputs=ONES, steps=20))


def test_what_nothing_can_make_send_is_told_from_what_this_run_did_not(between):
    low, high = np.array([10, 24, 11]), np.array([30, 40, 11])
    # both ports bring 12 in each step: 24 is between 10 and 30, not above 24, and never between 11 and 11
    found = [
        f for f in diagnosis(network(between(low=low, high=high), ports=("in", "other"))).findings if f.place == "own"
    ]
    assert [(f.affected, "even" in f.cause) for f in found] == [(2, True)]
    quiet = {"input": ONES["input"] * (np.arange(3) < 2)}  # 8 a port, 16 together
    program = nh.compile_network(network(between(low=[20, 50, 5]), ports=("in", "other")), nh.load_target("loihi2"))
    found = nh.diagnose(program, nh.simulate(program, inputs=quiet, steps=20)).findings
    causes = {f.cause for f in found if f.place == "own"}
    assert causes == {
        "even the largest possible inputs, in each of 20 steps, do not make them send",
        "the inputs of this run never made them send, although the largest possible ones would",
    }


@pytest.mark.parametrize("kind", [k for k in neurons.kinds() if not is_source(k)], ids=lambda kind: kind.__name__)
def test_every_kind_that_ships_is_diagnosed_priced_and_shown(kind):
    needed = {d.name: d for d in kind.declared.values() if d.role in ("one", "each") and d.default in (..., None)}
    values = {name: min(d.high, 60000) if name.startswith("vth") else max(1, d.low) for name, d in needed.items()}
    neuron = kind(**{**values, **({"period": 20} if "period" in needed else {})})
    net = network(neuron, ports=neuron.inputs[:1])
    program = nh.compile_network(net, nh.load_target("loihi2"))
    run = nh.simulate(program, inputs=ONES, steps=20)
    assert nh.estimate(program, run).per_sample(learning=False).nominal >= 0
    sent = sum(int(messages.sum()) for messages in run.activity.populations["own"].messages.values())
    findings = nh.diagnose(program, run).findings
    assert sent or "in" not in neuron.inputs or any(f.place == "own" for f in findings)
    trace = nh.trace_neuron(net, "own", 2, inputs=ONES, steps=7)
    assert trace.step.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert len(trace.text().splitlines()) > 8
