"""What a program means is what Python means by it, on integers of 32 bits; holes of a first prototype stay closed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from neurohw.errors import NeurohwError
from neurohw.microcode import mul_shift, scale, shift
from neurohw.microcode.kind import kinds_in
from neurohw.microcode.reference import Reference
from neurohw.microcode.text import Text
from neurohw.microcode.vector import Neurons

DECLARED = """
@neuron
class Mine:
    p: int = one(-9, 9, default=3)
    flag: bool = choice(True, False)
    v: int = state(32)
    w: int = state(32, start=5)
    a: int = receives("a")
    b: int = receives("b")
    out: int = sends(-2147483648, 2147483647)

    def step(self, t):
"""
SAMPLES = np.array([-(1 << 31), -100, -3, -2, -1, 0, 1, 2, 3, 6, 100, (1 << 31) - 1])


def kind(*lines, before=""):
    text = before + DECLARED + "".join(f"        {line}\n" for line in lines)
    return kinds_in(Text("my.py", text))["Mine"]


def wrapped(n: int) -> int:
    return (n + (1 << 31)) % (1 << 32) - (1 << 31)


def run(*lines, a=SAMPLES, b=SAMPLES, before="", steps=1, **parameters):
    """What is sent and held after some steps for all pairs of inputs, by both; asserts that they agree."""
    neuron = kind(*lines, before=before).neuron(**parameters)
    pairs = np.array(list(itertools.product(a, b)))
    inputs = {"a": pairs[:, 0], "b": pairs[:, 1]}
    slow, arrays = Reference(neuron, len(pairs)), Neurons(neuron, (len(pairs),))
    for t in range(1, steps + 1):
        one, other = slow.step(t, inputs), arrays.step(t, inputs)
        for found, expected in ((other, one), (arrays.states(), slow.states())):
            for name in expected:
                np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    assert arrays.counted == slow.counts()
    return pairs.tolist(), {
        **{k: v.tolist() for k, v in one.items()},
        **{k: v.tolist() for k, v in slow.states().items()},
    }


BY_PYTHON = [  # an expression of self.a and self.b, whose value Python gives with integers without end
    "a + b * 3", "(a + b) * 3", "a - b - 3", "a - (b - 3)", "a << 1 + 1", "a + 1 << 2", "a & b | 3", "a & (b | 3)",
    "a ^ b & 5", "a | b ^ 5", "-a * b", "-a >> 1", "-(a >> 1)", "~a + 1", "-~a", "~-a", "a >> 1 >> 1", "a << 3 >> 3",
    "a < b", "a < b < 3", "a < b > 3", "a == b != 3", "0 <= a < 100 <= b", "(a < b) < 3", "a < (b < 3)", "(a < b) + 2",
    "(a > b) - (a < b)", "a if b else 3", "3 if a < b else 4 if a == b else 5", "(a if b else 3) + 1",
    "a if b else 3 + 1", "1 if a and b else 0", "1 if a or b else 0", "1 if not a else 0", "1 if not a == b else 0",
    "1 if a and not b else 0", "1 if a and b or 3 < a else 0",
    "1 if a < 0 and b < 0 or a == b else 0", "1 if not (a or b) else 0",
    "min(a, b)", "max(a, b, 3)", "min(max(a, -2), 2)", "abs(a) - abs(b)", "a * b", "a * a * a", "abs(a - b)",
    "a & 7", "a & -8", "a | -8", "a ^ -1", "a >> 31", "a >> 0", "a << 31", "a << 0", "(a & 255) * (b & 255)",
]  # fmt: skip


@pytest.mark.parametrize("said", BY_PYTHON)
def test_an_expression_has_the_value_that_python_gives_it(said):
    pairs, found = run("a = self.a", "b = self.b", f"self.out = {said}")
    # What Python computes without end and wraps at last differs only where a part that wrapped is compared or shifted
    # to the right; there the samples are kept small.
    small = [abs(a) < 200 and abs(b) < 200 for a, b in pairs]
    exact_parts = not any(op in said for op in ("+", "-", "*", "<<", "~", "abs")) or not any(
        op in said for op in ("<", ">", "=", "if", "min", "max", "abs")
    )
    for (a, b), value, is_small in zip(pairs, found["out"], small):
        if is_small or exact_parts:
            assert value == wrapped(int(eval(said, {"a": a, "b": b}))), (a, b)


def test_shifts_floor_and_scale_goes_toward_zero():
    _, found = run("self.out = self.a >> 1", a=[-1, -3], b=[0])
    assert found["out"] == [-1, -2]
    _, found = run("self.out = scale(self.a, 1, 1)", a=[-1, -3], b=[0])
    assert found["out"] == [0, -1]
    _, found = run("self.out = mul_shift(self.a, 1, 1)", a=[-1, -3], b=[0])
    assert found["out"] == [-1, -2]
    _, found = run("self.out = shift(self.a, clip(self.b, -31, 31))", a=[-1, -3, 5], b=[-1, 1])
    assert found["out"] == [-1, -2, -2, -6, 2, 10]
    assert (scale(-3, 1, 1), mul_shift(-3, 1, 1), shift(-3, -1), shift(1, 31)) == (-1, -2, -2, -(1 << 31))


@pytest.mark.parametrize("bits", [0, 1, 12, 31])
def test_products_of_scale_and_mul_shift_are_exact(bits):
    pairs, found = run(f"self.out = scale(self.a, self.b, {bits})", f"self.v = mul_shift(self.a, self.b, {bits})")
    for (a, b), toward_zero, floor in zip(pairs, found["out"], found["v"]):
        assert floor == wrapped(a * b >> bits)
        assert toward_zero == wrapped((abs(a * b) >> bits) * (1 if a * b > 0 else -1))


def test_products_of_what_all_neurons_share_are_exact_too():
    _, found = run(
        "self.out = scale(self.p << 28, self.a, 20)", "self.v = mul_shift(1 << 30, self.a, 30)", a=[1000], b=[0]
    )
    assert (found["out"], found["v"]) == ([wrapped((3 << 28) * 1000 >> 20)], [1000])


def test_a_local_keeps_what_a_state_was():
    _, found = run("x = self.w", "self.w = self.a", "self.out = x", "self.v = self.w", a=[8], b=[0])
    assert (found["out"], found["v"]) == ([5], [8])


def test_an_argument_keeps_what_a_state_was():
    part = "@part\ndef swap(n, x, y):\n    n.w = 1\n    n.v = x + y\n    return x\n"
    _, found = run("self.out = swap(self, self.w, self.w + 1)", before=part, a=[0], b=[0])
    assert (found["out"], found["v"], found["w"]) == ([5], [11], [1])


def test_a_part_that_sets_its_argument_leaves_that_of_the_caller():
    part = "@part\ndef more(x):\n    x += 1\n    x *= 2\n    return x\n"
    _, found = run("x = self.a", "y = more(x)", "self.out = more(y) - x", "self.v = x", before=part, a=[3], b=[0])
    assert (found["out"], found["v"]) == ([18 - 3], [3])


def test_locals_of_parts_are_their_own():
    part = "@part\ndef f(y):\n    x = y + 1\n    return x\n@part\ndef g(y):\n    x = f(y) * 10\n    return x + f(x)\n"
    _, found = run("x = 7", "z = g(x) + f(x)", "self.out = z + x", before=part, a=[0], b=[0])
    assert found["out"] == [80 + 81 + 8 + 7]


def test_effects_of_parts_come_in_the_order_of_the_text():
    part = "@part\ndef twice(n):\n    n.v = n.v * 2 + 1\n    return n.v\n"
    _, found = run("x = twice(self)", "y = twice(self)", "self.v += 1", "z = twice(self)",
                   "self.out = x * 100 + y * 10 + z", before=part, a=[0], b=[0])  # fmt: skip
    assert (found["out"], found["v"]) == ([100 + 30 + 9], [9])


def test_several_targets_get_one_value_from_left_to_right():
    _, found = run("self.w = self.v = self.w + self.a", "x = y = self.v", "x += 1", "self.out = x - y", a=[3], b=[0])
    assert (found["w"], found["v"], found["out"]) == ([8], [8], [1])


def test_conditions_take_numbers_as_python_does():
    _, found = run("if self.a: self.out = 1", "elif self.b: self.out = 2", "else: self.out = 3", a=[0, -4], b=[0, 9])
    assert found["out"] == [3, 2, 1, 1]
    _, found = run("self.out = (1 if self.a & 4 else 0) + (2 if not self.b else 0)", a=[0, 4], b=[0, 9])
    assert found["out"] == [2, 0, 3, 1]
    _, found = run("self.count('both', self.a and self.b)", "self.count('b', self.b)", a=[0, -4], b=[0, 9])


def test_a_truth_value_is_a_number():
    for flag in (True, False):
        _, found = run("self.out = self.flag * 10 + (self.flag == 1) + (self.flag < 1) * 100", flag=flag, a=[0], b=[0])
        assert found["out"] == [flag * 10 + (flag == 1) + (flag < 1) * 100]


def test_branches_of_the_population_and_of_neurons_nest():
    lines = [
        "if t % 2 == 1: x = self.a", "if self.b > 0:", "    if phase(t, 3) == 2:", "        x = 1", "    else:",
        "        x = self.p", "    y = x", "elif t > 2: x = y = 7", "else:", "    y = 9", "    x = self.b",
        "self.v += x * 10 + y", "self.out = self.v",
    ]  # fmt: skip
    _, found = run(*lines, a=[4], b=[1, -1], steps=3)
    assert found["out"] == [(33) + (11) + (33), (-10 + 9) + (-10 + 9) + 77]


def test_a_message_is_read_only_after_it_is_set():
    with pytest.raises(NeurohwError, match=r"self\.out may not be set here; write self\.out = 0 before"):
        kind("self.v = self.out")
    _, found = run("self.out = self.a", "self.v = self.out", "self.out += 1", a=[3], b=[0])
    assert (found["v"], found["out"]) == ([3], [4])


def test_messages_last_for_their_step_and_states_for_good():
    _, found = run("if t == 1:", "    self.out = 4", "    self.v = 4", a=[0], b=[0], steps=2)
    assert (found["out"], found["v"]) == ([0], [4])


def test_a_reset_takes_states_to_where_they_start():
    neuron = kind("self.v = self.w = self.a").neuron()
    for population in (Reference(neuron, 2), Neurons(neuron, (2,))):
        population.step(1, {"a": np.array([3, 4]), "b": np.array([0, 0])})
        population.reset()
        assert {name: values.tolist() for name, values in population.states().items()} == {"v": [0, 0], "w": [5, 5]}


def test_a_state_or_message_out_of_its_range_is_counted_and_kept():
    """A trace is kept and not counted: synapses clip what they read of it."""
    text = "@neuron\nclass A:\n    v: int = state(4)\n    y1: int = trace()\n"
    text += "    a: int = receives('a')\n    out: int = sends(0, 1)\n    bap: int = spikes_back()\n"
    text += "    def step(self, t):\n        self.v = self.y1 = self.bap = self.out = self.a\n"
    (a,) = kinds_in(Text("a.py", text)).values()
    arrays = Neurons(a.neuron(), (2, 3))
    arrays.step(1, {"a": np.array([[0, 1, 1000], [-8, 7, -9]])})
    assert arrays.beyond == {"v": 2, "bap": 4, "out": 4}
    assert arrays.states()["v"].tolist() == [[0, 1, 1000], [-8, 7, -9]]


def test_numbers_beyond_32_bits_are_refused_written_or_folded():
    with pytest.raises(NeurohwError, match="shifts by 40"):
        kind("self.out = (1 << 40) >> 38")
    for said in ("(1 << 31) >> 3", "2147483648", "65536 * 65536", "-2147483648 - 1", "abs(-2147483648)"):
        with pytest.raises(NeurohwError, match=r"-2147483648\.\.2147483647"):
            kind(f"self.out = {said}")
    _, found = run("self.out = (self.p - self.p + 1 << 31) - 1", a=[0], b=[0])  # of a parameter it wraps
    assert found["out"] == [(1 << 31) - 1]


def test_time_may_have_more_than_32_bits():
    neuron = kind("self.out = phase(t, 7) * 10 + (t > self.a) + due(t, 5, 0)").neuron()
    t = (1 << 40) + 3
    inputs = {"a": np.array([5]), "b": np.array([0])}
    expected = ((t - 1) % 7 + 1) * 10 + 1 + (t % 5 == 0)
    assert Reference(neuron, 1).step(t, inputs)["out"].tolist() == [expected]
    assert Neurons(neuron, (1,)).step(t, inputs)["out"].tolist() == [expected]


def test_two_neurons_compute_what_one_does_alone():
    _, together = run("x = 5", "if self.a > 0: x = 6", "self.out = x", a=[1, -1], b=[0])
    assert together["out"] == [6, 5]
