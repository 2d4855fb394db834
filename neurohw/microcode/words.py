"""Integers of 32 bits, as every exact backend has them: the meaning of the operators and functions of the language.

Sums, differences, products and shifts wrap; `>>` floors; `scale` rounds toward zero; `mul_shift` and `scale` have exact
products. Everything here takes Python's integers and int64 arrays alike, so that constants, reference and tests share
one meaning with nothing but numpy between them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

LOW, HIGH = -(1 << 31), (1 << 31) - 1


def wrap(x: Any) -> Any:
    """The 32 lowest bits of an integer, with their sign."""
    return ((x + (1 << 31)) & ((1 << 32) - 1)) - (1 << 31)


def is_multiple(value: float, unit: float) -> bool:
    """Whether a number is a whole multiple of a unit as far as floats tell: 0.3 is one of 0.1."""
    return abs(value / unit - round(value / unit)) < 1e-9


class Word(int):
    """An integer of 32 bits: what it makes with others wraps, and what it is compared to gives 0 or 1."""


def word(x: int) -> Word:
    """The 32 lowest bits of an integer, as a Word."""
    return Word(wrap(int(x)))


def _make_word_arithmetic() -> None:
    for name in ("add", "sub", "mul", "and", "or", "xor", "lshift", "rshift", "mod"):
        for method in (f"__{name}__", f"__r{name}__"):
            exact = getattr(int, method)
            setattr(Word, method, lambda a, b, exact=exact: word(exact(int(a), int(b))))
    for name in ("neg", "abs", "invert"):
        exact = getattr(int, f"__{name}__")
        setattr(Word, f"__{name}__", lambda a, exact=exact: word(exact(int(a))))
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        exact = getattr(int, f"__{name}__")
        setattr(Word, f"__{name}__", lambda a, b, exact=exact: Word(exact(int(a), int(b))))
    Word.__hash__ = int.__hash__  # type: ignore[method-assign]


_make_word_arithmetic()


def _scale(x: Any, factor: Any, bits: Any) -> Any:
    product = x * factor  # 62 bits at most
    return np.sign(product) * (abs(product) >> bits)


def _bit_length(x: Any) -> Any:
    return np.vectorize(lambda v: int(v).bit_length(), otypes=[np.int64])(x)


def _due(t: Any, interval: Any, offset: Any) -> Any:
    by = np.maximum(1, interval)
    return (interval > 0) & (t % by == offset % by)


EXACT: dict[str, Callable[..., Any]] = {  # before the value wraps, in 64 bits
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "neg": lambda a: -a, "abs": abs,
    "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b, "invert": lambda a: ~a,
    "shl": lambda a, n: a << n, "sar": lambda a, n: a >> n,
    "mod": lambda a, b: a % b, "min": np.minimum, "max": np.maximum,
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "land": lambda a, b: (a != 0) & (b != 0),
    "lor": lambda a, b: (a != 0) | (b != 0), "lnot": lambda a: a == 0, "select": np.where,
    "scale": _scale, "mul_shift": lambda x, k, n: (x * k) >> n, "bit_length": _bit_length,
    "shift": lambda x, n: np.where(n >= 0, x << np.maximum(n, 0), x >> np.maximum(-n, 0)),
    "phase": lambda t, period: (t - 1) % period + 1, "due": _due,
}  # fmt: skip
WRAPPING = frozenset({"add", "sub", "mul", "neg", "abs", "shl", "shift", "scale", "mul_shift"})
MEANING = {
    op: (lambda *values, exact=exact: wrap(exact(*values))) if op in WRAPPING else exact for op, exact in EXACT.items()
}
AMOUNTS = {  # of shifts: which operand it is, and its limits
    "shl": (1, 0, 31), "sar": (1, 0, 31), "scale": (2, 0, 31), "mul_shift": (2, 0, 31), "shift": (1, -31, 31),
}  # fmt: skip
DIVIDING = ("mod", "phase")  # by their second operand, of 1 or more
CONDITIONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "land", "lor", "lnot", "due"})  # 0 or 1
