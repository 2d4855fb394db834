"""`nh.neuron`: a neuron of a file, of a module that holds other things too, and of a notebook."""

from __future__ import annotations

import importlib.util
import linecache
import sys

import numpy as np
import pytest

import neurohw as nh
from neurohw.microcode.kind import kind_of
from neurohw.microcode.reference import Reference

MODULE = '''
"""A program of its own that has neurons."""
import sys

import neurohw as nh
from neurohw.microcode import one, part, receives, sends, state
from neurohw.neurons.lif import V_MAX, decay

LIMIT = 1 << 20
print("made", file=sys.stderr)


@part
def rest(n):
    n.v = 0


@nh.neuron
class Leaky:
    """Leaks."""

    d: int = one(0, 4095, default=2048)
    v: int = state(24, -LIMIT, V_MAX)
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        self.v = max(-LIMIT, min(V_MAX, decay(self.v, self.d) + self.a))
        self.out = self.v > 100
        if self.out:
            rest(self)


@nh.neuron
class Wrong(Leaky):
    def step(self, t):
        self.v = self.w
        self.out = 0
'''
FILE = (
    MODULE.replace('print("made", file=sys.stderr)', "").replace("import sys\n", "").split("@nh.neuron\nclass Wrong")[0]
)
ARRIVES, SPIKES = (60, 80, 30, 90), (0, 1, 0, 1)  # v: 60, 110 and 0, 30, 105


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """A function that writes a text to a file and imports it."""

    def load(text):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return loaded(path, monkeypatch)

    return load


@pytest.fixture
def module(imported):
    """The module, imported from its file."""
    return imported(MODULE)


def loaded(path, monkeypatch):
    spec = importlib.util.spec_from_file_location("mine", path)
    made = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mine", made)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def notebook(monkeypatch):
    """The same, run as a notebook runs a cell: no file, its lines in Python's cache."""
    name = "<ipython-input-1-0>"
    made = type(sys)("cells")
    monkeypatch.setitem(sys.modules, "cells", made)
    monkeypatch.setitem(linecache.cache, name, (len(MODULE), None, MODULE.splitlines(True), name))
    exec(compile(MODULE, name, "exec"), vars(made))
    return made


def spikes(neuron):
    one = Reference(neuron, 1)
    return [int(one.step(t, {"in": [a]})["out"][0]) for t, a in enumerate(ARRIVES, 1)]


def test_a_neuron_of_a_file_runs_without_the_file_being_run(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(FILE)
    kind = nh.neuron(tmp_path / "mine.py")
    assert (kind.__name__, kind.inputs, kind.outputs, kind().d) == ("Leaky", ("in",), ("out",), 2048)
    assert spikes(kind()) == list(SPIKES)
    assert "mine" not in sys.modules


def test_a_name_chooses_between_neurons_of_a_file(tmp_path):
    other = FILE[FILE.index("@nh.neuron") :].replace("Leaky", "Other")
    (tmp_path / "two.py").write_text(FILE + other)
    assert nh.neuron(tmp_path / "two.py", "Other").__name__ == "Other"
    with pytest.raises(nh.NeurohwError, match="has 2 neurons; say which: Leaky, Other"):
        nh.neuron(tmp_path / "two.py")


@pytest.mark.parametrize("where", ["module", "notebook"])
def test_a_class_among_other_statements_is_a_kind(where, request):
    kind = request.getfixturevalue(where).Leaky
    assert spikes(kind()) == list(SPIKES)
    assert kind(d=4095).d == 4095
    program = kind_of(kind).program(kind())
    assert [(d.low, d.high) for d in program.of_role("state")] == [(-(1 << 20), (1 << 23) - 1)]


def test_what_is_wrong_in_a_module_is_shown_in_its_line(module):
    with pytest.raises(nh.NeurohwError) as error:
        kind_of(module.Wrong)
    line = next(k for k, text in enumerate(MODULE.splitlines(), 1) if "self.w" in text)
    assert str(error.value).startswith(
        f"{module.__file__}:{line}:18: self.w is not declared; choose one of: a, d, out, v"
    )


def test_what_is_wrong_in_a_notebook_is_shown_in_its_line(notebook):
    with pytest.raises(nh.NeurohwError, match=r"^Wrong:\d+:18: self\.w is not declared"):
        kind_of(notebook.Wrong)


def test_a_class_without_a_text_says_so():
    scope = {"nh": nh, "__name__": __name__}
    text = "class X:\n  out: int = sends(0, 1)\n  def step(self, t): pass"
    exec(f"from neurohw.microcode import sends\n@nh.neuron\n{text}", scope)
    with pytest.raises(nh.NeurohwError, match="X: has no text that can be read; write the neuron in a file"):
        kind_of(scope["X"])


def test_a_module_that_is_imported_again_after_a_change_has_its_new_text(imported):
    assert spikes(imported(MODULE).Leaky()) == list(SPIKES)
    assert spikes(imported(MODULE.replace("> 100", "> 50  # lower")).Leaky()) == [1, 1, 0, 1]


@pytest.mark.parametrize(("old", "new"), [("> 100", "> 50"), ("n.v = 0", "n.v = 1"), ("+ self.a)", "- self.a)")])
def test_a_class_whose_text_was_changed_after_its_import_is_refused(module, tmp_path, old, new):
    (tmp_path / "mine.py").write_text(MODULE.replace(old, new) + "# longer")
    with pytest.raises(nh.NeurohwError, match=r"^\w+: is not what its text says now; import its module again"):
        kind_of(module.Leaky)


AROUND = '''
from neurohw.microcode import clip, neuron, one, receives, sends, state

limit, bits = 10, 24


def made(limit):
    @neuron
    class Own:
        """Its limit is that of the call, not that of the module.

No indent here.
        """

        v: int = state(24)
        a: int = receives("in")
        out: int = sends(0, 1)

        def step(self, t):
            self.v = clip(self.a, 0, limit)
            self.out = self.v > 15

    return Own


kinds = []
for bits in (8, 16):

    @neuron
    class Wide:
        v: int = state(bits)
        a: int = receives("in")
        out: int = sends(0, 1)

        def step(self, t):
            self.v = clip(self.a, 0, 100)
            self.out = 1

    kinds.append(Wide)
'''


def test_a_neuron_of_a_function_takes_the_numbers_of_the_call(imported):
    module = imported(AROUND)
    found = [Reference(module.made(limit)(), 1).step(1, {"in": [30]})["out"][0] for limit in (10, 20)]
    assert found == [0, 1]


def test_a_class_that_was_made_with_other_numbers_than_its_text_has_now_is_refused(imported):
    first, last = imported(AROUND).kinds
    assert kind_of(last).declared["v"].bits == 16
    with pytest.raises(nh.NeurohwError, match="Wide: declares v with other numbers than its text has now; write the"):
        kind_of(first)


def test_decimal_parameters_are_multiples_of_a_unit_as_far_as_floats_tell(tmp_path):
    text = FILE.replace("d: int = one(0, 4095, default=2048)", "d: float = one(0, 40, default=0.3, unit=0.1)")
    (tmp_path / "tenths.py").write_text(text)
    neuron = nh.neuron(tmp_path / "tenths.py")
    assert list(kind_of(neuron).program(neuron()).values(neuron(), 1).values()) == [4096 - 3]
    assert nh.Network((nh.Population("own", 1, neuron(0.7), layer=1),), ())
    with pytest.raises(nh.NeurohwError, match=r"own\.d: is 0\.35; needs .* in steps of 0\.1"):
        nh.Network((nh.Population("own", 1, neuron(0.35), layer=1),), ())


@pytest.mark.parametrize("what", [3, None, len])
def test_what_is_neither_a_class_nor_a_path_is_refused(what):
    with pytest.raises(nh.NeurohwError, match=r"^neuron: is of type \w+; give the path of a file, or write @nh.neuron"):
        nh.neuron(what)


def test_neurons_of_a_class_are_frozen_and_equal_by_their_parameters(module):
    assert module.Leaky() == module.Leaky(2048) != module.Leaky(1)
    with pytest.raises(AttributeError):
        module.Leaky().d = 3
    assert np.array_equal(Reference(module.Leaky(), 3).states()["v"], [0, 0, 0])
