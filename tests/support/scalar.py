"""A program as a function of numba, one neuron after the other: a second generator, which shares nothing with LLVM's.

It is given what that is given, and returns the same. It writes `if` where the text does, on int64 that hold 32 bits.
"""

from __future__ import annotations

from llvmlite import ir
from numba import carray, cfunc, njit, types
from numba.extending import intrinsic
from numpy import int64, uint32, uint64

from neurohw.machine.programs.table import KEY, SIZE, beyond, constant, counter, layout_of
from neurohw.microcode.hashing import GOLDEN_32, GOLDEN_64, MIX_32, MIX_64
from neurohw.microcode.program import Program
from neurohw.microcode.tree import Body, Count, E, Set

STEP_64, FIRST_64, SECOND_64 = uint64(GOLDEN_64), uint64(MIX_64[0]), uint64(MIX_64[1])
STEP_32, FIRST_32, SECOND_32 = uint32(GOLDEN_32), uint32(MIX_32[0]), uint32(MIX_32[1])
VALUES = {
    "const": "{}", "constant": "int64({0}_constant{1})", "state": "int64({}_row[i])", "input": "int64({}_row[i])",
    "message": "int64({}_row[i])", "local": "{}", "t": "t", "random": "draw(table[{key}], t, {1}, i, {0})",
    "add": "wrap({} + {})", "sub": "wrap({} - {})", "mul": "wrap({} * {})", "neg": "wrap(-{})", "abs": "wrap(abs({}))",
    "and": "({} & {})", "or": "({} | {})", "xor": "({} ^ {})", "invert": "(~{})", "shl": "wrap({} << {})",
    "sar": "({} >> {})", "mod": "({} % {})", "min": "min({}, {})", "max": "max({}, {})",
    "lt": "({} < {})", "le": "({} <= {})", "gt": "({} > {})", "ge": "({} >= {})", "eq": "({} == {})",
    "ne": "({} != {})", "land": "({} and {})", "lor": "({} or {})", "lnot": "(not {})",
    "select": "({1} if {0} else {2})", "scale": "wrap(scale({}, {}, {}))",
    "mul_shift": "wrap(({} * {}) >> {})", "shift": "wrap(shift({}, {}))",
    "bit_length": "bit_length({})", "phase": "(({} - 1) % {} + 1)", "due": "due({}, {}, {})",
}  # fmt: skip
LOGIC = {"land": (0, 1), "lor": (0, 1), "lnot": (0,), "select": (0,)}  # operands that are conditions


def text_of(program: Program) -> str:
    """The function, as Python's text; locals of programs end in _number, its own names do not."""
    layout, lines = layout_of(program), ["def step(table, t):", f"    n, sent = table[{SIZE}], 0"]
    for name, _, how in program.constants:
        word = f"table[{layout.place(constant(name))}]"
        lines.append(f"    {name}_constant = {word if how == 'one' else f'numbers({word}, n)'}")
    for name in (name for name in layout.rows if name.isidentifier()):
        lines.append(f"    {name}_row = numbers(table[{layout.place(name)}], n)")
    lines += ["    for i in range(n):", *_block(program.body, program, "        ")]
    for d in (d for d in program.declared if d.name in layout.watched):
        lines.append(f"        if {d.name}_row[i] < {d.low} or {d.name}_row[i] > {d.high}:")
        lines.append(f"            words(table[{layout.place(beyond(d.name))}], 1)[0] += 1")
    for k, name in enumerate(layout.messages):
        lines.append(f"        sent |= {1 << k} * ({name}_row[i] != 0)")
    return "\n".join([*lines, "    return sent", ""])


def _block(body: Body, program: Program, indent: str) -> list[str]:
    lines = [f"{indent}pass"]
    for s in body:
        if isinstance(s, Set):
            left = s.name if s.kind == "local" else f"{s.name}_row[i]"
            lines.append(f"{indent}{left} = {_value(s.value)}")
            continue
        lines.append(f"{indent}if {_truth(s.condition)}:")
        if isinstance(s, Count):
            lines.append(f"{indent}    words(table[{layout_of(program).place(counter(s.what))}], 1)[0] += 1")
        else:
            lines += [*_block(s.then, program, indent + "    "), f"{indent}else:"]
            lines += _block(s.otherwise, program, indent + "    ")
    return lines


def _value(e: E) -> str:
    return f"int64({_truth(e)})" if e.is_condition else _written(e)


def _truth(e: E) -> str:
    return _written(e) if e.is_condition else f"({_written(e)} != 0)"


def _written(e: E) -> str:
    if e.op == "constant":
        return VALUES[e.op].format(e.args[0], "[i]" if e.args[1] == "each" else "")
    conditions = LOGIC.get(e.op, ())
    args = [_truth(a) if k in conditions else _value(a) for k, a in enumerate(e.inner)] if e.inner else e.args
    return VALUES[e.op].format(*args, key=KEY)


def compiled(program: Program):
    """The function as machine code, which has an `address`."""
    names = dict(globals())
    exec(compile(text_of(program), f"<{program.name} by numba>", "exec"), names)
    return cfunc(types.int64(types.CPointer(types.int64), types.int64))(names["step"])


# ---- what the text calls -------------------------------------------------------------------------------------------


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
    return interval > 0 and t % interval == offset % interval


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
