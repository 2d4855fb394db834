"""The operations of the language as LLVM's instructions, on int64 for what all neurons share and on int32 for the rest.

What is shared holds 32 bits in 64, so that its products are exact, and wraps only where its range says that it may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from neurohw.microcode.tree import E
from neurohw.microcode.words import HIGH

I32, I64 = ir.IntType(32), ir.IntType(64)
COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


def number(kind: Any, n: int) -> Any:
    """A constant, in every lane."""
    return ir.Constant(kind, [n] * kind.count if isinstance(kind, ir.VectorType) else n)


def spread(b: Any, value: Any, kind: Any) -> Any:
    """A shared value in every lane."""
    value = b.trunc(value, I32) if getattr(kind, "element", kind) == I32 else value
    if not isinstance(kind, ir.VectorType):
        return value
    nothing = ir.Constant(kind, ir.Undefined)
    return b.shuffle_vector(
        b.insert_element(nothing, value, I32(0)), nothing, number(ir.VectorType(I32, kind.count), 0)
    )


def bits_of(b: Any, flags: Any) -> Any:
    """The conditions of some lanes as the bits of an int64."""
    if isinstance(flags.type, ir.VectorType):
        flags = b.bitcast(flags, ir.IntType(flags.type.count))
    return b.zext(flags, I64)


def operation(b: Any, e: E, args: list[Any], kind: Any) -> Any:
    """The value of an operation that is neither a condition nor a choice."""
    found = OPERATIONS[e.op](b, e, *args)
    return b.sext(b.trunc(found, I32), I64) if kind == I64 and e.wraps else found


def due(b: Any, t: Any, interval: Any, offset: Any) -> Any:
    """Whether t is one of the steps `offset`, `offset` + `interval`, ..."""
    by = _larger(b, interval, I64(1))
    same = b.icmp_signed("==", _mod(b, t, by), _mod(b, offset, by))
    return b.and_(b.icmp_signed(">", interval, I64(0)), same)


def _mod(b: Any, x: Any, by: Any) -> Any:
    """The rest of a floored division by what is positive."""
    rest = b.srem(x, by)
    return b.add(rest, b.and_(by, _sign(b, rest)))


def _smaller(b: Any, x: Any, y: Any) -> Any:
    return b.select(b.icmp_signed("<", x, y), x, y)


def _larger(b: Any, x: Any, y: Any) -> Any:
    return b.select(b.icmp_signed(">", x, y), x, y)


def _negative(b: Any, x: Any) -> Any:
    return b.sub(number(x.type, 0), x)


def _absolute(b: Any, x: Any) -> Any:
    return b.select(b.icmp_signed("<", x, number(x.type, 0)), _negative(b, x), x)


def _shift(b: Any, e: E, x: Any, n: Any) -> Any:
    none = number(n.type, 0)
    left, right = b.shl(x, _larger(b, n, none)), b.ashr(x, _larger(b, _negative(b, n), none))
    return b.select(b.icmp_signed("<", n, none), right, left)


def _bit_length(b: Any, e: E, x: Any) -> Any:
    """By halves: llvmlite counts leading zeros of vectors in no release."""
    rest, found = _absolute(b, x), number(x.type, 0)
    for bits in (16, 8, 4, 2, 1):
        high = b.icmp_unsigned(">=", rest, number(x.type, 1 << bits))
        step = b.select(high, number(x.type, bits), number(x.type, 0))
        rest, found = b.lshr(rest, step), b.add(found, step)
    return b.add(found, rest)


def _shifted_product(b: Any, e: E, x: Any, factor: Any, bits: Any) -> Any:
    """x factor >> bits, floored; `scale`: toward zero, by adding what the shift takes off to what is negative."""
    kind, (least, most) = x.type, e.args[1].range
    low = b.sub(b.shl(number(kind, 1), bits), number(kind, 1))
    values = [abs(n) * max(abs(least), abs(most)) for n in e.args[0].range]
    if kind == I64 or max(values) <= HIGH:
        return _floored(b, b.mul(x, factor), low, bits, e.op == "scale")
    largest = 1 << min(31, e.args[2].range[1])
    if least >= 0 and largest * (most + 1) <= 1 << 32:  # upper and lower bits of x apart: 32 bits do
        rest = b.mul(b.and_(x, low), factor)
        if e.op == "scale":
            rest = b.add(rest, b.and_(_sign(b, x), low))
        return b.add(b.mul(b.ashr(x, bits), factor), b.lshr(rest, bits))
    wide = ir.VectorType(I64, kind.count) if isinstance(kind, ir.VectorType) else I64
    product = b.mul(b.sext(x, wide), b.sext(factor, wide))
    return b.trunc(_floored(b, product, b.zext(low, wide), b.zext(bits, wide), e.op == "scale"), kind)


def _floored(b: Any, product: Any, low: Any, bits: Any, toward_zero: bool) -> Any:
    if toward_zero:
        product = b.add(product, b.and_(_sign(b, product), low))
    return b.ashr(product, bits)


def _sign(b: Any, x: Any) -> Any:
    """-1 of what is negative, else 0."""
    return b.ashr(x, number(x.type, getattr(x.type, "element", x.type).width - 1))


def _plain(name: str) -> Callable[..., Any]:
    return lambda b, e, x, y: getattr(b, name)(x, y)


OPERATIONS: dict[str, Callable[..., Any]] = {
    **{op: _plain(op) for op in ("add", "sub", "mul", "shl", "xor")},
    "sar": _plain("ashr"), "and": _plain("and_"), "or": _plain("or_"),
    "min": lambda b, e, x, y: _smaller(b, x, y), "max": lambda b, e, x, y: _larger(b, x, y),
    "neg": lambda b, e, x: _negative(b, x), "abs": lambda b, e, x: _absolute(b, x),
    "invert": lambda b, e, x: b.xor(x, number(x.type, -1)), "shift": _shift, "bit_length": _bit_length,
    "scale": _shifted_product, "mul_shift": _shifted_product, "mod": lambda b, e, x, by: _mod(b, x, by),
    "phase": lambda b, e, t, period: b.add(_mod(b, b.sub(t, I64(1)), period), I64(1)),
}  # fmt: skip
