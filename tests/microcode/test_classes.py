"""Classes that Python made, in a script, a notebook or nowhere: their text is found, with what it uses."""

from __future__ import annotations

import importlib.util
import linecache

import numpy as np
import pytest

from neurohw.errors import NeurohwError
from neurohw.ir.checks import field_problems
from neurohw.ir.ranges import ranges_of
from neurohw.microcode import Ints, clip, each, neuron, one, part, receives, sends, state
from neurohw.microcode.kind import kind_of
from neurohw.microcode.reference import Reference
from neurohw.neurons.graded import Graded, Relu
from neurohw.neurons.lif import Lif, integrate

V_MAX = 100  # what Loihi's LIF has as another number
START = np.int64(7)


@part
def limited(x):
    return clip(x, -V_MAX, V_MAX)


@neuron
class Limited:
    """A neuron in a file with other things, that uses its numbers in declarations and parts."""

    top: Ints = each(0, V_MAX, default=V_MAX)
    v: int = state(24, start=START)
    u: int = state(24, -(1 << 31), (1 << 31) - 1)
    du: int = one(0, 4095, default=0)
    dv: int = one(0, 4095, default=0)
    a: int = receives("in")
    out: int = sends(-1000, 1000)

    def step(self, t):
        integrate(self, self.a << 20, 0)
        self.out = limited(self.v)


@neuron
class Louder(Lif):
    """A kind that ships, with a port more."""

    level: int = sends(-(1 << 31), (1 << 31) - 1)

    def step(self, t):
        integrate(self, self.a, 0)
        self.level = self.v + 1


def test_a_class_among_other_things_has_its_own_numbers_and_those_of_what_it_imports():
    population = Reference(Limited(), 1)
    assert population.states()["v"].item() == 7
    messages = population.step(1, {"in": [1]})
    assert messages["out"].item() == 100
    assert population.states()["v"].item() == (1 << 23) - 1


def test_a_class_inherits_from_one_that_ships():
    population = Reference(Louder(3), 1)
    assert population.step(1, {"in": [5]})["level"].item() == (5 << 6) + 1
    assert kind_of(Louder(3)).declared.keys() == kind_of(Lif(3)).declared.keys() | {"level"}


def test_two_things_of_one_name_are_refused(tmp_path):
    other = tmp_path / "other_limits.py"
    other.write_text("V_MAX = 5\ndef half(x):\n    return x * V_MAX\n")
    spec = importlib.util.spec_from_file_location("other_limits", other)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scope = notebook(
        "from neurohw.microcode import *\nV_MAX = 3\n@neuron\nclass Two:\n    out: int = sends(0, V_MAX)\n"
        "    def step(self, t):\n        self.out = half(1)\n", {"half": module.half},
    )  # fmt: skip
    with pytest.raises(NeurohwError, match="two things called 'V_MAX'; rename one"):
        kind_of(scope["Two"])


def notebook(text, names=None, name="<cell of a notebook>"):
    """Run a cell as a notebook does: its text can be found, in no file."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope = {"__name__": __name__, **(names or {})}
    exec(compile(text, name, "exec"), scope)
    return scope


CELL = """
from neurohw.microcode import *
GAIN = {gain}

@part
def louder(x):
    return x * GAIN

@neuron
class Loud:
    a: int = receives("in")
    out: int = sends(-1000, 1000)

    def step(self, t):
        self.out = louder(self.a)
"""


def test_a_number_that_changes_between_two_cells_changes_what_comes_after_only():
    first = notebook(CELL.format(gain=5), name="<cell 1>")["Loud"]
    before = Reference(first(), 1)
    second = notebook(CELL.format(gain=3), name="<cell 2>")["Loud"]
    after = Reference(second(), 1)
    assert [p.step(1, {"in": [2]})["out"].item() for p in (before, after)] == [10, 6]


def test_a_class_without_a_text_is_refused_in_words():
    scope = {"__name__": "nowhere"}
    exec(CELL.format(gain=2), scope)
    with pytest.raises(NeurohwError, match="has no text that can be read; write the neuron in a file, or in a cell"):
        kind_of(scope["Loud"])


def test_parameters_out_of_their_ranges_are_refused():
    found = [p.what for p in field_problems("x", Limited(top=[5000], du=4096), ranges_of(Limited))]
    assert len(found) == 2
    assert list(field_problems("x", Limited(top=1.7), ranges_of(Limited)))
    assert not list(field_problems("x", Limited(top=[1, 2], du=4095), ranges_of(Limited)))


def test_a_parameter_without_a_value_and_a_choice_there_is_not_are_refused():
    with pytest.raises(NeurohwError, match=r"Relu\.shift: has no value yet; give a number 0\.\.31"):
        Reference(Relu(0, 9), 1)
    for wrong in (1, "yes"):
        with pytest.raises(NeurohwError, match=r"Graded\.rectify: is .*; choose one of: False, True"):
            Reference(Graded(0, wrong), 1)


def test_declarations_that_python_would_take_wrongly_are_refused_where_they_are():
    with pytest.raises(NeurohwError, match=r"Bare: v has no type; write `v: int = \.\.\.`"):

        @neuron
        class Bare:
            v = state(8)

    with pytest.raises(NeurohwError, match=r"Late: .*write those without a default first"):

        @neuron
        class Late:
            p: int = one(0, 9, default=1)
            q: int = one(0, 9)
