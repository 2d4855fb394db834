"""Numbers given in Python: integers where integers are meant, and finite numbers in their range; nothing is rounded.

Integers are Python's and numpy's, in arrays of any integer type. Floats are refused even if they are whole, and so are
truth values: they are another meaning, or a slip.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurohw.errors import NeurohwError, Problem, raise_if_any

SEED_MAX = (1 << 63) - 1


@dataclass(frozen=True)
class Whole:
    """Integers low..high; `many`: an array with one a neuron will do too; `none`: None will do too."""

    low: int
    high: int
    many: bool = False
    none: bool = False


@dataclass(frozen=True)
class Real:
    """Finite numbers low..high; `above`: and not `low` itself; `step`: multiples of it, unless it is 0."""

    low: float
    high: float
    above: bool = False
    step: float = 0.0

    def takes(self, value: Any) -> bool:
        """Whether it is such a number."""
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            return False
        inside = self.low <= value <= self.high and value != np.inf and not (self.above and value == self.low)
        return bool(inside and not (self.step and float(value) % self.step))

    def __str__(self) -> str:
        least = f"above {self.low:g}" if self.above else f"of at least {self.low:g}"
        most = "" if np.isinf(self.high) else f", at most {self.high:g}"
        return f"a finite number {least}{most}" + (f", in steps of {self.step:g}" if self.step else "")


Ranges = Mapping[str, Whole | Real | tuple[str, ...]]  # of each field of a class; texts are the choices that there are


def require_kind(where: str, value: Any, kinds: type | tuple[type, ...], fix: str = "") -> None:
    """A NeurohwError unless `value` is an instance of one of `kinds`."""
    if not isinstance(value, kinds):
        names = ", ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
        raise NeurohwError(
            Problem(where, f"is of type {type(value).__name__}", f"needs {names.replace('NoneType', 'None')}", fix)
        )


def require_integer(where: str, value: Any, low: int, high: int) -> None:
    """A NeurohwError unless `value` is an integer low..high."""
    raise_if_any(integer_problems(where, value, Whole(low, high)))


def integer_problems(where: str, value: Any, allowed: Whole) -> list[Problem]:
    """What keeps a value, or an array where those are allowed, from being integers of a range."""
    if type(value) is int and allowed.low <= value <= allowed.high:  # nearly all
        return []
    limit = f"needs {'integers' if allowed.many else 'an integer'} {allowed.low}..{allowed.high}"
    if value is None:
        return [] if allowed.none else [Problem(where, "is None", limit)]
    array = np.asarray(value)
    if array.ndim and not allowed.many:
        return [Problem(where, f"is an array of shape {array.shape}", limit)]
    if array.dtype.kind not in "iuO" or (array.dtype.kind == "O" and type(value) is not int):
        fix = "round it" if array.dtype.kind == "f" else ""
        return [Problem(where, f"is {value!r}" if not array.ndim else f"holds {array.dtype} values", limit, fix)]
    if not array.size:
        return []
    least, most = array.min(), array.max()
    if allowed.low <= least and most <= allowed.high:
        return []
    return [Problem(where, f"is {least}" if least == most else f"is {least}..{most}", limit)]


def field_problems(where: str, item: Any, ranges: Ranges) -> Iterator[Problem]:
    """What is wrong with the fields of `item` that have ranges; `where` comes before their names."""
    for name, allowed in ranges.items():
        value = getattr(item, name)
        if isinstance(allowed, Whole):
            yield from integer_problems(f"{where}.{name}", value, allowed)
        elif isinstance(allowed, tuple):
            if value not in allowed:
                yield Problem(f"{where}.{name}", f"is {value!r}", f"needs one of {', '.join(allowed)}")
        elif not allowed.takes(value):
            yield Problem(f"{where}.{name}", f"is {value!r}", f"needs {allowed}")
