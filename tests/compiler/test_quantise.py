"""Quantise: integers stay, floats get power-of-two scales, and the error of a weight is at most half a step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support import toys

from neurohw.compiler.lower import lower_inference, lower_learning
from neurohw.compiler.quantise import (
    MIXED,
    floor_to_grid,
    keep_integers,
    quantise_inference,
    quantise_learning,
    quantise_weights,
    to_grid,
)
from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Relu, Source
from neurohw.learning.rules.clapp_chip import chip_rule
from neurohw.spec import PercentileClip, QuantiseSpec

MAXIMUM, P98 = "maximum", PercentileClip(percentile=98)
clips = st.one_of(st.just(MAXIMUM), st.floats(1, 100).map(lambda p: PercentileClip(percentile=p)))
matrices = arrays(np.float64, (4, 6), elements=st.floats(-1e3, 1e3, width=32, allow_subnormal=False))
bit_numbers = st.integers(2, 8)


def frozen(sizes=(4, 3)):
    return lower_inference(toys.model(sizes), toys.weights(sizes))


def quantised(weight, bits=8, clip=MAXIMUM):
    return quantise_weights(Projection("p", "a", "b", np.asarray(weight, float)), bits, clip)


# nothing to do


def test_a_network_of_integers_learns_from_the_same_weights():
    model = toys.model()
    network = quantise_learning(lower_learning(model, toys.weights()), model.chip, None)
    again = quantise_learning(network, model.chip, 8)
    assert again.populations is network.populations
    assert all(a is b for a, b in zip(again.projections, network.projections))


def test_weights_on_the_grid_are_kept():
    on_grid = replace(
        toys.integer_weights(),
        layers=tuple(replace(layer, feedforward=layer.feedforward & -2) for layer in toys.integer_weights().layers),
    )
    network = keep_integers(lower_inference(toys.model(), on_grid), 9)
    for projection, layer in zip(network.projections, on_grid.layers):
        np.testing.assert_array_equal(projection.weight, layer.feedforward)


@given(st.sampled_from(["mixed", "excitatory", "inhibitory"]), st.integers(1, 8))
@settings(deadline=None)
def test_every_multiple_of_the_step_within_the_range_is_on_the_grid(sign, bits):
    form = Format(bits, 0, sign)
    step, (low, high) = 1 << form.truncated, form.range
    grid = np.array([w for w in range(low, high + 1) if w % step == 0])
    np.testing.assert_array_equal(to_grid(grid, form), grid)


# the grid


@given(
    arrays(np.float64, 20, elements=st.floats(-600, 600)),
    st.sampled_from(["mixed", "excitatory", "inhibitory"]),
    bit_numbers,
)
@settings(deadline=None)
def test_the_grid_value_is_the_nearest_one_in_range(values, sign, bits):
    form = Format(bits, 0, sign)
    step, (low, high) = 1 << form.truncated, form.range
    grid = np.array([w for w in range(low, high + 1) if w % step == 0])
    found = to_grid(values, form)
    assert np.isin(found, grid).all()
    nearest = np.abs(values[:, None] - grid).min(axis=1)
    np.testing.assert_array_equal(np.abs(values - found), nearest)


def test_a_weight_learned_on_a_chip_loses_its_last_bit_downwards():
    assert floor_to_grid(np.array([5, 4, -5, -4, -256, 255]), MIXED).tolist() == [4, 4, -6, -4, -256, 254]


# the scale


@pytest.mark.parametrize(
    ("weight", "bits", "integers", "exponent"),
    [
        ([[1.0, -0.5]], 8, [[128, -64]], 7),  # mantissas 64, -32; 128 would not fit 8 bits
        ([[127 / 64, 1 / 64]], 8, [[254, 2]], 7),
        ([[2.0, 0.0]], 8, [[128, 0]], 6),
        ([[0.75, -0.25]], 4, [[192, -64]], 8),  # mantissas 6, -2, stored << 5
        ([[1.0, -1.0]], 2, [[128, -128]], 7),
        ([[1e-3, 0]], 8, [[132, 0]], 17),
    ],
)
def test_the_scale_is_the_largest_power_of_two_that_clips_nothing(weight, bits, integers, exponent):
    projection, found = quantised(weight, bits)
    assert (projection.weight.tolist(), found) == (integers, exponent)
    assert projection.format == Format(bits, 0, "mixed")


@given(matrices.filter(np.any), bit_numbers)
@settings(deadline=None)
def test_no_weight_is_clipped_at_the_maximum_and_half_the_steps_would_clip_one(weight, bits):
    projection, exponent = quantised(weight, bits)
    top = 2 ** (bits - 1) - 1
    mantissas = np.abs(weight).max() * 2.0 ** (exponent - projection.format.truncated)
    assert top / 2 < mantissas <= top


@given(matrices, bit_numbers, clips)
@settings(deadline=None)
def test_a_weight_is_off_by_at_most_half_a_step_unless_it_is_clipped(weight, bits, clip):
    projection, exponent = quantised(weight, bits, clip)
    step = 2.0 ** (projection.format.truncated - exponent)
    low, high = -(2 ** (bits - 1)) * step, (2 ** (bits - 1) - 1) * step
    error = np.abs(projection.weight / 2.0**exponent - weight.clip(low, high))
    assert error.max() <= step / 2
    if clip == MAXIMUM:
        np.testing.assert_array_equal(weight.clip(low, high), weight)


@given(matrices, bit_numbers, clips)
@settings(deadline=None)
def test_quantised_weights_are_what_the_format_stores(weight, bits, clip):
    projection, _ = quantised(weight, bits, clip)
    low, high = projection.format.range
    assert projection.weight.dtype == np.int32
    assert low <= projection.weight.min()
    assert projection.weight.max() <= high
    assert not np.any(projection.weight % (1 << (9 - bits)))


@given(matrices, st.integers(1, 100))
@settings(deadline=None)
def test_the_percentile_lies_within_a_factor_of_root_two_of_the_largest_mantissa(weight, percentile):
    reach = np.percentile(np.abs(weight), percentile)
    projection, exponent = quantised(weight, 8, PercentileClip(percentile=percentile))
    if reach > 0:
        mantissa = reach * 2.0 ** (exponent - projection.format.truncated)
        assert 127 / np.sqrt(2) * (1 - 1e-12) <= mantissa <= 127 * np.sqrt(2) * (1 + 1e-12)


def test_a_percentile_clips_the_outlier_that_the_maximum_serves():
    weight = np.full((10, 10), 0.01)
    weight[0, 0] = 1.0
    by_percentile, exponent = quantised(weight, 4, P98)
    assert by_percentile.weight[0, 0] == 7 << 5
    np.testing.assert_allclose(by_percentile.weight[1:] / 2.0**exponent, 0.01, rtol=0.2)
    by_maximum, _ = quantised(weight, 4, MAXIMUM)
    assert not by_maximum.weight[1:].any()


@pytest.mark.parametrize("clip", [MAXIMUM, P98])
def test_zeros_stay_zeros(clip):
    assert not quantised(np.zeros((3, 3)), 8, clip)[0].weight.any()


def test_a_single_weight_that_no_percentile_reaches_sets_the_scale():
    weight = np.zeros((100, 100))
    weight[0, 0] = 0.5
    projection, exponent = quantised(weight, 8, P98)
    assert projection.weight[0, 0] / 2.0**exponent == 0.5


# bias and shift


def exact_network(bias=0.0, layers=1, size=3, seed=0):
    """Weights and biases that 8 bits hold exactly."""
    rng = np.random.default_rng(seed)
    populations, projections = [Population("input", size, Source())], []
    for n in range(1, layers + 1):
        weight = rng.integers(-63, 64, (size, size)) / 64
        populations.append(Population(f"layer{n}", size, Relu(n, layers + 1, bias=np.full(size, bias))))
        projections.append(Projection(f"layer{n}.W", populations[-2].name, f"layer{n}", weight))
    return Network(tuple(populations), tuple(projections), layers + 1)


def integer_forward(network, payload):
    """Payloads of every layer of a quantised network, by the equation of `Relu`."""
    found = []
    for p in network.projections:
        neuron = network.population(p.post).neuron
        payload = np.minimum(254, np.maximum(0, payload @ p.weight.T + neuron.bias) >> neuron.shift)
        found.append(payload)
    return found


def test_bias_and_shift_have_the_scale_of_the_sum():
    network = Network(
        (Population("input", 2, Source()), Population("layer1", 1, Relu(1, 2, bias=np.array([0.125])))),
        (Projection("layer1.W", "input", "layer1", np.array([[0.5, -0.25]])),),
        2,
    )
    made = quantise_inference(network, QuantiseSpec(clip=MAXIMUM), np.array([[254, 0], [0, 254]]))
    # 0.5 = 128 / 2^8, inputs are 254 a unit: a bias of 0.125 is 0.125 * 254 * 2^8; 40640 >> 8 = 158 fits, >> 7 does not
    assert made.projections[0].weight.tolist() == [[128, -64]]
    assert made.populations[1].neuron == Relu(1, 2, 8, made.populations[1].neuron.bias)
    assert made.populations[1].neuron.bias.tolist() == [8128]


@pytest.mark.parametrize("bias", [0.0, 0.5, -0.25])
def test_payloads_are_the_float_activity_on_a_power_of_two_of_the_input_scale(bias):
    network, x = exact_network(bias), toys.calibration(50, 3)
    made = quantise_inference(network, QuantiseSpec(clip=MAXIMUM), x)
    (payload,) = integer_forward(made, x)
    activity = np.maximum(0, x / 254 @ network.projections[0].weight.T + bias)
    scale = 254 * 2.0 ** (8 - made.populations[1].neuron.shift)
    np.testing.assert_array_equal(payload, np.floor(np.round(activity * scale, 6)))


def test_the_scale_of_a_layer_carries_over_to_the_next():
    network, x = exact_network(bias=0.25, layers=3), toys.calibration(200, 3)
    made = quantise_inference(network, QuantiseSpec(clip=MAXIMUM), x)
    activity, scale = x / 254, 254.0
    for p, payload in zip(made.projections, integer_forward(made, x)):
        neuron = made.population(p.post).neuron
        activity = np.maximum(0, activity @ network.projections[neuron.layer - 1].weight.T + 0.25)
        np.testing.assert_array_equal(neuron.bias, np.rint(0.25 * scale * 2.0**8))
        scale *= 2.0 ** (8 - neuron.shift)
        assert np.abs(payload - activity * scale).max() <= 3 * neuron.layer


@given(st.integers(0, 10_000), st.integers(2, 8))
@settings(deadline=None)
def test_the_shift_is_the_smallest_that_fits_the_largest_activity(seed, bits):
    network, x = frozen(), toys.calibration(seed=seed)
    made = quantise_inference(network, QuantiseSpec(bits=bits, clip=MAXIMUM), x)
    below = x
    for p, payload in zip(made.projections, integer_forward(made, x)):
        neuron = made.population(p.post).neuron
        largest = np.maximum(0, below @ p.weight.T + neuron.bias).max()
        assert largest >> neuron.shift <= 254
        assert neuron.shift == 0 or largest >> (neuron.shift - 1) > 254
        below = payload


@pytest.mark.parametrize(("largest", "shift"), [(0, 0), (254, 0), (255, 1), (509, 1), (510, 2), (255 << 9, 10)])
def test_the_shift_at_the_edges_of_a_payload(largest, shift):
    network = Network(
        (Population("input", 1, Source()), Population("layer1", 1, Relu(1, 2, bias=np.array([largest / 2.0 / 254])))),
        (Projection("layer1.W", "input", "layer1", np.array([[64.0]])),),  # 128 / 2^1
        2,
    )
    made = quantise_inference(network, QuantiseSpec(clip=MAXIMUM), np.zeros((1, 1), int))
    assert (made.populations[1].neuron.bias.tolist(), made.populations[1].neuron.shift) == ([largest], shift)


def test_every_layer_can_have_bits_of_its_own():
    made = quantise_inference(frozen(), QuantiseSpec(bits=(8, 3)), toys.calibration())
    assert [p.format.bits for p in made.projections] == [8, 3]
    assert not np.any(made.projections[1].weight % (1 << 6))


def test_frozen_integers_get_the_shift_of_the_chip_and_no_bias():
    network = keep_integers(lower_inference(toys.model(), toys.integer_weights()), 9)
    assert [(p.neuron.shift, p.neuron.bias) for p in network.populations[1:]] == [(9, 0), (9, 0)]
    assert all(p.format == MIXED for p in network.projections)


# learning


def test_float_weights_that_learn_are_multiplied_by_two_to_the_weight_exponent():
    model = toys.model(chip={"weight_exponent": 5})
    weights = toys.weights()
    network = quantise_learning(lower_learning(model, weights), model.chip, None)
    by_name = {p.name: p.weight for p in network.projections}
    np.testing.assert_array_equal(by_name["layer1.W"], to_grid(weights.layers[0].feedforward * 32, MIXED))
    assert not by_name["layer1.Wpred"].any()


def test_weights_from_a_chip_go_on_learning_unscaled():
    model, weights = toys.model(), toys.integer_weights()
    network = quantise_learning(lower_learning(model, weights), model.chip, weights.exponent)
    for number, layer in enumerate(weights.layers, 1):
        for name, expected in (("W", layer.feedforward), ("Wpred", layer.prediction)):
            (found,) = (p.weight for p in network.projections if p.name == f"layer{number}.{name}")
            np.testing.assert_array_equal(found, to_grid(expected, MIXED))


def test_every_matrix_that_learns_gets_its_integer_rule_once_a_fixation():
    model = toys.model()
    network = quantise_learning(lower_learning(model, toys.weights()), model.chip, None)
    rules = {p.name: p.plasticity.chip for p in network.projections if p.plasticity}
    assert rules == {
        f"layer{n}.{name}": chip_rule(model.chip, part, n, network.period)
        for n in (1, 2)
        for name, part in (("W", "feedforward"), ("Wpred", "prediction"))
    }
    assert network.quantised


# mistakes


@pytest.mark.parametrize("shape", [(0, 6), (20, 5), (6,), (1, 2, 6)])
def test_calibration_inputs_of_another_shape_are_refused(shape):
    with pytest.raises(NeurohwError) as error:
        quantise_inference(frozen(), QuantiseSpec(), np.zeros(shape, int))
    assert str(error.value) == f"calibration: has shape {shape}; needs [samples, 6 inputs], at least one"


def test_only_relu_layers_can_be_frozen():
    network = Network(
        (Population("input", 2, Source()), Population("layer1", 1, Lif(10))),
        (Projection("layer1.W", "input", "layer1", np.ones((1, 2))),),
    )
    with pytest.raises(NeurohwError) as error:
        quantise_inference(network, QuantiseSpec(), np.zeros((1, 2), int))
    assert str(error.value) == "layer1: is a Lif; frozen layers are ReLU"
