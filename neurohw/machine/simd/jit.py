"""How the kernels are compiled, and the few operations that numba has no good form of.

Inner functions are called from compiled code only: without Python and C entry points they compile in half the time.
They are not cached by themselves; the one entry point is, with all of them inside.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, typeof, types
from numba.core import cgutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, intrinsic, models, register_model, unbox


class _NoEnvironment:
    """Of a function that is never called from outside."""

    def set_env(self, name: str, environment: Any) -> None:
        """Nothing to set."""


class Library(JITCodeLibrary):
    """Code with vectors of 512 bits, which LLVM leaves out unless asked, as they slowed down the first processors that
    had them. Loops over weights gain a tenth to a quarter from them today; where there are none, nothing changes.
    """

    def add_ir_module(self, module: Any) -> None:
        """Add functions, and ask for vectors in each."""
        for function in module.functions:
            if function.blocks:
                set.add(function.attributes, '"prefer-vector-width"="512"')  # llvmlite has no name for it
        super().add_ir_module(module)


class _Part(Library):
    """Code of an inner function as it is written, for the entry point to take in and optimise.

    numba optimises every function with all that it calls, and makes machine code of it, before its caller does the
    same with it inside: a third of the time of compiling, for code that nobody calls.
    """

    codegen = _NoEnvironment()

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        return 0


class _ApartPart(_Part):
    """Code that is not taken into its callers, where its values would push theirs out of the registers."""

    def add_ir_module(self, module: Any) -> None:
        for function in module.functions:
            if function.blocks and "alwaysinline" not in function.attributes:
                function.attributes.add("noinline")
        super().add_ir_module(module)


class _Inner(Compiler):
    kind: type[JITCodeLibrary] = _Part

    def define_pipelines(self) -> Any:
        self.state.library = self.kind(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return super().define_pipelines()


class _Apart(_Inner):
    kind = _ApartPart


class _Entry(_Inner):
    kind = Library

    def define_pipelines(self) -> Any:
        pipelines = super().define_pipelines()
        self.state.library.enable_object_caching()
        return pipelines


_INNER: Any = {
    "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": _Inner,
    "error_model": "numpy",  # no test for division by zero
}  # fmt: skip
kernel = njit(**_INNER)
inlined = njit(inline="always", **_INNER)
entry: Any = njit(cache=True, nogil=True, pipeline_class=_Entry)
apart = njit(**{**_INNER, "pipeline_class": _Apart})  # for what is called hardly ever, in a loop that has to be fast
merged = njit(forceinline=True, **_INNER)  # for what is called often: a call passes every field of each array


def hash_of(*folders: Path) -> int:
    """Changes with every edit of a file in these folders: part of the key under which an entry point is cached."""
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    return zlib.crc32(b"".join(file.read_bytes() for file in files))


class Shared(types.Type):
    """The address of a named tuple of arrays: one number to pass, where numba would pass every field of each array."""

    def __init__(self, group: types.NamedTuple) -> None:
        self.group = group
        digest = hashlib.sha1(str(group).encode()).hexdigest()  # the whole name would be in that of every function
        super().__init__(name=f"Shared{digest}")


@register_model(Shared)
class _SharedModel(models.PrimitiveModel):
    def __init__(self, manager: Any, shared: Shared) -> None:
        super().__init__(manager, shared, manager[shared.group].get_value_type().as_pointer())


@infer_getattr
class _SharedFields(AttributeTemplate):
    key = Shared

    def generic_resolve(self, value: Any, attr: str) -> Any:  # type: ignore[override]
        return value.group.types[value.group.fields.index(attr)] if attr in value.group.fields else None


@lower_getattr_generic(Shared)  # type: ignore[untyped-decorator]
def _shared_field(context: Any, builder: Any, shared: Shared, value: Any, name: str) -> Any:
    k = shared.group.fields.index(name)
    zero, at = ir.IntType(32)(0), ir.IntType(32)(k)
    return _bare(builder, builder.load(builder.gep(value, [zero, at])))


class Groups:
    """Named tuples of arrays that a kernel takes as one number, for as long as this lives and the arrays stay.

    A kernel that takes the arrays looks at every one of them in every call, for longer than a small network runs.
    """

    def __init__(self, *groups: Any) -> None:
        self.groups = groups
        arrays = [array for group in groups for array in group]
        fields = [(0, 0, a.size, a.itemsize, a.ctypes.data, *a.shape, *a.strides) for a in arrays]
        self._words = np.array([word for array in fields for word in array], np.int64)  # numba's model of each array
        self.address = self._words.ctypes.data
        self._numba_type_ = _type_of(groups)

    def __reduce__(self) -> Any:
        return Groups, self.groups  # a copy has arrays of its own, at other addresses


class _GroupsType(types.Type):
    def __init__(self, groups: tuple[types.NamedTuple, ...]) -> None:
        self.groups = groups
        super().__init__(name=f"Groups{hashlib.sha1(str(groups).encode()).hexdigest()}")


_KNOWN: dict[Any, _GroupsType] = {}


def _type_of(groups: tuple[Any, ...]) -> _GroupsType:
    """numba's type of some named tuples, which it takes long to find: looked up by all that it depends on."""
    key = tuple(
        (type(group), *((a.dtype, a.ndim, a.flags.c_contiguous, a.flags.writeable) for a in group)) for group in groups
    )
    if key not in _KNOWN:
        _KNOWN[key] = _GroupsType(tuple(typeof(group) for group in groups))
    return _KNOWN[key]


@register_model(_GroupsType)
class _GroupsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, groups: _GroupsType) -> None:
        super().__init__(manager, groups, ir.IntType(64))


@unbox(_GroupsType)  # type: ignore[untyped-decorator]
def _unbox_groups(kind: _GroupsType, value: Any, c: Any) -> Any:
    address = c.pyapi.object_getattr_string(value, "address")
    native = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return NativeValue(native)


def _members(typing_context: Any, groups: Any) -> Any:
    """The named tuples of `Groups`, each by its address."""
    if not isinstance(groups, _GroupsType):
        return None
    kinds = types.Tuple([Shared(group) for group in groups.groups])

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found, place = [], 0
        for kind in kinds:
            address = builder.add(args[0], ir.IntType(64)(place))
            found.append(builder.inttoptr(address, context.get_value_type(kind)))
            place += 8 * sum(5 + 2 * array.ndim for array in kind.group.types)
        return context.make_tuple(builder, kinds, found)

    return kinds(groups), codegen


def _bare(builder: Any, value: Any) -> Any:
    """The array without its reference count, which comes first in numba's model of an array."""
    return builder.insert_value(value, value.type.elements[0](None), 0)


def _untracked(typing_context: Any, array: Any) -> Any:
    """An array without its reference count, as long as the caller keeps the original alive.

    Every function that takes an array, and every slice, counts a reference up and down, atomically: with tens of
    arrays a step that was a fifth of the time of a run. Slices of an untracked array are untracked too.
    """
    if not isinstance(array, types.Array):
        return None
    return array(array), lambda context, builder, signature, args: _bare(builder, args[0])


def _shared(typing_context: Any, group: Any) -> Any:
    """A named tuple of arrays by its address, for the time that the function runs which calls this; fields untracked.

    With the tuples themselves a call of an inner function has hundreds of arguments, each in its name and its code.
    """
    if not (isinstance(group, types.NamedTuple) and all(isinstance(a, types.Array) for a in group.types)):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        slot = cgutils.alloca_once(builder, args[0].type)
        builder.store(args[0], slot)
        return slot

    return Shared(group)(group), codegen


def _trailing_zeros(typing_context: Any, bits: Any) -> Any:
    """Number of zero bits below the lowest one of a uint64; 64 if there is none."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(0))

    return types.int64(types.uint64), codegen


def _ones(typing_context: Any, bits: Any) -> Any:
    """Number of bits of a uint64 that are set."""
    return types.int64(types.uint64), lambda context, builder, signature, args: builder.ctpop(args[0])


def _address(typing_context: Any, array: Any, index: Any) -> Any:
    """Address of an element of an array of one dimension."""
    if not isinstance(array, types.Array) or array.ndim != 1:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(array)(context, builder, args[0]).data
        return builder.ptrtoint(builder.gep(data, [args[1]]), ir.IntType(64))

    return types.int64(array, types.int64), codegen


def _call(typing_context: Any, code: Any, table: Any, t: Any) -> Any:
    """What machine code returns for the address of a table and a step: see `machine.programs.table`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        return builder.call(builder.inttoptr(args[0], ir.FunctionType(word, [word, word]).as_pointer()), args[1:])

    return types.int64(types.int64, types.int64, types.int64), codegen


def _same_width(emit: Callable[[Any, Any, Any], Any]) -> Any:
    def operation(typing_context: Any, a: Any, b: Any) -> Any:
        if a != b or not isinstance(a, types.Integer):
            return None
        return a(a, b), lambda context, builder, signature, args: emit(builder, *args)

    return intrinsic(operation)


untracked: Any = intrinsic(_untracked)
shared: Any = intrinsic(_shared)
members: Any = intrinsic(_members)
trailing_zeros: Any = intrinsic(_trailing_zeros)
ones: Any = intrinsic(_ones)
address: Any = intrinsic(_address)
call: Any = intrinsic(_call)

# Arithmetic in the operands' own width, wrapping. numba's operators widen to int64, and what goes through a shift by a
# variable or a min cannot be narrowed again: a loop over int16 would get a quarter of the lanes.
add = _same_width(lambda builder, a, b: builder.add(a, b))
mul = _same_width(lambda builder, a, b: builder.mul(a, b))
shl = _same_width(lambda builder, a, b: builder.shl(a, b))
sar = _same_width(lambda builder, a, b: builder.ashr(a, b))
both = _same_width(lambda builder, a, b: builder.and_(a, b))
either = _same_width(lambda builder, a, b: builder.or_(a, b))
differ = _same_width(lambda builder, a, b: builder.xor(a, b))
lower = _same_width(lambda builder, a, b: builder.select(builder.icmp_signed("<", a, b), a, b))
upper = _same_width(lambda builder, a, b: builder.select(builder.icmp_signed(">", a, b), a, b))
