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
from neurohw.microcode.grammar import BINARY, function_problems
from neurohw.microcode.language import FUNCTION_NAMES, FUNCTIONS, ROLES, Declared
from neurohw.microcode.text import Text
from neurohw.microcode.words import HIGH, LOW

SHIPPED = "neurohw.neurons"
LIBRARY = "neurohw.microcode"
TRACES = ("y1", "y2", "y3")
WORDS = (*ROLES, *FUNCTIONS, "Ints", "neuron", "part")  # what a text may import from the language
RESERVED = ("count", "index", "declared", "inputs", "outputs", "kind", "step")
MOST_CHOICES = 256  # ways to choose, each of which is a program


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
            value = constant(node.value, scope)
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
    """A class: the declarations of those it inherits from, then its own."""
    text, problems = scope.text, list[Problem]()
    declared: dict[str, Declared] = {}
    step, inside, doc = None, scope, ast.get_docstring(node) or ""
    if [ast.unparse(d) for d in node.decorator_list] not in (["neuron"], ["nh.neuron"]) or node.keywords:
        fix = "write @neuron above it, and nothing else"
        problems.append(text.place(node).problem(f"class {node.name} is not marked as a neuron", fix=fix))
    if len(node.bases) > 1:
        problems.append(text.place(node.bases[1]).problem("inherits from two classes", fix="inherit from one"))
    for base in node.bases[:1]:
        name = base.id if isinstance(base, ast.Name) else ast.unparse(base)
        above = [k for k, (other, there) in scope.kinds.items() if there is not scope or other.lineno < node.lineno]
        if name not in above:
            what = f"'{name}' is not a kind of neuron known here"
            problems.append(
                text.place(base).problem(what, fix=did_you_mean(name, above) or "write it above, or import it")
            )
            continue
        parent = _definition(*scope.kinds[name])
        declared.update(parent.declared)
        step, inside = parent.step, parent.scope
    own: set[str] = set()
    for item in node.body:
        try:
            name = item.target.id if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) else ""
            name = item.name if isinstance(item, ast.FunctionDef) else name
            if name in own:
                raise NeurohwError(text.place(item).problem(f"'{name}' is there twice", fix="use another name"))
            own.add(name or f"line {item.lineno}")
            if isinstance(item, ast.FunctionDef) and name == "step":
                step, inside = item, scope
                _require_step(item, scope)
            elif isinstance(item, ast.AnnAssign) and name and item.value is not None:
                made = _declared(name, item.value, scope)
                problems += _inherited_problems(declared.get(name), made, text, item)
                declared[name] = made
            elif not (isinstance(item, ast.Pass) or _is_text(item)):
                fix = "a class holds declarations such as `v: int = state(24)`, and `def step(self, t)`"
                raise NeurohwError(text.place(item).problem(f"{_kind(item)} does not belong in a neuron", fix=fix))
        except NeurohwError as error:
            problems += error.problems
    if step is None:
        problems.append(text.place(node).problem(f"{node.name} has no step", fix="write `def step(self, t):`"))
    elif not problems:
        problems += [text.place(node).problem(what, fix=fix) for what, fix in _together(node.name, declared)]
    if problems or step is None:
        raise NeurohwError(problems)
    return Definition(node.name, doc, declared, step, inside)


def _inherited_problems(before: Declared | None, now: Declared, text: Text, node: ast.AST) -> Iterator[Problem]:
    """What a class inherits it may declare anew with other limits, not as something else."""
    same = before is None or before.role == now.role or {before.role, now.role} == {"one", "each"}
    if before is not None and not same:
        what, fix = f"{now.name} was declared with {before.role}", f"use {before.role}, or another name"
        yield text.place(node).problem(what, fix=fix)


def _together(name: str, declared: dict[str, Declared]) -> Iterator[tuple[str, str]]:
    """What is wrong with declarations that are right each for itself, and what to write instead."""
    of = {role: [d for d in declared.values() if d.role == role] for role in ROLES}
    if not of["sends"] and not of["given"]:
        yield f"{name} sends nothing", "declare `out: int = sends(0, 1)`"
    ports = [d.port for d in of["receives"]]
    for port in sorted({p for p in ports if ports.count(p) > 1}):
        yield f"{name} receives twice at the port '{port}'", "read one attribute in both places"
    if len(of["spikes_back"]) > 1:
        yield f"{name} has two spikes back", "declare one spikes_back()"
    for d in of["given"]:
        shared = [one.name for one in of["one"]]
        for limit in d.limits:
            if limit not in shared:
                yield (
                    f"{d.name} is limited by '{limit}'",
                    did_you_mean(limit, shared) or f"declare `{limit}: int = one()`",
                )
    ways = 1
    for d in of["choice"]:
        ways *= len(d.choices)
    if ways > MOST_CHOICES:
        yield f"{name} has {ways} ways to choose", f"declare choices with {MOST_CHOICES} at most"
    defaults = [d.name for d in declared.values() if d.role in ("one", "each", "choice") and d.default is not ...]
    for d in (*of["one"], *of["each"]):
        if d.default is ... and defaults and list(declared).index(d.name) > list(declared).index(defaults[0]):
            yield f"{d.name} has no default, but {defaults[0]} before it has one", "write those without a default first"


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
    if any(k.arg is None for k in node.keywords):
        raise NeurohwError(at.problem("gives a dict", fix="write the arguments one by one"))
    values = [constant(a, scope) for a in node.args]
    named = {k.arg: constant(k.value, scope) for k in node.keywords if k.arg}
    try:
        made = dataclasses.replace(ROLES[word](*values, **named), name=name)
    except (TypeError, ValueError) as error:
        raise NeurohwError(at.problem(f"{word}: {error}", fix=f"see help(neurohw.microcode.{word})")) from None
    if problems := list(_declaration_problems(made)):
        raise NeurohwError(at.problem(what, fix=fix) for what, fix in problems)
    return made


def _declaration_problems(d: Declared) -> Iterator[tuple[str, str]]:
    """What is wrong with one declaration, and what to write instead."""
    whole = {"low": d.low, "high": d.high, "bits": d.bits, "start": d.start}
    odd = [name for name, n in whole.items() if type(n) is not int]
    if odd:
        yield f"{d.name}: {', '.join(odd)} {'is' if len(odd) == 1 else 'are'} not whole", "write whole numbers"
        return
    if d.low > d.high:
        yield f"{d.name}: {d.low}..{d.high} is empty", "write the smaller number first"
    if min(d.low, d.high) < LOW or max(d.low, d.high) > HIGH:
        yield f"{d.name}: {d.low}..{d.high} is beyond 32 bits", f"stay within {LOW}..{HIGH}"
    if d.role == "state" and not 1 <= d.bits <= 32:
        yield f"{d.name}: has {d.bits} bits", "a state has 1..32"
    elif d.role == "state" and not d.low <= d.start <= d.high:
        yield f"{d.name}: starts at {d.start}", f"start within {d.low}..{d.high}"
    if d.role == "sends" and not d.low <= 0 <= d.high:
        yield f"{d.name}: {d.low}..{d.high} has no 0", "0 is no message: let low be 0 or less and high 0 or more"
    if d.role == "trace" and d.name not in TRACES:
        yield f"the trace is called '{d.name}'", "plastic synapses read y1, y2 and y3: use one of these names"
    if d.role == "given" and not all(isinstance(name, str) for name in d.limits):
        yield f"{d.name}: {d.limits} are not parameters", "give the names of two parameters"
    if d.role == "receives" and not (isinstance(d.port, str) and d.port.isidentifier()):
        yield f"{d.name}: receives at {d.port!r}", "give a port a name such as 'in'"
    if d.role == "choice":
        yield from _choice_problems(d)
    if d.role in ("one", "each"):
        yield from _parameter_problems(d)


def _choice_problems(d: Declared) -> Iterator[tuple[str, str]]:
    kinds = {type(c) for c in d.choices}
    if kinds and kinds not in ({str}, {bool}):
        yield f"{d.name}: chooses between {d.choices}", "choose between words, or between True and False"
    if len(set(d.choices)) < 2:
        yield f"{d.name}: leaves no choice", "give two words or more, or True and False"
    elif len(set(d.choices)) < len(d.choices):
        yield f"{d.name}: has a word twice", "give each word once"
    elif d.default not in d.choices:
        yield f"{d.name}: has the default {d.default!r}", "give one of its choices"


def _parameter_problems(d: Declared) -> Iterator[tuple[str, str]]:
    if isinstance(d.unit, bool) or not isinstance(d.unit, (int, float)) or not 0 < d.unit < 1 << 31:
        yield f"{d.name}: has the unit {d.unit!r}", "give a positive number"
    elif d.default is not ... and d.default is not None:
        steps = d.default / d.unit if isinstance(d.default, (int, float)) else None
        if steps is None or not d.low <= steps <= d.high or steps != int(steps):
            times = f" times {d.unit:g}" if d.unit != 1 else ""
            yield f"{d.name}: has the default {d.default!r}", f"stay within {d.low}..{d.high}{times}"


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
    fix = known or "write a number, or a sum, product or shift of numbers"
    raise NeurohwError(at.problem(f"'{ast.unparse(node)}' is not a number that is known here", fix=fix))


def _of_two(op: str, a: int, b: int, at: Any) -> int:
    if (op in ("shl", "sar") and not 0 <= b < 64) or (op == "mod" and b <= 0):
        fix = "shift by 0..63, and divide by 1 or more"
        raise NeurohwError(at.problem("is not a number", fix=fix))
    return {
        "add": a + b, "sub": a - b, "mul": a * b, "shl": a << min(63, max(0, b)), "sar": a >> min(63, max(0, b)),
        "and": a & b, "or": a | b, "xor": a ^ b, "mod": a % b if b > 0 else 0,
    }[op]  # fmt: skip


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _kind(node: ast.AST) -> str:
    """What a statement is called in messages."""
    return f"'{ast.unparse(node).splitlines()[0][:40]}'"
