"""What the lines of a neuron's class declare: each for itself, and all of them together."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, Union

from neurohw.errors import NeurohwError, did_you_mean
from neurohw.microcode.grammar import BINARY
from neurohw.microcode.language import ROLES, Declared
from neurohw.microcode.text import Place, Text
from neurohw.microcode.words import HIGH, LOW, is_multiple

TRACES = ("y1", "y2", "y3")
RESERVED = ("count", "index", "declared", "inputs", "outputs", "kind", "step")
MOST_CHOICES = 256  # ways to choose, each of which is a program
Numbers = Mapping[str, Union[int, float]]  # those of a text, by name


def declaration(name: str, node: ast.expr, text: Text, numbers: Numbers) -> Declared:
    """What one line of a class declares; a NeurohwError with all that is wrong with it."""
    at = text.place(node)
    word = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    word = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else word
    if not isinstance(node, ast.Call) or word not in ROLES:
        fix = did_you_mean(word, ROLES) if word else "declare it with " + ", ".join(ROLES)
        raise NeurohwError(at.problem(f"{name} is not declared with a word of the language", fix=fix))
    if name in RESERVED or name.startswith("_"):
        raise NeurohwError(at.problem(f"'{name}' is taken", fix="choose another name"))
    if any(k.arg is None for k in node.keywords):
        raise NeurohwError(at.problem("gives a dict", fix="write the arguments one by one"))
    values = [constant(a, text, numbers) for a in node.args]
    named = {k.arg: constant(k.value, text, numbers) for k in node.keywords if k.arg}
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
    elif d.writable and d.unit != 1:
        yield f"{d.name}: is written by the host in units of {d.unit:g}", "the host writes whole numbers: omit unit"
    elif d.default is not ... and d.default is not None:
        steps = d.default / d.unit if isinstance(d.default, (int, float)) else None
        if steps is None or not d.low <= steps <= d.high or not is_multiple(d.default, d.unit):
            times = f" times {d.unit:g}" if d.unit != 1 else ""
            yield f"{d.name}: has the default {d.default!r}", f"stay within {d.low}..{d.high}{times}"


def constant(node: ast.expr, text: Text, numbers: Numbers) -> Any:
    """A number, word, truth value or None that a text gives; numbers may be sums and products of others."""
    at = text.place(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, str, type(None))):
        return node.value
    if isinstance(node, ast.Name) and node.id in numbers:
        return numbers[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = constant(node.operand, text, numbers)
        if isinstance(value, (int, float)):
            return -value
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        a, b = constant(node.left, text, numbers), constant(node.right, text, numbers)
        if type(a) is int and type(b) is int and abs(a) < 1 << 64 and abs(b) < 1 << 64:
            return _of_two(BINARY[type(node.op)], a, b, at)
    known = did_you_mean(node.id, numbers) if isinstance(node, ast.Name) else ""
    fix = known or "write a number, or a sum, product or shift of numbers"
    raise NeurohwError(at.problem(f"'{ast.unparse(node)}' is not a number that is known here", fix=fix))


def _of_two(op: str, a: int, b: int, at: Place) -> int:
    if (op in ("shl", "sar") and not 0 <= b < 64) or (op == "mod" and b <= 0):
        fix = "shift by 0..63, and divide by 1 or more"
        raise NeurohwError(at.problem("is not a number", fix=fix))
    return {
        "add": a + b, "sub": a - b, "mul": a * b, "shl": a << min(63, max(0, b)), "sar": a >> min(63, max(0, b)),
        "and": a & b, "or": a | b, "xor": a ^ b, "mod": a % b if b > 0 else 0,
    }[op]  # fmt: skip


def together(name: str, declared: dict[str, Declared]) -> Iterator[tuple[str, str]]:
    """What is wrong with declarations that are right each for itself, and what to write instead."""
    of = {role: [d for d in declared.values() if d.role == role] for role in ROLES}
    if not of["sends"] and not of["given"]:
        yield f"{name} sends nothing", "declare `out: int = sends(0, 1)`"
    ports = [d.port for d in of["receives"]]
    for port in sorted({p for p in ports if ports.count(p) > 1}):
        yield f"{name} receives twice at the port '{port}'", "read one attribute in both places"
    if len(of["spikes_back"]) > 1:
        yield f"{name} has two spikes back", "declare one spikes_back()"
    if of["given"]:
        beside = [d.name for role in ("receives", "sends", "state", "trace", "spikes_back") for d in of[role]]
        if beside := [d.name for d in of["given"][1:]] + beside:
            fix = "let another neuron receive what it sends, and do the rest"
            yield f"{name} is a source, which has nothing but what it is given: {', '.join(beside)}", fix
    for d in of["given"]:
        shared = [one.name for one in of["one"]]
        for limit in d.limits:
            if limit not in shared:
                yield (
                    f"{d.name} is limited by '{limit}'",
                    did_you_mean(limit, shared) or f"declare `{limit}: int = one()`",
                )
    ways = prod(len(d.choices) for d in of["choice"])
    if ways > MOST_CHOICES:
        yield f"{name} has {ways} ways to choose", f"declare choices with {MOST_CHOICES} at most"
    defaults = [d.name for d in declared.values() if d.role in ("one", "each", "choice") and d.default is not ...]
    for d in (*of["one"], *of["each"]):
        if d.default is ... and defaults and list(declared).index(d.name) > list(declared).index(defaults[0]):
            yield f"{d.name} has no default, but {defaults[0]} before it has one", "write those without a default first"
