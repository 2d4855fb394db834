"""Every limit that no partition can mend: the text of its message; and what a chip cannot do as emulated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from golden import digital_toy as toy
from scipy import sparse

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Source, TernaryLif
from neurohw.ir.plasticity import LearningRule, Plasticity, Product


def network(neuron=None, size=2, weight=None, **changes):
    """A source into 'layer1' through 'layer1.W'."""
    weight = np.ones((size, 2), np.int32) if weight is None else weight
    populations = (Population("input", weight.shape[1], Source(0, 1)), Population("layer1", size, neuron or Lif(100)))
    return Network(
        populations, (Projection("layer1.W", "input", "layer1", weight, **{"format": Format(8), **changes}),)
    )


def plastic(**rule):
    return Plasticity("", (), LearningRule(dw=(Product(1, 0, "x0"),), **rule))


LIMITS = [
    (
        network(format=Format(9)),
        "layer1.W: weights of 9 bits; loihi1 takes 1..8: 1 too high; quantise layer1 to at most 8 bits",
    ),
    (
        network(format=Format(8, 9)),
        "layer1.W: weight exponent 9; loihi1 takes -8..7: 2 too high; rescale the weights of layer1",
    ),
    (
        network(format=Format(8, -12)),
        "layer1.W: weight exponent -12; loihi1 takes -8..7: 4 too low; rescale the weights of layer1",
    ),
    (
        network(delay=63),
        "layer1.W: delay of 63 steps; loihi1 takes 0..62: 1 too high; "
        "shorten the delays into layer1 or put a population between",
    ),
    (
        network(plasticity=plastic(epoch=70)),
        "layer1.W: learning epoch of 70 steps; loihi1 takes 1..63: 7 too high; "
        "give layer1 fewer steps a fixation or fewer layers before it",
    ),
    (
        network(plasticity=plastic(decimate=11)),
        "layer1.W: decimation u11; loihi1 takes 0..9: 2 too high; set decimate of layer1 to 0..9",
    ),
    (network(Lif(131_100)), "layer1: vth 131100; loihi1 takes 0..131071: 29 too high; rescale layer1"),
    (network(Lif(np.array([5, -3]))), "layer1: vth -3; loihi1 takes 0..131071: 3 too low; rescale layer1"),
    (
        network(Lif(1, bias_mant=np.array([0, 5000]))),
        "layer1: bias_mant 5000; loihi1 takes -4096..4095: 905 too high; rescale layer1",
    ),
    (network(Lif(1, bias_exp=-2)), "layer1: bias_exp -2; loihi1 takes 0..7: 2 too low; rescale layer1"),
    (
        network(TernaryLif(200_000, -5)),
        "layer1: vth_hi 200000; loihi1 takes -131071..131071: 68929 too high; rescale layer1",
    ),
    (
        network(weight=np.ones((2, 5000), np.int32)),
        "layer1: one neuron needs 5000 input axons; a core of loihi1 has 4096: 904 too many; "
        "give layer1 fewer inputs, or store its weights sparse",
    ),
]


@pytest.mark.parametrize(("net", "text"), LIMITS, ids=[text.split(";")[0] for _, text in LIMITS])
def test_a_limit_names_layer_limit_excess_and_fix(net, text):
    problems, _ = toy.target("loihi1").check(net)
    assert [str(p) for p in problems] == [text]


def test_nothing_is_wrong_with_values_at_the_limits():
    rule = plastic(epoch=63, decimate=9)
    neuron = Lif(131_071, 4095, 4095, -4096, 7)
    net = network(neuron, format=Format(8, 7), delay=62, plasticity=rule, weight=np.ones((2, 4096), np.int32))
    assert toy.target("loihi1").check(net)[0] == []


def test_all_problems_of_a_network_come_together():
    problems, _ = toy.target("loihi1").check(network(Lif(200_000, bias_exp=-1), format=Format(9), delay=63))
    assert len(problems) == 4


def test_memory_of_one_neuron_is_checked_too():
    chip = toy.target("loihi1")
    axons = chip.spec.core.input_axons.model_copy(update={"value": 20_000})
    chip = replace(
        chip, spec=chip.spec.model_copy(update={"core": chip.spec.core.model_copy(update={"input_axons": axons})})
    )
    problems, _ = chip.check(network(weight=np.ones((1, 16_400), np.int8), size=1))
    assert [str(p) for p in problems] == [
        "layer1: one neuron needs 1049600 bits of synapse memory; a core of loihi1 has 1048576: 1024 too many; "
        "give layer1 fewer inputs, or store its weights sparse"
    ]


def test_the_fan_in_of_sparse_neurons_is_their_own():
    wide = sparse.csr_array(np.eye(2, 5000, dtype=np.int32))
    assert toy.target("loihi1").check(network(weight=wide))[0] == []


def test_more_synapse_formats_than_a_core_holds_are_refused():
    populations = (Population("input", 2, Source(0, 1)), Population("layer1", 2, Lif(1)))
    formats = [Format(bits, exponent) for bits in (4, 5, 8) for exponent in range(6)]
    projections = [Projection(f"p{i}", "input", "layer1", np.ones((2, 2), int), f) for i, f in enumerate(formats)]
    problems, _ = toy.target("loihi1").check(Network(populations, tuple(projections)))
    assert [str(p) for p in problems] == [
        "layer1: one neuron needs 18 synapse formats; a core of loihi1 has 16: 2 too many; share formats in layer1"
    ]


def test_a_chip_with_too_few_cores_says_how_many_are_needed():
    populations = (
        Population("input", 1, Source(0, 1)),
        Population("a", 100_000, Lif(1)),
        Population("b", 60_000, Lif(1)),
    )
    into = tuple(
        Projection(f"{n}.W", "input", n, sparse.csr_array((size, 1))) for n, size in (("a", 100_000), ("b", 60_000))
    )
    problems, _ = toy.target("loihi1").check(Network(populations, into))
    assert [str(p) for p in problems] == [
        "network: needs at least 157 cores for 160000 compartments; loihi1 has 128: 29 too few; "
        "make a smaller: it takes 62% of them"
    ]
    assert toy.target("loihi2").check(Network(populations, into))[0] == []


def test_too_little_memory_is_measured_in_cores_as_well():
    populations = [
        Population("input", 4000, Source(0, 1)),
        Population("a", 4000, Lif(1)),
        Population("b", 4000, Lif(1)),
    ]
    weight = np.ones((4000, 4000), np.int8)
    into = (Projection("a.W", "input", "a", weight), Projection("b.W", "a", "b", weight))
    problems, _ = toy.target("loihi2").check(Network(tuple(populations), into))
    assert str(problems[0]).startswith("network: needs at least 245 cores for 256000000 bits of synapse memory; ")


def test_loihi1_departs_from_graded_microcode_three_factor_learning():
    _, departures = toy.target("loihi1").check(toy.learning_network())
    assert departures == [
        "loihi1 sends binary spikes only; layer1.score carries payloads, priced as one spike each",
        "loihi1 sends binary spikes only; layer1.gate, layer1.sameness carry 2-bit payloads, priced as one spike each",
        "loihi1 sends binary spikes only; layer1.W, layer1.Wpred carry 8-bit payloads, priced as one spike each",
        "loihi1 has no microcode neurons; layer1 (Clapp), hinge1 (Hinge) priced as one compartment update a neuron",
        "loihi1 takes no third factor from a neuron; the rule of layer1.W, layer1.Wpred needs one",
        "whether loihi1 has negative learning traces is not documented; the rule of layer1.W, layer1.Wpred needs them",
    ]


def test_loihi2_departs_in_the_sign_of_its_traces_only():
    assert toy.target("loihi2").check(toy.inference_network())[1] == []
    (departure,) = toy.target("loihi2").check(toy.learning_network())[1]
    assert departure.startswith("whether loihi2 has negative learning traces is not documented")


def test_one_projection_reads_as_one():
    net = network(weight=np.ones((2, 2), np.int32))
    net = replace(net, populations=(Population("input", 2, Source()), net.populations[1]))
    assert toy.target("loihi1").check(net)[1] == [
        "loihi1 sends binary spikes only; layer1.W carries 8-bit payloads, priced as one spike each"
    ]


@pytest.mark.parametrize(
    ("source", "graded"), [(Source(0, 1), True), (Source(), False)], ids=["binary source", "projection not graded"]
)
def test_binary_networks_of_lif_neurons_depart_in_nothing(source, graded):
    net = network(graded=graded)
    assert (
        toy.target("loihi1").check(replace(net, populations=(Population("input", 2, source), net.populations[1])))[1]
        == []
    )


def test_sums_beyond_the_accumulator_are_named_with_their_width():
    net = network(Graded(), weight=np.full((2, 4000), 254, np.int32))
    net = replace(net, populations=(Population("input", 4000, Source()), net.populations[1]))
    assert (
        "loihi2 adds inputs up in 21 bits; here they are exact and can need more: layer1.W (29)"
        in (toy.target("loihi2").check(net)[1])
    )
