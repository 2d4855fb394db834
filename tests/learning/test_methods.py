"""Every way of learning on the host: gradients through the network, what each layer may know, and what is refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.gradients import central_of

from neurohw.data.dataset import Dataset
from neurohw.errors import NeurohwError
from neurohw.ir.weights import LayerWeights
from neurohw.learning import objectives
from neurohw.learning.local import clapp_steps, isolated_steps
from neurohw.learning.methods import LOCAL, TWO_FACTOR
from neurohw.learning.network import network_step
from neurohw.learning.objectives.cpc_hinge import CpcHinge
from neurohw.learning.objectives.infomax import InfoMax
from neurohw.learning.objectives.loss import Loss
from neurohw.learning.objectives.simclr import SimClr
from neurohw.learning.objectives.vicreg import VicReg
from neurohw.learning.rules import clapp
from neurohw.learning.rules.apply import update
from neurohw.learning.train import train
from neurohw.parsing import parse
from neurohw.spec import ClappSpec, ModelSpec
from neurohw.spec.methods import METHODS, Method, names

STEP = 1e-6
OBJECTIVES = (CpcHinge(), InfoMax(), SimClr(), VicReg())


def model(sizes=(12, 9), learns="host", **host) -> ModelSpec:
    data = {
        "schema": "neurohw.model/1",
        "name": "toy",
        "data": {"name": "toy", "noise": 0.05},
        "layers": [{"size": size} for size in sizes],
        "learns": learns,
        "host": {"steps": 300, "batch": 16} | host,
    }
    return parse(ModelSpec, data, "toy")


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Twenty objects of 20 pixels, eight noisy views of each."""
    rng = np.random.default_rng(0)
    views = (rng.random((20, 1, 20)) + 0.1 * rng.standard_normal((20, 8, 20))).clip(0, 1)
    labels = np.arange(20) % 2
    return Dataset("toy", views[:, 0], labels, views[:, 1], labels, views, 2)


def stack(seed: int, sizes=(5, 6, 4), head=()):
    """Float64 layers with biases and Wpred, a head, pairs and y, with all sums clear of the kink of relu."""
    for attempt in range(500):
        rng = np.random.default_rng((seed, attempt))

        def layer(n, m, rng=rng):
            return LayerWeights(rng.normal(0, 0.7, (n, m)), rng.normal(0.2, 0.2, n), rng.normal(0, 0.4, (n, n)))

        layers = [layer(n, m) for m, n in pairwise(sizes)]
        tops = [layer(n, m) for m, n in zip((sizes[-1], *head), head)]
        before, now = rng.random((2, 6, sizes[0]))
        sums, x = [], np.concatenate([before, now])
        for one in (*layers, *tops):
            sums.append(x @ one.feedforward.T + one.bias)
            x = np.maximum(sums[-1], 0)
        if min(np.abs(s).min() for s in sums) > 100 * STEP:
            return layers, tops, before, now, np.array([1.0, -1, 1, -1, 1, -1])
    raise AssertionError("no network clear of the kinks")


@pytest.mark.parametrize("head", [(), (7, 3)], ids=["no head", "head"])
@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: type(o).__name__)
def test_end_to_end_updates_are_minus_the_gradient_in_every_layer(objective, head):
    if objective.predicts and head:
        pytest.skip("a prediction is made from the representation itself")
    layers, tops, before, now, y = stack(0, head=head)
    _, updates = network_step(objective, layers, tops, before, now, y)
    for k, (layer, found) in enumerate(zip((*layers, *tops), updates)):
        for name, change in found.items():

            def value(moved, k=k):
                every = [*layers, *tops]
                every[k] = moved
                lower, upper = every[: len(layers)], every[len(layers) :]
                return network_step(objective, lower, upper, before, now, y)[0].value

            np.testing.assert_allclose(
                change, -central_of(value, layer, name, STEP), rtol=0, atol=1e-6, err_msg=f"{k} {name}"
            )
    assert any(np.abs(change).max() > 1e-3 for change in updates[0].values())


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: type(o).__name__)
def test_in_layers_apart_each_descends_its_own_loss_and_no_other(objective):
    layers, _, before, now, y = stack(1)
    steps = isolated_steps(objective)(layers, before, now, y)
    for k, layer in enumerate(layers):
        for name, change in steps[k].updates.items():

            def value(moved, k=k):
                return isolated_steps(objective)([*layers[:k], moved], before, now, y)[k].loss

            np.testing.assert_allclose(change, -central_of(value, layer, name, STEP), rtol=0, atol=1e-6)


def test_hinge_cpc_in_one_layer_is_clapp_with_the_transpose():
    layers, _, before, now, y = stack(2)
    (found,) = isolated_steps(CpcHinge())(layers[:1], before, now, y)
    signals = clapp.signals(layers[0], before, now, y, "transpose")
    for name, rule in clapp.rules("transpose").items():
        np.testing.assert_allclose(found.updates[name], update(rule, signals), atol=1e-12)


def test_a_prediction_from_the_top_descends_the_hinge_of_that_prediction():
    layers, _, before, now, y = stack(3)
    layers[0] = replace(layers[0], prediction=np.random.default_rng(0).normal(0, 0.4, (6, 4)))
    steps = clapp_steps(ClappSpec(retro="none", prediction="top"))(layers, before, now, y)
    x = before
    for layer in layers:
        x = np.maximum(x @ layer.feedforward.T + layer.bias, 0)

    def value(moved):
        z = np.maximum(now @ moved.feedforward.T + moved.bias, 0)
        return np.mean(np.maximum(0, 1 - y * np.einsum("bj,bj->b", z, x @ moved.prediction.T)))

    for name, change in steps[0].updates.items():
        np.testing.assert_allclose(change, -central_of(value, layers[0], name, STEP), rtol=0, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_falls(data, method):
    rate = {"kmeans": 0.02, "ica": 2e-3}.get(method, 5e-3)
    result = train(model((12, 6), method=method, rate=rate), data, 0)
    assert (result.loss[-30:].mean(axis=0) < result.loss[:30].mean(axis=0)).all()
    columns = 1 if method in ("cpc_hinge", "simclr", "vicreg") else 2
    assert result.loss.shape == (300, columns)
    assert all(part.shape == result.loss.shape for part in result.parts.values())


@pytest.mark.parametrize("method", ["lpl", "infomax", "pca", "kmeans"])
def test_layers_that_learn_apart_do_not_hear_of_those_above(data, method):
    alone, deep = (train(model(sizes, method=method), data, 3).weights.layers[0] for sizes in ((12,), (12, 9)))
    np.testing.assert_array_equal(alone.feedforward, deep.feedforward)
    np.testing.assert_array_equal(alone.bias, deep.bias)


@pytest.mark.parametrize("method", ["simclr", "cpc_hinge"])
def test_end_to_end_layers_do(data, method):
    alone, deep = (train(model(sizes, method=method), data, 3).weights.layers[0] for sizes in ((12,), (12, 9)))
    assert not np.array_equal(alone.feedforward, deep.feedforward)


def test_a_head_trains_with_the_network_and_is_left_out_of_the_result(data):
    plain, headed = (train(model(method="simclr", simclr={"head": h}), data, 0) for h in (0, 8))
    assert len(headed.weights.layers) == 2
    assert not np.array_equal(plain.weights.layers[0].feedforward, headed.weights.layers[0].feedforward)


def test_only_methods_that_predict_keep_a_prediction_matrix(data):
    for method in METHODS:
        layers = train(model(method=method, steps=2), data, 0).weights.layers
        kept = [layer.prediction is not None for layer in layers]
        assert kept == {"clapp": [True, True], "infomax": [True, True], "cpc_hinge": [False, True]}.get(
            method, [False, False]
        )


def test_divergence_end_to_end_names_no_layer(data):
    with pytest.raises(NeurohwError) as caught:
        train(model(method="vicreg", optimiser="sgd", rate=1e30, steps=9), data, 0)
    assert str(caught.value).startswith("toy: training step 2 of 9: the numbers diverged")


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ({"method": "lpl", "scope": "network"}, "scope is network, but lpl is a local rule; objectives are cpc_hinge"),
        ({"method": "simclr", "lpl": {"variance": 2}}, "'lpl' has no effect with method simclr"),
        ({"method": "simclr", "batch": 1}, "batch is 1, but simclr compares the samples of a batch; use 2 or more"),
        ({"method": "pca", "precision": "shadow"}, "precision shadow is not for pca"),
        ({"method": "vicreg", "shuffle_sign": True}, "shuffle_sign is a control of clapp and cpc_hinge"),
        ({"clapp": {"prediction": "top"}}, "prediction top has no matrix for the earlier frame; set retro to none"),
        ({"method": "simclrr"}, "did you mean 'simclr'?"),
        ({"method": "vicreg", "scope": "layer", "vicreg": {"head": 8}}, "a head needs scope network"),
    ],
)
def test_what_does_not_go_together_is_said(host, message):
    with pytest.raises(NeurohwError, match="toy: host") as caught:
        model(**host)
    assert message in str(caught.value)


@pytest.mark.parametrize("method", list(METHODS)[1:])
def test_what_a_chip_cannot_learn_names_the_local_alternative(method):
    with pytest.raises(NeurohwError) as caught:
        model(learns="chip", method=method)
    text = str(caught.value)
    assert text.startswith(f"toy: learns is chip, but {method} ")
    assert "set learns to host, whose weights every chip can run, or host.method to clapp" in text


class Alike:
    """An objective that no package has: two views of an image are to be alike."""

    pairs, predicts = "same", False

    def loss(self, c, z, sameness, prediction):
        return Loss(float(np.mean((z - c) ** 2)), 2 * (c - z) / c.size, 2 * (z - c) / c.size)


@pytest.fixture
def alike(monkeypatch):
    """The name of an objective that is a row of the table and a module."""
    module = ModuleType("neurohw.learning.objectives.alike")
    module.objective = lambda host: Alike()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(METHODS, "alike", Method("objective", "was made up", scope="network", compares=True))
    return "alike"


@pytest.mark.parametrize(("scope", "losses"), [(None, 1), ("layer", 2)])
def test_an_objective_is_added_by_a_row_and_a_module_of_its_name(alike, data, scope, losses):
    loss = train(model(method=alike, scope=scope), data, 0).loss
    assert loss.shape == (300, losses)
    assert (loss[-50:].mean(axis=0) < loss[:50].mean(axis=0) / 2).all()


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ({"method": "alike", "batch": 1}, "batch is 1, but alike compares the samples of a batch"),
        ({"method": "alike", "shuffle_sign": True}, "clapp and cpc_hinge; alike reads no sign"),
        ({"method": "alik"}, "'alik' is not possible; did you mean 'alike'?"),
        ({"method": "lpl", "scope": "network"}, "objectives are cpc_hinge, infomax, simclr, vicreg, alike"),
        ({"method": "alike", "learns": "chip"}, "learns is chip, but alike was made up; set learns to host"),
    ],
)
def test_what_its_row_says_is_checked(alike, host, message):
    with pytest.raises(NeurohwError) as caught:
        model(**host)
    assert message in str(caught.value)


def test_every_row_is_learned_by_something_and_everything_has_a_row():
    modules = {path.stem for path in Path(objectives.__file__).parent.glob("*.py")} - {"__init__", "loss"}
    assert modules == set(names(kind="objective"))
    assert (list(LOCAL), list(TWO_FACTOR)) == (names(kind="local"), names(kind="two_factor"))
