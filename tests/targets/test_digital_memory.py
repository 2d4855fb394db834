"""Synapse memory and axons of a core, against hand-computed numbers and a loop over entries."""

from __future__ import annotations

import numpy as np
import pytest
from golden import digital_toy as toy
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from neurohw.ir.mapping import Block, Slice
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source, TernaryLif
from neurohw.ir.plasticity import Factor, LearningRule, Plasticity, Product
from neurohw.targets.digital_memory import axon_bits, slice_memory, synapse_bits

TAGGED = Plasticity("", (), LearningRule(dt=(Product(1, 0, "x0", (Factor("x1"),)),)))
UNTAGGED = Plasticity("", (), LearningRule(dw=(Product(1, 0, "x0", (Factor("x1"),)),)))


@pytest.fixture(scope="module")
def memory():
    return toy.target("loihi1").spec.memory


def projection(weight, **changes):
    return Projection("p", "a", "b", weight, **{"format": Format(8), **changes})


@pytest.mark.parametrize(
    ("synapses", "bits", "words"),
    [
        (0, 8, 0),
        (1, 8, 1),  # 8 + 10 = 18 bits
        (6, 8, 1),  # 58
        (7, 8, 2),  # 66
        (64, 8, 9),  # 522
        (65, 8, 10),  # 522 -> 9 words, 18 -> 1 word
        (128, 8, 18),
        (100, 8, 14),  # 9 words and 36 * 8 + 10 = 298 -> 5
        (64, 18, 19),  # 1162: weight 9, tag 9
        (40, 14, 9),  # 570: 8-bit weights, 6-bit indices
    ],
)
def test_axon_bits_by_hand(memory, synapses, bits, words):
    assert axon_bits(synapses, bits, memory) == 64 * words


@given(st.integers(0, 400), st.integers(1, 40))
def test_axon_bits_equal_a_loop_over_entries(memory, synapses, bits):
    expected = 0
    for first in range(0, synapses, 64):
        here = min(64, synapses - first)
        expected += -(-(here * bits + 10) // 64) * 64
    assert axon_bits(synapses, bits, memory) == expected
    assert axon_bits(np.array([synapses]), bits, memory).tolist() == [expected]


@pytest.mark.parametrize(
    ("changes", "neurons", "bits"),
    [
        ({}, 100, 8),
        ({"format": Format(7)}, 100, 8),  # 7 is not stored: the next size
        ({"format": Format(4)}, 100, 4),
        ({"format": None}, 100, 8),
        ({"delay": 5}, 100, 11),
        ({"plasticity": UNTAGGED}, 100, 9),
        ({"plasticity": TAGGED}, 100, 18),
        ({"plasticity": TAGGED, "delay": 62}, 100, 24),
    ],
)
def test_bits_of_a_dense_synapse(memory, changes, neurons, bits):
    assert synapse_bits(projection(np.ones((100, 3)), **changes), neurons, memory) == bits


@pytest.mark.parametrize(("neurons", "index"), [(1, 0), (2, 6), (64, 6), (65, 7), (1000, 10)])
def test_a_sparse_synapse_also_stores_its_index_in_the_slice(memory, neurons, index):
    weight = sparse.csr_array(np.ones((1000, 2)))
    assert synapse_bits(projection(weight), neurons, memory) == 8 + index


def test_dense_storage_keeps_zeros_but_no_axon_without_a_weight(memory):
    weight = np.array([[1, 0, 0], [0, 0, 2]])
    assert projection(weight).reaches(0, 2).tolist() == [True, False, True]
    assert slice_memory(projection(weight), 0, 2, memory) == (2, 2 * 64)
    assert slice_memory(projection(weight), 0, 1, memory) == (1, 64)


def test_sparse_storage_keeps_non_zero_weights_only(memory):
    weight = sparse.csr_array((np.array([5, 0, 3]), np.array([0, 1, 2]), np.array([0, 2, 3])), shape=(2, 3))
    assert projection(weight).reaches(0, 2).tolist() == [True, False, True]
    assert slice_memory(projection(weight), 0, 2, memory) == (2, 2 * 64)


def test_plastic_synapses_are_stored_even_at_zero(memory):
    assert slice_memory(projection(np.zeros((4, 3)), plasticity=TAGGED), 0, 4, memory) == (3, 3 * 128)
    empty = sparse.csr_array((np.zeros(1), np.array([1]), np.array([0, 1])), shape=(1, 3))
    assert projection(empty, plasticity=TAGGED).reaches(0, 1).tolist() == [False, True, False]


def test_usage_of_two_slices_by_hand():
    chip = toy.target("loihi1")
    usage = chip.usage(toy.inference_network(), Block((Slice("layer1", 0, 3), Slice("layer2", 0, 2))))
    assert {name: used for name, used, _ in usage.amounts} == {
        "compartments": 5,
        "input axons": 6 + 3,  # every input has a weight into layer1[0:3]; the last neuron of layer 1 has none
        "output axons": 3,
        "synapse bits": 9 * 64,
        "compartment configurations": 2,
        "threshold configurations": 0,
        "synapse formats": 1,
    }
    assert usage.fill == 2 / 32
    assert usage.over() == ()


def test_plastic_slices_take_nine_bit_weights_and_tags():
    usage = toy.target("loihi2").usage(toy.learning_network(), Block((Slice("layer1", 0, 4),)))
    used = {name: amount for name, amount, _ in usage.amounts}
    # 4 synapses of 18 bits + 10 = 82 -> 2 words on 6 + 4 axons; the gate: 1 axon of 4 * 8 + 10 = 42 -> 1 word
    assert used["synapse bits"] == (10 * 2 + 1) * 64
    assert used["input axons"] == 11
    assert used["output axons"] == 8  # context and score, of 4 neurons; nothing listens to out
    assert used["synapse formats"] == 2


def test_configurations_of_lif_populations_are_counted_once_where_equal():
    populations = [
        Population("input", 2, Source(0, 1)),
        Population("a", 3, Lif(np.array([100, 200, 100]), 10, 20)),
        Population("b", 2, Lif(200, 10, 20)),
        Population("c", 2, TernaryLif(200, -200, 10, 20)),
    ]
    network = Network(tuple(populations), ())
    usage = toy.target("loihi1").usage(network, Block((Slice("a", 0, 3), Slice("b", 0, 2), Slice("c", 0, 2))))
    used = {name: amount for name, amount, _ in usage.amounts}
    assert used["compartment configurations"] == 2
    assert used["threshold configurations"] == 3
