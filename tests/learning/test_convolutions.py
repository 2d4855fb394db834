"""CLAPP in convolutions: what each place sees, the rule against its gradient, and the same network on a chip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import correlate
from support.gradients import central_of

from neurohw import api
from neurohw.data.dataset import Dataset
from neurohw.errors import NeurohwError
from neurohw.experiments.scores import frozen_network
from neurohw.ir.weights import LayerWeights, Window
from neurohw.learning.encoder import encode, init_weights
from neurohw.learning.rules import clapp, clapp_places
from neurohw.learning.train import train
from neurohw.parsing import parse
from neurohw.spec import ModelSpec

STEP = 1e-6


def model(
    layers=({"size": 4, "kernel": 3}, {"size": 6, "kernel": 3, "stride": 2}, {"size": 5}), **changes
) -> ModelSpec:
    data = {
        "schema": "neurohw.model/1",
        "name": "toy",
        "data": {"name": "moved_digits", "noise": 0.05, "views": 2},
        "layers": list(layers),
        "learns": "host",
        "host": {"steps": 200, "batch": 16, "rate": 5e-3},
    }
    return parse(ModelSpec, data | changes, "toy")


@pytest.fixture(scope="module")
def data() -> Dataset:
    rng = np.random.default_rng(0)
    views = (rng.random((20, 1, 81)) + 0.1 * rng.standard_normal((20, 8, 81))).clip(0, 1)
    labels = np.arange(20) % 2
    return Dataset("toy", views[:, 0], labels, views[:, 1], labels, views, 2)


def toy(seed: int, regions: int):
    """A float64 convolution of 3 channels on 2 x 5 x 6 images, pairs and y, clear of the kinks of relu and hinge."""
    window = Window((2, 5, 6), 3, 1, regions)
    scored = 3 * regions**2
    for attempt in range(200):
        rng = np.random.default_rng((seed, attempt))
        square = (rng.normal(0, 0.8 / regions, (scored, scored)) for _ in range(2))
        layer = LayerWeights(rng.normal(0, 0.6, (3, 18)), rng.normal(0, 0.2, 3), *square, window=window)
        before, now = rng.random((2, 6, 60))
        y = np.array([1.0, -1, 1, -1, 1, -1])
        c, z = (pooled(layer, x) for x in (before, now))
        margins = [1 - y * np.einsum("bj,ji,bi->b", z, layer.prediction, c)]
        margins.append(1 - y * np.einsum("bj,ji,bi->b", c, layer.retro, z))
        sums = [clapp.preactivity(layer, x) for x in (before, now)]
        if min(np.abs(k).min() for k in (*margins, *sums)) > 100 * STEP and all(
            0 < np.mean(m > 0) < 1 for m in margins
        ):
            return layer, before, now, y
    raise AssertionError("no layer clear of the kinks")


def pooled(layer, x):
    """Means of relu over the places of each region, from the definition of a convolution."""
    channels, rows, columns = layer.window.input_shape
    kernels = layer.feedforward.reshape(-1, channels, layer.window.kernel, layer.window.kernel)
    found = []
    for image in x.reshape(-1, channels, rows, columns):
        maps = np.stack([correlate(image, k, mode="valid")[0] + b for k, b in zip(kernels, layer.bias)])
        strips = np.array_split(np.maximum(maps, 0), layer.window.regions, axis=1)
        parts = [part for strip in strips for part in np.array_split(strip, layer.window.regions, axis=2)]
        found.append(np.concatenate([part.mean(axis=(1, 2)) for part in parts]))
    return np.array(found)


def hinge(z, c, matrix, y):
    return np.mean(np.maximum(0, 1 - y * np.einsum("bj,ji,bi->b", z, matrix, c)))


def loss(layer, held, before, now, y, retro):
    z, c = pooled(layer, now), pooled(layer, before)
    if retro == "transpose":
        return hinge(z, c, layer.prediction, y)
    total = hinge(z, pooled(held, before), layer.prediction, y)
    return total + hinge(c, pooled(held, now), layer.retro, y) if retro == "own" else total


@pytest.mark.parametrize("regions", [1, 2])
@pytest.mark.parametrize("retro", ["none", "own", "transpose"])
def test_updates_are_minus_the_gradient_of_the_hinge_of_the_means_over_regions(retro, regions):
    layer, before, now, y = toy(0, regions)
    for name, change in clapp_places.step(layer, before, now, y, retro, clapp.rules(retro)).updates.items():
        gradient = central_of(lambda moved: loss(moved, layer, before, now, y, retro), layer, name, STEP)
        assert np.abs(gradient).max() > 1e-3
        np.testing.assert_allclose(change, -gradient, rtol=0, atol=1e-8, err_msg=name)


def test_one_place_is_a_layer():
    rng = np.random.default_rng(1)
    parts = rng.normal(0, 0.5, (4, 9)), rng.normal(0, 0.2, 4), *rng.normal(0, 0.5, (2, 4, 4))
    before, now = rng.random((2, 6, 9))
    y = np.array([1.0, -1, 1, -1, 1, -1])
    layer = LayerWeights(*parts, window=Window((1, 3, 3), 3))
    found = clapp_places.step(layer, before, now, y, "own", clapp.rules("own"))
    signals = clapp.signals(LayerWeights(*parts), before, now, y, "own")
    for name, rule in clapp.rules("own").items():
        np.testing.assert_allclose(found.updates[name], clapp_places.update(rule, signals), atol=1e-12)


def test_sizes_follow_the_image():
    layers = init_weights(model(), 81, 0).layers
    assert [layer.feedforward.shape for layer in layers] == [(4, 9), (6, 36), (5, 54)]
    assert [(layer.inputs, layer.units) for layer in layers] == [(81, 196), (196, 54), (54, 5)]


def test_they_learn_and_layers_below_do_not_hear_of_those_above(data):
    deep = train(model(), data, 0)
    assert deep.loss[-30:, -1].mean() < 0.8 * deep.loss[:30, -1].mean()
    alone = train(model(({"size": 4, "kernel": 3},)), data, 0)
    np.testing.assert_array_equal(alone.weights.layers[0].feedforward, deep.weights.layers[0].feedforward)


def test_rules_of_ones_own_are_those_of_every_place(data):
    half = replace(
        clapp.FEEDFORWARD["own"], terms=tuple(replace(t, gain=t.gain / 2) for t in clapp.FEEDFORWARD["own"].terms)
    )
    spec = model(({"size": 4, "kernel": 3},), host={"steps": 1, "batch": 16, "rate": 0.1, "optimiser": "sgd"})
    start = init_weights(spec, 81, 0).layers[0].feedforward
    whole, own = (train(spec, data, 0, rules=r).weights.layers[0] for r in (None, {"feedforward": half}))
    np.testing.assert_allclose(own.feedforward - start, (whole.feedforward - start) / 2, atol=1e-6)
    assert np.abs(whole.feedforward - start).max() > 1e-4


def test_the_chip_runs_them_with_shared_weights():
    spec = model(quantise={"bits": 8, "clip": "maximum"})
    digits = api.data_of(spec)
    weights = init_weights(spec, digits.channels, 0)
    network = frozen_network(spec, weights, digits)
    assert [p.shared for p in network.projections] == [True, True, False]
    for chip, host in zip(api.features(spec, network, digits.test_x[:50]), encode(weights, digits.test_x[:50])):
        assert np.corrcoef(chip.ravel(), host.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("chip", ["loihi2", "xbar_template"])
def test_they_compile(chip):
    spec = model()
    program = api.compile(spec, api.load_target(chip))
    assert [p.size for p in program.network.populations] == [144, 400, 96, 5]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learns": "chip"}, "convolutions learn on the host; set learns to host"),
        ({"host": {"method": "simclr"}}, "convolutions learn with method clapp and prediction layer only"),
        ({"layers": [{"size": 4}, {"size": 4, "kernel": 3}]}, "a convolution above a layer without places"),
        (
            {"layers": [{"size": 4}], "host": {"clapp": {"regions": 1}}},
            "host.clapp.regions is of convolutions, and no layer has a kernel; leave it out",
        ),
        ({"layers": [{"size": 4, "stride": 2}]}, "stride is 2, but only a convolution has places; add a kernel"),
        (
            {"neuron": "lif", "input": {"coding": "rate", "steps": 8}},
            "convolutions send payloads; set neuron to relu and input.coding to graded",
        ),
    ],
)
def test_what_they_cannot_do_is_said(changes, message):
    with pytest.raises(NeurohwError) as caught:
        model(**changes)
    assert message in str(caught.value)


def test_an_input_that_is_no_square_or_too_small_is_said():
    with pytest.raises(NeurohwError) as caught:
        init_weights(model(), 80, 0)
    assert str(caught.value) == "toy: layers.0: a convolution of 80 inputs; needs a square image"
    with pytest.raises(NeurohwError) as caught:
        init_weights(model(), 16, 0)
    assert str(caught.value).startswith("toy: layers.1: a kernel of 3 x 3; the image below has 2 x 2; use a smaller")
