"""Operations of neuron programs that Brian2 does not have, as its functions.

Brian2 has sums, products and comparisons. All values are integers of 32 bits, in 64, which hold what an operation makes
of them before it wraps.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from neurohw.backends.brian2.engine import brian2
from neurohw.microcode.words import EXACT

PRODUCT = "(x * y)"
C = {  # of x, y and z; shifts to the left are products, as C leaves those of negative numbers open
    "wrap": "(int32_t)x", "abs": "x < 0 ? -x : x", "invert": "~x", "and": "x & y", "or": "x | y", "xor": "x ^ y",
    "min": "x < y ? x : y", "max": "x > y ? x : y", "select": "x ? y : z", "mod": "((x % y) + y) % y",
    "shl": "x * ((int64_t)1 << y)", "sar": "x >> y", "shift": "y < 0 ? x >> -y : x * ((int64_t)1 << y)",
    "phase": "(x - 1 + y) % y + 1", "due": "y > 0 && x % y == ((z % y) + y) % y",
    "mul_shift": f"{PRODUCT} >> z", "scale": f"{PRODUCT} < 0 ? -(-{PRODUCT} >> z) : {PRODUCT} >> z",
    "whole": "(int64_t)x", "bit_length": "x == 0 ? 0 : 64 - __builtin_clzll(x < 0 ? -x : x)",
}  # fmt: skip
TYPES = {"select": ("boolean", "integer", "integer"), "whole": ("float",)}  # the others are of integers
C_TYPES = {"boolean": "int", "integer": "int64_t", "float": "double"}


def called(op: str) -> str:
    """The name of an operation's function."""
    return f"op_{op}"


@cache
def functions() -> dict[str, Any]:
    """Brian2's functions, by name."""
    return {called(op): _function(op, text) for op, text in C.items()}


def _function(op: str, text: str) -> Any:
    arguments = TYPES.get(op) or ("integer",) * (3 if "z" in text else 2 if "y" in text else 1)
    found = brian2.Function(
        NUMPY.get(op) or EXACT[op], arg_types=arguments, arg_units=[1] * len(arguments), return_type="integer",
        return_unit=1,
    )  # fmt: skip
    given = ", ".join(f"{C_TYPES[kind]} {x}" for kind, x in zip(arguments, "xyz"))
    head = f"int64_t {called(op)}({given})"
    code = f"static inline {head} {{ return {text}; }}"
    found.implementations.add_implementation("numpy", found.pyfunc)
    found.implementations.add_implementation("cpp", code, name=called(op))
    in_cython = f'cdef extern from *:\n    """\n    {code}\n    """\n    {head} nogil\n'
    found.implementations.add_implementation("cython", in_cython, name=called(op))
    return found


def _select(condition: Any, x: Any, y: Any) -> Any:
    """x or y, as they are where all neurons share the condition."""
    return np.where(condition, x, y) if np.ndim(condition) else x if condition else y


def _scale(x: Any, factor: Any, bits: Any) -> Any:
    """Toward zero: what the shift would floor is lifted first."""
    product = x * factor
    return (product + ((product >> 63) & ((1 << bits) - 1))) >> bits


NUMPY = {  # the others are those of `words.EXACT`
    "wrap": lambda x: np.asarray(x).astype(np.int32).astype(np.int64), "select": _select, "scale": _scale,
    "whole": lambda x: np.asarray(x).astype(np.int64),
}  # fmt: skip
