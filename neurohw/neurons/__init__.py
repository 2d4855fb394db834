"""The kinds of neurons that ship, a file for each family, written in the language of `neurohw.microcode`.

A kind is found here: one more class in one of these files, or in one more file, is all that it takes to ship it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules


@cache
def kinds() -> tuple[type, ...]:
    """All kinds that ship, in the order of their files and in these in the order that they are written."""
    families = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return tuple(
        value
        for family in families
        for value in vars(family).values()
        if isinstance(value, type) and "declared" in vars(value) and value.__module__ == family.__name__
    )
