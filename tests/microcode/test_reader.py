"""Whatever a text says, reading it ends in kinds or in a NeurohwError that says where and what to write instead."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from support.generate_programs import mutated

import neurohw.neurons
from neurohw.errors import NeurohwError
from neurohw.microcode.kind import kinds_in, neurons_in
from neurohw.microcode.reference import Reference
from neurohw.microcode.text import Text

SHIPPED = sorted(Path(neurohw.neurons.__file__).parent.glob("[a-z]*.py"))
HEAD = "@neuron\nclass Mine:\n    v: int = state(24)\n    a: int = receives('in')\n    out: int = sends(-9, 9)\n"
STEP = "    def step(self, t):\n"


def mine(*lines: str, declared: str = "", before: str = "") -> str:
    """A text with these lines in its step."""
    return before + HEAD + "".join(f"    {d}\n" for d in declared.split("\n") if d) + STEP + _lines(lines)


def _lines(lines) -> str:
    return "".join(f"        {line}\n" for line in lines or ("pass",))


def part(*lines: str, arguments: str = "x") -> str:
    return f"@part\ndef f({arguments}):\n" + "".join(f"    {line}\n" for line in lines) + "\n"


def said(text: str) -> str:
    """What is wrong with a text; nothing if nothing is."""
    try:
        kinds_in(Text("my.py", text))
    except NeurohwError as error:
        return str(error)
    return ""


REFUSED = {  # a text, and what the message has to hold
    "nothing": ("", "has no neuron"),
    "null bytes": (mine("self.v = 1\0"), "null"),
    "no marks": (mine().replace("@neuron\n", ""), "write @neuron above it"),
    "other marks": (mine().replace("@neuron", "@neuron\n@other"), "write @neuron above it, and nothing else"),
    "keywords of a class": (mine().replace("Mine", "Mine(metaclass=M)"), "write @neuron above it"),
    "no step": (HEAD, "write `def step(self, t):`"),
    "a step without time": (mine().replace("self, t", "self"), "write `def step(self, t):`"),
    "a step with a default": (mine().replace("self, t", "self, t=0"), "plain names"),
    "a step with a star": (mine().replace("self, t", "self, t, *a"), "plain names"),
    "a step with a slash": (mine().replace("self, t", "self: print(1), /, t"), "write `def step(self, t):`"),
    "two steps": (mine() + STEP + "        pass\n", "'step' is there twice"),
    "a declaration twice": (mine(declared="v: int = state(8)"), "'v' is there twice"),
    "a class twice": (mine() + mine(), "'Mine' is there twice"),
    "a number twice": (mine(before="X = 1\nX = 2\n"), "'X' is there twice"),
    "a part twice": (mine(before=part("return x") * 2), "'f' is there twice"),
    "a part called like a function": (mine(before=part("return x").replace("f(", "clip(")), "word of the language"),
    "a number called like a word": (mine(before="state = 2\n"), "word of the language"),
    "a local called like a function": (mine("clip = 1"), "'clip' is a function"),
    "a local called like a part": (mine("f = 1", before=part("return x")), "'f' is a function"),
    "an argument called like a function": (mine(before=part("return abs", arguments="abs")), "'abs' is a function"),
    "a part with two arguments of one name": (mine(before=part("return x", arguments="x, x")), "duplicate argument"),
    "a part without a mark": (mine(before=part("return x").replace("@part\n", "")), "write @part above it"),
    "a part with other marks": (mine(before="@cache\n" + part("return x")), "write @part above it, and nothing else"),
    "a part with a default": (mine(before=part("return x", arguments="x=print('run')")), "plain names"),
    "a part with stars": (mine(before=part("return x", arguments="*x")), "plain names"),
    "a part with a slash": (mine(before=part("return x", arguments="x, /")), "plain names"),
    "a part that returns early": (mine(before=part("if x:", "    return 1", "return 2")), "returns in its last line"),
    "a part that calls itself": (mine("f(1)", before=part("f(x)")), "calls itself"),
    "parts that call each other": (
        mine("f(1)", before=part("g(x)") + part("f(x)").replace("def f", "def g")), "calls itself"
    ),
    "a part that calls itself often": (mine("f(1)", before=part("if x:", "    f(x)", "f(x)", "f(x)")), "calls itself"),
    "a part with names": (mine("x = f(x=1)", before=part("return x")), "write f(x)"),
    "a part with too much": (mine("x = f(1, 2)", before=part("return x")), "write f(x)"),
    "a part for nothing": (mine("f(1)", before=part("return x")), "assign it"),
    "a part that knows nothing": (mine("x = f(self)", before=part("return y", arguments="n")), "as an argument"),
    "a part that takes a state for its own": (mine("x = f(1)", before=part("return v")), "did you mean self.v?"),
    "a part without a value": (mine("x = f(1)", before=part("pass")), "call it in a statement of its own"),
    "a part in an expression that changes": (
        mine("x = 1 + f(self)", before=part("n.v = 1", "return 2", arguments="n")), "assign what it returns first"
    ),
    "a part in an augmented assignment that changes": (
        mine("self.v += f(self)", before=part("n.v = 1", "return 2", arguments="n")), "assign what it returns first"
    ),
    "random in a part": (mine("x = f(1)", before=part("return random(8)")), "give the part what it draws"),
    "async": (mine(before="async def f(x):\n    return x\n"), "it holds imports"),
    "a star import": (mine(before="from neurohw.neurons.lif import *\n"), "has no '*'"),
    "a relative import": (mine(before="from .lif import decay\n"), "imports from .lif"),
    "a relative import of typing": (mine(before="from .typing import Any\n"), "imports from .typing"),
    "an import of others": (mine(before="import numpy as np\n"), "import from neurohw.microcode"),
    "an import from others": (mine(before="from os import system\n"), "a text is not run"),
    "an import of what is not there": (mine(before="from neurohw.neurons.lif import decey\n"), "did you mean 'decay'"),
    "an import of no family": (mine(before="from neurohw.neurons.lfi import x\n"), "mean 'neurohw.neurons.lif'"),
    "an import of no word": (mine(before="from neurohw.microcode import stat\n"), "did you mean 'state'"),
    "an import by another name": (mine(before="from neurohw.microcode import clip as c\n"), "import clip as it is"),
    "a class in a class": (HEAD + "    class Inner: pass\n" + STEP + _lines(()), "does not belong in a neuron"),
    "a method": (HEAD + "    def other(self): pass\n" + STEP + _lines(()), "does not belong in a neuron"),
    "statements": (mine(before="print('run')\n"), "does not belong in the text"),
    "two parents": (
        "from neurohw.neurons.lif import Lif, TernaryLif\n" + mine().replace("Mine", "Mine(Lif, TernaryLif)"),
        "inherit from one",
    ),
    "a parent below": (mine().replace("Mine", "Mine(Other)") + mine().replace("Mine", "Other"), "not a kind of neuron"),
    "a parent that is itself": (mine().replace("Mine", "Mine(Mine)"), "write it above, or import it"),
    "parents in a circle": (mine().replace("Mine", "A(B)") + mine().replace("Mine", "B(A)"), "not a kind of neuron"),
    "a state for a parameter": (
        "from neurohw.neurons.lif import Lif\n@neuron\nclass Mine(Lif):\n    vth: int = state(8)\n",
        "was declared with each",
    ),
    "a number of nothing": (mine(before="X = None\n"), "write a number"),
    "a number of 1e999": (mine(before="X = 1e999\n"), "write a number"),
    "a huge number": (mine("self.v = 0x" + "f" * 6000), "24000 bits"),
    "a huge number above": (mine(before="X = 0x" + "f" * 6000 + "\n"), "24000 bits"),
    "a huge declaration": (mine(declared="w: int = state(1 << 63)"), "a state has 1..32"),
    "deep parentheses": (mine("x = " + "(" * 150 + "1" + ")" * 150 + "+ 1" * 150), "nested too deeply"),
    "deep signs": (mine("x = " + "-" * 30_000 + "1"), ""),
    "deep attributes": (mine("x = self" + ".a" * 5000), "nested too deeply"),
    "deep calls": (mine("x = " + "abs(" * 90 + "self.v" + ")" * 90), "assign a part of it to a local"),
    "many elifs": (mine("if self.a: pass", *["elif self.a: pass"] * 2000), "nested too deeply"),
    "exponential signs": (mine("x = " + "sign(" * 40 + "self.v" + ")" * 40), "assign a part of it to a local"),
    "exponential parts": (
        mine("f9(self.v)", before=part("pass").replace("f(", "f0(") + "".join(
            part(*[f"f{k}(x)"] * 9).replace("f(", f"f{k + 1}(", 1) for k in range(9))), "at most 20000 operations",
    ),
    "exponential arguments": (
        mine("x = " + "f(" * 30 + "self.index + 1" + ")" * 30, before=part("return x + x")), "assign a part of it"
    ),
    "a long text": ("#" * 70_000, "at most 65536"),
    "too many choices": (mine(declared="\n".join(f"c{k}: bool = choice(True, False)" for k in range(20))), "256"),
    "a choice of nothing": (mine(declared="c: str = choice()"), ""),
    "a choice of one": (mine(declared="c: str = choice('a')"), "leaves no choice"),
    "a choice of both": (mine(declared="c: str = choice('a', True)"), "choose between words"),
    "a choice with another default": (mine(declared="c: str = choice('a', 'b', default='c')"), "one of its choices"),
    "a word that no choice has": (
        mine("if self.c == 'bb': pass", declared="c: str = choice('aa', 'b')"), "did you mean 'b'"
    ),
    "a choice as a number": (mine("x = self.c", declared="c: str = choice('a', 'b')"), "compare it: self.c == 'a'"),
    "two words compared": (mine("if 'a' == 'a': pass"), "write self.<choice> == '<word>'"),
    "a source with more than what it is given": (
        mine(declared="low: int = one()\nhigh: int = one()\nw: int = given('low', 'high')"),
        "is a source, which has nothing but what it is given: a, out, v",
    ),
    "units that the host would write in": (
        mine(declared="p: float = one(0, 9, default=1, unit=0.5, writable=True)"), "writes whole numbers: omit unit"
    ),
    "a unit of 0": (mine(declared="p: float = one(0, 9, default=1, unit=0)"), "give a positive number"),
    "an endless default": (mine(declared="p: float = one(0, 9, default=1e999)"), "stay within 0..9"),
    "a default out of range": (mine(declared="p: int = one(0, 9, default=10)"), "stay within 0..9"),
    "an order of defaults": (
        mine(declared="p: int = one(0, 9, default=1)\nq: int = each(0, 9)"), "write those without a default first"
    ),
    "a dict of arguments": (mine(declared="p: int = one(**x)"), "write the arguments one by one"),
    "words for numbers": (mine(declared="p: int = one('a', 'b')"), "write whole numbers"),
    "a state of -5 bits": (mine(declared="w: int = state(-5)"), "a state has 1..32"),
    "a state that starts outside": (mine(declared="w: int = state(4, start=8)"), "start within -8..7"),
    "a message that is never none": (mine(declared="w: int = sends(5, 9)"), "0 is no message"),
    "a port of a number": (mine(declared="w: int = receives(5)"), "give a port a name"),
    "a port twice": (mine(declared="w: int = receives('in')"), "receives twice"),
    "two spikes back": (mine(declared="w: int = spikes_back()\nx: int = spikes_back()"), "one spikes_back"),
    "a trace by another name": (mine(declared="w: int = trace()"), "use one of these names"),
    "limits that are not there": (mine(declared="w: int = given('low', 'high')"), "declare `low: int = one()`"),
    "a reserved name": (mine(declared="kind: int = state(8)"), "choose another name"),
    "a name of our own": (mine(declared="_counted: int = state(8)"), "choose another name"),
    "a declaration without a word": (mine(declared="w: int = 5"), "not declared with a word"),
    "a declaration without a type": (mine(declared="w = state(8)"), "v: int = state(24)"),
    "a word with a typing error": (mine(declared="w: int = stat(8)"), "did you mean 'state'"),
    "a neuron that sends nothing": (mine().replace("    out: int = sends(-9, 9)\n", ""), "sends nothing"),
    "an attribute with a typing error": (mine("self.w = 1"), "self.w is not declared"),
    "a parameter that is set": (mine("self.a = 1"), "cannot be set"),
    "time that is set": (mine("t = 1"), "cannot be set"),
    "the neuron that is set": (mine("self = 1"), "cannot be set"),
    "the neuron as a number": (mine("x = self"), "write self.<name>"),
    "an attribute of an attribute": (mine("x = self.v.real"), "write self.<name>"),
    "a method that is called": (mine("x = self.f(t)"), "is not a function that is known here"),
    "time in a sum": (mine("x = t + 1"), "take phase(t, period)"),
    "time in a local": (mine("x = t", "self.v = x + 1"), "take phase(t, period)"),
    "time in a state": (mine("self.v = t"), "take phase(t, period)"),
    "a local of a branch": (mine("if self.a:", "    x = 1", "self.v = x"), "the `if` in line 7 may leave it out"),
    "a local that hides a number": (mine("self.v = X", "X = 1", before="X = 5\n"), "set it on every path"),
    "a local of a branch that does not exist": (mine("self.v = X", "if 0:", "    X = 1", before="X = 5\n"), "set it"),
    "a function as a number": (mine("x = abs"), "call it: abs(...)"),
    "a count of nothing": (mine("self.count()"), "write self.count('what it counts', condition)"),
    "a float": (mine("x = 0.5"), "write a whole number"),
    "a float above": (mine("x = X", before="X = 0.5\n"), "use a whole number"),
    "words": (mine("x = 'a'"), "write a whole number"),
    "arguments by name": (mine("x = abs(x=1)"), "write them without names"),
    "too few arguments": (mine("x = clip(1)"), "give it 3"),
    "random of a state": (mine("x = random(self.v)"), "write 1..31"),
    "random of 32 bits": (mine("x = random(32)"), "write 1..31"),
    "not as a number": (mine("self.v = not self.a"), "write `1 if not self.a else 0`"),
    "and as a number": (mine("self.out = self.a and 6"), "write `1 if self.a and 6 else 0`"),
    "a division of neurons": (mine("x = self.a % 3"), "take t, `one` parameters and phase(t, period) only"),
    "a division by nothing": (mine("x = t % 0"), "needs 1 or more"),
    "a division of numbers by nothing": (mine("x = 5 % 0"), "needs 1 or more"),
    "a shift by 40": (mine("x = self.v << 40"), "write clip(amount, 0, 31)"),
    "a shift by -2": (mine("x = self.v << -2"), "shifts by -2"),
    "a shift of a number by -1": (mine("x = 1 << -1"), "shifts by -1"),
    "a shift of 0 by 40": (mine("x = 0 << 40"), "shifts by 40"),
    "a scale of numbers by 99": (mine("x = scale(1, 2, 99)"), "shifts by 99"),
    "a shift of numbers that wraps": (mine("x = shift(1, 31)"), "is 2147483648"),
    "a product of numbers that wraps": (mine("x = mul_shift(1 << 30, 8, 0)"), "is 8589934592"),
    "an unproven shift": (mine("x = self.v >> self.a"), "shifts by -2147483648..2147483647"),
    "statements that do nothing": (mine("self.v + 1"), "assign it, or delete it"),
    "a type alone": (mine("x: int"), "write `x = ...`"),
    "a walrus in a default": (mine(declared="p: int = one(x := 1)"), "write a number"),
    "a tab among spaces": (mine("x = 1").replace("        x", "\tx") + "        x = 2\n", "is not Python"),
    "a surrogate": (mine("# \ud800"), "plain text"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_is_refused_in_words(case):
    text, expected = REFUSED[case]
    began = time.process_time()
    message = said(text)
    assert message, "is not refused"
    assert expected in message
    assert time.process_time() - began < 3
    for line in message.split("\n"):
        assert len(line) < 400
        if line.startswith("my.py:"):
            assert "; " in line, f"says nothing to do instead: {line}"


TAKEN = {
    "unicode names": mine("größe = self.µ", "self.µ = größe + 1", declared="µ: int = state(8)"),
    "the smallest number": mine("self.v = -2147483648"),
    "words with backslashes": mine("'''\\d'''", "self.v = 1"),
    "a form feed": mine("self.v = 1  # \x0c ü", "self.v = 2"),
    "lines of Windows": mine("self.v = 1", "self.v = 2").replace("\n", "\r\n"),
    "a part that calls another": mine(
        "self.v = g(1)", before=part("return x") + part("return f(x)").replace("f(", "g(", 1)
    ),
    "a step that is inherited": "from neurohw.neurons.lif import Lif\n@neuron\nclass Mine(Lif):\n    pass\n",
    "a step of its own": "from neurohw.neurons.lif import Lif, integrate\n@neuron\nclass Mine(Lif):\n" + STEP + _lines(
        ["integrate(self, self.a, 0)", "self.out = self.v > self.vth << 6"]),
    "a name of a mask": mine("where = self.a", "if self.a > 0:", "    where = 1", "self.v = where"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(TAKEN))
def test_is_taken_and_runs(case):
    assert said(TAKEN[case]) == ""
    (kind,) = (k for k in kinds_in(Text("my.py", TAKEN[case])).values() if k.name == "Mine")
    neuron = kind.neuron(5) if "Lif" in TAKEN[case] else kind.neuron()
    Reference(neuron, 1).step(1, {"in": [3]})


def test_a_mistake_is_shown_where_it_is():
    message = said(mine("x = self.a  # \x0c ü \x85", "y = (x\t+ größe)"))
    where, line, carets = message.split("\n")
    assert where.startswith("my.py:8:18: 'größe' is not known here")
    assert (line, carets) == ("    y = (x\t+ größe)", "          \t  ^^^^^")


def test_all_mistakes_are_told_at_once():
    message = said(mine("x = y", "self.z = x / 2", "for i in x: pass", "self.v = w"))
    assert len(re.findall("^my.py", message, re.MULTILINE)) == 2  # what the grammar refuses comes first
    message = said(mine("x = y", "self.z = x", "self.v = w", declared="u: int = stat(8)\nw: int = stat(8)"))
    assert len(re.findall("^my.py", message, re.MULTILINE)) == 2
    assert len(re.findall("^my.py", said(mine("x = y", "self.z = x", "self.v = w")), re.MULTILINE)) == 3


def test_a_file_with_a_mark_of_its_encoding_is_read(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(mine(), encoding="utf-8-sig")
    assert neurons_in(path).__name__ == "Mine"


def fuzz(seeds: range) -> int:
    """Read mutated texts of the shipped kinds; how many were taken."""
    taken = 0
    for seed in seeds:
        rng = np.random.default_rng([seed, 28])
        text = mutated(rng, SHIPPED[seed % len(SHIPPED)].read_text(encoding="utf-8"))
        message = said(text)  # any other exception fails the test
        taken += not message
    return taken


def test_no_mutated_text_ends_in_another_exception():
    assert 0 < fuzz(range(150)) < 150


@pytest.mark.slow
@pytest.mark.parametrize("start", range(150, 5150, 500))
def test_no_mutated_text_of_five_thousand_ends_in_another_exception(start):
    assert 0 < fuzz(range(start, start + 500)) < 500
