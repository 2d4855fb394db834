"""Every class of Python's syntax is translated or refused in words, with its place and what to write instead."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from neurohw.errors import NeurohwError
from neurohw.microcode.kind import kinds_in
from neurohw.microcode.text import Text

NEURON = """
LIMIT = 3

@part
def half(x):
    return x >> 1

@neuron
class Mine:
    vth: int = each(0, 100, default=1)
    mode: str = choice("a", "b")
    v: int = state(24)
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        x = self.a
        {}
"""
TRANSLATED = {
    "Assign": "self.v = x", "AugAssign": "self.v += x", "AnnAssign": "y: int = x", "If": "if x: pass",
    "Expr": "half(x) if 0 else 0", "Pass": "pass", "BoolOp": "if x and x: pass", "BinOp": "x = x + 1",
    "UnaryOp": "x = -x", "IfExp": "x = 1 if x else 0", "Compare": "x = x < 1", "Call": "x = half(x)",
    "Constant": "x = 1", "Attribute": "x = self.v", "Name": "x = LIMIT", "Load": "x = x", "Store": "x = 1",
    "Add": "x = x + 1", "Sub": "x = x - 1", "Mult": "x = x * 3", "Mod": "x = t % 3", "LShift": "x = x << 1",
    "RShift": "x = x >> 1", "BitOr": "x = x | 1", "BitXor": "x = x ^ 1", "BitAnd": "x = x & 1",
    "And": "if x and x: pass", "Or": "if x or x: pass", "Not": "if not x: pass", "Invert": "x = ~x",
    "USub": "x = -x", "Eq": "x = x == 1",
    "NotEq": "x = x != 1", "Lt": "x = x < 1", "LtE": "x = x <= 1", "Gt": "x = x > 1", "GtE": "x = x >= 1",
}  # fmt: skip
REFUSED = {
    "FunctionDef": "def f(): pass", "AsyncFunctionDef": "async def f(): pass", "ClassDef": "class C: pass",
    "Return": "return", "Delete": "del x", "For": "for i in x: pass", "While": "while x: pass", "With": "with x: pass",
    "Raise": "raise x", "Try": "try:\n            pass\n        finally: pass", "Assert": "assert x",
    "Import": "import os", "ImportFrom": "from os import path", "Global": "global y", "Nonlocal": "nonlocal y",
    "Break": "break", "Continue": "continue", "NamedExpr": "x = (y := 1)", "Lambda": "x = lambda: 1",
    "Dict": "x = {1: 2}", "Set": "x = {1, 2}", "ListComp": "x = [i for i in x]", "SetComp": "x = {i for i in x}",
    "DictComp": "x = {i: i for i in x}", "GeneratorExp": "x = (i for i in x)", "Await": "await x",
    "Yield": "yield x", "YieldFrom": "yield from x", "JoinedStr": "x = f'{x}'", "FormattedValue": "x = f'{x}'",
    "Subscript": "x = x[0]", "Starred": "x = min(*x)", "List": "x = [1, 2]", "Tuple": "x, y = y, x",
    "Slice": "x = x[1:2]", "MatMult": "x = x @ x", "Div": "x = x / 2", "FloorDiv": "x = x // 2", "Pow": "x = x ** 2",
    "UAdd": "x = +x", "Is": "x = x is 1", "IsNot": "x = x is not 1", "In": "x = x in x", "NotIn": "x = x not in x",
    "Del": "del x", "AsyncFor": "async def f():\n            async for i in x: pass",
    "AsyncWith": "async def f():\n            async with x: pass",
    "Match": "match x:\n            case 1: pass", "MatchValue": "match x:\n            case 1: pass",
    "MatchSingleton": "match x:\n            case None: pass", "MatchSequence": "match x:\n            case [1]: pass",
    "MatchMapping": "match x:\n            case {}: pass", "MatchClass": "match x:\n            case C(): pass",
    "MatchStar": "match x:\n            case [*y]: pass", "MatchAs": "match x:\n            case y: pass",
    "MatchOr": "match x:\n            case 1 | 2: pass",
    "TryStar": "try:\n            pass\n        except* E: pass", "TypeAlias": "type X = int",
    "TemplateStr": "x = t'{x}'", "Interpolation": "x = t'{x}'",
}  # fmt: skip
SINCE = {"TryStar": (3, 11), "TypeAlias": (3, 12), "TemplateStr": (3, 14), "Interpolation": (3, 14)}
OLD = {  # what no parser makes any more
    "Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice", "AugLoad", "AugStore", "Param", "Suite",
}  # fmt: skip


def classes_of_syntax() -> set[str]:
    found = set()
    for base in (ast.stmt, ast.expr, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.expr_context, ast.pattern):
        found |= {c.__name__ for c in base.__subclasses__()}
    return found - OLD


def problems(text: str) -> list[str]:
    try:
        kinds_in(Text("my.py", text))
    except NeurohwError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_every_class_of_syntax_is_listed_here():
    assert classes_of_syntax() <= TRANSLATED.keys() | REFUSED.keys()
    assert not TRANSLATED.keys() & REFUSED.keys()


@pytest.mark.parametrize("name", sorted(TRANSLATED))
def test_what_the_language_has_is_translated(name):
    if name == "Expr":
        assert problems(NEURON.format("'''words'''")) == []
        return
    assert name in {type(n).__name__ for n in ast.walk(ast.parse(NEURON.format(TRANSLATED[name])))}
    assert problems(NEURON.format(TRANSLATED[name])) == []


@pytest.mark.parametrize("where", ["{}", "if 0:\n            {}", "if self.mode == 'b':\n            {}"])
@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_it_does_not_have_is_refused_in_every_branch(name, where):
    if sys.version_info < SINCE.get(name, (3, 10)):
        pytest.skip("this Python does not have it")
    text = NEURON.format(where.format(REFUSED[name].replace("\n", "\n    " if "if" in where else "\n")))
    assert name in {type(n).__name__ for n in ast.walk(ast.parse(text))}
    first, *_ = problems(text)
    assert re.match(r"my\.py:\d+:\d+: ", first), first
    said, _, carets = first.split("\n")
    assert said.count("; ") >= 1, f"says nothing to do instead: {first}"
    assert set(carets) == {" ", "^"}
    assert int(first.split(":")[1]) >= 18
