"""Rules of one's own: on the host in place of CLAPP's, on a chip as text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import neurohw as nh
from neurohw.ir.plasticity import Plasticity, Term
from neurohw.learning.rules import clapp
from neurohw.spec import HostSpec

WITHOUT_GATE = Plasticity("dW = y (Wpred c) relu'(a) x", (Term("y", ("p", "slope"), ("x",)),))


def host_model(**options):
    model = nh.load_model("clapp_host")
    return model.model_copy(update={"host": HostSpec(steps=3, **options)})


def plastic(program):
    return next(p for p in program.network.projections if p.name == "layer1.W")


@pytest.fixture(scope="module")
def program():
    return nh.compile(nh.load_model("clapp_moved_digits"), nh.load_target("loihi2"))


def test_the_rule_that_clapp_has_anyway_changes_nothing():
    model = host_model(clapp={"retro": "none"})
    ours = nh.train(model, rules={"feedforward": clapp.FEEDFORWARD["none"]}).weights.layers
    for a, b in zip(ours, nh.train(model).weights.layers):
        np.testing.assert_array_equal(a.feedforward, b.feedforward)
        np.testing.assert_array_equal(a.bias, b.bias)


def test_another_rule_reads_the_sign_of_a_pair_and_moves_weights_and_bias():
    model = host_model(clapp={"retro": "none"})
    ours = nh.train(model, rules={"feedforward": Plasticity("dW = 0", (replace(WITHOUT_GATE.terms[0], gain=0.0),))})
    start = nh.train(model.model_copy(update={"host": model.host.model_copy(update={"rate": 1e-12})}))
    assert np.abs(ours.weights.layers[0].feedforward - start.weights.layers[0].feedforward).max() < 1e-6
    free = nh.train(model, rules={"feedforward": WITHOUT_GATE}).weights.layers[0]
    assert np.abs(free.feedforward - start.weights.layers[0].feedforward).max() > 1e-4
    assert np.abs(free.bias).max() > 1e-4


@pytest.mark.parametrize(
    ("options", "name", "text"),
    [
        ({"method": "pca"}, "feedforward", "rules: have no place in pca; set host.method to clapp, whose rules they"),
        ({}, "feedfoward", "rules: no array 'feedfoward' that learns; did you mean 'feedforward'?"),
    ],
)
def test_rules_without_a_place_are_refused(options, name, text):
    with pytest.raises(nh.NeurohwError, match=text.replace("?", r"\?")):
        nh.train(host_model(**options), rules={name: WITHOUT_GATE})


def test_a_program_learns_by_the_text_it_is_given(program):
    silent = nh.with_rule(program, "layer1.W", dt="2^-4*x0*x1*y1")
    run = nh.simulate(silent, fixations=64)
    np.testing.assert_array_equal(run.learned["layer1.W"].weight, plastic(silent).weight & ~1)
    assert np.any(run.learned["layer1.W"].tag)
    assert silent.recipe == program.recipe


def test_the_text_a_program_has_anyway_gives_the_same_program(program):
    text = {"dw": "2^0*u4*sgn(t+64) + 2^0*u4*sgn(t-64)"}
    text["dt"] = "2^-4*x0*x1*y1 - 2^6*u4*sgn(t+64) - 2^6*u4*sgn(t-64)"
    again = nh.with_rule(program, "layer1.W", **text)
    assert plastic(again).plasticity == plastic(program).plasticity


def test_a_rule_that_cannot_be_is_refused(program):
    with pytest.raises(nh.NeurohwError, match=r"layer1\.W: dw: 'x0\*x1\*y9' unknown variable 'y9'; variables"):
        nh.with_rule(program, "layer1.W", dw="x0*x1*y9")
    with pytest.raises(nh.NeurohwError, match=r"with_rule: no projection 'layer1\.V' that learns; did you mean"):
        nh.with_rule(program, "layer1.V", dw="x0*x1*y1")
