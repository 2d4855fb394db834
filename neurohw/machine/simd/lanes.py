"""Inner loops written with vectors: one pass where numba would make several, or none that it can vectorise.

Those that compute have a plain form beside the kernel that calls them, which does what is left at the end of an array,
and what is out of their range.
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


def _nonzero(adds: bool) -> Any:
    """`nonzero_bits`, and with a count for each of the 64 places `count_nonzero`."""

    def found(context: Any, builder: Any, values: Any, value: Any, start: Any) -> Any:
        lanes = ir.VectorType(context.get_value_type(values.dtype), COLUMNS)
        loaded = _load(builder, _place(context, builder, values, value, start, lanes))
        return builder.icmp_unsigned("!=", loaded, lanes(None))

    def alone(typing_context: Any, values: Any, start: Any) -> Any:
        return types.uint64(values, types.int64), lambda context, builder, signature, args: _mask(
            builder, found(context, builder, values, *args)
        )

    def counted(typing_context: Any, values: Any, start: Any, counts: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            hits, lanes = found(context, builder, values, *args[:2]), ir.VectorType(_I32, COLUMNS)
            place = _place(context, builder, counts, args[2], _I64(0), lanes)
            _store(builder, builder.add(_load(builder, place), builder.zext(hits, lanes)), place)
            return _mask(builder, hits)

        return types.uint64(values, types.int64, counts), codegen

    return intrinsic(counted if adds else alone)


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


def _size(builder: Any, x: Any) -> Any:
    """Absolute value; that of -2^31 is 2^31 without a sign."""
    sign = builder.ashr(x, _all(31, x.type.count))
    return builder.sub(builder.xor(x, sign), sign)


def _any_above(builder: Any, values: Any, limit: Any) -> Any:
    """Whether any of some int32 without a sign is above a limit: the largest of each 16 is found first."""
    kind = ir.VectorType(_I32, NEURONS)
    most = None
    for first in range(0, values.type.count, NEURONS):
        places = ir.Constant(kind, list(range(first, first + NEURONS)))
        part = builder.shuffle_vector(values, ir.Constant(values.type, ir.Undefined), places)
        most = part if most is None else builder.select(builder.icmp_unsigned(">", part, most), part, most)
    above = builder.icmp_unsigned(">", most, _spread(builder, limit, NEURONS))
    return builder.icmp_unsigned("!=", _mask(builder, above), _I64(0))


def _decayed(builder: Any, x: Any, keep: Any) -> Any:
    """x keep / 4096, toward zero: dec(x, 4096 - keep), for |x| < 2^27. Upper and lower 12 bits apart, so that 32 bits
    do; written so that it shows that 16 bits of each factor are enough, for which processors have a faster product.
    """
    keep = builder.and_(keep, _all(8191))
    upper = builder.ashr(builder.shl(x, _all(4)), _all(16))
    lower = builder.mul(builder.and_(x, _all(4095)), keep)
    up = builder.lshr(builder.ashr(x, _all(31)), _all(20))  # 4095 of a negative one, else 0
    return builder.add(builder.mul(upper, keep), builder.lshr(builder.add(lower, up), _all(12)))


class _Lif(NamedTuple):
    """What `step_16` is given."""

    u: Any
    v: Any
    heard: Any
    bias: Any
    high: Any
    said: Any
    start: Any
    keep_u: Any
    keep_v: Any


def _lif(groups: int, remembers: bool, adds: bool) -> Any:
    """`step_16` and its like, for so many groups of neurons."""

    def typed(
        typing_context: Any, u: Any, v: Any, heard: Any, bias: Any, high: Any, said: Any, start: Any, keep_u: Any,
        keep_v: Any,
    ) -> Any:  # fmt: skip
        kinds, lanes = _Lif(u, v, heard, bias, high, said, start, keep_u, keep_v), ir.VectorType(_I32, NEURONS)

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            given = _Lif(*args)
            keep_u, keep_v = (_spread(builder, keep, NEURONS) for keep in (given.keep_u, given.keep_v))
            spoke, active, odd, left = _I64(0), _I64(0), _I64(0), []
            for group in range(groups):
                first = builder.add(given.start, _I64(group * NEURONS))
                place = {
                    name: _place(context, builder, getattr(kinds, name), getattr(given, name), first, lanes)
                    for name in _Lif._fields[:6]
                }
                input_ = _load(builder, place["heard"])
                current, large = builder.shl(input_, _all(6)), _all(0)
                if remembers:  # what has wrapped may be far beyond the range still
                    before = _load(builder, place["u"])
                    current, large = builder.add(current, _decayed(builder, before, keep_u)), _size(builder, before)
                voltage = builder.add(_decayed(builder, _load(builder, place["v"]), keep_v), current)
                voltage = builder.add(voltage, _load(builder, place["bias"]))
                large = builder.or_(large, builder.or_(_size(builder, current), _size(builder, voltage)))
                large = builder.and_(large, _all(-(1 << 23)))
                odd = builder.or_(odd, _mask(builder, builder.icmp_unsigned("!=", large, _all(0))))
                spikes = builder.icmp_signed(">", voltage, _load(builder, place["high"]))
                heard_or_spoke = builder.or_(spikes, builder.icmp_unsigned("!=", input_, _all(0)))
                shift = _I64(group * NEURONS)
                spoke = builder.or_(spoke, builder.shl(_mask(builder, spikes), shift))
                active = builder.or_(active, builder.shl(_mask(builder, heard_or_spoke), shift))
                said = builder.zext(spikes, lanes)
                said = builder.add(_load(builder, place["said"]), said) if adds else said
                left.append((place["u"], current))
                left.append((place["v"], builder.select(spikes, _all(0), voltage)))
                left += [(place["heard"], _all(0)), (place["said"], said)]
            plain = builder.icmp_unsigned("==", odd, _I64(0))
            with builder.if_then(plain, likely=True):
                for to, value in left:
                    _store(builder, value, to)
            return context.make_tuple(builder, signature.return_type, (spoke, active, plain))

        found = types.Tuple((types.uint64, types.uint64, types.boolean))
        return found(u, v, heard, bias, high, said, types.int64, types.int32, types.int32), codegen

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
    right: Any
    limit: Any
    begins: Any
    ends: Any
    plain: Any


def _finish_sum(
    context: Any, builder: Any, acc: Any, given: _Sum, value: Any, target: Any, beyond: Any, lanes: int
) -> None:
    """Whatever may have to be done with a sum: offsets, what was added before or will be, a shift, a limit."""
    wide = value.type
    extra = builder.mul(builder.trunc(given.count, _I32), given.offset)
    so_far = _place(context, builder, acc, given.acc, given.column, wide)
    slot = cgutils.alloca_once_value(builder, builder.add(value, _spread(builder, extra, lanes)))
    with cgutils.if_unlikely(builder, builder.not_(given.begins)):
        builder.store(builder.add(builder.load(slot), _load(builder, so_far)), slot)
    value = builder.load(slot)
    with builder.if_else(given.ends) as (last, more):
        with last:
            value = builder.ashr(value, _spread(builder, given.right, lanes))
            size = _size(builder, value)
            with builder.if_then(_any_above(builder, size, given.limit), likely=False):
                over = builder.icmp_unsigned(">", size, _spread(builder, given.limit, lanes))
                builder.store(builder.ctpop(_mask(builder, over)), beyond)
            _store(builder, builder.add(_load(builder, target), value), target)
        with more:
            _store(builder, builder.load(slot), so_far)


def _sum_rows(lanes: int) -> Any:
    """`sum_64_columns` and its like."""

    def typed(
        typing_context: Any, weights: Any, base: Any, width: Any, events: Any, first: Any, count: Any, acc: Any,
        into: Any, column: Any, shift: Any, offset: Any, right: Any, limit: Any, begins: Any, ends: Any, plain: Any,
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
            target = _place(context, builder, into, given.into, given.column, wide)
            beyond = cgutils.alloca_once_value(builder, _I64(0))
            with builder.if_else(given.plain, likely=True) as (plain, other):
                with plain:
                    _store(builder, builder.add(_load(builder, target), value), target)
                with other:
                    _finish_sum(context, builder, acc, given, value, target, beyond, lanes)
            return builder.load(beyond)

        index, number, flag = types.int64, types.int32, types.boolean
        return index(
            weights, index, index, events, index, index, acc, into, index, number, number, number, number, flag, flag,
            flag,
        ), codegen  # fmt: skip

    return intrinsic(typed)


# Which of 64 values from a place on are not zero, as the bits of a uint64; all 64 must exist. `count`: 1 is added to
# each one's place in an int32 array of 64.
nonzero_bits: Any = _nonzero(adds=False)
count_nonzero: Any = _nonzero(adds=True)
prefetch: Any = intrinsic(_prefetch)

# Step 16, 32 or 64 `Lif` neurons of int32 arrays (u, v, heard, bias, high, said) from a place on; keep_u, keep_v: how
# many 4096ths stay. Returns who spikes and who heard or said something, as bits, and True; False, and nothing is done,
# if a current or a voltage may leave its range, or has. `at_once`: keep_u is 0. All but 16 add their spikes to `said`.
step_16: Any = _lif(1, remembers=True, adds=False)
step_16_at_once: Any = _lif(1, remembers=False, adds=False)
step_32: Any = _lif(2, remembers=True, adds=True)
step_32_at_once: Any = _lif(2, remembers=False, adds=True)
step_64: Any = _lif(COLUMNS // NEURONS, remembers=True, adds=True)
step_64_at_once: Any = _lif(COLUMNS // NEURONS, remembers=False, adds=True)

# Add up some columns of the rows of binary events: weights (int8 or int16), where the columns begin in row 0 and how
# far apart rows are; events, the first of them and how many (so few that no sum leaves int16); acc and into (int32),
# and the first column there. A sum counts (sum << shift) + offset an event; it is added to acc unless this call
# `begins`, and goes back there unless it `ends`; then its sum >> right is added to `into`. Returns how many of these
# exceed the limit. `plain`: it begins and ends, the offset and the shift to the right are 0, and none can exceed it.
sum_64_columns: Any = _sum_rows(COLUMNS)
sum_32_columns: Any = _sum_rows(COLUMNS // 2)
sum_16_columns: Any = _sum_rows(NEURONS)
