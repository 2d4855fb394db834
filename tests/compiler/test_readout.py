"""A readout on a frozen network: its timing, its contest, the world's answer, and what is left of it once frozen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import toys
from support.runs import run_on

from neurohw.backends.brian2.available import unsupported
from neurohw.compiler.pipeline import compile_network, integer_network
from neurohw.compiler.readout import frozen_readout, with_readout
from neurohw.errors import NeurohwError
from neurohw.ir.mapping import serves_learning
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Critic, Readout, Source

ONES = Format(8, 0, "excitatory")
ROUNDS = 12  # 8, and 4 for up to 16 neurons


def network(classes=4, **readout) -> Network:
    model = toys.model(readout=readout)
    return with_readout(model, integer_network(model, toys.weights(), "infer", toys.calibration()), classes)


def contest(values) -> list[int]:
    """The neurons that act when what they receive is `values`."""
    n = len(values)
    neuron = Readout(1, ROUNDS + 4, 0, ROUNDS)
    populations = (Population("x", n, Source(-1000, 1000)), Population("readout", n, neuron))
    ones = np.ones((n, n), int)
    all_hear_all = Projection("contest", "readout", "readout", ones, ONES, True, 0, None, "contest", "contest")
    projections = (Projection("W", "x", "readout", np.eye(n, dtype=int), ONES), all_hear_all)
    inputs = {"x": np.array(values)[None, None, :]}
    done = run_on(
        "emulator", Network(populations, projections), [inputs], steps=ROUNDS + 4, reset=True, record=["readout.out"]
    )
    return np.flatnonzero(done.totals["readout.out"][0]).tolist()


@given(st.lists(st.integers(-127, 127), min_size=1, max_size=16))
def test_exactly_the_largest_expectation_acts_and_the_first_of_equals(values):
    assert contest(values) == [int(np.argmax(values))]


def test_expectations_beyond_their_range_are_equal():
    assert contest([127, 500, 1000]) == [0]
    assert contest([-500, -127, -126]) == [2]


def answers(action: int, label: int, right=50, wrong=-20) -> int:
    """The reward for one action, both as numbers that count from 1; 0 for none."""
    populations = (
        Population("action", 1, Source()),
        Population("label", 1, Source()),
        Population("critic", 1, Critic(2, 5, right, wrong)),
    )
    one = np.ones((1, 1), int)
    projections = (
        Projection("a", "action", "critic", one, ONES, post_port="action"),
        Projection("l", "label", "critic", one, ONES, post_port="label"),
    )
    heard = np.zeros((1, 3, 1), int)
    heard[0, 2] = action  # arrives at phase 4
    inputs = {"action": heard, "label": np.array([[[label]]])}
    done = run_on(
        "emulator", Network(populations, projections), [inputs], steps=5, reset=True, record=["critic.reward"]
    )
    return int(done.totals["critic.reward"][0, 0])


def test_the_critic_rewards_the_action_that_is_the_label_and_is_silent_without_one():
    assert [answers(3, 3), answers(2, 3), answers(0, 3), answers(0, 0)] == [50, -20, -20, 0]


def test_a_presentation_takes_the_layers_the_contest_and_four_steps():
    for classes, rounds in ((2, 9), (10, 12), (16, 12), (17, 13)):
        net = network(classes)
        readout, critic = net.population("readout").neuron, net.population("critic").neuron
        assert (readout.layer, readout.rounds, critic.layer) == (3, rounds, 3 + rounds)
        assert net.period == 2 + rounds + 4
        timed = [p.neuron.period for p in net.populations if not isinstance(p.neuron, Source)]
        assert set(timed) == {net.period}


def test_only_the_readout_learns_from_zero():
    net = network()
    plastic = [p for p in net.projections if p.plasticity]
    assert [(p.name, p.pre, p.post, p.weight.shape) for p in plastic] == [("readout.W", "layer2", "readout", (4, 3))]
    assert not plastic[0].weight.any()
    assert plastic[0].plasticity.chip.epoch == net.period


def test_what_serves_the_reward_is_priced_as_learning():
    served = {p.name for p in network().projections if serves_learning(p)}
    assert served == {"readout.noise", "critic.label", "critic.action", "readout.reward"}


def test_the_delta_rule_has_targets_and_no_critic():
    net = network(rule="delta")
    assert [p.name for p in net.sources] == ["input", "label"]
    assert net.population("readout").neuron.supervised
    assert "critic" not in [p.name for p in net.populations]


@pytest.mark.parametrize("rule", ["reward", "delta"])
def test_frozen_a_readout_keeps_its_contest_and_static_weights(rule):
    frozen = frozen_readout(network(rule=rule), np.array([[3, -3, 255]] * 4))
    assert [p.name for p in frozen.populations] == ["input", "layer1", "layer2", "readout"]
    assert [p.name for p in frozen.projections] == ["layer1.W", "layer2.W", "readout.W", "readout.contest"]
    assert frozen.projections[2].weight[0].tolist() == [2, -4, 254]
    assert not any(p.plasticity for p in frozen.projections)
    assert compile_network(frozen, toys.chip("loihi2")).departures == ()


def test_spiking_models_and_too_many_classes_are_refused():
    lif = toys.model(neuron="lif", input={"coding": "rate", "steps": 8})
    with pytest.raises(NeurohwError) as error:
        with_readout(lif, network(), 4)
    assert str(error.value) == (
        "toy: readout: its top layer speaks in spikes; a readout hears one payload a presentation; "
        "set neuron: relu and input: graded"
    )
    for classes in (1, 256):
        with pytest.raises(NeurohwError) as error:
            network(classes)
        assert str(error.value) == f"toy: readout: 'moved_digits' has {classes} classes; a readout has 2 to 255"


def test_loihi1_says_what_a_readout_takes_that_it_does_not_have():
    departures = compile_network(network(), toys.chip("loihi1")).departures
    assert departures == (
        "loihi1 sends binary spikes only; layer1.W, layer2.W, readout.W, readout.noise, readout.reward carry 8-bit "
        "payloads, priced as one spike each",
        "loihi1 has no microcode neurons; layer1 (Relu), layer2 (Relu), readout (Readout), critic (Critic) priced as "
        "one compartment update a neuron",
        "loihi1 takes no third factor from a neuron; the rule of readout.W needs one",
        "whether loihi1 has negative learning traces is not documented; the rule of readout.W needs them",
    )


def test_crossbars_refuse_neurons_that_compete():
    with pytest.raises(NeurohwError) as error:
        compile_network(network(), toys.chip("xbar_sram"))
    fix = "read xbar_sram out on the host (nh.score), or compile for cores such as loihi2"
    limit = "arrays have no neurons that compete"
    assert str(error.value).splitlines() == [
        f"readout: is a Readout; {limit}; {fix}",
        f"critic: is a Critic; {limit}; {fix}",
    ]


def test_brian2_takes_them():
    assert unsupported(network()) == []
