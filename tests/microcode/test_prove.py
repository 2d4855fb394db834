"""What is proven of ranges holds: found by trying all values of small ranges, anywhere in 32 bits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from neurohw.errors import NeurohwError
from neurohw.microcode.kind import kinds_in
from neurohw.microcode.language import Declared
from neurohw.microcode.program import evaluate
from neurohw.microcode.prove import RANGES, Prover
from neurohw.microcode.text import Text
from neurohw.microcode.tree import E, Set, walk
from neurohw.microcode.words import AMOUNTS, DIVIDING, EXACT, HIGH, LOW, MEANING

OPERANDS = {
    **dict.fromkeys(("neg", "abs", "invert", "lnot", "bit_length"), 1),
    **dict.fromkeys(("select", "due", "scale", "mul_shift"), 3),
}  # fmt: skip
TIGHT = ("add", "sub", "mul", "neg", "abs", "invert", "shl", "sar", "shift", "min", "max", "scale", "mul_shift")


def small(rng, low=LOW, high=HIGH):
    """A range of at most five numbers: around 0, around a power of two, or at an end."""
    around = int(rng.choice([0, 0, 1, 2, 7, 8, 255, 1 << 16, HIGH])) * int(rng.choice([-1, 1]))
    a, b = sorted(around + int(n) for n in rng.integers(-4, 5, 2))
    a, b = max(low, min(high, a)), max(low, min(high, b))
    return a, min(b, a + 4)


def operands(rng, op):
    found = [small(rng) for _ in range(OPERANDS.get(op, 2))]
    if op in AMOUNTS:
        k, low, high = AMOUNTS[op]
        found[k] = small(rng, low, high)
    if op in DIVIDING:
        found[1] = small(rng, 1)
    return found


@pytest.mark.parametrize("op", sorted(EXACT))
def test_the_range_of_an_operation_has_all_its_values(op):
    rng = np.random.default_rng([29, *op.encode()])
    assert op in RANGES
    for _ in range(400):
        ranges = operands(rng, op)
        values = [int(EXACT[op](*map(np.int64, n))) for n in product(*(range(low, high + 1) for low, high in ranges))]
        low, high = RANGES[op](*ranges)
        assert low <= min(values), (ranges, low, high)
        assert max(values) <= high, (ranges, low, high)
        if op in TIGHT:
            assert (low, high) == (min(values), max(values)), ranges


PARAMETERS = ("p", "q", "r")


def expression(rng, depth):
    """A tree on three parameters; amounts of shifts and divisors are kept to what is allowed."""
    if depth == 0 or rng.random() < 0.2:
        return E("param", (str(rng.choice(PARAMETERS)),))
    op = str(rng.choice(sorted(EXACT)))
    args = [expression(rng, depth - 1) for _ in range(OPERANDS.get(op, 2))]
    if op in AMOUNTS:
        k, low, high = AMOUNTS[op]
        args[k] = E("max", (E("const", (low,)), E("min", (E("const", (high,)), args[k]))))
    if op in DIVIDING:
        args[1] = E("max", (E("const", (1,)), args[1]))
    return E(op, tuple(args))


def test_the_ranges_of_expressions_have_all_their_values():
    rng = np.random.default_rng(30)
    proven = 0
    for _ in range(400):
        declared = {}
        for name in PARAMETERS:
            low, high = small(rng)
            declared[name] = Declared("one", name=name, low=low, high=high)
        declared["v"] = Declared("state", name="v")
        tree = expression(rng, int(rng.integers(1, 5)))
        prover = Prover(declared, (Set("state", "v", tree),))
        (found,) = prover.prove((Set("state", "v", tree),))
        grids = np.meshgrid(*(np.arange(declared[n].low, declared[n].high + 1) for n in PARAMETERS), indexing="ij")
        given = dict(zip(PARAMETERS, grids))
        for e in walk(found.value):
            values = np.asarray(evaluate(e, given))
            assert e.range[0] <= values.min()
            assert values.max() <= e.range[1]
            if e.inner and not e.wraps:  # nothing is lost where it says that nothing wraps
                exact = EXACT[e.op](*(evaluate(a, given) for a in e.inner))
                assert np.array_equal(np.asarray(exact).astype(np.int64), values)
        proven += (found.value.range != (LOW, HIGH)) + (not found.value.wraps)
    assert proven > 300  # or it would say of everything that it may be anything


@pytest.mark.parametrize("op", sorted(MEANING))
def test_the_meaning_of_an_operation_is_that_of_python(op):
    """The meaning on arrays is that of Python's own integers, one by one."""
    by_hand = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "neg": lambda a: -a,
        "abs": abs, "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b,
        "invert": lambda a: ~a, "shl": lambda a, n: a << n, "sar": lambda a, n: a >> n, "mod": lambda a, b: a % b,
        "min": min, "max": max, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b,
        "ge": lambda a, b: a >= b, "eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
        "land": lambda a, b: bool(a and b), "lor": lambda a, b: bool(a or b), "lnot": lambda a: not a,
        "select": lambda c, a, b: a if c else b, "bit_length": lambda a: a.bit_length(),
        "scale": lambda x, k, n: abs(x * k) // 2**n * (1 if x * k > 0 else -1),
        "mul_shift": lambda x, k, n: x * k // 2**n,
        "shift": lambda x, n: x << n if n >= 0 else x >> -n, "phase": lambda t, p: (t - 1) % p + 1,
        "due": lambda t, i, o: i > 0 and t % i == o % i,
    }  # fmt: skip
    rng = np.random.default_rng([31, *op.encode()])
    for _ in range(300):
        n = [int(rng.integers(low, high + 1)) for low, high in operands(rng, op)]
        exact = int(by_hand[op](*n))
        wrapped = (exact + (1 << 31)) % (1 << 32) - (1 << 31)
        assert int(MEANING[op](*map(np.int64, n))) == wrapped, n


def proven(step, *declared):
    text = "@neuron\nclass A:\n" + "".join(f"    {d}\n" for d in declared)
    text += "    a: int = receives('in')\n    def step(self, t):\n" + "".join(f"        {s}\n" for s in step)
    (kind,) = kinds_in(Text("a.py", text)).values()
    return kind.program(kind.neuron()).unproven


def test_states_and_messages_that_may_leave_their_ranges_are_named():
    out, v = "out: int = sends(0, 7)", "v: int = state(4)"
    assert proven(["self.out = clip(self.a, 0, 7)"], out, v) == ()
    assert proven(["self.out = self.a"], out, v) == ("out",)
    assert proven(["self.v = clip(self.a, -8, 7)", "self.out = abs(self.v) >> 1"], out, v) == ()
    assert proven(["self.v += 1", "self.out = self.v > 0"], out, v) == ("v",)
    assert proven(["self.out = self.v & 7", "self.v += 1"], out, v) == ("v",)
    assert proven(["self.out = self.v + 8 >> 1", "self.v = self.v"], out, v) == ()
    assert proven(["self.out = self.v + 8 >> 1", "self.v = self.a"], out, v) == ("out", "v")
    assert proven(["if self.a: self.out = 9"], out) == ("out",)
    assert proven(["if self.a: x = 1", "else: x = 9", "self.out = x"], out) == ("out",)
    assert proven(["x = 9", "x = 3", "self.out = x"], out) == ()


def test_a_shift_by_what_a_state_may_hold_after_it_left_its_range_is_refused():
    with pytest.raises(NeurohwError, match="shifts by"):
        proven(["self.out = self.a >> self.v", "self.v += 1"], "out: int = sends(0, 1)", "v: int = state(4, 0, 7)")
    assert proven(["self.out = 1 & self.a >> self.v", "self.v = self.v + 1 & 7"], "out: int = sends(0, 1)",
                  "v: int = state(4, 0, 7)") == ()  # fmt: skip
