"""A program as one LLVM function (table, t) -> which messages are not 0: 16 neurons at a time, then one at a time.

What all neurons share is decided once; what each decides for itself becomes a choice between two values. Statements
between shared ones are a loop over the neurons of their own, unless a neuron's local values are needed in two of them:
then the whole step is one loop. Either way every variable is a place in memory, of which LLVM makes registers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from neurohw.machine.programs.arithmetic import COMPARE, I32, I64, bits_of, due, number, operation, spread
from neurohw.machine.programs.table import KEY, SIZE, beyond, constant, counter, layout_of
from neurohw.microcode.hashing import GOLDEN_32, GOLDEN_64, MIX_32, MIX_64
from neurohw.microcode.language import Declared
from neurohw.microcode.program import Program
from neurohw.microcode.prove import local_levels
from neurohw.microcode.tree import Body, Count, E, If, Set, Statement, const, expression_of, level, statements, walk

LANES = 16
VECTOR = ir.VectorType(I32, LANES)
SIGNED = ir.FunctionType(I64, [I64.as_pointer(), I64])


@dataclass(frozen=True)
class _Watch(Count):
    """How many neurons hold what a state or message does not declare."""


def watched(program: Program) -> Body:
    """The statements of a program with a watch of all that is unproven: of a message behind the one statement that sets
    it, where most steps do not come, of what is set more often, and of states, at the end."""
    watches = {d.name: _watch(d) for d in program.declared if d.name in program.unproven}
    sets = Counter(s.name for s in statements(program.body) if isinstance(s, Set) and s.kind == "message")

    def follow(body: Body) -> Iterator[Statement]:
        for s in body:
            yield If(s.condition, tuple(follow(s.then)), tuple(follow(s.otherwise))) if isinstance(s, If) else s
            if isinstance(s, Set) and s.kind == "message" and sets[s.name] == 1 and s.name in watches:
                yield watches.pop(s.name)

    return (*follow(program.body), *watches.values()) if watches else program.body


def _watch(d: Declared) -> _Watch:
    e = E("state" if d.role == "state" else "message", (d.name,))
    return _Watch(d.name, E("lor", (E("lt", (e, const(d.low))), E("gt", (e, const(d.high))))))


def write(program: Program, module: Any, name: str) -> None:
    """Add the function of a program to an LLVM module."""
    _Writer(program, module, name).write()


class _Writer:
    """Writes the function of one program."""

    def __init__(self, program: Program, module: Any, name: str) -> None:
        self.program, self.module, self.layout = program, module, layout_of(program)
        self.levels = local_levels(program.body, {})
        self.function = ir.Function(module, SIGNED, name)
        self.table, self.t = self.function.args
        self.b = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.counters = {(Count, what): counter(what) for what in program.counts}
        self.counters.update({(_Watch, name): beyond(name) for name in program.unproven})
        self.variables: dict[Any, Any] = {}
        self.first: Any = None  # of the neurons at hand, in a loop

    def write(self) -> None:
        """The whole function."""
        b, layout = self.b, self.layout
        self.size = self.slot(SIZE)
        with b.if_then(b.icmp_signed("<=", self.size, I64(0)), likely=False):
            b.ret(I64(0))
        self.numbers = {name: self.slot(layout.place(name)) for name in layout.numbers}
        self.rows = {name: b.inttoptr(self.slot(layout.place(name)), I32.as_pointer()) for name in layout.rows}
        domain = self.module.add_metadata([ir.MetaDataString(self.module, "rows")])
        self.scopes = {n: self.module.add_metadata([ir.MetaDataString(self.module, n), domain]) for n in self.rows}
        body = watched(self.program)
        self.keys = {}
        for e in {e: None for s in statements(body) for e in walk(expression_of(s)) if e.op == "random"}:
            self.keys[e.args[1]] = self.key(e.args[1])
        if self.needs_one_loop(body):
            self.loops(body)
        else:
            self.between_loops(body)
        self.count_up()
        b.ret(self.sent())

    def slot(self, place: int) -> Any:
        """A word of the table."""
        return self.b.load(self.b.gep(self.table, [I64(place)]))

    # ---- loops ----

    def is_common(self, s: Statement) -> bool:
        """Whether a statement is about what all neurons share."""
        if isinstance(s, Set):
            return s.kind == "local" and self.levels[s.name] in ("one", "step")
        return isinstance(s, If) and self.is_shared(s.condition)

    def is_shared(self, e: E) -> bool:
        return level(e, {}, self.levels) in ("one", "step")

    def needs_one_loop(self, body: Body) -> bool:
        """Whether a local value of a neuron is used in statements with shared ones between them."""
        return any(n > 1 for n in Counter(name for run in self.runs(body) for name in self.locals_of(run)).values())

    def runs(self, body: Body) -> Iterator[Body]:
        for common, group in groupby(body, self.is_common):
            if not common:
                yield tuple(group)
                continue
            for s in group:
                if isinstance(s, If):
                    yield from self.runs(s.then)
                    yield from self.runs(s.otherwise)

    def locals_of(self, body: Body) -> set[str]:
        used = {e.args[0] for s in statements(body) for e in walk(expression_of(s)) if e.op == "local"}
        used |= {s.name for s in statements(body) if isinstance(s, Set) and s.kind == "local"}
        return {name for name in used if self.levels[name] not in ("one", "step")}

    def between_loops(self, body: Body) -> None:
        for common, group in groupby(body, self.is_common):
            if not common:
                self.loops(tuple(group))
                continue
            for s in group:
                self.common(s, self.between_loops)

    def loops(self, body: Body) -> None:
        """All neurons: 16 at a time, then one at a time."""
        b, names = self.b, self.locals_of(body)
        messages = {s.name for s in statements(body) if isinstance(s, Set) and s.kind == "message"}
        whole = b.and_(self.size, I64(-LANES))
        for kind, start, stop, step in ((VECTOR, I64(0), whole, LANES), (I32, whole, self.size, 1)):
            with cgutils.for_range_slice(b, start, stop, I64(step)) as (self.first, _):
                for name in names:  # what they were for the neurons before does not matter
                    b.store(ir.Constant(kind, ir.Undefined), self.variable(name, kind))
                self.each(body, kind, None)
                for name in messages:
                    found = self.variable(("sent", name), kind)
                    b.store(b.or_(b.load(found), self.load(name, kind)), found)

    def variable(self, name: Any, kind: Any) -> Any:
        """A place for a value, 0 at first."""
        if (name, kind) not in self.variables:
            self.variables[name, kind] = cgutils.alloca_once(self.b, kind)
        return self.variables[name, kind]

    def count_up(self) -> None:
        """Add what was counted to the counters; what is 0, as most of it is, is not even looked up."""
        b = self.b
        for counted, name in self.counters.items():
            total = b.load(self.variable(counted, I64))
            with b.if_then(b.icmp_signed("!=", total, I64(0)), likely=False):
                at = b.inttoptr(self.slot(self.layout.place(name)), I64.as_pointer())
                b.store(b.add(b.load(at), total), at)

    def sent(self) -> Any:
        """Which messages are not 0, as bits."""
        b, found = self.b, I64(0)
        for k, name in enumerate(self.layout.messages):
            for kind in (VECTOR, I32):
                some = b.icmp_signed("!=", b.load(self.variable(("sent", name), kind)), number(kind, 0))
                any_of = b.icmp_unsigned("!=", bits_of(b, some), I64(0))
                found = b.or_(found, b.select(any_of, I64(1 << k), I64(0)))
        return found

    # ---- statements ----

    def common(self, s: Statement, inner: Callable[[Body], None]) -> None:
        """A statement about what all neurons share; `inner` writes the statements of a branch."""
        if isinstance(s, Set):
            self.b.store(self.value(s.value, I64), self.variable(s.name, I64))
        elif isinstance(s, If):
            with self.b.if_else(self.truth(s.condition, I64)) as (then, otherwise):
                with then:
                    inner(s.then)
                with otherwise:
                    inner(s.otherwise)

    def each(self, body: Body, kind: Any, where: Any) -> None:
        """Statements of those neurons at hand for which the condition `where` holds."""
        b = self.b
        for s in body:
            if self.is_common(s):
                self.common(s, lambda inner: self.each(inner, kind, where))
            elif isinstance(s, Set):
                self.assign(s, kind, where)
            elif isinstance(s, Count):
                total = self.variable((type(s), s.what), I64)
                flags = self.both(where, self.truth(s.condition, kind))
                b.store(b.add(b.load(total), b.ctpop(bits_of(b, flags))), total)
            else:
                condition = self.truth(s.condition, kind)
                self.each(s.then, kind, self.both(where, condition))
                if s.otherwise:
                    self.each(s.otherwise, kind, self.both(where, b.not_(condition)))

    def both(self, where: Any, condition: Any) -> Any:
        return condition if where is None else self.b.and_(where, condition)

    def assign(self, s: Set, kind: Any, where: Any) -> None:
        b, value = self.b, self.value(s.value, kind)
        if s.kind == "local":
            at = self.variable(s.name, kind)
            b.store(value if where is None else b.select(where, value, b.load(at)), at)
        else:
            value = value if where is None else b.select(where, value, self.load(s.name, kind))
            self.alone(b.store(value, self.place(s.name, kind), align=4), s.name)

    # ---- rows ----

    def place(self, name: str, kind: Any) -> Any:
        at = self.b.gep(self.rows[name], [self.first])
        return at if kind == I32 else self.b.bitcast(at, kind.as_pointer())

    def load(self, name: str, kind: Any) -> Any:
        return self.alone(self.b.load(self.place(name, kind), align=4), name)

    def alone(self, instruction: Any, name: str) -> Any:
        """Say that a row overlaps no other."""
        others = [scope for other, scope in self.scopes.items() if other != name]
        instruction.set_metadata("alias.scope", self.module.add_metadata([self.scopes[name]]))
        if others:
            instruction.set_metadata("noalias", self.module.add_metadata(others))
        return instruction

    # ---- expressions ----

    def value(self, e: E, kind: Any) -> Any:
        """An expression; what all neurons share is found in int64."""
        b = self.b
        if e.op == "const":
            return number(kind, e.args[0])
        if kind != I64 and self.is_shared(e):
            return spread(b, self.value(e, I64), kind)
        if e.op in ("constant", "state", "input", "message"):
            name = constant(e.args[0]) if e.op == "constant" else e.args[0]
            return self.numbers[name] if kind == I64 else self.load(name, kind)
        if e.op == "local":
            return b.load(self.variable(e.args[0], kind))
        if e.op == "t":
            return self.t
        if e.op == "random":
            return self.random(e.args[0], self.keys[e.args[1]], kind)
        if e.is_condition:
            return b.zext(self.truth(e, kind), kind)
        if e.op == "select":
            condition = self.truth(e.args[0], kind)
            return b.select(condition, self.value(e.args[1], kind), self.value(e.args[2], kind))
        return operation(b, e, [self.value(a, kind) for a in e.inner], kind)

    def truth(self, e: E, kind: Any) -> Any:
        """A condition, or whether a number is not 0, as flags."""
        b = self.b
        if not e.is_condition or (kind != I64 and self.is_shared(e)):
            return b.icmp_signed("!=", self.value(e, kind), number(kind, 0))
        if e.op == "due":
            return due(b, *(self.value(a, kind) for a in e.inner))
        if e.op in COMPARE:
            return b.icmp_signed(COMPARE[e.op], *self.compared(e.inner, kind))
        flags = [self.truth(a, kind) for a in e.inner]
        return b.not_(flags[0]) if e.op == "lnot" else (b.and_ if e.op == "land" else b.or_)(*flags)

    def compared(self, pair: tuple[E, ...], kind: Any) -> list[Any]:
        """The two sides of a comparison: 64 bits of each where one is t, which has more than 32."""
        wide = ir.VectorType(I64, LANES) if kind == VECTOR else I64
        if kind == I64 or all(e.op != "t" for e in pair):
            return [self.value(e, kind) for e in pair]
        return [spread(self.b, self.t, wide) if e.op == "t" else self.b.sext(self.value(e, kind), wide) for e in pair]

    # ---- random numbers, as in `microcode.hashing` ----

    def key(self, place: int) -> Any:
        """The key of a place in this step."""
        b, found = self.b, self.slot(KEY)
        for value in (self.t, I64(place)):
            found = b.add(b.add(found, I64(GOLDEN_64)), value)
            for right, factor in ((30, MIX_64[0]), (27, MIX_64[1])):
                found = b.mul(b.xor(found, b.lshr(found, I64(right))), I64(factor))
            found = b.xor(found, b.lshr(found, I64(31)))
        return found

    def random(self, bits: int, key: Any, kind: Any) -> Any:
        b = self.b
        own = spread(b, self.first, kind)
        if kind != I32:
            own = b.add(own, ir.Constant(kind, list(range(LANES))))
        x = b.mul(own, number(kind, GOLDEN_32))
        for half in (key, b.lshr(key, I64(32))):
            x = b.xor(x, spread(b, half, kind))
            for right, factor in ((16, MIX_32[0]), (13, MIX_32[1])):
                x = b.mul(b.xor(x, b.lshr(x, number(kind, right))), number(kind, factor))
            x = b.xor(x, b.lshr(x, number(kind, 16)))
        return b.lshr(x, number(kind, 32 - bits))
