"""Training on the host: what it may touch, what it reports, and how it fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurohw.data.dataset import Dataset
from neurohw.data.sampling import pairs
from neurohw.data.seeds import generator
from neurohw.errors import NeurohwError
from neurohw.learning.encoder import init_weights
from neurohw.learning.rules import clapp
from neurohw.learning.rules.apply import update
from neurohw.learning.train import TrainResult, train
from neurohw.parsing import parse
from neurohw.spec import ModelSpec


def model(sizes=(12, 9), **host) -> ModelSpec:
    data = {
        "schema": "neurohw.model/1",
        "name": "toy",
        "data": {"name": "toy", "noise": 0.05},
        "layers": [{"size": size} for size in sizes],
        "learns": "host",
        "host": {"steps": 40, "batch": 16} | host,
    }
    return parse(ModelSpec, data, "toy")


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Ten objects of 20 pixels, eight noisy views of each."""
    rng = np.random.default_rng(0)
    objects = rng.random((10, 1, 20))
    views = (objects + 0.1 * rng.standard_normal((10, 8, 20))).clip(0, 1)
    labels = np.arange(10) % 2
    return Dataset("toy", views[:, 0], labels, views[:, 1], labels, views, 2)


def arrays(result: TrainResult):
    return [a for layer in result.weights.layers for a in vars(layer).values() if a is not None]


def equal(left: TrainResult, right: TrainResult) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(arrays(left), arrays(right)))


def test_result_is_typed_named_and_read_only(data):
    result = train(model(), data, 0)
    assert (result.weights.model, result.weights.origin, result.weights.exponent) == ("toy", "host", None)
    assert result.loss.shape == result.parts["gate"].shape == (40, 2)
    for array in (*arrays(result), result.loss, result.parts["gate"]):
        assert array.dtype == np.float32
        assert not array.flags.writeable
    assert ((result.parts["gate"] >= 0) & (result.parts["gate"] <= 1)).all()


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
@pytest.mark.parametrize("retro", ["own", "transpose", "none"])
@pytest.mark.parametrize("mode", ["one", "both"])
def test_loss_falls_below_one_with_every_setting(data, optimiser, retro, mode):
    rate = {"adam": 5e-3, "sgd": 0.1}[optimiser]
    result = train(model(optimiser=optimiser, clapp={"retro": retro, "pairs": mode}, rate=rate, steps=400), data, 1)
    assert (result.loss[-50:].mean(axis=0) < 0.8).all()
    assert (result.parts["gate"][-50:].mean(axis=0) < 0.9).all()


def test_the_same_seed_repeats_bit_for_bit_and_another_does_not(data):
    assert equal(train(model(), data, 5), train(model(), data, 5))
    assert not equal(train(model(), data, 5), train(model(), data, 6))


def test_nothing_reaches_the_layer_below(data):
    alone, deep = train(model((12,)), data, 3), train(model((12, 9)), data, 3)
    assert equal(alone, TrainResult(replace(deep.weights, layers=deep.weights.layers[:1]), deep.loss, deep.parts))
    np.testing.assert_array_equal(alone.loss[:, 0], deep.loss[:, 0])


def test_one_step_of_sgd_adds_the_rule_to_every_layer(data):
    spec = model(optimiser="sgd", rate=0.5, steps=1)
    before, after = init_weights(spec, 20, 2), train(spec, data, 2)
    x_before, x, y = pairs(data.views, generator(2, "training pairs"), 16, "one", 0.05)
    for old, new in zip(before.layers, after.weights.layers):
        signals = clapp.signals(old, x_before, x, y, "own")
        for name, rule in clapp.rules("own").items():
            np.testing.assert_array_equal(getattr(new, name), getattr(old, name) + 0.5 * update(rule, signals))
        x_before, x = signals["c"], signals["z"]


def test_labels_are_not_used(data):
    assert equal(train(model(), data, 0), train(model(), replace(data, train_y=1 - data.train_y), 0))


def test_a_shuffled_sign_teaches_nothing(data):
    right, shuffled = (train(model(steps=400, rate=5e-3, shuffle_sign=s), data, 1) for s in (False, True))
    assert (right.loss[-50:].mean(axis=0) < 0.8).all()
    assert (shuffled.loss[-50:].mean(axis=0) > 0.95).all()


def test_progress_ends_at_the_last_step(data):
    calls = []
    train(model(steps=250), data, 0, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (250, 250)
    assert 100 <= len(calls) <= 130
    assert calls == sorted(set(calls))


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_divergence_names_step_layer_and_fix(data, steps):
    with pytest.raises(NeurohwError) as caught:
        train(model(optimiser="sgd", rate=1e45, steps=steps), data, 0)
    text = str(caught.value)
    assert text.startswith(f"toy: training step {min(steps, 2)} of {steps}, layer 1: the numbers diverged")
    assert text.endswith("use a host.rate below 1e+45")


def test_events_in_steps_are_refused_before_training(data):
    repeated = {name: getattr(data, name).repeat(3, axis=-1) for name in ("train_x", "test_x", "views")}
    events = replace(data, name="shown", steps=3, **repeated)
    with pytest.raises(NeurohwError, match=r"^data\.name: 'shown': is events in 3 steps; the host learns from images;"):
        train(model(), events, 0)


def test_an_identity_takes_no_rule_of_ones_own(data):
    fixed = model(clapp={"retro": "none", "prediction": "identity"})
    with pytest.raises(NeurohwError, match="no array 'prediction' that learns"):
        train(fixed, data, 0, rules={"prediction": clapp.PREDICTION})
