"""Find a data set by name: every module of this package that defines `load(seed, views, split)` is one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

import neurohw.data
from neurohw.data.dataset import Dataset, Split
from neurohw.errors import NeurohwError, Problem, did_you_mean


def load_data(name: str, seed: int, views: int, split: Split = "test") -> Dataset:
    """Load the data set `name` with `views` views of each training image; a NeurohwError for an unknown name."""
    loaders = _loaders()
    if name not in loaders:
        raise NeurohwError(Problem("data.name", f"no data set '{name}'", fix=did_you_mean(name, loaders)))
    return loaders[name](seed, views, split)


def names() -> tuple[str, ...]:
    """Names of all data sets, sorted."""
    return tuple(sorted(_loaders()))


@cache
def _loaders() -> dict[str, Callable[[int, int, Split], Dataset]]:
    """The `load` function of each module that has one."""
    found = {}
    for module in pkgutil.iter_modules(neurohw.data.__path__):
        load = getattr(importlib.import_module(f"{neurohw.data.__name__}.{module.name}"), "load", None)
        if callable(load):
            found[module.name] = load
    return found
