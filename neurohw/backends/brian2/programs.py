"""A program of the microcode as Brian2 code: its statements one after the other, each value with a name of its own.

A population has variables a_<port> (input, emptied in each step), m_<port> (message), n_<name> (state or trace) and
`bap`; `now(t)` is the step within the sample, from 1 (0: outside). Values are those of 32 bits, in 64: sums and
products are told to wrap where they may leave 32 bits. A condition of the program decides between two values in every
neuron, as Brian2 has no branches. What a run reports of a program is counted in variables count_<k>, but for what kinds
that ship count, which would make them slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2.functions import called
from neurohw.ir.plasticity import POST_TRACES
from neurohw.microcode.kind import declared_of, has_traces, is_shipped, program_of
from neurohw.microcode.program import Program, beyond_range
from neurohw.microcode.tree import Body, Count, E, If, Set, Statement, const, expressions, fold, mapped
from neurohw.microcode.words import CONDITIONS, WRAPPING

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
    "land": "and", "lor": "or",
}  # fmt: skip
BACK = "bap"
HALF = 1 << 31  # what a number of 32 bits may be in size
ZEROED_BY = {"mul": (0, 1), "scale": (0, 1), "mul_shift": (0, 1), "due": (1,)}  # operands whose 0 makes a 0


class Draw(NamedTuple):
    """A random number of `bits` bits in each step: the array over time that the code reads it from, and its place."""

    name: str
    bits: int
    place: int


@dataclass(frozen=True)
class Code:
    """A step: statements, variables with the values they start at, and constants [n] of each neuron.

    `counts`: variables that count from the start of a run on, and of what; `broken`: those of messages that break a
    promise, by the variable, see `ir.promises`.
    """

    step: str
    start: Mapping[str, int]
    constants: Mapping[str, NDArray[np.int64]]
    randoms: tuple[Draw, ...] = ()
    counts: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


def neuron_code(neuron: Any, size: int) -> Code:
    """The step of a population of `size` neurons."""
    program = program_of(neuron)
    constants = program.values(neuron, size)
    states = [d for d in declared_of(neuron).values() if d.role == "state"]  # also those that a choice leaves out
    start = {variable_of(d.name): d.start for d in states}
    if has_traces(neuron):  # plastic synapses may read all of them
        start |= dict.fromkeys([*map(variable_of, POST_TRACES), BACK], 0)
    numbers = {name: v for name, v in constants.items() if isinstance(v, int)}
    each = {f"c_{name}": np.asarray(v, np.int64) for name, v in constants.items() if not isinstance(v, int)}
    names = [] if is_shipped(neuron) else program.overflows
    counts = {f"count_{k}": what for k, what in enumerate(names)}
    broken = {f"count_{k}": d.name for k, d in enumerate(program.promised, len(counts))}
    step = _Writer(program, counts, broken).text(_with_numbers(program.body, numbers))
    return Code(step, start, each, randoms_of(program), counts, broken)


def variable_of(state: str) -> str:
    """The variable of a state or trace."""
    return f"n_{state}"


def randoms_of(program: Program) -> tuple[Draw, ...]:
    """The numbers that a program draws."""
    calls = {e.args for e in expressions(program.body) if e.op == "random"}
    return tuple(Draw(f"random_{place}", bits, place) for bits, place in sorted(calls, key=lambda call: call[1]))


class _Writer:
    """Writes the statements; `values`: what states, messages and locals are by now, a name or a number."""

    def __init__(self, program: Program, counts: Mapping[str, str], broken: Mapping[str, str]) -> None:
        self.program = program
        self.counters = {what: variable for variable, what in counts.items()}
        self.watched = {d: self.counters.get(beyond_range(d.name)) for d in program.watched}
        self.watched |= {d: variable for d in program.promised for variable, name in broken.items() if name == d.name}
        self.lines: list[str] = []
        self.names: dict[str, str] = {}  # of texts
        self.values: dict[tuple[str, str], str] = {}
        self.truths: dict[str, str] = {}  # of values that are 0 or 1, the condition that they stand for

    def text(self, body: Body) -> str:
        """All statements: what is read, what is found, and in the end what is written."""
        states, sent = self.program.of_role("state", "trace"), self.program.of_role("sends", "given", "spikes_back")
        self.time = self.kept("op_whole(now(t))")
        for d in self.program.of_role("receives"):
            self.values["input", d.name] = self.kept(f"op_wrap(a_{d.port})")
        self.values |= {("state", d.name): variable_of(d.name) for d in states}
        for d in sent:
            self.values["message", d.name] = self.kept("op_whole(frames(t, i))") if d.role == "given" else "0"
        self.block(body, "")
        self.watch()
        targets = {("state", d.name): variable_of(d.name) for d in states}
        targets |= {("message", d.name): BACK if d.role == "spikes_back" else f"m_{d.name}" for d in sent}
        self.lines += [f"{name} = {self.values[key]}" for key, name in targets.items() if self.values[key] != name]
        return "\n".join(self.lines) + "\n"

    def kept(self, text: str) -> str:
        """A name for a value, which never changes: what is found twice has one."""
        if text in self.names.values():
            return text
        if text not in self.names:
            self.names[text] = f"x{len(self.names)}"
            self.lines.append(f"{self.names[text]} = {text}")
        return self.names[text]

    def block(self, body: Body, where: str) -> None:
        """Statements, of the neurons for which the condition `where` holds, if there is one."""
        for s in body:
            if isinstance(s, Set):
                self.assign(s, where)
            elif isinstance(s, Count):
                if variable := self.counters.get(s.what):
                    condition = self.kept(self.condition(s.condition))
                    self.count(variable, f"{where} and {condition}" if where else condition)
            elif isinstance(s, If):
                test = self.kept(self.condition(s.condition))
                for branch, holds in ((s.then, test), (s.otherwise, f"not {test}")):
                    if branch:
                        self.block(branch, self.kept(f"{where} and {holds}" if where else holds))

    def watch(self) -> None:
        """Count what states and messages hold beyond what they declare, now that the step is over."""
        for d, variable in self.watched.items():
            if variable:
                value = self.values["state" if d.role == "state" else "message", d.name]
                self.count(variable, f"({value} < {d.low} or {value} > {d.high})")

    def count(self, variable: str, condition: str) -> None:
        """Count the neurons for which a condition holds, in the steps of samples."""
        found = self.kept(f"{self.kept(condition)} and {self.kept(f'{self.time} > 0')}")
        self.lines.append(f"{variable} = {variable} + op_select({found}, 1, 0)")

    def assign(self, s: Set, where: str) -> None:
        """A name gets a value; a local that was not set before is not read where it is not set now."""
        value, before = self.value(s.value), self.values.get((s.kind, s.name))
        found = self.kept(f"op_select({where}, {value}, {before})" if where and before is not None else value)
        if s.value.op in CONDITIONS and not (where and before):
            self.truths[found] = self.condition(s.value)
        self.values[s.kind, s.name] = found

    def value(self, e: E) -> str:
        """An expression as a number of 32 bits."""
        text, size = self.lowest_bits_of(e)
        return f"op_wrap({text})" if size > HALF else text

    def lowest_bits_of(self, e: E) -> tuple[str, int]:
        """What an expression is before it wraps, or another number with the same 32 lowest bits; its largest size."""
        if e.op in ("add", "sub") and e.wraps:
            (a, size_a), (b, size_b) = map(self.lowest_bits_of, e.inner)
            if size_a + size_b < 1 << 63:
                return f"({a} {INFIX[e.op]} {b})", max(HALF + 1, size_a + size_b)
        if e.op == "select":
            (a, size_a), (b, size_b) = map(self.lowest_bits_of, e.inner[1:])
            return f"op_select({self.condition(e.args[0])}, {a}, {b})", max(size_a, size_b)
        wraps = e.op in WRAPPING and e.wraps
        return self.whole(e), max(HALF + 1, *map(abs, e.exact or ())) if wraps else HALF

    def whole(self, e: E) -> str:
        """An expression before it wraps, of operands that have 32 bits."""
        if e.op == "const":
            return f"({e.args[0]})" if e.args[0] < 0 else str(e.args[0])
        if e.op == "constant":
            return f"c_{e.args[0]}"
        if e.op in ("state", "input", "message", "local"):
            return self.values[e.op, e.args[0]]
        if e.op == "t":
            return self.time
        if e.op == "random":
            return f"op_whole(random_{e.args[1]}(t, i))"
        if e.op in CONDITIONS:
            return f"op_select({self.kept(self.condition(e))}, 1, 0)"
        values = [self.value(a) for a in e.inner]
        if e.op in INFIX:
            return f"({values[0]} {INFIX[e.op]} {values[1]})"
        return f"(-{values[0]})" if e.op == "neg" else f"{called(e.op)}({', '.join(values)})"

    def condition(self, e: E) -> str:
        """An expression as a truth value."""
        if e.op == "lnot":
            return f"(not {self.condition(e.args[0])})"
        if e.op in ("land", "lor"):
            return f"({self.condition(e.args[0])} {INFIX[e.op]} {self.condition(e.args[1])})"
        if e.op == "due":
            return f"(op_due({', '.join(map(self.value, e.inner))}) != 0)"  # Brian2 sees truth values in the text alone
        if e.op in CONDITIONS:
            first, second = map(self.value, e.inner)
            if first in self.truths and e.op == "ne" and second == "0":
                return self.truths[first]
            return f"({first} {INFIX[e.op]} {second})"
        return f"({self.value(e)} != 0)"


def _with_numbers(body: Body, numbers: Mapping[str, int]) -> Body:
    """The statements with the constants that all neurons share as numbers, and what these decide left out."""

    def change(e: E) -> E:
        if e.op == "constant" and e.args[0] in numbers:
            return const(numbers[e.args[0]])
        if not e.inner:
            return e
        inner = tuple(map(change, e.inner))
        if any(inner[k] == const(0) for k in ZEROED_BY.get(e.op, ())):
            return const(0)
        return fold(replace(e, args=inner, at=None))

    def decided(block: Body) -> Iterator[Statement]:
        for s in block:
            if isinstance(s, If) and s.condition.op == "const":
                yield from decided(s.then if s.condition.args[0] else s.otherwise)
            else:
                yield If(s.condition, *map(tuple, map(decided, (s.then, s.otherwise)))) if isinstance(s, If) else s

    return tuple(decided(mapped(body, change)))
