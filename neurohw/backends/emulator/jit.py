"""How the kernels are compiled.

Inner functions are called from compiled code only: without Python and C entry points they compile in half the time.
They are not cached by themselves; the one entry point is, with all of them inside.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core.imputils import impl_ret_untracked
from numba.extending import intrinsic

_INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel = njit(**_INNER)
inlined = njit(inline="always", **_INNER)


@intrinsic
def untracked(typing_context: Any, array: Any) -> Any:
    """The same array without its reference count, as long as the caller keeps the original alive.

    Every function that takes an array, and every slice, counts a reference up and down, atomically: with tens of
    arrays a step that was a fifth of the time of a run. Slices of an untracked array are untracked too.
    """
    if not isinstance(array, types.Array):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        copy = context.make_array(array)(context, builder, args[0])
        copy.meminfo = context.get_constant_null(types.MemInfoPointer(types.voidptr))
        return impl_ret_untracked(context, builder, array, copy._getvalue())

    return array(array), codegen


@intrinsic
def nonzero_bits(typing_context: Any, values: Any, start: Any) -> Any:
    """Which of the 64 int32 `values` from `start` are not zero, as the bits of a uint64; all 64 must exist."""
    lanes = ir.VectorType(ir.IntType(32), 64)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(values)(context, builder, args[0]).data
        at = builder.bitcast(builder.gep(data, [args[1]]), lanes.as_pointer())
        loaded = builder.load(at)
        loaded.align = 4
        return builder.bitcast(builder.icmp_unsigned("!=", loaded, lanes(None)), ir.IntType(64))

    return types.uint64(values, types.int64), codegen


@intrinsic
def trailing_zeros(typing_context: Any, bits: Any) -> Any:
    """Number of zero bits below the lowest one of a uint64 that is not zero."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(1))

    return types.int64(types.uint64), codegen
