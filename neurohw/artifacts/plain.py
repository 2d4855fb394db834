"""Plain values of a file: whole numbers, numbers, truth values, texts, choices, and the kinds of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from neurohw.artifacts.archive import AGAIN, Arrays
from neurohw.errors import NeurohwError, Problem, did_you_mean

WHOLE = 1 << 63
KINDS = {"i": "whole numbers", "b": "truth values", "f": "numbers", "": "numbers"}
FORMS = {"array": "an array", "csr": "a sparse matrix", "map": "names with values"}
PLAIN = {type(None): "nothing", bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_TAKEN = {int: (int,), float: (int, float), bool: (bool,), str: (str,), type(None): (type(None),)}


def refuse(what: str, limit: str = "", fix: str = AGAIN) -> NeurohwError:
    """What is wrong with the value at hand."""
    return NeurohwError(Problem("", what, limit, fix))


def plain(kind: type) -> Callable[[Any, Arrays], Any]:
    """Reads values of a plain type: whole numbers of 64 bits, numbers that are numbers."""
    taken, limit = _TAKEN[kind], f"needs {PLAIN[kind]}"

    def decode(data: Any, _: Arrays) -> Any:
        if type(data) not in taken or data != data:
            raise refuse(f"holds {shown(data)}", limit)
        if type(data) is int and not -WHOLE <= data < WHOLE:
            raise refuse(f"holds {shown(data)}", f"{limit} of 64 bits")
        return data

    return decode


def literal(choices: tuple[Any, ...]) -> Callable[[Any, Arrays], Any]:
    """Reads one of several values."""

    def decode(data: Any, _: Arrays) -> Any:
        if not any(type(data) is type(choice) and data == choice for choice in choices):
            limit = f"needs one of {', '.join(map(str, choices))}"
            raise refuse(f"holds {shown(data)}", limit, did_you_mean(str(data), map(str, choices)))
        return data

    return decode


def is_array_of(kind: str, array: NDArray[Any]) -> bool:
    """Whether an array holds what one of KINDS says."""
    return array.dtype.kind in {"i": "iu", "b": "b", "f": "fiu", "": "biuf"}[kind]


def shown(data: Any) -> str:
    """What there is in place of what there should be."""
    if isinstance(data, dict):
        named = f"'{data['type']}'" if isinstance(data.get("type"), str) else "something else"
        return next((text for key, text in FORMS.items() if key in data), named)
    if data != data:
        return "NaN"
    text = "nothing" if data is None else "a list" if isinstance(data, list) else repr(data)
    return text if len(text) <= 60 else text[:57] + "..."
