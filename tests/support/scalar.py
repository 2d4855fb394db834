"""A program run by numba, one neuron after the other: a second way to machine code, which shares nothing with LLVM's.

numba takes seconds for the text of one program, so that it compiles a machine with registers instead, once, and every
program is a tape for it. It is given what generated code is given, and returns the same. Registers are int64 that hold
32 bits; the first two are t and the neuron's number.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic
from numpy import int64, uint32, uint64

from neurohw.machine.programs.table import KEY, SIZE, beyond, constant, counter, layout_of
from neurohw.microcode.hashing import GOLDEN_32, GOLDEN_64, MIX_32, MIX_64
from neurohw.microcode.program import Program
from neurohw.microcode.tree import Body, Count, E, If, Set
from support.generated import STEP

STEP_64, FIRST_64, SECOND_64 = uint64(GOLDEN_64), uint64(MIX_64[0]), uint64(MIX_64[1])
STEP_32, FIRST_32, SECOND_32 = uint32(GOLDEN_32), uint32(MIX_32[0]), uint32(MIX_32[1])
VALUES = {  # of operations on registers x, y and z
    "add": "wrap(x + y)", "sub": "wrap(x - y)", "mul": "wrap(x * y)", "neg": "wrap(-x)", "abs": "wrap(abs(x))",
    "and": "x & y", "or": "x | y", "xor": "x ^ y", "invert": "~x", "shl": "wrap(x << y)", "sar": "x >> y",
    "mod": "x % y", "min": "min(x, y)", "max": "max(x, y)", "lt": "int64(x < y)", "le": "int64(x <= y)",
    "gt": "int64(x > y)", "ge": "int64(x >= y)", "eq": "int64(x == y)", "ne": "int64(x != y)",
    "land": "int64(x != 0 and y != 0)", "lor": "int64(x != 0 or y != 0)", "lnot": "int64(x == 0)",
    "select": "y if x != 0 else z", "scale": "wrap(scale(x, y, z))", "mul_shift": "wrap((x * y) >> z)",
    "shift": "wrap(shift(x, y))", "bit_length": "bit_length(x)", "phase": "(x - 1) % y + 1", "due": "due(x, y, z)",
}  # fmt: skip
ROW, WORD, PUT, COPY, COUNT, UNLESS, JUMP, SENT, RANDOM = range(-9, 0)  # what else is on a tape: [what, d, a, b, c]
NUMBERS = {op: number for number, op in enumerate(VALUES)}


class Tape:
    """A program for the machine, and its registers."""

    def __init__(self, program: Program) -> None:
        self.layout, self.names, self.start = layout_of(program), {}, [0, 0]
        self.hows = {name: how for name, _, how in program.constants}
        self.lines: list[list[int]] = []
        self.block(program.body)
        for d in (d for d in program.declared if d.name in self.layout.watched):
            value, low, high = self.row(d.name), self.number(d.low), self.number(d.high)
            outside = self.operation("lor", self.operation("lt", value, low), self.operation("gt", value, high))
            self.add(COUNT, self.layout.place(beyond(d.name)), outside)
        for k, name in enumerate(self.layout.messages):
            self.add(SENT, k, self.row(name))

    def add(self, *line: int) -> int:
        """Write a line; what it gives goes to register d, which is returned."""
        self.lines.append([*line, *[0] * (5 - len(line))])
        return line[1]

    def number(self, n: int = 0) -> int:
        """A register of its own, which begins with n."""
        self.start.append(n)
        return len(self.start) - 1

    def row(self, name: str) -> int:
        return self.add(ROW, self.number(), self.layout.place(name))

    def operation(self, op: str, *registers: int) -> int:
        return self.add(NUMBERS[op], self.number(), *registers)

    def local(self, name: str) -> int:
        if name not in self.names:
            self.names[name] = self.number()
        return self.names[name]

    def value(self, e: E) -> int:
        """The register with the value of an expression."""
        if e.op == "const":
            return self.number(e.args[0])
        if e.op == "constant":
            what = WORD if self.hows[e.args[0]] == "one" else ROW
            return self.add(what, self.number(), self.layout.place(constant(e.args[0])))
        if e.op in ("state", "input", "message"):
            return self.row(e.args[0])
        if e.op == "local":
            return self.add(COPY, self.number(), self.local(e.args[0]))
        if e.op == "random":
            return self.add(RANDOM, self.number(), *e.args)
        return 0 if e.op == "t" else self.operation(e.op, *map(self.value, e.inner))

    def block(self, body: Body) -> None:
        for s in body:
            if isinstance(s, Set):
                value = self.value(s.value)
                self.add(
                    *((COPY, self.local(s.name)) if s.kind == "local" else (PUT, self.layout.place(s.name))), value
                )
            elif isinstance(s, Count):
                self.add(COUNT, self.layout.place(counter(s.what)), self.value(s.condition))
            else:
                self.branch(s)

    def branch(self, s: If) -> None:
        condition, skip = self.value(s.condition), len(self.lines)
        self.add(UNLESS, 0, condition)
        self.block(s.then)
        leave = len(self.lines)
        self.add(JUMP, 0)
        self.lines[skip][1] = len(self.lines)
        self.block(s.otherwise)
        self.lines[leave][1] = len(self.lines)


class Taped:
    """The step of a program; `address`: of the function (address of a table, t) -> which messages are not 0."""

    def __init__(self, program: Program) -> None:
        tape = Tape(program)
        lines, registers = np.array(tape.lines, np.int64).reshape(-1, 5), np.array(tape.start, np.int64)
        self._call = STEP(lambda table, t: run(lines, registers, table, t))
        self.address = ctypes.cast(self._call, ctypes.c_void_p).value


# ---- what numba compiles -------------------------------------------------------------------------------------------


def _pointer(kind, width: int):
    def typed(typing_context, address):
        def codegen(context, builder, signature, args):
            return builder.inttoptr(args[0], ir.IntType(width).as_pointer())

        return types.CPointer(kind)(types.int64), codegen

    return intrinsic(typed)


_words, _numbers = _pointer(types.int64, 64), _pointer(types.int32, 32)


@njit
def words(address, size):
    return carray(_words(address), size)


@njit
def numbers(address, size):
    return carray(_numbers(address), size)


@njit
def wrap(x):
    return ((x + (1 << 31)) & ((1 << 32) - 1)) - (1 << 31)


@njit
def scale(x, factor, bits):
    return x * factor >> bits if x * factor >= 0 else -(-x * factor >> bits)


@njit
def shift(x, amount):
    return x << amount if amount >= 0 else x >> -amount


@njit
def bit_length(x):
    found, rest = 0, abs(x)
    while rest:
        found, rest = found + 1, rest >> 1
    return found


@njit
def due(t, interval, offset):
    return int64(interval > 0 and t % interval == offset % interval)


@njit
def draw(key, t, place, i, bits):
    """A random number, as in `microcode.hashing`."""
    x = uint64(key)
    for value in (t, place):
        x = x + STEP_64 + uint64(value)
        x = (x ^ (x >> uint64(30))) * FIRST_64
        x = (x ^ (x >> uint64(27))) * SECOND_64
        x = x ^ (x >> uint64(31))
    y = uint32(uint32(i) * STEP_32)
    for half in (uint32(x), uint32(x >> uint64(32))):
        y = uint32(y ^ half)
        y = uint32(uint32(y ^ (y >> uint32(16))) * FIRST_32)
        y = uint32(uint32(y ^ (y >> uint32(13))) * SECOND_32)
        y = uint32(y ^ (y >> uint32(16)))
    return int64(y >> uint32(32 - bits))


def _result() -> Any:
    """A function of the number of an operation and three values."""
    lines = [f"    if what == {NUMBERS[op]}:\n        return {value}\n" for op, value in VALUES.items()]
    names = dict(globals())
    exec(f"def result(what, x, y, z):\n{''.join(lines)}    return int64(0)\n", names)
    return njit(names["result"])


result = _result()


@njit
def run(lines, registers, address, t):
    """One step of all neurons."""
    table = words(address, 1 << 20)  # its length is that of its layout, which numba does not ask
    n, sent = table[SIZE], 0
    registers[0] = t
    for i in range(n):
        registers[1], at = i, 0
        while at < len(lines):
            what, d, a, b, c = lines[at]
            at += 1
            if what >= 0:
                registers[d] = result(what, registers[a], registers[b], registers[c])
            elif what == ROW:
                registers[d] = numbers(table[a], n)[i]
            elif what == WORD:
                registers[d] = table[a]
            elif what == PUT:
                numbers(table[d], n)[i] = registers[a]
            elif what == COPY:
                registers[d] = registers[a]
            elif what == COUNT:
                words(table[d], 1)[0] += registers[a] != 0
            elif what == RANDOM:
                registers[d] = draw(table[KEY], t, b, i, a)
            elif what == SENT:
                sent |= int64(registers[a] != 0) << d
            elif what == JUMP or registers[a] == 0:
                at = d
    return int64(sent)
