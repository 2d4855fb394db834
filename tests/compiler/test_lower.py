"""Lower: the network a model stands for, in floats, with its timing, ports and rules; weights of another model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support import toys

from neurohw.compiler.lower import lower_inference, lower_learning
from neurohw.errors import NeurohwError
from neurohw.ir.neurons import Clapp, Hinge, Source
from neurohw.ir.weights import Weights
from neurohw.learning.encoder import encode, init_weights
from neurohw.learning.rules import clapp


def test_a_frozen_network_is_the_layers_one_after_the_other():
    network = lower_inference(toys.model(), toys.weights())
    assert [(p.name, p.size) for p in network.populations] == [("input", 6), ("layer1", 4), ("layer2", 3)]
    ends = [(p.name, p.pre, p.post, p.weight.shape) for p in network.projections]
    assert ends == [("layer1.W", "input", "layer1", (4, 6)), ("layer2.W", "layer1", "layer2", (3, 4))]
    assert network.period == 3
    assert [p.neuron.layer for p in network.populations[1:]] == [1, 2]
    assert all(p.neuron.period == 3 and p.neuron.shift is None for p in network.populations[1:])


def test_a_frozen_network_is_still_in_floats_and_learns_nothing():
    network = lower_inference(toys.model(), toys.weights())
    assert not network.quantised
    assert all(p.format is None and p.plasticity is None for p in network.projections)


def test_a_frozen_network_computes_what_the_encoder_computes():
    weights = toys.weights()
    network = lower_inference(toys.model(), weights)
    z = x = np.random.default_rng(0).random((5, toys.TINY_INPUTS))
    for projection, expected in zip(network.projections, encode(weights, x)):
        z = np.maximum(0, z @ projection.weight.T + network.population(projection.post).neuron.bias)
        np.testing.assert_allclose(z, expected)


def test_a_layer_without_bias_gets_zeros():
    weights = toys.weights()
    bare = replace(weights, layers=tuple(replace(layer, bias=None) for layer in weights.layers))
    network = lower_inference(toys.model(), bare)
    assert [p.neuron.bias.tolist() for p in network.populations[1:]] == [[0] * 4, [0] * 3]


@pytest.mark.parametrize("sizes", [(4,), (4, 3), (2, 2, 2)])
def test_a_fixation_takes_three_steps_more_than_there_are_layers(sizes):
    network = lower_learning(toys.model(sizes), toys.weights(sizes))
    timed = [p.neuron.period for p in network.populations if not isinstance(p.neuron, Source)]
    assert [network.period, *timed] == [len(sizes) + 3] * (1 + 2 * len(sizes))


def test_each_layer_that_learns_has_a_hinge_its_scores_its_gate_and_the_sameness():
    network = lower_learning(toys.model(), toys.weights())
    kinds = {p.name: type(p.neuron) for p in network.populations}
    assert kinds == {
        **{"input": Source, "sameness": Source},
        **{"layer1": Clapp, "hinge1": Hinge, "layer2": Clapp, "hinge2": Hinge},
    }
    wires = {p.name: (f"{p.pre}.{p.pre_port}", f"{p.post}.{p.post_port}", p.weight.shape) for p in network.projections}
    assert wires == {
        "layer1.W": ("input.out", "layer1.in", (4, 6)),
        "layer1.Wpred": ("layer1.context", "layer1.prediction", (4, 4)),
        "layer1.score": ("layer1.score", "hinge1.score", (1, 4)),
        "layer1.gate": ("hinge1.gamma", "layer1.gate", (4, 1)),
        "layer1.sameness": ("sameness.out", "hinge1.sameness", (1, 1)),
        "layer2.W": ("layer1.out", "layer2.in", (3, 4)),
        "layer2.Wpred": ("layer2.context", "layer2.prediction", (3, 3)),
        "layer2.score": ("layer2.score", "hinge2.score", (1, 3)),
        "layer2.gate": ("hinge2.gamma", "layer2.gate", (3, 1)),
        "layer2.sameness": ("sameness.out", "hinge2.sameness", (1, 1)),
    }


def test_only_w_and_wpred_are_plastic_with_the_rules_of_the_paper():
    network = lower_learning(toys.model(), toys.weights())
    rules = {p.name: p.plasticity.terms for p in network.projections if p.plasticity}
    expected = {"W": clapp.FEEDFORWARD["none"].terms, "Wpred": clapp.PREDICTION.terms}
    assert rules == {f"layer{n}.{part}": terms for n in (1, 2) for part, terms in expected.items()}


def test_sameness_is_minus_one_zero_or_one():
    neuron = lower_learning(toys.model(), toys.weights()).population("sameness").neuron
    assert (neuron.low, neuron.high) == (-1, 1)


def test_the_settings_of_the_chip_reach_the_neurons():
    chip = {"activity_shift": 3, "prediction_shift": 4, "score_shift": 5, "theta": 6, "growth": 1.5, "rate": 7}
    network = lower_learning(toys.model(chip=chip), toys.weights())
    assert network.population("layer2").neuron == Clapp(2, 5, 3, 4, 5, "carry", 1.5, 7)
    assert network.population("hinge2").neuron == Hinge(2, 5, 6)


@pytest.mark.parametrize(
    ("rule", "mapping"), [("tag_carry", "carry"), ("naive", "signed"), ("naive_unsigned", "unsigned")]
)
def test_the_rule_chooses_what_the_neurons_send_to_the_synapses(rule, mapping):
    assert (
        lower_learning(toys.model(chip={"rule": rule}), toys.weights()).population("layer1").neuron.mapping == mapping
    )


def test_predictions_start_at_zero_unless_a_chip_learned_them():
    def predictions(weights):
        return [p.weight for p in lower_learning(toys.model(), weights).projections if p.name.endswith("Wpred")]

    assert not any(w.any() for w in predictions(toys.weights()))
    learned = toys.integer_weights()
    for found, layer in zip(predictions(learned), learned.layers):
        np.testing.assert_array_equal(found, layer.prediction)


LOWERINGS = [lower_inference, lower_learning]


def problems(lower, weights, **sections):
    with pytest.raises(NeurohwError) as error:
        lower(toys.model(**sections), weights)
    return [str(problem) for problem in error.value.problems]


def with_layer(number, **parts):
    """The toy's weights with other arrays in one layer (from 1)."""
    weights = toys.weights()
    layers = [replace(layer, **parts) if n == number else layer for n, layer in enumerate(weights.layers, 1)]
    return replace(weights, layers=tuple(layers))


@pytest.mark.parametrize("lower", LOWERINGS)
@pytest.mark.parametrize("sizes", [(4,), (3, 4), (4, 3, 2), ()])
def test_weights_of_other_layers_are_refused(lower, sizes):
    (text,) = problems(lower, toys.weights(sizes, model="other") if sizes else Weights("other", "host", ()))
    assert text == (
        f"weights of 'other': have layers of {list(sizes)} neurons; model 'toy' has [4, 3]; "
        "train this model: neurohw train toy"
    )


@pytest.mark.parametrize("lower", LOWERINGS)
def test_layers_that_do_not_chain_are_refused(lower):
    assert problems(lower, with_layer(2, feedforward=np.zeros((3, 9)))) == [
        "layer2.W: takes 9 inputs; the layer below has 4"
    ]


@pytest.mark.parametrize("lower", LOWERINGS)
def test_integers_of_another_scale_are_refused(lower):
    assert problems(lower, toys.integer_weights(exponent=6)) == [
        "weights of 'toy': are integers w 2^6; chip.weight_exponent of 'toy' is 8; learn again"
    ]


@pytest.mark.parametrize("lower", LOWERINGS)
def test_numbers_that_are_none_are_counted_in_every_array(lower):
    broken = with_layer(1, feedforward=np.where(np.eye(4, 6) > 0, np.nan, 1.0), bias=np.array([0, np.inf, -np.inf, 1]))
    bad = replace(broken.layers[1], prediction=np.full((3, 3), np.nan))
    assert problems(lower, replace(broken, layers=(broken.layers[0], bad))) == [
        "weights of 'toy': layer1.feedforward: 4 of 24 values are NaN or infinite; train again with a smaller rate",
        "weights of 'toy': layer1.bias: 2 of 4 values are NaN or infinite; train again with a smaller rate",
        "weights of 'toy': layer2.prediction: 9 of 9 values are NaN or infinite; train again with a smaller rate",
    ]


@pytest.mark.parametrize("lower", LOWERINGS)
def test_arrays_of_another_shape_are_refused(lower):
    wrong = with_layer(1, bias=np.zeros((4, 1)), prediction=np.zeros((4, 6)))
    assert problems(lower, wrong) == [
        "weights of 'toy': layer1.bias: has shape (4, 1); needs (4,)",
        "weights of 'toy': layer1.prediction: has shape (4, 6); needs (4, 4)",
    ]


@pytest.mark.parametrize("lower", LOWERINGS)
def test_weights_without_rows_are_refused(lower):
    assert problems(lower, with_layer(2, feedforward=np.zeros(12))) == [
        "weights of 'toy': layer2.feedforward: has shape (12,); needs (neurons, inputs)"
    ]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"host": {"method": "simclr"}}, "simclr compares all samples of a batch, and a chip sees one at a time; set"),
        (
            {"host": {"clapp": {"retro": "none", "prediction": "top"}}},
            "host.clapp.prediction is top, and a chip's CLAPP",
        ),
        ({"layers": [{"size": 4, "kernel": 2}]}, "convolutions learn on the host; set learns to host"),
    ],
)
def test_a_model_that_learns_on_the_host_only_is_not_compiled_to_learn(sections, message):
    with pytest.raises(NeurohwError) as caught:
        lower_learning(toys.model(learns="host", **sections), toys.weights())
    assert str(caught.value).startswith(f"toy: mode learn: {message}")


@pytest.mark.parametrize(
    ("trained", "compiled", "message"),
    [
        (
            {"kernel": 3, "stride": 2},
            {"kernel": 5, "stride": 3},
            "looks through 3 x 3, stride 2; the model's looks thro",
        ),
        ({"kernel": 3}, {}, "looks through 3 x 3, stride 1; the model's looks at all inputs; train this model"),
        ({}, {"kernel": 3}, "looks at all inputs; the model's looks through 3 x 3, stride 1; train this model"),
    ],
)
def test_weights_that_look_elsewhere_are_refused(trained, compiled, message):
    first, second = (toys.model(learns="host", layers=[{"size": 4} | layer]) for layer in (trained, compiled))
    with pytest.raises(NeurohwError) as caught:
        lower_inference(second, init_weights(first, 144, 0))
    assert message in str(caught.value)
