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
    **dict.fromkeys(("Module", "arguments", "arg", "keyword"), "pass"),
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
    "TemplateStr": "x = t'{x}'", "Interpolation": "x = t'{x}'", "alias": "import os as x",
    "withitem": "with x as y: pass", "match_case": "match x:\n            case _: pass",
    "comprehension": "x = [y for y in x if y]", "ExceptHandler": "try:\n            pass\n        except: pass",
    "TypeVar": "def f[T](): pass", "ParamSpec": "def f[**T](): pass", "TypeVarTuple": "def f[*T](): pass",
}  # fmt: skip
SINCE = {
    "TryStar": (3, 11), "TemplateStr": (3, 14), "Interpolation": (3, 14),
    **dict.fromkeys(("TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"), (3, 12)),
}  # fmt: skip
NEVER = {  # what Python makes of no file, or no longer
    "Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice", "AugLoad", "AugStore", "Param", "Suite",
    "Interactive", "Expression", "FunctionType", "TypeIgnore",
}  # fmt: skip


def classes_of_syntax() -> set[str]:
    """All classes of `ast` but those that only group others."""
    found = set()
    for group in ast.AST.__subclasses__():
        members = group.__subclasses__()
        found |= {c.__name__ for c in [*members, *(inner for c in members for inner in c.__subclasses__())] or [group]}
    return found - NEVER


def problems(text: str) -> list[str]:
    try:
        kinds_in(Text("my.py", text))
    except NeurohwError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_every_class_of_syntax_is_listed_here():
    assert classes_of_syntax() <= TRANSLATED.keys() | REFUSED.keys()
    assert not TRANSLATED.keys() & REFUSED.keys()
    assert len(classes_of_syntax()) > 90


@pytest.mark.parametrize("name", sorted(TRANSLATED))
def test_what_the_language_has_is_translated(name):
    if name == "Expr":
        assert problems(NEURON.format("'''words'''")) == []
        return
    assert name in {type(n).__name__ for n in ast.walk(ast.parse(NEURON.format(TRANSLATED[name])))}
    assert problems(NEURON.format(TRANSLATED[name])) == []


STATEMENTS = [c.__name__ for c in ast.stmt.__subclasses__() if c.__name__ not in ("Return", "Break", "Continue")]


@pytest.mark.parametrize("line", [3, 13], ids=["outside", "in the class"])
@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_statements_outside_of_functions_are_those_of_a_neuron_or_refused(name, line):
    """What Python itself takes in functions only is not asked."""
    lines = NEURON.format("pass").splitlines()
    said = {**TRANSLATED, **REFUSED, "FunctionDef": "def f(x): return x", "ImportFrom": "from os import path"}[name]
    indent = "    " if line == 13 else ""
    said = said.replace("\n        ", f"\n{indent}")
    lines[line - 1 : line - 1] = f"{indent}{said}".splitlines()
    found = problems("\n".join(lines))
    if name == "Pass":
        assert found == []
    else:
        assert re.match(rf"my\.py:{line}:\d+: .+; .+\n", found[0]), found


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python does not have parameters of types")
@pytest.mark.parametrize("head", ["def step(", "def half(", "class Mine"])
def test_parameters_of_types_are_refused(head):
    name = head.strip("(")
    text = NEURON.format("pass").replace(head, f"{name}[T]{head[len(name) :]}")
    (found,) = problems(text)
    assert re.match(rf"my\.py:\d+:\d+: `\[T\]` is not in the language; write {name.split()[1]} without it\n", found)


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
