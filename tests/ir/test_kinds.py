"""What a declaration says of a kind: the facts that limits, prices, backends and diagnoses ask for."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.ir import neurons
from neurohw.ir.network import Population
from neurohw.ir.neurons import Clapp, ClappLif, Critic, Graded, Hinge, Lif, Readout, Relu, Source, TernaryLif
from neurohw.ir.schedule import _writable
from neurohw.targets.digital_memory import compartment_config, thresholds

KINDS = {
    "Source": Source(-1, 1), "Lif": Lif(1), "TernaryLif": TernaryLif(3, -3), "Graded": Graded(1),
    "Relu": Relu(1, 2, 7), "Clapp": Clapp(1, 4, 7, 7, 7), "ClappLif": ClappLif(1, 9, 4, 100, 0, 0, 1, 7, 7),
    "Hinge": Hinge(1, 4, 50), "Readout": Readout(1, 20, 0, 9), "Critic": Critic(1, 4, 1, -3),
}  # fmt: skip
HOLDS = {  # fact -> kinds of which it holds
    "is_source": "Source",
    "membrane_bits": "Lif TernaryLif ClappLif",
    "has_traces": "Clapp ClappLif Readout",
    "has_phases": "Relu Clapp ClappLif Hinge Readout Critic",
    "counts_spikes": "ClappLif",
    "is_layer": "Lif TernaryLif Graded Relu Clapp ClappLif",
    "only_teaches": "Hinge Critic",
    "responds_once": "Relu Clapp",
    "is_unscaled": "",
    "sends_spikes": "Source Lif TernaryLif Readout",
}


@pytest.mark.parametrize("fact", HOLDS)
def test_a_fact_holds_of_the_kinds_whose_declaration_says_so(fact):
    asked = {name: n for name, n in KINDS.items() if "out" in n.outputs} if fact == "sends_spikes" else KINDS
    assert [name for name, neuron in asked.items() if getattr(neurons, fact)(neuron)] == HOLDS[fact].split()


def test_u_and_v_take_24_bits_each():
    assert neurons.membrane_bits(Lif(1)) == 48


def test_a_relu_without_a_shift_is_not_quantised_yet():
    assert neurons.is_unscaled(Relu(1, 2))


@pytest.mark.parametrize(
    ("neuron", "port", "expected"),
    [
        (Lif(1), "out", (0, 1)),
        (Source(-3, 9), "out", (-3, 9)),
        (Relu(1, 2, 3), "out", (0, 254)),
        (Hinge(1, 4, 50), "gamma", (-1, 1)),
        (Hinge(1, 4, 50), "loss", None),
        (Graded(3), "out", None),
        (Critic(1, 4, 7, -3), "reward", (-3, 7)),  # of these parameters
        (Critic(1, 4, -5, -3), "reward", (-5, -3)),
        (Readout(1, 20, 0, 9), "contest", (0, 1)),
    ],
)
def test_the_range_of_a_message_is_declared_or_shown(neuron, port, expected):
    assert neurons.message_range(neuron, port) == expected


def test_the_host_may_write_thresholds_and_margins():
    found = {name: [d.name for d in _writable(Population("x", 1, n))] for name, n in KINDS.items()}
    assert {name: names for name, names in found.items() if names} == {
        "Lif": ["vth"], "TernaryLif": ["vth_hi", "vth_lo"], "Graded": ["vth"], "ClappLif": ["vth"], "Hinge": ["theta"],
    }  # fmt: skip


def test_thresholds_of_a_core_are_those_of_each_neuron():
    def of(neuron):
        return thresholds(Population("x", 2, neuron)).tolist()

    assert (of(Lif(np.array([3, 5]))), of(Graded(4)), of(Relu(1, 2, 3))) == ([3, 5], [4], [])
    assert of(TernaryLif(np.array([1, 2]), -3)) == [(1 << 32) - 3, (2 << 32) - 3]


def test_lif_neurons_with_equal_decays_share_a_compartment_configuration():
    def of(name, neuron):
        return compartment_config(Population(name, 1, neuron))

    assert of("a", Lif(1, 2, 3)) == of("b", Lif(9, 2, 3)) != of("c", Lif(1, 2, 4))
    assert of("a", KINDS["ClappLif"]) != of("b", KINDS["ClappLif"])
