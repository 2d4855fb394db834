"""Smallest and largest value of every expression, from what is declared: which shifts, states and messages are safe.

One walk through the statements in their order, with the ranges of locals as they are there. A state begins a step
within its declared range; if the step cannot be shown to keep it there, it may hold any number, and so what depends on
it is looked at again. What is shown here need not be checked while a network runs; what is not is counted then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from neurohw.errors import NeurohwError, Problem
from neurohw.microcode.language import Declared
from neurohw.microcode.tree import FULL, Body, Count, E, If, Level, Range, Set, Statement, joined, level
from neurohw.microcode.words import AMOUNTS, DIVIDING

OF_T = ("phase", "due", "mod", "lt", "le", "gt", "ge", "eq", "ne")  # what takes t itself, which has more than 32 bits
INDEX_MAX = (1 << 24) - 1


class Prover:
    """Finds the ranges of one program."""

    def __init__(self, declared: Mapping[str, Declared], body: Body) -> None:
        self.declared = declared
        self.parameters: dict[str, Level] = {
            d.name: "one" if d.role == "one" else "each" for d in declared.values() if d.role in ("one", "each")
        }
        self.local_levels = local_levels(body, self.parameters)
        self.held = {d.name: (d.low, d.high) for d in declared.values() if d.role == "state"}
        self.held.update({d.name: FULL for d in declared.values() if d.role == "trace"})
        self.problems: dict[Problem, None] = {}
        self.unproven: dict[str, None] = {}  # states and messages that may leave what they declare

    def prove(self, body: Body) -> Body:
        """The statements with the range of each expression; a NeurohwError with what is not allowed."""
        while True:
            before = dict(self.held)
            self.problems, self.unproven = {}, {}
            found = self._block(body, {}, {})
            if self.held == before:
                break
        if self.problems:
            raise NeurohwError(self.problems)
        return found

    def _block(self, body: Body, local: dict[str, Range], own: dict[str, Range]) -> Body:
        return tuple(self._statement(s, local, own) for s in body)

    def _statement(self, s: Statement, local: dict[str, Range], own: dict[str, Range]) -> Statement:
        if isinstance(s, Count):
            return Count(s.what, self._of(s.condition, local, own))
        if isinstance(s, Set):
            value = self._of(s.value, local, own)
            self._set(s, value, local, own)
            return Set(s.kind, s.name, value)
        condition = self._of(s.condition, local, own)
        branches, ends = [], []
        for branch in (s.then, s.otherwise):
            inner, values = dict(local), dict(own)
            branches.append(self._block(branch, inner, values))
            ends.append((inner, values))
        (local_then, own_then), (local_else, own_else) = ends
        names = local_then.keys() | local_else.keys()
        local.update({name: union(local_then.get(name), local_else.get(name)) for name in names})
        for name in own_then.keys() | own_else.keys():
            before = self.held.get(name, (0, 0))  # a message is 0 until it is set
            own[name] = union(own_then.get(name, before), own_else.get(name, before))
        return If(condition, *branches)

    def _set(self, s: Set, value: E, local: dict[str, Range], own: dict[str, Range]) -> None:
        low, high = value.range
        if s.kind == "local":
            local[s.name] = low, high
            return
        d = self.declared[s.name]
        inside = d.low <= low and high <= d.high
        own[s.name] = low, high
        if s.kind == "state" and not inside and d.role == "state":
            self.held[s.name] = FULL
        if not inside and d.role != "trace":  # which synapses clip when they read it
            self.unproven[s.name] = None

    # ---- expressions ----

    def _of(self, e: E, local: dict[str, Range], own: dict[str, Range]) -> E:
        """The expression with its range, and those of all that it is made of."""
        if e.inner:
            inner = tuple(self._of(a, local, own) for a in e.inner)
            found = E(e.op, inner, e.at, RANGES[e.op](*[a.range for a in inner]))
            self._allowed(found)
            return found
        name: Any = e.args[0] if e.args else ""
        if e.op == "const":
            exact = (e.args[0], e.args[0])
        elif e.op == "param":
            exact = (self.declared[name].low, self.declared[name].high)
        elif e.op == "state":
            exact = own.get(name, self.held[name])
        elif e.op in ("local", "message"):
            exact = (local if e.op == "local" else own).get(name, FULL)
        elif e.op == "random":
            exact = (0, (1 << name) - 1)
        else:
            exact = (0, INDEX_MAX) if e.op == "index" else FULL
        return E(e.op, e.args, e.at, exact)

    def _allowed(self, e: E) -> None:
        """Keep what is wrong with an operation, whose operands have their ranges."""
        place, inner = e.at, e.inner
        if place is None:
            return
        if any(a.op == "t" for a in inner) and e.op not in OF_T:
            fix = "take phase(t, period), or count steps in a state"
            self.problems[place.problem("t has more than 32 bits", fix=fix)] = None
        if e.op in AMOUNTS:
            k, low, high = AMOUNTS[e.op]
            least, most = inner[k].range
            if not (low <= least and most <= high):
                what = f"shifts by {least}" + (f"..{most}" if least != most else "")
                limit, fix = f"amounts are {low}..{high}", f"write clip(amount, {low}, {high})"
                self.problems[place.problem(what, limit, fix)] = None
        if e.op in ("mod", "phase", "due"):
            shared = all(self._level(a) in ("one", "step") for a in inner)
            if not shared:
                what = "neurons have no division: this is not the same for all of them"
                self.problems[place.problem(what, fix="take t, `one` parameters and phase(t, period) only")] = None
            by = inner[1].range[0]
            if e.op in DIVIDING and by < 1:
                fix = "write max(1, it), or declare a parameter with a low of 1"
                self.problems[place.problem(f"divides by {by} or more", "needs 1 or more", fix)] = None
        if e.op == "bit_length" and self._level(inner[0]) in ("neuron", "step"):
            self.problems[
                place.problem("bit_length is of what changes", "it is of parameters", "compare with powers of two")
            ] = None

    def _level(self, e: E) -> Level:
        return level(e, self.parameters, self.local_levels)


def local_levels(body: Body, parameters: Mapping[str, Level]) -> dict[str, Level]:
    """The level of each local name: of all that is assigned to it, and of the conditions under which it is."""
    found: dict[str, Level] = {}

    def look(block: Body, around: Level) -> None:
        for s in block:
            if isinstance(s, If):
                inner = joined(around, level(s.condition, parameters, found))
                look(s.then, inner)
                look(s.otherwise, inner)
            elif isinstance(s, Set) and s.kind == "local":
                here = joined(around, level(s.value, parameters, found))
                found[s.name] = joined(found.get(s.name, here), here)

    while True:
        before = dict(found)
        look(body, "one")
        if found == before:
            return found


def union(a: Range | None, b: Range | None) -> Range:
    """What holds either; of a name that one branch does not set, what the other does."""
    if a is None or b is None:
        return a or b or FULL
    return min(a[0], b[0]), max(a[1], b[1])


def _corners(op: Callable[[int, int], int], a: Range, b: Range) -> Range:
    values = [op(x, y) for x in a for y in b]
    return min(values), max(values)


def _clamped(r: Range, low: int = 0, high: int = 31) -> Range:
    return min(high, max(low, r[0])), min(high, max(low, r[1]))


def _and(a: Range, b: Range) -> Range:
    if a[0] >= 0 and b[0] >= 0:
        return 0, min(a[1], b[1])
    return (0, a[1]) if a[0] >= 0 else (0, b[1]) if b[0] >= 0 else FULL


def _or(a: Range, b: Range) -> Range:
    if a[0] >= 0 and b[0] >= 0:
        return 0, (1 << max(a[1], b[1]).bit_length()) - 1
    return FULL


def _abs(a: Range) -> Range:
    return (0 if a[0] <= 0 <= a[1] else min(map(abs, a))), max(map(abs, a))


def _shifted_product(toward_zero: bool) -> Callable[[Range, Range, Range], Range]:
    def of(x: Range, k: Range, n: Range) -> Range:
        values = [a * b for a in x for b in k]
        amounts = _clamped(n)
        shifted = [(abs(v) >> m) * (1 if v >= 0 else -1) if toward_zero else v >> m for v in values for m in amounts]
        return min(shifted), max(shifted)

    return of


def _shift(x: Range, n: Range) -> Range:
    amounts = _clamped(n, -31, 31)
    values = [a << m if m >= 0 else a >> -m for a in x for m in amounts]
    return min(values), max(values)


def _bits(a: Range) -> Range:
    return (a[0].bit_length() if a[0] > 0 else 0), max(abs(a[0]).bit_length(), abs(a[1]).bit_length())


def _compared(*_: Range) -> Range:
    return 0, 1


RANGES: dict[str, Callable[..., Range]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]), "sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "mul": lambda a, b: _corners(lambda x, y: x * y, a, b), "neg": lambda a: (-a[1], -a[0]), "abs": _abs,
    "and": _and, "or": _or, "xor": _or, "invert": lambda a: (~a[1], ~a[0]),
    "shl": lambda a, n: _corners(lambda x, m: x << m, a, _clamped(n)),
    "sar": lambda a, n: _corners(lambda x, m: x >> m, a, _clamped(n)), "shift": _shift,
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])), "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "select": lambda _, a, b: union(a, b), "mod": lambda a, b: (0, max(0, b[1] - 1)),
    "phase": lambda t, period: (1, max(1, period[1])), "scale": _shifted_product(True),
    "mul_shift": _shifted_product(False), "bit_length": _bits,
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne", "land", "lor", "lnot", "due"), _compared),
}  # fmt: skip
