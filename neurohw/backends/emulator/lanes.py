"""Inner loops written with vectors: one pass where numba would make several, or none that it can vectorise.

Every one of them has its plain form beside the kernel that calls it, which does what is left at the end of an array.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

NEURONS, COLUMNS = 16, 64  # lanes
_I16, _I32, _I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)


def _place(context: Any, builder: Any, array: Any, value: Any, index: Any, lanes: Any) -> Any:
    """Address of the lanes of an array that begin at an index."""
    data = context.make_array(array)(context, builder, value).data
    return builder.bitcast(builder.gep(data, [index]), lanes.as_pointer())


def _load(builder: Any, place: Any) -> Any:
    return builder.load(place, align=place.type.pointee.element.width // 8)


def _store(builder: Any, values: Any, place: Any) -> None:
    builder.store(values, place, align=values.type.element.width // 8)


def _all(value: int, lanes: int = NEURONS) -> Any:
    return ir.Constant(ir.VectorType(_I32, lanes), [value] * lanes)


def _spread(builder: Any, value: Any, lanes: int) -> Any:
    """A vector of one int32 everywhere."""
    kind = ir.VectorType(_I32, lanes)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _I32(0))
    return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), ir.Constant(kind, [0] * lanes))


def _mask(builder: Any, condition: Any) -> Any:
    """A condition of up to 64 lanes as the bits of a uint64."""
    bits = builder.bitcast(condition, ir.IntType(condition.type.count))
    return bits if condition.type.count == _I64.width else builder.zext(bits, _I64)


def _nonzero_bits(typing_context: Any, values: Any, start: Any) -> Any:
    """Which of the 64 `values` from `start` are not zero, as the bits of a uint64; all 64 must exist."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = ir.VectorType(context.get_value_type(values.dtype), COLUMNS)
        loaded = _load(builder, _place(context, builder, values, args[0], args[1], lanes))
        return _mask(builder, builder.icmp_unsigned("!=", loaded, lanes(None)))

    return types.uint64(values, types.int64), codegen


def _prefetch(typing_context: Any, values: Any, index: Any) -> Any:
    """Have the line of an array that an index is in brought to the second-level cache."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(values)(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [place.type, _I32, _I32, _I32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [place.type], fnty=kind)
        read, second_level, data_cache = _I32(0), _I32(2), _I32(1)
        builder.call(function, [place, read, second_level, data_cache])
        return context.get_dummy_value()

    return types.void(values, types.int64), codegen


def _size(builder: Any, x: Any) -> tuple[Any, Any]:
    """Absolute value, and all ones where x is negative."""
    sign = builder.ashr(x, _all(31))
    return builder.sub(builder.xor(x, sign), sign), sign


def _decayed(builder: Any, x: Any, keep: Any) -> Any:
    """x keep / 4096, toward zero: dec(x, 4096 - keep). Upper and lower 12 bits of |x| apart, so that 32 bits do."""
    size, sign = _size(builder, x)
    upper = builder.mul(builder.lshr(size, _all(12)), keep)
    lower = builder.lshr(builder.mul(builder.and_(size, _all(4095)), keep), _all(12))
    return builder.sub(builder.xor(builder.add(upper, lower), sign), sign)


def _lif(remembers: bool) -> Any:
    """`step_lif`, for neurons whose current outlasts a step, or for those whose does not."""

    def typed(
        typing_context: Any, u: Any, v: Any, heard: Any, bias: Any, high: Any, said: Any, start: Any, keep_u: Any,
        keep_v: Any,
    ) -> Any:  # fmt: skip
        arrays, lanes = (u, v, heard, bias, high, said), ir.VectorType(_I32, NEURONS)

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            *values, first, stays_u, stays_v = args
            places = [_place(context, builder, kind, value, first, lanes) for kind, value in zip(arrays, values)]
            before, voltage, input_, constant, threshold = (_load(builder, place) for place in places[:5])
            current = builder.shl(input_, _all(6))
            if remembers:
                current = builder.add(current, _decayed(builder, before, _spread(builder, stays_u, NEURONS)))
            voltage = _decayed(builder, voltage, _spread(builder, stays_v, NEURONS))
            voltage = builder.add(builder.add(voltage, current), constant)
            large = builder.or_(_size(builder, current)[0], _size(builder, voltage)[0])
            odd = _mask(builder, builder.icmp_unsigned("!=", builder.lshr(large, _all(23)), _all(0)))
            plain = builder.icmp_unsigned("==", odd, _I64(0))
            spikes = builder.icmp_signed(">", voltage, threshold)
            with builder.if_then(plain, likely=True):
                left = (current, builder.select(spikes, _all(0), voltage), _all(0), builder.zext(spikes, lanes))
                for value, place in zip(left, (*places[:3], places[5])):
                    _store(builder, value, place)
            active = _mask(builder, builder.or_(spikes, builder.icmp_unsigned("!=", input_, _all(0))))
            found = builder.or_(_mask(builder, spikes), builder.shl(active, _I64(NEURONS)))
            return builder.select(plain, found, _I64(1 << 63))

        return types.uint64(*arrays, types.int64, types.int32, types.int32), codegen

    return intrinsic(typed)


class _Sum(NamedTuple):
    """What `sum_64_columns` is given."""

    weights: Any
    base: Any
    width: Any
    events: Any
    first: Any
    count: Any
    acc: Any
    into: Any
    column: Any
    shift: Any
    offset: Any
    left: Any
    right: Any
    limit: Any
    begins: Any
    ends: Any


def _sum_rows(lanes: int) -> Any:
    """`sum_64_columns` and its like."""

    def typed(
        typing_context: Any, weights: Any, base: Any, width: Any, events: Any, first: Any, count: Any, acc: Any,
        into: Any, column: Any, shift: Any, offset: Any, left: Any, right: Any, limit: Any, begins: Any, ends: Any,
    ) -> Any:  # fmt: skip
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            stored = ir.VectorType(context.get_value_type(weights.dtype), lanes)
            short, wide = ir.VectorType(_I16, lanes), ir.VectorType(_I32, lanes)
            given = _Sum(*args)
            who = context.make_array(events)(context, builder, given.events).data
            total = cgutils.alloca_once_value(builder, short(None))
            with cgutils.for_range(builder, given.count) as loop:
                event = builder.load(builder.gep(who, [builder.add(given.first, loop.index)]))
                at = builder.add(builder.mul(builder.sext(event, _I64), given.width), given.base)
                row = _load(builder, _place(context, builder, weights, given.weights, at, stored))
                row = row if stored == short else builder.sext(row, short)
                builder.store(builder.add(builder.load(total), row), total)
            value = builder.shl(builder.sext(builder.load(total), wide), _spread(builder, given.shift, lanes))
            extra = builder.mul(builder.trunc(given.count, _I32), given.offset)
            so_far = _place(context, builder, acc, given.acc, given.column, wide)
            slot = cgutils.alloca_once_value(builder, builder.add(value, _spread(builder, extra, lanes)))
            with cgutils.if_unlikely(builder, builder.not_(given.begins)):
                builder.store(builder.add(builder.load(slot), _load(builder, so_far)), slot)
            value, beyond = builder.load(slot), cgutils.alloca_once_value(builder, _I64(0))
            with builder.if_else(given.ends, likely=True) as (last, more):
                with last:
                    value = builder.shl(value, _spread(builder, given.left, lanes))
                    value = builder.ashr(value, _spread(builder, given.right, lanes))
                    top = _spread(builder, given.limit, lanes)
                    over = builder.icmp_signed(">", value, top)
                    under = builder.icmp_signed("<", value, builder.sub(wide(None), top))
                    builder.store(builder.ctpop(_mask(builder, builder.or_(over, under))), beyond)
                    target = _place(context, builder, into, given.into, given.column, wide)
                    _store(builder, builder.add(_load(builder, target), value), target)
                with more:
                    _store(builder, builder.load(slot), so_far)
            return builder.load(beyond)

        index, number, flag = types.int64, types.int32, types.boolean
        return index(
            weights, index, index, events, index, index, acc, into, index, number, number, number, number, number,
            flag, flag,
        ), codegen  # fmt: skip

    return intrinsic(typed)


nonzero_bits: Any = intrinsic(_nonzero_bits)
prefetch: Any = intrinsic(_prefetch)

# Step 16 `Lif` neurons of int32 arrays (u, v, heard, bias, high, said) from a place on; keep_u, keep_v: 4096ths that
# stay. Returns who spikes (bits 0..15) and who heard or said something (16..31) as a uint64; 1 << 63, and nothing is
# done, if a current or a voltage may leave its range.
step_lif: Any = _lif(remembers=True)
step_lif_at_once: Any = _lif(remembers=False)

# Add up some columns of the rows of binary events: weights (int8 or int16), where the columns begin in row 0 and how
# far apart rows are; events, the first of them and how many (so few that no sum leaves int16); acc and into (int32),
# and the first column there. A sum counts (sum << shift) + offset an event; it is added to acc unless this call
# `begins`, and goes back there unless it `ends`; then its (sum << left) >> right is added to `into`. Returns how many
# of these exceed the limit.
sum_64_columns: Any = _sum_rows(COLUMNS)
sum_16_columns: Any = _sum_rows(NEURONS)
