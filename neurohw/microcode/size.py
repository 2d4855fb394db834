"""How large a program is and how much of it runs in a step, in operations such as Intel's brief of Loihi 2 lists.

An estimate of grade U: no compiler wrote it. Each operation of the language stands for the instructions in `PRICE`, a
reading of the brief's list (RMW, RDC, MOV, SEL, AND, OR, SHL, ADD, NEG, MIN, MUL_SHR, LT, GE, EQ, SKP_C, JMP_C, SPIKE),
which has neither a difference nor a maximum. Numbers that are the same for all neurons stand in the instructions. Of
branches that a neuron chooses for itself the longer one counts; what all neurons share costs each of them too. An
expression is found once in a block, a state is read once, every assignment to a state is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import lcm
from typing import Any, Literal, Union

import numpy as np

from neurohw.microcode.program import Program
from neurohw.microcode.prove import local_levels
from neurohw.microcode.tree import Body, E, If, Level, Set, const, expressions, fold, level, mapped, walk
from neurohw.microcode.words import MEANING

GRADE = "U"  # of every number here: without a published source
PRICE = {
    "add": 1, "sub": 2, "mul": 1, "neg": 1, "invert": 2, "abs": 3, "and": 1, "or": 1, "xor": 4, "shl": 1, "sar": 1,
    "shift": 1, "min": 1, "max": 2, "select": 1, "lt": 1, "le": 1, "gt": 1, "ge": 1, "eq": 1, "ne": 1, "land": 1,
    "lor": 1, "lnot": 1, "scale": 6, "mul_shift": 1, "random": 1, "bit_length": 1,
}  # fmt: skip
READ, WRITE, RECEIVE = 1, 1, 1  # RMW, RMW, RDC
SEND, FLAG, JUMP = 2, 1, 1  # SKP_C and SPIKE; SEL, of a condition that is used as a number; JMP_C
CLOCK = 4  # a counter of steps: RMW, ADD, EQ, RMW
LONGEST = 4096  # period that is looked at step by step
CLOCKS = ("phase", "due", "mod")
When = Union[int, Literal["worst", "all"]]  # what is counted: a step, the longest step, all that is in memory


@dataclass(frozen=True)
class Size:
    """Of one neuron's program. `per_step`: operations in each step of a period, or the most that any step can take."""

    program_words: int
    state_words: int
    state_bits: int
    parameter_words: int
    per_step: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Operations per update, on average over a period."""
        return sum(self.per_step) / len(self.per_step)

    @property
    def worst(self) -> int:
        """Operations of the longest update."""
        return max(self.per_step)


def size_of(program: Program, neuron: Any = None) -> Size:
    """The size of a program, with the parameters of a neuron if there is one: then each step of its period counts."""
    body, each = _specialised(program, neuron)
    clocks = set(_clocks(body))
    counter = _Counter(body)
    start = CLOCK * len(clocks)
    period = _period(clocks) if neuron is not None else 0
    steps: list[When] = [*range(1, period + 1)] or ["worst"]
    states = program.of_role("state", "trace")
    return Size(
        start + counter.block(body, set(), "all"),
        len(states) + len(clocks),
        sum(d.bits for d in states) + sum(_clock_bits(c) for c in clocks),
        each,
        tuple(start + counter.block(body, set(), t) for t in steps),
    )


def _specialised(program: Program, neuron: Any) -> tuple[Body, int]:
    """The statements with the numbers of a neuron put in, and how many parameters each neuron has for itself."""
    arrays = [np.size(getattr(neuron, d.name)) for d in program.of_role("each")] if neuron is not None else []
    values = program.values(neuron, max([2, *arrays])) if neuron is not None else {}
    known = {name: int(np.min(v)) for name, v in values.items() if np.ptp(v) == 0}

    def change(e: E) -> E:
        if e.op == "constant" and e.args[0] in known:
            return const(known[e.args[0]])
        if not e.inner:
            return e
        inner = tuple(change(a) for a in e.inner)
        if e.op == "due" and inner[1] == const(0):
            return const(0)
        return replace(fold(E(e.op, inner)), exact=e.exact)

    own = sum(how == "each" and name not in known for name, _, how in program.constants)
    return mapped(program.body, change), own


def _clocks(body: Body) -> Iterator[E]:
    """What counts steps: phases, remainders and comparisons of t."""
    for e in expressions(body):
        if e.op in CLOCKS and any(a.op == "t" for a in walk(e)):
            yield replace(e, exact=None)
        elif e.op not in CLOCKS and any(a.op == "t" for a in e.inner):
            yield E("t")


def _period(clocks: set[E]) -> int:
    """After how many steps all of them are as before; 0 if that is not known or never."""
    periods = [c.args[1] if c.op in CLOCKS else c for c in clocks]
    if any(p.op != "const" for p in periods):
        return 0
    period = lcm(*(p.args[0] for p in periods))
    return period if period <= LONGEST else 0


def _clock_bits(clock: E) -> int:
    """Bits of a counter: of its period, or of the largest that it can have."""
    if clock.op not in CLOCKS:
        return 32
    period: E = clock.args[1]
    return int(period.args[0] if period.op == "const" else period.range[1]).bit_length()


class _Counter:
    """Counts the operations of one program."""

    def __init__(self, body: Body) -> None:
        self.levels = local_levels(body, {})
        self.locals: dict[str, int] = {}  # values of those that all neurons share, in the step that is counted

    def block(self, body: Body, seen: set[E], t: When) -> int:
        """Operations of some statements; `seen`: what registers hold."""
        total = 0
        for s in body:
            if isinstance(s, Set):
                total += self._set(s, seen)
                if isinstance(t, int) and self.levels.get(s.name) in ("one", "step") and s.kind == "local":
                    self.locals[s.name] = self.number(s.value, t)
            elif isinstance(s, If):
                total += self._if(s, seen, t)
        return total

    def _set(self, s: Set, seen: set[E]) -> int:
        total = self.expression(s.value, seen) + FLAG * s.value.is_condition
        for e in [e for e in seen if any(a.op == s.kind and a.args[0] == s.name for a in walk(e))]:
            seen.discard(e)
        if s.kind != "local":
            seen.add(E(s.kind, (s.name,)))
        return total + {"local": 0, "state": WRITE, "message": SEND}[s.kind]

    def _if(self, s: If, seen: set[E], t: When) -> int:
        if s.condition.op == "const":
            return self.block(s.then if s.condition.args[0] else s.otherwise, seen, t)
        start = JUMP + self.expression(s.condition, seen)
        branches = [self.block(b, set(seen), t) for b in (s.then, s.otherwise)]
        branches[0] += JUMP * bool(s.otherwise)
        for e in [e for e in seen if any(self._changes(s, a) for a in walk(e))]:
            seen.discard(e)
        if t == "all":
            return start + sum(branches)
        if t != "worst" and self.level(s.condition) in ("one", "step"):
            return start + branches[0 if self.number(s.condition, t) else 1]
        return start + max(branches)

    def _changes(self, s: If, leaf: E) -> bool:
        found = (i for b in (s.then, s.otherwise) for i in _sets(b))
        return any(leaf.op == i.kind and leaf.args[0] == i.name for i in found)

    def expression(self, e: E, seen: set[E]) -> int:
        """Operations to find a value that no register holds yet."""
        if e in seen or e.op in ("const", "local", "t", "index"):
            return 0
        if e.op == "constant" and e.args[1] == "one":
            return 0
        seen.add(e)
        if e.op in ("constant", "state", "message", "input"):
            return RECEIVE if e.op == "input" else READ
        if e.op in CLOCKS:
            return 0
        flags = 0 if e.is_condition else sum(a.is_condition for a in (e.args[1:] if e.op == "select" else e.inner))
        price = 1 if e.op == "sub" and e.args[1].op == "const" else PRICE[e.op]
        return price + FLAG * flags + sum(self.expression(a, seen) for a in e.inner)

    def level(self, e: E) -> Level:
        """How often a value is found anew."""
        return level(e, {}, self.levels)

    def number(self, e: E, t: int) -> int:
        """A value that all neurons share, in step t."""
        if not e.inner:
            return t if e.op == "t" else self.locals[e.args[0]] if e.op == "local" else int(e.args[0])
        return int(MEANING[e.op](*(np.int64(self.number(a, t)) for a in e.inner)))


def _sets(body: Body) -> Iterator[Set]:
    for s in body:
        if isinstance(s, Set):
            yield s
        elif isinstance(s, If):
            yield from _sets(s.then)
            yield from _sets(s.otherwise)
