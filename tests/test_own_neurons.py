"""A neuron of one's own, in a file that is never imported: it goes wherever ours go."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

import neurohw as nh
from neurohw import artifacts
from neurohw.artifacts import encode
from neurohw.artifacts.fingerprint import fingerprint
from neurohw.ir.neurons import message_range
from neurohw.microcode.kind import sources_of

ADAPTIVE = '''
from neurohw.microcode import Ints, each, neuron, one, receives, sends, state


@neuron
class Adaptive:
    """Integrates without a leak; the threshold rises by `jump` with each spike.

    Source: Illing et al. 2021; my own notes.
    """

    vth: Ints = each(0, 1000)
    jump: int = one(0, 100, default=3)
    v: int = state(16)
    b: int = state(16, start=7)
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        self.v = max(min(self.v + (self.a >> 4), 20000), -20000)
        self.out = self.v > self.vth + self.b
        if self.out:
            self.v = 0
            self.b = min(self.b + self.jump, 20000)
'''
X = (np.random.default_rng(1).random((3, 20, 6)) < 0.4).astype(np.int8)


@pytest.fixture
def adaptive(tmp_path):
    (tmp_path / "adaptive.py").write_text(ADAPTIVE)
    return nh.neuron(tmp_path / "adaptive.py")


def network_of(neuron, size=5):
    weights = 2 * np.random.default_rng(0).integers(-20, 60, (size, 6))
    populations = (nh.Population("input", 6, nh.Source(0, 1)), nh.Population("own", size, neuron, layer=1))
    return nh.Network(populations, (nh.Projection("w", "input", "own", weights, nh.Format(8)),), 20)


def test_a_program_is_saved_with_the_text_and_loaded_without_the_file(adaptive, tmp_path):
    program = nh.compile_network(network_of(adaptive(vth=np.arange(5), jump=2)), nh.load_target("loihi2"))
    artifacts.save(tmp_path / "p.nhw", program)
    (tmp_path / "adaptive.py").unlink()
    loaded = artifacts.load(tmp_path / "p.nhw", nh.Program)
    assert fingerprint(loaded) == fingerprint(program)
    first, second = (nh.simulate(p, inputs={"input": X}, steps=20) for p in (program, loaded))
    assert first.activity.populations["own"].messages["out"].sum() > 0
    assert fingerprint(first) == fingerprint(second)


def test_other_processes_and_copies_have_the_same_neuron(adaptive):
    neuron = adaptive(vth=3)
    for other in (pickle.loads(pickle.dumps(neuron)), copy.deepcopy(neuron), replace(neuron, jump=3)):
        assert type(other) is adaptive
        assert other == neuron


def test_another_text_and_another_parameter_are_another_network(adaptive, tmp_path):
    (tmp_path / "other.py").write_text(ADAPTIVE.replace(">> 4", ">> 3"))
    (tmp_path / "again.py").write_text(ADAPTIVE)
    known = fingerprint(network_of(adaptive(vth=3)))
    assert fingerprint(network_of(nh.neuron(tmp_path / "again.py")(vth=3))) == known
    assert fingerprint(network_of(nh.neuron(tmp_path / "other.py")(vth=3))) != known
    assert fingerprint(network_of(adaptive(vth=4))) != known


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (">> 4", ">> 40", r"populations\[1\]\.neuron: adaptive.py:\d+:\d+: .*0\.\.31"),
        ("class Adaptive", "class Other", r"populations\[1\]\.neuron: the text has no neuron 'Adaptive'"),
        ("jump: int = one(0, 100, default=3)", "jump: int = one(0, 100)\n    k: int = one()", r"neuron\.k: is missing"),
    ],
)
def test_a_damaged_text_is_one_message_with_its_place(adaptive, tmp_path, monkeypatch, old, new, message):
    network = network_of(adaptive(vth=3))
    told = encode.written
    monkeypatch.setattr(encode, "written", lambda kind: {**told(kind), "text": ADAPTIVE.replace(old, new)})
    artifacts.save(tmp_path / "n.nhw", network)
    with pytest.raises(nh.NeurohwError, match=message):
        artifacts.load(tmp_path / "n.nhw", nh.Network)


def test_it_says_where_its_equations_are_from(adaptive):
    assert sources_of(adaptive) == ("Illing et al. 2021", "my own notes")


@pytest.mark.parametrize("value", [nh.Lif, "Lif", 3, None])
def test_what_is_not_a_neuron_is_refused_with_the_fix(value):
    with pytest.raises(nh.NeurohwError, match=r"^own\.neuron: is .*needs a neuron; "):
        nh.Population("own", 2, value)


SOURCE = """
from neurohw.microcode import given, neuron, one


@neuron
class Samples:
    least: int = one()
    most: int = one()
    pixels: int = given("least", "most")

    def step(self, t):
        pass
"""


@pytest.mark.parametrize("chip", ["loihi2", "xbar_rram_isaac"])
def test_a_source_of_ones_own_may_call_its_port_and_limits_anything(tmp_path, chip):
    (tmp_path / "samples.py").write_text(SOURCE)
    sources = {"out": nh.Source(-3, 9), "pixels": nh.neuron(tmp_path / "samples.py")(-3, 9)}
    runs = []
    for port, source in sources.items():
        populations = (nh.Population("input", 2, source), nh.Population("own", 2, nh.Lif(40), layer=1))
        projection = nh.Projection("w", "input", "own", 2 * np.eye(2, dtype=int), nh.Format(8), pre_port=port)
        program = nh.compile_network(nh.Network(populations, (projection,), 4), nh.load_target(chip))
        run = nh.simulate(program, inputs={"input": np.full((2, 3, 2), 9)}, steps=4)
        runs.append((run.activity.populations["own"].messages["out"].tolist(), nh.estimate(program, run).lines))
        with pytest.raises(nh.NeurohwError, match=r"inputs\.input: payloads 10\.\.10; allowed -3\.\.9"):
            nh.simulate(program, inputs={"input": np.full((2, 3, 2), 10)}, steps=4)
    assert runs[0] == runs[1]


@pytest.mark.parametrize(("vth", "expected"), [(3, (0, 0)), (np.array([], int), (0, 0))])
def test_a_port_that_is_never_set_sends_nothing(tmp_path, vth, expected):
    text = ADAPTIVE.replace("out: int = sends(0, 1)", "out: int = sends(0, 1)\n    all: int = sends(-HIGH - 1, HIGH)")
    (tmp_path / "adaptive.py").write_text(text.replace("@neuron", "HIGH = 2147483647\n\n\n@neuron"))
    neuron = nh.neuron(tmp_path / "adaptive.py")(vth)
    assert message_range(neuron, "all") == expected
