"""The spiking network in floats: its recursion, and the integers it stands for."""

import numpy as np
from support import toys

from neurohw.compiler.balance import lif_spikes
from neurohw.ir.neurons import Lif
from neurohw.ir.weights import LayerWeights
from neurohw.learning.spikes import encode_spikes
from neurohw.spec import LifSpec


def test_a_neuron_without_leak_counts_its_input():
    layer = LayerWeights(np.array([[1.0], [0.5]]), np.array([0.0, 0.25]))
    (counts,) = encode_spikes([layer], [1.4], LifSpec(du=4095, dv=0), np.ones((1, 8, 1)))
    assert counts.tolist() == [[4, 4]]


def test_it_equals_the_integers_where_nothing_is_rounded():
    rng = np.random.default_rng(0)
    weight = rng.integers(-100, 128, (9, 6))
    frames = rng.integers(0, 2, (5, 20, 6))
    lif = LifSpec(du=4095, dv=0)
    (counts,) = encode_spikes([LayerWeights(weight)], [70], lif, frames)
    integers = lif_spikes(Lif(70, lif.du, lif.dv), frames @ weight.T, 70).sum(axis=1)
    np.testing.assert_array_equal(counts, integers)


def test_layers_hear_the_one_below():
    weights = toys.weights()
    frames = np.random.default_rng(1).integers(0, 2, (4, 16, toys.TINY_INPUTS))
    one, two = encode_spikes(weights.layers, [0.7, 0.9], LifSpec(), frames)
    alone = encode_spikes(weights.layers[:1], [0.7], LifSpec(), frames)[0]
    np.testing.assert_array_equal(one, alone)
    assert two.shape == (4, 3)
    assert 0 < two.sum() < two.size * 16
