"""`neurohw neuron check` and `neurohw neuron trace`: a neuron in a file, checked, described and stepped through."""

from __future__ import annotations

import json

import numpy as np
import pytest

ADAPTS = '''"""A threshold that rises."""
from neurohw.microcode import Ints, clip, each, neuron, one, receives, sends, state
from neurohw.neurons.lif import V_MAX, decay, integrate


@neuron
class Adapts:
    """LIF whose threshold rises by `jump` with each spike and decays back."""

    vth: Ints = each(0, 131071)
    du: int = one(0, 4095, default=4095)
    dv: int = one(0, 4095, default=128)
    db: int = one(0, 4095, default=20)
    jump: Ints = each(0, 131071, default=64)
    u: int = state(24, -2147483648, 2147483647)
    v: int = state(24)
    b: int = state(24)
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        integrate(self, self.a, 0)
        self.b = decay(self.b, self.db)
        self.out = self.v > (self.vth << 6) + self.b
        if self.out:
            self.v = 0
            self.b = clip(self.b + (self.jump << 6), 0, V_MAX)
'''
TWO = """from neurohw.microcode import choice, neuron, random, receives, sends, state


@neuron
class Gated:
    loud: bool = choice(False, True)
    s: int = state(4)
    a: int = receives("in")
    gate: int = receives("gate")
    out: int = sends(0, 10)

    def step(self, t):
        self.s = self.a
        if self.gate > 0:
            self.out = 2 * self.a if self.loud else self.a


@neuron
class Chance:
    out: int = sends(0, 3)

    def step(self, t):
        self.out = random(2)
"""


@pytest.fixture
def work(tmp_path):
    (tmp_path / "adapts.py").write_text(ADAPTS)
    (tmp_path / "two.py").write_text(TWO)
    np.save(tmp_path / "in.npy", np.array([50, 100, 70]))
    np.save(tmp_path / "flat.npy", np.zeros((2, 2), int))
    return tmp_path


def column(out, name):
    """One column of a table, by its head."""
    head, *rows = [line.split("  ") for line in out.splitlines()]
    head, *rows = [[cell.strip() for cell in row if cell.strip()] for row in (head, *rows)]
    return [row[head.index(name)] for row in rows]


def test_check_says_ranges_states_equations_and_operations(neurohw):
    code, out, err = neurohw("neuron", "check", "adapts.py", "--set", "vth=100", "--json", "a.json")
    assert (code, err) == (0, "")
    assert "    vth   0..131071, of each neuron\n" in out
    assert "    b  24 bits, -8388608..8388607 (proven)\n" in out
    assert "    out  0..1 (proven)\n" in out
    assert "    out = [v > 64 vth + b]\n" in out
    assert "an estimate, grade U" in out
    assert "    state        3 words, 72 bits, of each neuron\n" in out


def test_what_check_writes_is_what_it_says(neurohw, work):
    _, out, _ = neurohw("neuron", "check", "adapts.py", "--set", "vth=100", "--json", "a.json")
    made = json.loads((work / "a.json").read_text())
    assert made["schema"] == "neurohw.neuron_check/1"
    assert out.startswith(made["equations"])
    assert f"{made['size']['operations_most']} at most" in out
    declared = {d["name"]: d for d in made["declared"]}
    assert (declared["vth"]["low"], declared["vth"]["high"], declared["out"]["proven"]) == (0, 131071, True)


def test_without_a_value_the_operations_are_bounded(neurohw):
    _, out, _ = neurohw("neuron", "check", "adapts.py")
    assert "an update at most; with --set of vth on average too" in out


def test_check_prints_latex(neurohw):
    code, out, _ = neurohw("neuron", "check", "adapts.py", "--latex")
    assert code == 0
    assert out.startswith("\\begin{aligned}\n")


def test_a_choice_changes_what_is_checked(neurohw):
    assert "out = a\n" in neurohw("neuron", "check", "two.py", "Gated")[1]
    assert "out = 2 a\n" in neurohw("neuron", "check", "two.py", "Gated", "--set", "loud=true")[1]


def test_all_that_is_wrong_is_said_at_once_with_carets(refused, work):
    text = ADAPTS.replace("(self.b, self.db)", "(self.b, self.dd)").replace("self.v = 0", "self.v = rest")
    (work / "bad.py").write_text(text)
    assert refused("neuron", "check", "bad.py") == (
        "bad.py:23:32: self.dd is not declared; choose one of: a, b, db, du, dv, jump, out, u, v, vth\n"
        "    self.b = decay(self.b, self.dd)\n"
        "                           ^^^^^^^\n"
        "bad.py:26:22: 'rest' is not known here; choose one of: V_MAX, t\n"
        "    self.v = rest\n"
        "             ^^^^"
    )


def test_trace_shows_what_arrives_states_and_messages_in_each_step(neurohw, work):
    arguments = ("neuron", "trace", "adapts.py", "--set", "vth=100", "--input", "50,100,70,30", "--steps", "6")
    code, out, err = neurohw(*arguments, "--json", "t.json")
    assert (code, err) == (0, "")
    out = out.removesuffix("wrote t.json\n")
    assert column(out, "t") == ["1", "2", "3", "4", "5", "6"]
    assert column(out, "in ->") == ["50", "100", "70", "30", "0", "0"]
    assert column(out, "b") == ["0", "4096", "4076", "4056", "4036", "4016"]  # 4096 (4076 / 4096)^n, toward zero
    assert column(out, "-> out") == ["0", "1", "0", "0", "0", "0"]
    steps = json.loads((work / "t.json").read_text())["steps"]
    assert [str(s["states"]["b"]) for s in steps] == column(out, "b")


def test_trace_reads_an_array_and_pads_it(neurohw):
    _, out, _ = neurohw("neuron", "trace", "adapts.py", "--set", "vth=100", "--input", "in.npy", "--steps", "4")
    assert column(out, "in ->") == ["50", "100", "70", "0"]


def test_trace_says_what_was_counted_and_what_left_its_range(neurohw):
    out = neurohw("neuron", "trace", "adapts.py", "--set", "vth=131071", "--input", "9,131072,131072")[1]
    assert [line.endswith("  voltage saturated") for line in out.splitlines()] == [False, False, True, True]
    out = neurohw("neuron", "trace", "two.py", "Gated", "--input", "in=7,70,5", "--input", "gate=1,1,0")[1]
    assert out.splitlines()[2].endswith("70  s beyond -8..7, out beyond 0..10")
    assert column(out, "-> out")[0::2] == ["7", "0"]


def test_random_numbers_come_from_the_seed(neurohw):
    first, again, other = (neurohw("neuron", "trace", "two.py", "Chance", "--seed", s)[1] for s in (1, 1, 2))
    assert first == again != other
    assert set(column(first, "-> out")) <= {"0", "1", "2", "3"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("check", "none.py"), "none.py: cannot be read: No such file or directory; give a file with a neuron"),
        (("check", "in.npy"), "in.npy: cannot be read: it is not UTF-8 text; give a file with a neuron"),
        (("check", "two.py"), "two.py: has 2 neurons; say which: Gated, Chance"),
        (("check", "two.py", "Gate"), "two.py: has no neuron 'Gate'; did you mean 'Gated'?"),
        (("trace", "adapts.py"), "Adapts: needs vth; --set vth=<value>"),
        (
            ("trace", "adapts.py", "--set", "vth=-1", "--set", "dv=0.5", "--set", "vht=1", "--set", "x"),
            "--set vth: is -1; needs integers 0..131071\n"
            "--set dv: is 0.5; needs an integer 0..4095; round it\n"
            "--set: Adapts has no parameter 'vht'; did you mean 'vth'?\n"
            "--set: 'x' is not a value of a parameter; write name=value",
        ),
        (("trace", "two.py", "Gated", "--set", "loud=2"), "--set loud: is 2; needs True or False"),
        (
            ("trace", "two.py", "Gated", "--input", "1,2", "--input", "gates=1"),
            "--input: '1,2' is for no port; write PORT=1,2; ports: in, gate\n"
            "--input: no port 'gates'; did you mean 'gate'?",
        ),
        (
            ("trace", "two.py", "Gated", "--input", "in=1,b", "--input", "gate=flat.npy"),
            "--input: 'b' is not an integer; write 1,0,5 or a .npy file\n"
            "--input flat.npy: has shape (2, 2); needs [steps]",
        ),
        (
            ("trace", "two.py", "Gated", "--input", "in=no.npy", "--input", "gate=2147483648"),
            "--input no.npy: is not a file of numbers; write it with numpy.save, one number a step\n"
            "--input 2147483648: is 2147483648; needs an integer -2147483648..2147483647",
        ),
        (("trace", "two.py", "Chance", "--input", "1"), "--input: '1' is for no port; write PORT=1; ports: none"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message(refused, arguments, text):
    assert refused("neuron", *arguments) == text
