"""How the kernels are compiled.

Inner functions are called from compiled code only: without Python and C entry points they compile in half the time.
They are not cached by themselves; the one entry point is, with all of them inside.
"""

from __future__ import annotations

from numba import njit

kernel = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
inlined = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, inline="always")
