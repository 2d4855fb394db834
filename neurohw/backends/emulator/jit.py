"""How the kernels are compiled, and the few operations that numba has no good form of.

Inner functions are called from compiled code only: without Python and C entry points they compile in half the time.
They are not cached by themselves; the one entry point is, with all of them inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel = njit(**_INNER)
inlined = njit(inline="always", **_INNER)


def _untracked(typing_context: Any, group: Any) -> Any:
    """An array, or a named tuple of arrays, without reference counts, as long as the caller keeps the original alive.

    Every function that takes an array, and every slice, counts a reference up and down, atomically: with tens of
    arrays a step that was a fifth of the time of a run. Slices of an untracked array are untracked too.
    """
    arrays = getattr(group, "types", (group,))
    if not all(isinstance(a, types.Array) for a in arrays):
        return None

    def bare(context: Any, builder: Any, array: Any, value: Any) -> Any:
        copy = context.make_array(array)(context, builder, value)
        copy.meminfo = copy.meminfo.type(None)
        return copy._getvalue()

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if arrays[0] is group:
            return bare(context, builder, group, args[0])
        value = args[0]
        for k, array in enumerate(arrays):
            part = bare(context, builder, array, builder.extract_value(value, k))
            value = builder.insert_value(value, part, k)
        return value

    return group(group), codegen


def _nonzero_bits(typing_context: Any, values: Any, start: Any) -> Any:
    """Which of the 64 int32 `values` from `start` are not zero, as the bits of a uint64; all 64 must exist."""
    lanes = ir.VectorType(ir.IntType(32), 64)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(values)(context, builder, args[0]).data
        loaded = builder.load(builder.bitcast(builder.gep(data, [args[1]]), lanes.as_pointer()))
        loaded.align = 4
        return builder.bitcast(builder.icmp_unsigned("!=", loaded, lanes(None)), ir.IntType(64))

    return types.uint64(values, types.int64), codegen


def _trailing_zeros(typing_context: Any, bits: Any) -> Any:
    """Number of zero bits below the lowest one of a uint64 that is not zero."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(1))

    return types.int64(types.uint64), codegen


def _same_width(emit: Callable[[Any, Any, Any], Any]) -> Any:
    def operation(typing_context: Any, a: Any, b: Any) -> Any:
        if a != b or not isinstance(a, types.Integer):
            return None
        return a(a, b), lambda context, builder, signature, args: emit(builder, *args)

    return intrinsic(operation)


untracked: Any = intrinsic(_untracked)
nonzero_bits: Any = intrinsic(_nonzero_bits)
trailing_zeros: Any = intrinsic(_trailing_zeros)

# Arithmetic in the operands' own width, wrapping. numba's operators widen to int64, and what goes through a shift by a
# variable or a min cannot be narrowed again: a loop over int16 would get a quarter of the lanes.
add = _same_width(lambda builder, a, b: builder.add(a, b))
mul = _same_width(lambda builder, a, b: builder.mul(a, b))
shl = _same_width(lambda builder, a, b: builder.shl(a, b))
sar = _same_width(lambda builder, a, b: builder.ashr(a, b))
both = _same_width(lambda builder, a, b: builder.and_(a, b))
either = _same_width(lambda builder, a, b: builder.or_(a, b))
lower = _same_width(lambda builder, a, b: builder.select(builder.icmp_signed("<", a, b), a, b))
upper = _same_width(lambda builder, a, b: builder.select(builder.icmp_signed(">", a, b), a, b))
