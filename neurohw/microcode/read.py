"""From the text of neurons to their kinds: what they declare, and the syntax tree of their step. Nothing is imported.

A text holds classes marked @neuron, functions marked @part, numbers in capitals, and imports of such things from
`neurohw.neurons`, whose texts are read the same way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.microcode.declare import constant, declaration, together
from neurohw.microcode.grammar import function_problems, type_parameter_problems
from neurohw.microcode.language import FUNCTION_NAMES, FUNCTIONS, ROLES, Declared
from neurohw.microcode.text import Text
from neurohw.microcode.words import HIGH, LOW

SHIPPED = "neurohw.neurons"
LIBRARY = "neurohw.microcode"
WORDS = (*ROLES, *FUNCTIONS, "Ints", "neuron", "part")  # what a text may import from the language


@dataclass
class Scope:
    """What names mean in a text."""

    text: Text
    numbers: dict[str, int | float] = field(default_factory=dict)
    parts: dict[str, tuple[ast.FunctionDef, Scope]] = field(default_factory=dict)
    kinds: dict[str, tuple[ast.ClassDef, Scope]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Definition:
    """A kind as it is written: what it declares, and its step."""

    name: str
    doc: str
    declared: dict[str, Declared]
    step: ast.FunctionDef
    scope: Scope  # of the step
    text: Text  # of the class, whose step may be that of another


@cache
def definitions(text: Text) -> dict[str, Definition]:
    """The kinds of a text, by name; a NeurohwError with everything that is wrong with their declarations."""
    scope = scope_of(text)
    problems: list[Problem] = []
    found = {}
    for name, (node, inside) in scope.kinds.items():
        try:
            if inside is scope:
                found[name] = _definition(node, scope)
        except NeurohwError as error:
            problems += error.problems
    if problems:
        raise NeurohwError(problems)
    return found


def scope_of(text: Text) -> Scope:
    """The names of a text."""
    scope, problems = Scope(text), list[Problem]()
    for node in text.parse().body:
        try:
            _top_level(node, scope)
        except NeurohwError as error:
            problems += error.problems
    for function, inside in scope.parts.values():
        if inside is scope:
            problems += _part_problems(function, scope)
    if problems:
        raise NeurohwError(problems)
    return scope


@cache
def _shipped(module: str) -> Scope:
    """The names of one of our own modules."""
    path = _folder(module).with_suffix(".py")
    return scope_of(Text(f"{module}", path.read_text(encoding="utf-8")))


def _folder(module: str) -> Path:
    return Path(__file__).parents[1].joinpath(*module.split(".")[1:])


def _require_new(name: str, node: ast.AST, scope: Scope) -> None:
    """Refuse a name that means something already: what comes later would change what was before."""
    if name in (*WORDS, *FUNCTION_NAMES):
        raise NeurohwError(
            scope.text.place(node).problem(f"'{name}' is a word of the language", fix="use another name")
        )
    if name in scope.numbers or name in scope.parts or name in scope.kinds:
        raise NeurohwError(scope.text.place(node).problem(f"'{name}' is there twice", fix="use another name"))


def _part_problems(node: ast.FunctionDef, scope: Scope) -> Iterator[Problem]:
    if [ast.unparse(d) for d in node.decorator_list] not in (["part"], ["nh.part"]):
        fix = "write @part above it, and nothing else"
        yield scope.text.place(node).problem(f"{node.name} is not marked as a part", fix=fix)
    yield from function_problems(node, scope.text, (*FUNCTION_NAMES, *scope.parts))


def _top_level(node: ast.stmt, scope: Scope) -> None:
    """One statement of a text outside of functions and classes."""
    at = scope.text.place(node)
    if isinstance(node, ast.FunctionDef):
        _require_new(node.name, node, scope)
        scope.parts[node.name] = node, scope
    elif isinstance(node, ast.ClassDef):
        _require_new(node.name, node, scope)
        scope.kinds[node.name] = node, scope
    elif isinstance(node, ast.ImportFrom):
        _imported(node, scope)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if not isinstance(target, ast.Name):
                raise NeurohwError(at.problem("is not a name for a number", fix="give one name to each number"))
            value = constant(node.value, scope.text, scope.numbers)
            if not isinstance(value, (int, float)) or not LOW <= value <= HIGH:
                raise NeurohwError(at.problem(f"is {value!r}", fix=f"write a number {LOW}..{HIGH}"))
            _require_new(target.id, node, scope)
            scope.numbers[target.id] = value
    elif isinstance(node, ast.Import) and any(alias.name.partition(".")[0] != "neurohw" for alias in node.names):
        raise NeurohwError(at.problem("imports what programs cannot use", fix=f"import from {LIBRARY} or {SHIPPED}"))
    elif not (isinstance(node, (ast.Import, ast.Pass)) or _is_text(node)):
        what = f"{_kind(node)} does not belong in the text of a neuron"
        fix = "it holds imports, numbers, functions marked @part and classes marked @neuron"
        raise NeurohwError(at.problem(what, fix=fix))


def _imported(node: ast.ImportFrom, scope: Scope) -> None:
    """Names of the language, of our own kinds and parts; what only annotations need is passed over."""
    module, at = "." * node.level + (node.module or ""), scope.text.place(node)
    if module in ("__future__", "typing", "collections.abc"):
        return
    if module in (LIBRARY, f"{LIBRARY}.language"):
        for alias in node.names:
            if alias.asname not in (None, alias.name):
                raise NeurohwError(
                    at.problem(f"calls {alias.name} {alias.asname}", fix=f"import {alias.name} as it is")
                )
            if alias.name not in ("*", *WORDS):
                what = f"{module} has no '{alias.name}'"
                raise NeurohwError(at.problem(what, fix=did_you_mean(alias.name, WORDS)))
        return
    if not module.startswith(f"{SHIPPED}."):
        what = f"imports from {module}"
        raise NeurohwError(at.problem(what, fix=f"a text is not run: import from {LIBRARY} or {SHIPPED}.<family>"))
    try:
        there = _shipped(module)
    except OSError:
        families = [f"{SHIPPED}.{path.stem}" for path in _folder(SHIPPED).glob("[a-z]*.py")]
        raise NeurohwError(at.problem(f"{module} does not exist", fix=did_you_mean(module, families))) from None
    for alias in node.names:
        name = alias.asname or alias.name
        tables: list[tuple[dict[str, Any], dict[str, Any]]] = [
            (scope.parts, there.parts),
            (scope.kinds, there.kinds),
            (scope.numbers, there.numbers),
        ]
        for mine, theirs in tables:
            if alias.name in theirs:
                _require_new(name, node, scope)
                mine[name] = theirs[alias.name]
                break
        else:
            fix = did_you_mean(alias.name, [*there.parts, *there.kinds, *there.numbers])
            raise NeurohwError(at.problem(f"{module} has no '{alias.name}'", fix=fix))


def _definition(node: ast.ClassDef, scope: Scope) -> Definition:
    """A class: the declarations of the one it inherits from, then its own."""
    text = scope.text
    problems = list(type_parameter_problems(node, text))
    if [ast.unparse(d) for d in node.decorator_list] not in (["neuron"], ["nh.neuron"]) or node.keywords:
        fix = "write @neuron above it, and nothing else"
        problems.append(text.place(node).problem(f"class {node.name} is not marked as a neuron", fix=fix))
    try:
        parent = _parent(node, scope)
    except NeurohwError as error:
        parent = None
        problems += error.problems
    declared = dict(parent.declared) if parent else {}
    step, inside = (parent.step, parent.scope) if parent else (None, scope)
    own: set[str] = set()
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "step":
            step, inside = item, scope
        try:
            _item(item, scope, declared, own)
        except NeurohwError as error:
            problems += error.problems
    if step is None and not (problems and node.bases):
        problems.append(text.place(node).problem(f"{node.name} has no step", fix="write `def step(self, t):`"))
    if not problems:
        problems += [text.place(node).problem(what, fix=fix) for what, fix in together(node.name, declared)]
    if problems or step is None:
        raise NeurohwError(problems)
    return Definition(node.name, ast.get_docstring(node) or "", declared, step, inside, text)


def _parent(node: ast.ClassDef, scope: Scope) -> Definition | None:
    """The kind that a class inherits from."""
    if not node.bases:
        return None
    if len(node.bases) > 1:
        raise NeurohwError(scope.text.place(node.bases[1]).problem("inherits from two classes", fix="inherit from one"))
    name = ast.unparse(node.bases[0])
    above = [k for k, (other, there) in scope.kinds.items() if there is not scope or other.lineno < node.lineno]
    if name not in above:
        fix = did_you_mean(name, above) or "write it above, or import it"
        what = f"'{name}' is not a kind of neuron known here"
        raise NeurohwError(scope.text.place(node.bases[0]).problem(what, fix=fix))
    return _definition(*scope.kinds[name])


def _item(node: ast.stmt, scope: Scope, declared: dict[str, Declared], own: set[str]) -> None:
    """One line of a class, added to what is declared; `own`: the names of those above."""
    name = node.name if isinstance(node, ast.FunctionDef) else ""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        name = node.target.id
    if name and name in own:
        raise NeurohwError(scope.text.place(node).problem(f"'{name}' is there twice", fix="use another name"))
    own.add(name)
    if isinstance(node, ast.FunctionDef) and name == "step":
        _require_step(node, scope)
    elif isinstance(node, ast.AnnAssign) and name and node.value is not None:
        before, declared[name] = declared.get(name), declaration(name, node.value, scope.text, scope.numbers)
        if before and before.role != declared[name].role and {before.role, declared[name].role} != {"one", "each"}:
            what, fix = f"{name} was declared with {before.role}", f"use {before.role}, or another name"
            raise NeurohwError(scope.text.place(node).problem(what, fix=fix))
    elif not (isinstance(node, ast.Pass) or _is_text(node)):
        fix = "a class holds declarations such as `v: int = state(24)`, and `def step(self, t)`"
        raise NeurohwError(scope.text.place(node).problem(f"{_kind(node)} does not belong in a neuron", fix=fix))


def _require_step(node: ast.FunctionDef, scope: Scope) -> None:
    if [a.arg for a in node.args.args] != ["self", "t"] or node.decorator_list:
        raise NeurohwError(
            scope.text.place(node).problem("a step has other arguments", fix="write `def step(self, t):`")
        )
    if problems := list(function_problems(node, scope.text, (*FUNCTION_NAMES, *scope.parts))):
        raise NeurohwError(problems)
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and ast.unparse(n.func) == "random"]
    for place, call in enumerate(sorted(calls, key=lambda n: (n.lineno, n.col_offset))):
        call.place = place  # type: ignore[attr-defined]  # what its number is hashed from


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _kind(node: ast.AST) -> str:
    """What a statement is called in messages."""
    return f"'{ast.unparse(node).splitlines()[0][:40]}'"
