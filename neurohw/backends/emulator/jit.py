"""How the kernels are compiled.

Inner functions are called from compiled code only: without Python and C entry points they compile in half the time.
They are not cached by themselves; the one entry point is, with all of them inside.
"""

from __future__ import annotations

from typing import Any

from numba import njit

_INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel = njit(**_INNER)
inlined = njit(inline="always", **_INNER)
