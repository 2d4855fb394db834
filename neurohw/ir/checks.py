"""Values given in Python: integers where integers are meant, finite numbers in their range, truth values, choices and
lists; nothing is rounded, and nothing is taken by its truth value.

Integers are Python's and numpy's, in arrays of any integer type. Floats are refused even if they are whole, and so are
truth values in place of numbers: they are another meaning, or a slip.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from os import PathLike
from typing import Any, ClassVar, Union

import numpy as np

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.microcode.words import is_multiple

SEED_MAX = (1 << 63) - 1
MOST = (1 << 62) - 1  # steps and samples
UNEQUAL = "holds lists of unequal length"
_LONG = 1 << 128  # integers from here on are shown by their size


@dataclass(frozen=True)
class Whole:
    """Integers low..high; `many`: an array with one a neuron will do too; `none`: None will do too."""

    low: int
    high: int
    many: bool = False
    none: bool = False


@dataclass(frozen=True)
class Real:
    """Finite numbers low..high; `above`: and not `low` itself; `below`: nor `high`; `step`: multiples of it."""

    low: float
    high: float
    above: bool = False
    below: bool = False
    step: float = 0.0
    fix: ClassVar[str] = ""

    def takes(self, value: Any) -> bool:
        """Whether it is such a number."""
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            return False
        inside = self.low <= value <= self.high and value != np.inf
        inside = inside and not ((self.above and value == self.low) or (self.below and value == self.high))
        return bool(inside and (not self.step or is_multiple(float(value), self.step)))

    def __str__(self) -> str:
        least = f"above {self.low:g}" if self.above else f"of at least {self.low:g}"
        most = "" if np.isinf(self.high) else f", {'below' if self.below else 'at most'} {self.high:g}"
        return f"a finite number {least}{most}" + (f", in steps of {self.step:g}" if self.step else "")


@dataclass(frozen=True)
class Kind:
    """Values of some types, which `text` describes; `fix`: what to do about another; `none`: None will do too."""

    types: tuple[type, ...]
    text: str
    fix: str = ""
    none: bool = False

    def takes(self, value: Any) -> bool:
        """Whether it is of one of these types."""
        return self.none if value is None else isinstance(value, self.types)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Several:
    """A collection of values of one type, or of integers, such as `fix` gives; `none`: None will do too."""

    items: type | Whole
    text: str
    fix: str
    none: bool = False

    def takes(self, value: Any) -> bool:
        """Whether it is such a collection; a text is not one of texts, nor a mapping one of its keys."""
        if value is None:
            return self.none
        several = isinstance(value, Collection) and not isinstance(value, (str, bytes, Mapping))
        return several and all(map(self._holds, value))

    def _holds(self, item: Any) -> bool:
        return (
            not integer_problems("", item, self.items)
            if isinstance(self.items, Whole)
            else isinstance(item, self.items)
        )

    def __str__(self) -> str:
        return self.text


Allowed = Union[Whole, Real, Kind, Several, tuple[str, ...]]  # texts are the choices that there are
Ranges = Mapping[str, Allowed]  # of each field of a class
FLAG = Kind((bool, np.bool_), "True or False")
PATH = Kind((str, PathLike), "a path", none=True)
CALLBACK = Kind((Callable,), "a function of what is done and what is to do", none=True)  # type: ignore[arg-type]
SEED = Whole(0, SEED_MAX)


def require_kind(where: str, value: Any, kinds: type | tuple[type, ...], fix: str = "") -> None:
    """A NeurohwError unless `value` is an instance of one of `kinds`."""
    if not isinstance(value, kinds):
        names = ", ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
        raise NeurohwError(
            Problem(where, f"is of type {type(value).__name__}", f"needs {names.replace('NoneType', 'None')}", fix)
        )


def is_integer(value: Any) -> bool:
    """Whether it is one integer, Python's or numpy's."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def make_plain(item: Any) -> None:
    """Turn numpy's scalars in the fields of a dataclass into Python's, which never wrap and which files take."""
    for f in fields(item):
        if isinstance(value := getattr(item, f.name), np.generic):
            object.__setattr__(item, f.name, value.item())


def is_ragged(values: Any) -> bool:
    """Whether lists, or lists in lists, are of unequal length, so that no array holds them."""
    if isinstance(values, np.ndarray):
        return False
    try:
        np.asarray(values)
    except ValueError:
        return True
    return False


def integer_problems(where: str, value: Any, allowed: Whole) -> list[Problem]:
    """What keeps a value, or an array where those are allowed, from being integers of a range."""
    if type(value) is int and allowed.low <= value <= allowed.high:  # nearly all
        return []
    limit = f"needs {'integers' if allowed.many else 'an integer'} {allowed.low}..{allowed.high}"
    if value is None:
        return [] if allowed.none else [Problem(where, "is None", limit)]
    if is_ragged(value):
        return [Problem(where, UNEQUAL, limit)]
    array = np.asarray(value)
    if (array.ndim or isinstance(value, np.ndarray)) and not allowed.many:  # files hold numbers as such
        return [Problem(where, f"is an array of shape {array.shape}", limit)]
    if array.dtype.kind not in "iuO" or (array.dtype.kind == "O" and type(value) is not int):
        fix = "round it" if array.dtype.kind == "f" else ""
        return [Problem(where, f"is {shown(value)}" if not array.ndim else f"holds {array.dtype} values", limit, fix)]
    if not array.size:
        return []
    least, most = array.min(), array.max()
    if allowed.low <= least and most <= allowed.high:
        return []
    return [Problem(where, f"is {shown(least)}" if least == most else f"is {shown(least)}..{shown(most)}", limit)]


def field_problems(where: str, item: Any, ranges: Ranges) -> Iterator[Problem]:
    """What is wrong with the fields of `item` that have ranges; `where` comes before their names."""
    for name, allowed in ranges.items():
        yield from value_problems(f"{where}.{name}", getattr(item, name), allowed)


def value_problems(where: str, value: Any, allowed: Allowed) -> list[Problem]:
    """What keeps a value from being one of those that are allowed."""
    if isinstance(allowed, Whole):
        return integer_problems(where, value, allowed)
    if isinstance(allowed, tuple):
        if isinstance(value, str) and value in allowed:
            return []
        return [Problem(where, f"is {shown(value)}", f"needs one of {', '.join(allowed)}")]
    if allowed.takes(value):
        return []
    fix = f"give [{value!r}]" if isinstance(value, str) and getattr(allowed, "items", None) is str else allowed.fix
    return [Problem(where, f"is {shown(value)}", f"needs {allowed}", fix)]


def require_values(where: str, **given: tuple[Any, Allowed]) -> None:
    """One NeurohwError for all options of a function, (value, what is allowed) by name, that are not allowed."""
    raise_if_any([problem for name, pair in given.items() for problem in value_problems(f"{where}: {name}", *pair)])


def shown(value: Any) -> str:
    """A value in a message: plain ones and short lists of them as they are, others by their type, or number of bits."""
    if isinstance(value, np.generic):  # since NumPy 2 their texts name their type
        value = value.item()
    if isinstance(value, int) and abs(value) >= _LONG:
        return f"an integer of {value.bit_length()} bits"
    plain = (str, bool, int, float, np.generic, type(None))
    short = isinstance(value, (list, tuple)) and len(value) <= 3 and all(isinstance(item, plain) for item in value)
    return repr(value) if short or isinstance(value, plain) else f"of type {type(value).__name__}"
