"""A program as data: expressions and statements, and how often each value is found anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union

import numpy as np

from neurohw.errors import NeurohwError
from neurohw.microcode.text import Place
from neurohw.microcode.words import AMOUNTS, CONDITIONS, DIVIDING, EXACT, HIGH, LOW, wrap

Level = Literal["one", "step", "each", "neuron"]
Range = tuple[int, int]
FULL: Range = (LOW, HIGH)
LEAVES = ("const", "param", "constant", "state", "input", "message", "local", "t", "index", "random")


def inside(r: Range) -> Range:
    """A range if it fits 32 bits, else all of them: the value wraps."""
    return FULL if min(r) < LOW or max(r) > HIGH else r


@dataclass(frozen=True)
class E:
    """An expression: an operation of `words.MEANING` on expressions, or a leaf.

    Leaves: const (n), param (name), constant (name, level: of parameters alone, see `program`), state (name), input
    (attribute), message (attribute), local (name), t, index, random (bits, number of the call).
    """

    op: str
    args: tuple[Any, ...] = ()
    at: Place | None = field(default=None, compare=False, repr=False)
    exact: Range | None = field(default=None, compare=False, repr=False)  # before it wraps; see `prove`
    size: int = field(default=1, init=False, compare=False, repr=False)  # operations and leaves
    depth: int = field(default=1, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if inner := self.inner:
            object.__setattr__(self, "size", 1 + sum(a.size for a in inner))
            object.__setattr__(self, "depth", 1 + max(a.depth for a in inner))

    @property
    def range(self) -> Range:
        """Smallest and largest value."""
        return inside(self.exact) if self.exact else FULL

    @property
    def wraps(self) -> bool:
        """Whether its operation may leave 32 bits."""
        return self.exact is None or inside(self.exact) != self.exact

    @property
    def inner(self) -> tuple[E, ...]:
        """The expressions that it is made of."""
        return () if self.op in LEAVES else self.args

    @property
    def is_condition(self) -> bool:
        """Whether it is 0 or 1 by its operation."""
        return self.op in CONDITIONS


@dataclass(frozen=True)
class Set:
    """A state, message or local gets a value; a spike back is a message that has no port."""

    kind: Literal["state", "message", "local"]
    name: str
    value: E


@dataclass(frozen=True)
class If:
    """What happens where a condition holds, of the whole population or of each neuron."""

    condition: E
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Count:
    """How many neurons a condition holds for is counted under a name."""

    what: str
    condition: E


Statement = Union[Set, If, Count]
Body = tuple[Statement, ...]


def const(n: int, at: Place | None = None) -> E:
    """A number."""
    return E("const", (int(n),), at)


def truth(e: E) -> E:
    """An expression as a condition."""
    if e.is_condition:
        return e
    return const(e.args[0] != 0, e.at) if e.op == "const" else E("ne", (e, const(0)), e.at)


def fold(e: E) -> E:
    """Constants put together, and what is left of an operation with a neutral constant."""
    if e.inner and all(a.op == "const" for a in e.inner):
        n = [a.args[0] for a in e.inner]
        if not _is_defined(e.op, n):
            return e  # which `prove` refuses
        value = int(EXACT[e.op](*map(np.int64, n)))
        if not LOW <= value <= HIGH and e.at:
            fix = "write a number of 32 bits, or compute it from a parameter or state, which wraps"
            raise NeurohwError(e.at.problem(f"is {value}", "numbers are -2147483648..2147483647", fix))
        return const(wrap(value), e.at)
    a, b = (*e.inner, None, None)[:2]
    if e.op in ("land", "lor"):
        for one, other in ((a, b), (b, a)):
            if one is not None and one.op == "const":
                return other if bool(one.args[0]) == (e.op == "land") and other else one
    if e.op == "select" and e.args[0].op == "const":
        chosen: E = e.args[1] if e.args[0].args[0] else e.args[2]
        return chosen
    if b is not None and b == const(0) and e.op in ("add", "sub", "shl", "sar", "shift", "or", "xor") and a:
        return a
    if a is not None and a == const(0) and e.op in ("add", "or", "xor") and b:
        return b
    return e


def _is_defined(op: str, n: list[int]) -> bool:
    """Whether an operation can be done on these numbers."""
    if op in AMOUNTS:
        k, low, high = AMOUNTS[op]
        return low <= n[k] <= high
    return op not in DIVIDING or n[1] >= 1


# ---- walking -------------------------------------------------------------------------------------------------------


def statements(body: Body) -> Iterator[Statement]:
    """All statements, those inside of others too."""
    for s in body:
        yield s
        if isinstance(s, If):
            yield from statements(s.then)
            yield from statements(s.otherwise)


def expression_of(s: Statement) -> E:
    """What a statement evaluates."""
    return s.value if isinstance(s, Set) else s.condition


def expressions(body: Body) -> Iterator[E]:
    """All expressions, those inside of others too."""
    for s in statements(body):
        yield from walk(expression_of(s))


def walk(e: E) -> Iterator[E]:
    """An expression and those that it is made of."""
    yield e
    for a in e.inner:
        yield from walk(a)


def mapped(body: Body, change: Callable[[E], E]) -> Body:
    """The same statements with every whole expression changed."""

    def one(s: Statement) -> Statement:
        if isinstance(s, Set):
            return Set(s.kind, s.name, change(s.value))
        if isinstance(s, Count):
            return Count(s.what, change(s.condition))
        return If(change(s.condition), mapped(s.then, change), mapped(s.otherwise, change))

    return tuple(one(s) for s in body)


def level(e: E, parameters: Mapping[str, Level], local: Mapping[str, Level]) -> Level:
    """How often a value is found anew: once (`one`, `each`), in each step (`step`), or by each neuron in each step.

    `parameters`: "one" or "each" of each parameter; `local`: the level of each local name so far.
    """
    if e.op in ("const", "param", "constant"):
        return "one" if e.op == "const" else e.args[1] if e.op == "constant" else parameters[e.args[0]]
    if e.op in ("t", "index"):
        return "step" if e.op == "t" else "each"
    if e.op == "local":
        return local.get(e.args[0], "neuron")
    if e.op in LEAVES:
        return "neuron"
    return joined(*(level(a, parameters, local) for a in e.inner))


def joined(*levels: Level) -> Level:
    """The level of what depends on values of these levels."""
    if "neuron" in levels or ("step" in levels and "each" in levels):
        return "neuron"
    return "each" if "each" in levels else "step" if "step" in levels else "one"
