"""Find a data set by name: every module of this package that defines `load(spec, seed, split)` is one.

Its `USES` names those options of `spec.OPTIONS` that mean something to it.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Protocol, cast

import neurohw.data
from neurohw.data.dataset import Dataset, Split
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.spec import DataSpec


class _Module(Protocol):
    """A module that is a data set."""

    USES: tuple[str, ...]

    def load(self, spec: DataSpec, seed: int, split: Split = "test") -> Dataset: ...


def load_data(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Load the data set of `spec`; a NeurohwError for an unknown name, or for options that it does not have."""
    raise_if_any(data_problems(spec))
    data = _modules()[spec.name].load(spec, seed, split)
    asked = (("train", spec.images.train, len(data.train_x)), ("test", spec.images.test, len(data.test_x)))
    if split == "test" and data.lengths is None:  # of sequences, an image gives many items
        limit = f"'{spec.name}' has"
        more = [(part, count, there) for part, count, there in asked if count and count > there]
        raise_if_any([Problem(f"data.images.{p}", f"is {c}", f"{limit} {t}", "ask for fewer") for p, c, t in more])
    if data.lengths is not None and spec.dt >= data.lengths.max():
        limit = f"the longest sequence of '{spec.name}' has {data.lengths.max()} frames"
        raise NeurohwError(Problem("data.dt", f"is {spec.dt}", limit, "look less far ahead"))
    return data


def data_problems(spec: DataSpec) -> list[Problem]:
    """Return what can be said before anything is loaded: no such data set, or it does not have an option."""
    modules = _modules()
    if spec.name not in modules:
        return [Problem("data.name", f"no data set '{spec.name}'", fix=did_you_mean(spec.name, modules))]
    uses = modules[spec.name].USES
    limit = f"'{spec.name}' takes {', '.join(uses)}"
    unused = [name for name in spec.options if name not in uses]
    return [Problem(f"data.{name}", "has no effect here", limit, "omit it") for name in unused]


def sources(name: str) -> tuple[str, ...]:
    """Where a data set comes from, as its module says in `SOURCES`; nothing for one that is the user's own."""
    return getattr(_modules().get(name), "SOURCES", ())


def names() -> tuple[str, ...]:
    """Names of all data sets, sorted."""
    return tuple(sorted(_modules()))


@cache
def _modules() -> dict[str, _Module]:
    """The modules that have a function `load`."""
    found = {}
    for info in pkgutil.iter_modules(neurohw.data.__path__):
        module = importlib.import_module(f"{neurohw.data.__name__}.{info.name}")
        if callable(getattr(module, "load", None)):
            found[info.name] = cast(_Module, module)
    return found
