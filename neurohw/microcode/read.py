"""From the text of neurons to their kinds: what they declare, and the syntax tree of their step. Nothing is imported.

A text holds classes marked @neuron, functions marked @part, numbers in capitals, and imports of such things from
`neurohw.neurons`, whose texts are read the same way.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.microcode.language import ROLES, Declared
from neurohw.microcode.text import Text
from neurohw.microcode.words import HIGH, LOW

SHIPPED = "neurohw.neurons"
LIBRARY = "neurohw.microcode"
TRACES = ("y1", "y2", "y3")
RESERVED = ("count", "index", "declared", "inputs", "outputs")
BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.LShift: "shl", ast.RShift: "sar", ast.BitAnd: "and",
    ast.BitOr: "or", ast.BitXor: "xor", ast.Mod: "mod",
}  # fmt: skip


@dataclass
class Scope:
    """What names mean in a text."""

    text: Text
    numbers: dict[str, int | float] = field(default_factory=dict)
    parts: dict[str, tuple[ast.FunctionDef, Scope]] = field(default_factory=dict)
    kinds: dict[str, tuple[ast.ClassDef, Scope]] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """A kind as it is written: what it declares, and its step."""

    name: str
    doc: str
    declared: dict[str, Declared]
    step: ast.FunctionDef
    scope: Scope  # of the step


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
    if problems:
        raise NeurohwError(problems)
    return scope


@cache
def _shipped(module: str) -> Scope:
    """The names of one of our own modules."""
    path = Path(__file__).parents[1].joinpath(*module.split(".")[1:]).with_suffix(".py")
    return scope_of(Text(f"{module}", path.read_text(encoding="utf-8")))


def _top_level(node: ast.stmt, scope: Scope) -> None:
    """One statement of a text outside of functions and classes."""
    at = scope.text.place(node)
    if isinstance(node, ast.FunctionDef):
        scope.parts[node.name] = node, scope
    elif isinstance(node, ast.ClassDef):
        scope.kinds[node.name] = node, scope
    elif isinstance(node, ast.ImportFrom):
        _imported(node, scope)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if not isinstance(target, ast.Name):
                raise NeurohwError(at.problem("is not a name for a number", fix="give one name to each number"))
            value = constant(node.value, scope)
            if isinstance(value, str) or not LOW <= value <= HIGH:
                raise NeurohwError(at.problem(f"is {value!r}", f"needs a number {LOW}..{HIGH}"))
            scope.numbers[target.id] = value
    elif isinstance(node, ast.Import) and any(alias.name.partition(".")[0] not in ("neurohw",) for alias in node.names):
        raise NeurohwError(at.problem("imports what programs cannot use", fix=f"import from {LIBRARY} or {SHIPPED}"))
    elif not (isinstance(node, (ast.Import, ast.Pass)) or _is_text(node)):
        what = f"{_kind(node)} does not belong in the text of a neuron"
        fix = "it holds imports, numbers, functions marked @part and classes marked @neuron"
        raise NeurohwError(at.problem(what, fix=fix))


def _imported(node: ast.ImportFrom, scope: Scope) -> None:
    """Names of the language, of our own kinds and parts; what only annotations need is passed over."""
    module, at = node.module or "", scope.text.place(node)
    if module in ("__future__", "typing", "collections.abc"):
        return
    if module in (LIBRARY, f"{LIBRARY}.language"):
        return
    if not module.startswith(f"{SHIPPED}.") or node.level:
        what = f"imports from {'.' * node.level}{module}"
        raise NeurohwError(at.problem(what, fix=f"a text is not run: import from {LIBRARY} or {SHIPPED}.<family>"))
    try:
        there = _shipped(module)
    except OSError:
        raise NeurohwError(at.problem(f"{module} does not exist")) from None
    for alias in node.names:
        name = alias.asname or alias.name
        tables: list[tuple[dict[str, Any], dict[str, Any]]] = [
            (scope.parts, there.parts),
            (scope.kinds, there.kinds),
            (scope.numbers, there.numbers),
        ]
        for mine, theirs in tables:
            if alias.name in theirs:
                mine[name] = theirs[alias.name]
                break
        else:
            fix = did_you_mean(alias.name, [*there.parts, *there.kinds, *there.numbers])
            raise NeurohwError(at.problem(f"{module} has no '{alias.name}'", fix=fix))


def _definition(node: ast.ClassDef, scope: Scope) -> Definition:
    """A class: the declarations of those it inherits from, then its own."""
    text, problems = scope.text, list[Problem]()
    declared: dict[str, Declared] = {}
    step, inside, doc = None, scope, ast.get_docstring(node) or ""
    if not any(ast.unparse(d) in ("neuron", "nh.neuron") for d in node.decorator_list):
        problems.append(text.place(node).problem(f"class {node.name} is not a neuron", fix="write @neuron above it"))
    for base in node.bases:
        name = base.id if isinstance(base, ast.Name) else ast.unparse(base)
        if name not in scope.kinds or name == node.name:
            fix = did_you_mean(name, [k for k in scope.kinds if k != node.name])
            problems.append(text.place(base).problem(f"'{name}' is not a kind of neuron known here", fix=fix))
            continue
        parent = _definition(*scope.kinds[name])
        declared.update(parent.declared)
        step, inside = parent.step, parent.scope
    for item in node.body:
        try:
            if isinstance(item, ast.FunctionDef) and item.name == "step":
                _require_step(item, text)
                step, inside = item, scope
            elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value is not None:
                declared[item.target.id] = _declared(item.target.id, item.value, scope)
            elif not (isinstance(item, ast.Pass) or _is_text(item)):
                fix = "a class holds declarations such as `v: int = state(24)`, and `def step(self, t)`"
                raise NeurohwError(text.place(item).problem(f"{_kind(item)} does not belong in a neuron", fix=fix))
        except NeurohwError as error:
            problems += error.problems
    if step is None:
        problems.append(text.place(node).problem(f"{node.name} has no step", fix="write `def step(self, t):`"))
    elif not any(d.role in ("sends", "given") for d in declared.values()) and not problems:
        problems.append(text.place(node).problem(f"{node.name} sends nothing", fix="declare `out: int = sends(0, 1)`"))
    if problems or step is None:
        raise NeurohwError(problems)
    return Definition(node.name, doc, declared, step, inside)


def _require_step(node: ast.FunctionDef, text: Text) -> None:
    arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    extra = node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.args.defaults or node.decorator_list
    if arguments != ["self", "t"] or extra:
        raise NeurohwError(text.place(node).problem("a step has other arguments", fix="write `def step(self, t):`"))
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and ast.unparse(n.func) == "random"]
    for place, call in enumerate(sorted(calls, key=lambda n: (n.lineno, n.col_offset))):
        call.place = place  # type: ignore[attr-defined]  # what its number is hashed from


def _declared(name: str, node: ast.expr, scope: Scope) -> Declared:
    """What one line declares."""
    at = scope.text.place(node)
    word = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    word = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else word
    if not isinstance(node, ast.Call) or word not in ROLES:
        fix = did_you_mean(word, ROLES) if word else "declare it with " + ", ".join(ROLES)
        raise NeurohwError(at.problem(f"{name} is not declared with a word of the language", fix=fix))
    if name in RESERVED or name.startswith("_"):
        raise NeurohwError(at.problem(f"'{name}' is taken", fix="choose another name"))
    values = [constant(a, scope) for a in node.args]
    named = {k.arg: constant(k.value, scope) for k in node.keywords if k.arg}
    try:
        made = dataclasses.replace(ROLES[word](*values, **named), name=name)
    except (TypeError, ValueError) as error:
        raise NeurohwError(at.problem(f"{word}: {error}")) from None
    if problems := list(_declaration_problems(made)):
        raise NeurohwError(at.problem(what, fix=fix) for what, fix in problems)
    return made


def _declaration_problems(d: Declared) -> Iterator[tuple[str, str]]:
    whole = {"low": d.low, "high": d.high, "bits": d.bits, "start": d.start}
    odd = [name for name, n in whole.items() if isinstance(n, bool) or not isinstance(n, int)]
    if odd:
        yield f"{d.name}: {', '.join(odd)} {'is' if len(odd) == 1 else 'are'} not integers", ""
        return
    if d.low > d.high:
        yield f"{d.name}: {d.low}..{d.high} is empty", "write the smaller number first"
    if min(d.low, d.high) < LOW or max(d.low, d.high) > HIGH:
        yield f"{d.name}: {d.low}..{d.high} is beyond 32 bits", f"stay within {LOW}..{HIGH}"
    if d.role in ("state", "trace") and not 1 <= d.bits <= 32:
        yield f"{d.name}: has {d.bits} bits", "a state has 1..32"
    if d.role == "state" and not d.low <= d.start <= d.high:
        yield f"{d.name}: starts at {d.start}", f"start within {d.low}..{d.high}"
    if d.role == "trace" and d.name not in TRACES:
        yield f"the trace is called '{d.name}'", "plastic synapses read y1, y2 and y3"
    if d.role == "given" and not all(isinstance(name, str) for name in d.limits):
        yield f"{d.name}: {d.limits} are not parameters", "give the names of two parameters"
    if d.role == "choice" and not all(isinstance(c, (str, bool)) for c in d.choices):
        yield f"{d.name}: chooses between {d.choices}", "choose between words, or between True and False"
    if d.role == "choice" and len(set(map(str, d.choices))) < 2:
        yield f"{d.name}: leaves no choice", "give two words or more"
    if d.role in ("one", "each") and d.default is not ... and d.default is not None:
        steps = d.default / d.unit if isinstance(d.default, (int, float)) else None
        if steps is None or steps != int(steps) or not d.low <= steps <= d.high:
            yield (
                f"{d.name}: has the default {d.default!r}",
                f"stay within {d.low}..{d.high}" + (f" times {d.unit:g}" if d.unit != 1 else ""),
            )


def constant(node: ast.expr, scope: Scope) -> Any:
    """A number, word, truth value or None that a text gives; numbers may be sums and products of others."""
    at = scope.text.place(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, str, type(None))):
        return node.value
    if isinstance(node, ast.Name) and node.id in scope.numbers:
        return scope.numbers[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = constant(node.operand, scope)
        if isinstance(value, (int, float)):
            return -value
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        a, b = constant(node.left, scope), constant(node.right, scope)
        if type(a) is int and type(b) is int and abs(a) < 1 << 64 and abs(b) < 1 << 64:
            return _of_two(BINARY[type(node.op)], a, b, at)
    known = did_you_mean(node.id, scope.numbers) if isinstance(node, ast.Name) else ""
    raise NeurohwError(at.problem(f"'{ast.unparse(node)}' is not a number that is known here", fix=known))


def _of_two(op: str, a: int, b: int, at: Any) -> int:
    if (op in ("shl", "sar") and not 0 <= b < 64) or (op == "mod" and b <= 0):
        raise NeurohwError(at.problem("is not a number", "shifts go from 0 to 63, and % needs a positive number"))
    return {
        "add": a + b, "sub": a - b, "mul": a * b, "shl": a << min(63, max(0, b)), "sar": a >> min(63, max(0, b)),
        "and": a & b, "or": a | b, "xor": a ^ b, "mod": a % b if b > 0 else 0,
    }[op]  # fmt: skip


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _kind(node: ast.AST) -> str:
    """What a statement is called in messages."""
    return f"'{ast.unparse(node).splitlines()[0][:40]}'"
