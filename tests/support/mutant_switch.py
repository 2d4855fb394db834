"""Goes into a copy of the package (`support.mutants`): which of the mutants that are compiled into its kernels is on.

All are compiled once, beside what they replace; compiled code reads the switch in every run.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

SWITCH = np.zeros(1, np.int64)  # the number of a mutant; 0: none
_I64 = ir.IntType(64)


def _is_on(builder: Any, number: Any) -> Any:
    place = builder.inttoptr(_I64(SWITCH.ctypes.data), _I64.as_pointer())
    return builder.icmp_signed("==", builder.load(place), number)


def _chosen(typing_context: Any, number: Any) -> Any:
    """Whether a mutant is on, in a kernel."""
    signature = types.boolean(types.int64)
    return signature, lambda context, builder, signature, args: _is_on(builder, args[0])


chosen: Any = intrinsic(_chosen)


def pick(builder: Any, number: int, wrong: Any, right: Any) -> Any:
    """The value of a mutant if it is on, in code that writes instructions."""
    return builder.select(_is_on(builder, _I64(number)), wrong, right)
