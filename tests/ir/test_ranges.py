"""Numbers of a network given in Python: integers where integers are meant, within what can be computed."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from neurohw import api
from neurohw.errors import NeurohwError
from neurohw.ir.checks import Whole, require_values
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import (
    Clapp,
    ClappLif,
    Critic,
    Graded,
    Hinge,
    Lif,
    Readout,
    Relu,
    Source,
    TernaryLif,
)
from neurohw.ir.plasticity import Factor, LearningRule, Plasticity, Product, Trace
from neurohw.ir.ranges import ranges_of

KINDS = (
    Source(0, 1), Lif(1), TernaryLif(3, -3), Graded(-1), Relu(1, 2, 7), Clapp(1, 4, 7, 7, 7),
    ClappLif(1, 9, 4, 100, 0, 0, 1, 7, 7), Hinge(1, 4, 50), Readout(1, 20, 0, 9), Critic(1, 4, 1, -1),
)  # fmt: skip
WRONG = (0.5, float("nan"), float("inf"), 3.0, np.float32(1), True, np.True_, "1", None, 10**30, -(10**30))


LIF, FORMAT = Lif(1), Format()


def network(neuron=LIF, size=1, weight=None, form=FORMAT, period=6, **projection):
    weight = np.full((1, 2), 200) if weight is None else weight
    populations = (Population("input", 2, Source(0, 1)), Population("a", size, neuron))
    return Network(populations, (Projection("w", "input", "a", weight, form, **projection),), period)


def problems(make, *args, **options):
    with pytest.raises(NeurohwError) as error:
        make(*args, **options)
    return [str(problem) for problem in error.value.problems]


def alone(neuron):
    return Network((Population("a", 1, neuron),), ())


NUMBERS = [(n, f.name) for n in KINDS for f in fields(n) if f.name in ranges_of(n)]


@pytest.mark.parametrize(("neuron", "name"), NUMBERS, ids=lambda v: v if isinstance(v, str) else type(v).__name__)
def test_a_parameter_of_a_neuron_is_a_number_in_its_range(neuron, name):
    for value in WRONG:
        if isinstance(value, (bool, np.bool_)) and isinstance(getattr(neuron, name), bool):
            continue
        if name == "growth" and value in (0.5, 3.0, np.float32(1)):
            continue
        if neuron == Relu(1, 2, 7) and name == "shift" and value is None:
            continue  # of a network that is not quantised
        (found,) = problems(alone, replace(neuron, **{name: value}))
        assert found.startswith(f"a.{name}: is ")
        assert "; needs " in found
    value = getattr(neuron, name)
    alone(replace(neuron, **{name: value if isinstance(value, (str, bool)) else np.int64(value)}))


def test_every_parameter_has_a_range():
    for neuron in KINDS:
        assert set(ranges_of(neuron)) == {f.name for f in fields(neuron)}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"neuron": Lif(1, 5000)}, "a.du: is 5000; needs an integer 0..4095"),
        ({"neuron": Lif(1.7)}, "a.vth: is 1.7; needs integers -33554431..33554431; round it"),
        ({"neuron": Lif(np.array([1.0]))}, "a.vth: holds float64 values; needs integers -33554431..33554431; round it"),
        ({"neuron": Lif(np.array([1, 2, 3]))}, "a.vth: holds 3 values; needs one for all, or one for each"),
        ({"neuron": Lif(np.array([[1]]))}, "a.vth: has shape (1, 1); needs one for all, or one for each of"),
        ({"neuron": Lif(1, np.array(1))}, "a.du: is an array of shape (); needs an integer 0..4095"),
        ({"neuron": Lif(1, np.array([1, 2]))}, "a.du: is an array of shape (2,); needs an integer 0..4095"),
        ({"neuron": Clapp(1, 4, 7, 7, 7, growth=0.3)}, "a.growth: is 0.3; needs a finite number of at least 0"),
        ({"neuron": Clapp(1, 4, 7, 7, 7, "cary")}, "a.mapping: is 'cary'; needs one of carry, signed, unsigned"),
        ({"size": 1.5}, "a.size: is 1.5; needs an integer 0..2147483647; round it"),
        ({"size": -1}, "a.size: is -1; needs an integer 0..2147483647"),
        ({"period": 0}, "network.period: is 0; needs an integer 1..2147483647"),
        ({"period": 2.0}, "network.period: is 2.0; needs an integer 1..2147483647; round it"),
        ({"weight": np.array([[200.7, 200.2]])}, "w.weight: holds float64 values; needs integers"),
        ({"weight": np.array([[200, 2**40]])}, "w.weight: is 200..1099511627776; needs integers"),
        ({"form": Format(0)}, "w.format.bits: is 0; needs an integer 1..9"),
        ({"form": Format(8, 0.5)}, "w.format.exponent: is 0.5; needs an integer -24..24"),
        ({"form": Format(8, 0, "both")}, "w.format.sign: is 'both'; needs one of mixed, excitatory, inhibitory"),
        ({"graded": "no"}, "w.graded: is 'no'; needs True or False"),
        ({"role": "feed"}, "w.role: is 'feed'; needs one of "),
        ({"delay": 1.0}, "w: delays that are not integers"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_explained(changes, text):
    assert text in "\n".join(problems(network, **changes))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (3, "w: rule: is 3; needs a LearningRule"),
        (LearningRule(x1=3), "w: rule.x1: is 3; needs a Trace"),
        (LearningRule(dw=Product(1, 0, "x0")), "w: rule.dw: is of type Product; needs products in a tuple; such as (P"),
        (LearningRule(dw=("y1",)), "w: rule.dw: is ('y1',); needs products in a tuple; such as (Product(1, 0, "),
        (LearningRule(dt=(Product(1, 0, "x0", ("y1",)),)), "w: rule: product.factors: is ('y1',); needs factors in"),
        (LearningRule(dt=(Product(1, 0, "x0", 3),)), "w: rule: product.factors: is 3; needs factors in a tuple; such"),
        (LearningRule(epoch=0), "w: rule.epoch: is 0; needs an integer 1..2147483647"),
        (LearningRule(seed=-1), "w: rule.seed: is -1; needs an integer 0..2147483648"),
        (LearningRule(third_factor=1), "w: rule.third_factor: is 1; needs True or False"),
        (LearningRule(rounding="up"), "w: rule.rounding: is 'up'; needs one of lava, per_synapse"),
        (LearningRule(x1=Trace(1, float("nan"))), "w: rule.x1.tau: is nan; needs a finite number of at least 0"),
        (LearningRule(x2=Trace(-1, 5)), "w: rule.x2.impulse: is -1; needs a finite number of at least 0, at most 127"),
        (LearningRule(y3=Trace(0, float("inf"))), "w: rule.y3.tau: is inf; needs a finite number of at least 0"),
        (LearningRule(dw=(Product(1, 0, "x9"),)), "w: rule: product.dependency: is 'x9'; needs one of x0, y0, u"),
        (LearningRule(dw=(Product(1, 0, "x0", (Factor("z"),)),)), "w: rule: product: factor.var: is 'z'; needs one of"),
        (LearningRule(dw=(Product(0.5, 0, "x0"),)), "w: rule: product.mantissa: is 0.5; needs an integer -128..128"),
    ],
)
def test_a_rule_that_is_none_is_explained(rule, text):
    assert any(found.startswith(text) for found in problems(network, plasticity=Plasticity("", (), rule)))


def test_all_problems_of_a_network_are_named_at_once():
    assert len(problems(network, Lif(0.5, -1), period=-1, weight=np.array([[0.5, 1]]))) == 4


def test_payloads_that_are_not_integers_do_not_run():
    for value in (0.9, float("nan"), -0.5):
        (found,) = problems(api.run_network, network(), [{"input": np.full((1, 6, 2), value)}], reset=True)
        assert found.startswith("inputs.input: holds float64 numbers; payloads are integers")


def test_float_networks_keep_their_floats():
    network(Lif(0.5), weight=np.array([[0.5, 1.5]]), form=None)


@pytest.mark.parametrize("value", [0, 5, 1.0, float("nan"), "3", None, True, np.arange(3)])
def test_a_number_is_asked_for(value):
    with pytest.raises(NeurohwError, match=r"train: epochs: is .*; needs an integer 1\.\.4"):
        require_values("train", epochs=(value, Whole(1, 4)))
    require_values("train", epochs=(np.uint8(4), Whole(1, 4)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
def test_parameters_in_lists_of_unequal_length_are_one_message(kind):
    for name in ranges_of(kind):
        with pytest.raises(NeurohwError) as error:
            network(replace(kind, **{name: [[1, 2], [3]]}))
        found = [problem for problem in error.value.problems if problem.where.endswith(f".{name}")]
        if isinstance(ranges_of(kind)[name], Whole):
            assert [problem.what for problem in found] == ["holds lists of unequal length"]


def test_integers_of_any_length_are_shown():
    with pytest.raises(NeurohwError, match=r"\.vth: is an integer of 33220 bits; needs integers -33554431"):
        network(Lif(10**10_000))


def test_a_rule_takes_its_products_in_lists_too():
    product = Product(1, 0, "x0", [Factor("t")])
    rule = LearningRule(dw=[product], dt=(product,))
    assert rule.products() == (product, product)
    assert network(plasticity=Plasticity("", (), rule)).projections[0].plasticity.chip.has_tag
