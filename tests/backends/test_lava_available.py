"""The Lava backend says before running what it needs and what it cannot do. None of this needs Lava."""

import importlib.metadata
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from neurohw.backends.lava.available import unsupported, why_not
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, Lif, Relu, Source, TernaryLif
from neurohw.ir.plasticity import Factor, LearningRule, Plasticity, Product, Trace
from neurohw.ir.rule_text import parse_rule

RULE = LearningRule(dw=parse_rule("2^-2*x0*y1"), third_factor=False, rounding="lava", seed=3)
WEIGHT = np.ones((2, 3), int)


def network(post=None, **projection):
    populations = (Population("source", 3, Source()), Population("post", 2, post or Lif(10)))
    options = {"format": Format(), **projection}
    return Network(populations, (Projection("w", "source", "post", WEIGHT, **options),))


def learning(post=None, rule=RULE, **projection):
    return network(post, plasticity=Plasticity("", (), rule), **projection)


def problems(net):
    return [str(problem) for problem in unsupported(net)]


@pytest.mark.parametrize("version", [(3, 9), (3, 11), (3, 12), (3, 13)])
def test_another_python_is_told_where_lava_runs(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    expected = (
        f"Lava 0.10.0 needs Python 3.10, this is 3.{version[1]}: "
        "pip install neurohw in Python 3.10 brings it; every other backend runs here"
    )
    assert why_not() == expected


def test_missing_lava_is_told_how_to_install_it(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert why_not() == (
        "Lava is not installed: pip install neurohw in Python 3.10 brings it; every other backend runs here"
    )


def test_another_lava_is_told_which_one(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.11.0")
    assert why_not() == 'this backend is for Lava 0.10.0, not 0.11.0: pip install "lava-nc==0.10.0"'


def test_what_lava_can_do_is_no_problem():
    assert problems(network()) == []
    assert problems(learning()) == []
    clapp = Clapp(1, 4, 7, 7, 7)
    assert problems(learning(clapp, replace(RULE, third_factor=True))) == []


def test_float_weights():
    assert problems(network(format=None)) == ["w: has float weights; Lava runs integers; quantise the network first"]


def test_a_rule_in_the_papers_form_only():
    expected = ["w: has a learning rule without its integer form; quantise the network first"]
    assert problems(network(plasticity=Plasticity("", ()))) == expected


def test_a_relu_without_its_shift():
    assert problems(network(Relu(1, 2))) == ["post: has no shift yet; quantise the network first"]


def test_crossed_thresholds():
    assert problems(network(TernaryLif(5, 6))) == ["post: vth_lo 6 is above vth_hi 5; exchange them"]


def test_learning_with_a_delay():
    assert problems(learning(delay=3)) == ["w: learns with a delay of 3; in Lava only static weights have delays"]


def test_a_third_factor_from_a_neuron_that_sends_none():
    assert problems(learning(rule=replace(RULE, third_factor=True))) == [
        "w: has a three-factor rule, but 'post' sends no traces; only clapp and readout neurons do; "
        "use a two-factor rule"
    ]


CONSTANT = Product(1, 0, "x0", (Factor("C", 3),))
RULE_PROBLEMS = {
    "rounding per synapse": (
        {"rounding": "per_synapse"},
        "w: rounding 'per_synapse'; Lava has one random number for all synapses; use rounding 'lava' or the emulator",
    ),
    "no products": ({"dw": ()}, "w: the learning rule has no products; drop the plasticity"),
    "two digits of decimation": ({"decimate": 10}, "w: u10; Lava reads one digit: u0 to u9"),
    "decimation of nothing": (
        {"dw": (Product(1, 0, "u"),)},
        "w: a product depends on u<k> without a k; set decimate",
    ),
    "a mantissa that Lava halves": (
        {"dw": (Product(-8, 2, "x0"),)},
        "w: '-8*2^2*x0'; Lava halves a mantissa of -8, or any above 7; use mantissas -7..7",
    ),
    "a constant factor": ({"dw": (CONSTANT,)}, "w: Lava cannot read the rule: w: "),
    "a trace that never decays": (
        {"x1": Trace(0, 2.0**63), "y3": Trace(0, 2.0**70)},
        "w: tau of x1, y3; Lava takes 0 to 2^63; 2^60 never decays",
    ),
}


@pytest.mark.parametrize("case", RULE_PROBLEMS)
def test_a_rule_lava_cannot_learn(case):
    change, text = RULE_PROBLEMS[case]
    found = problems(learning(rule=replace(RULE, **change)))
    assert len(found) == 1
    assert found[0].startswith(text)


def test_all_problems_are_found_at_once():
    found = problems(learning(Relu(1, 2), replace(RULE, rounding="per_synapse", decimate=10), delay=2))
    assert len(found) == 4


def test_nothing_loads_lava_before_it_is_needed():
    code = (
        "import sys, neurohw, neurohw.backends.lava.run; print([m for m in sys.modules if m.split('.')[0] == 'lava'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
