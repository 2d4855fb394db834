"""From JSON and arrays back to a tree of our types: every value is held against what its field may hold.

A decoder is made once for each type of field. It raises a NeurohwError whose problems are placed by their path inside
the file, such as `.network.projections[2].weight`; all fields of an object are tried before it does.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
from pydantic import BaseModel
from scipy import sparse

from neurohw import neurons
from neurohw.artifacts import kinds
from neurohw.artifacts.archive import AGAIN, DAMAGE, Arrays
from neurohw.artifacts.checks import CHECKS
from neurohw.artifacts.plain import FORMS, KINDS, PLAIN, is_array_of, literal, plain, refuse, shown
from neurohw.artifacts.tags import NEURON, TYPES, AnyNeuron, Field, fields_of, tag_of, unaliased
from neurohw.artifacts.upgrade import DEFAULT
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.parsing import parse

Decoder = Callable[[Any, Arrays], Any]


@cache
def decoder(holds: Any) -> Decoder:
    """What reads values of a type of field."""
    holds = unaliased(holds)
    origin, inner = get_origin(holds), get_args(holds)
    if holds is Any:
        return _anything
    if holds in PLAIN:
        return plain(holds)
    if origin is Literal:
        return literal(inner)
    if origin in (Union, types.UnionType):
        return _union(inner)
    if origin is np.ndarray:
        return _array(np.dtype(get_args(inner[1])[0]).kind if get_args(inner[1])[0] is not Any else "")
    if origin is tuple and inner[-1:] != (Ellipsis,):
        return _row([decoder(part) for part in inner])
    if origin in (tuple, Sequence):
        return _items(decoder(inner[0]))
    if origin is Mapping:
        return _mapping(decoder(inner[0]), decoder(inner[1]))
    if holds is sparse.csr_array:
        return _csr
    if isinstance(holds, type) and issubclass(holds, BaseModel):
        return _model(holds)
    if dataclasses.is_dataclass(holds):
        return _object(holds)
    if holds is AnyNeuron:
        return _neuron()
    raise TypeError(f"files cannot hold {holds}")


def placed(part: str, problem: Problem) -> Problem:
    """A problem of a value that is at `part` of what is around it."""
    separator = "" if problem.where[:1] in ("", ".", "[") else ": "
    return dataclasses.replace(problem, where=f"{part}{separator}{problem.where}")


def _all(
    decoders: Iterable[Decoder], data: Iterable[Any], arrays: Arrays, place: Callable[[int], str] = "[{}]".format
) -> list[Any]:
    """Each value by its decoder; or everything that is wrong with them, at the `place` of each."""
    values, problems = [], list[Problem]()
    for k, (decode, item) in enumerate(zip(decoders, data)):
        try:
            values.append(decode(item, arrays))
        except NeurohwError as error:
            problems += [placed(place(k), problem) for problem in error.problems]
    if problems:
        raise NeurohwError(problems)
    return values


def _object(kind: Any) -> Decoder:
    """A registered dataclass: all its fields and no others, then what it and `checks` say of them together."""
    tag, fields, check = tag_of(kind), {field.name: field for field in fields_of(kind)}, CHECKS.get(tag_of(kind))
    table: list[tuple[str, str, Decoder]] = []

    def decode(data: Any, arrays: Arrays) -> Any:
        found = _tagged(data, tag, "fields")
        if not table:  # when first used: types may hold each other
            table.extend((field.name, field.attribute, decoder(field.holds)) for field in fields.values())
        if found.keys() != fields.keys():
            raise NeurohwError(_field_problems(found, fields))
        try:
            values = {attribute: decode(found[name], arrays) for name, attribute, decode in table}
        except NeurohwError:  # now all that is wrong
            there = [row for row in table if found[row[0]] is not DEFAULT]
            each = _all(
                [row[2] for row in there], [found[row[0]] for row in there], arrays, lambda k: f".{there[k][0]}"
            )
            values = {attribute: value for (_, attribute, _), value in zip(there, each)}
        try:
            made = kind(**values)
        except DAMAGE as error:
            raise refuse(f"cannot be made: {error}") from None
        if check and (problems := list(check(made))):
            raise NeurohwError(problems)
        return made

    return decode


def _neuron() -> Decoder:
    """A neuron: of a kind that ships by its tag, of another by its text."""
    shipped = _union(neurons.kinds())

    def decode(data: Any, arrays: Arrays) -> Any:
        if not isinstance(data, dict) or data.get("type") != NEURON:
            return shipped(data, arrays)
        return decoder(kinds.read(data))(data, arrays)

    return decode


def _field_problems(found: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterator[Problem]:
    for name in fields.keys() - found.keys():
        yield Problem(f".{name}", "is missing", fix=AGAIN)
    for name in found.keys() - fields.keys():
        yield Problem(f".{name}", "unknown field", fix=did_you_mean(name, fields))


def _model(kind: type[Any]) -> Decoder:
    """What is read from YAML too, with the same checks."""
    tag = tag_of(kind)

    def decode(data: Any, arrays: Arrays) -> Any:
        try:
            return parse(kind, _tagged(data, tag, "data"), "")
        except NeurohwError as error:
            raise NeurohwError(_as_path(problem) for problem in error.problems) from None

    return decode


def _as_path(problem: Problem) -> Problem:
    """A problem of `parse` without the file that it names first, which is none."""
    path = problem.where.removeprefix(": ")
    return dataclasses.replace(problem, where=f".{path}" if path else "")


def _tagged(data: Any, tag: str, content: str) -> dict[str, Any]:
    """The content of an object of that type."""
    if not isinstance(data, dict) or data.get("type") != tag:
        raise refuse(f"holds {shown(data)}", f"needs '{tag}'")
    inner = data.get(content)
    if not isinstance(inner, dict):
        raise refuse(f"holds '{tag}' without {content}")
    return inner


def _union(holds: tuple[Any, ...]) -> Decoder:
    """One of several: an object by its tag, an array or a matrix by its form, anything else by the first that fits."""
    tagged = {tag_of(kind): decoder(kind) for kind in holds if kind in TYPES.values()}
    forms = {"csr" if kind is sparse.csr_array else "array": decoder(kind) for kind in holds if _is_numbers(kind)}
    others = [kind for kind in holds if kind not in TYPES.values() and not _is_numbers(kind)]
    decoders = [decoder(kind) for kind in others]
    named = [f"'{tag}'" for tag in tagged] + [FORMS[form] for form in forms] + [PLAIN.get(k, "a list") for k in others]

    def decode(data: Any, arrays: Arrays) -> Any:
        if isinstance(data, dict):
            if data.get("type") in tagged:
                return tagged[data["type"]](data, arrays)
            for form in forms.keys() & data.keys():
                return forms[form](data, arrays)
        for other in decoders:
            try:
                return other(data, arrays)
            except NeurohwError:
                continue
        raise refuse(f"holds {shown(data)}", "needs " + " or ".join(named))

    return decode


def _is_numbers(kind: Any) -> bool:
    return kind is sparse.csr_array or get_origin(unaliased(kind)) is np.ndarray


def _array(kind: str) -> Decoder:
    """An array of the archive, of whole numbers, truth values or any numbers."""

    def decode(data: Any, arrays: Arrays) -> Any:
        key = data.get("array") if isinstance(data, dict) else None
        if not isinstance(key, str) or key not in arrays:
            raise refuse(f"holds {shown(data)}", "needs an array")
        if not is_array_of(kind, arrays[key]):
            raise refuse(f"holds an array of {arrays[key].dtype}", f"needs one of {KINDS[kind]}")
        return arrays[key]

    return decode


def _csr(data: Any, arrays: Arrays) -> Any:
    """A sparse matrix of three arrays, whose indices are inside its shape."""
    if not isinstance(data, dict) or not isinstance(data.get("csr"), list) or len(data["csr"]) != 3:
        raise refuse(f"holds {shown(data)}", "needs a sparse matrix")
    decoders = [_array(""), _array("i"), _array("i"), decoder(tuple[int, int])]
    values = _all(decoders, [*data["csr"], data.get("shape")], arrays)
    try:
        matrix = sparse.csr_array(tuple(values[:3]), shape=values[3])
        matrix.check_format(full_check=True)
    except DAMAGE as error:
        raise refuse(f"is not a sparse matrix ({error})") from None
    return matrix


def _row(decoders: Sequence[Decoder]) -> Decoder:
    """A tuple of so many values."""

    def decode(data: Any, arrays: Arrays) -> Any:
        if not isinstance(data, list) or len(data) != len(decoders):
            raise refuse(f"holds {shown(data)}", f"needs a list of {len(decoders)}")
        return tuple(_all(decoders, data, arrays))

    return decode


def _items(inner: Decoder) -> Decoder:
    """A tuple of any length."""

    def decode(data: Any, arrays: Arrays) -> Any:
        if not isinstance(data, list):
            raise refuse(f"holds {shown(data)}", "needs a list")
        return tuple(_all(repeat(inner), data, arrays))

    return decode


def _mapping(key: Decoder, inner: Decoder) -> Decoder:
    def decode(data: Any, arrays: Arrays) -> Any:
        pairs = data.get("map") if isinstance(data, dict) else None
        if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise refuse(f"holds {shown(data)}", "needs names with values")
        names = _all(repeat(key), (name for name, _ in pairs), arrays)
        values = _all(repeat(inner), (value for _, value in pairs), arrays, lambda k: f"[{names[k]!r}]")
        return dict(zip(names, values))

    return decode


def _anything(data: Any, arrays: Arrays) -> Any:
    """A value that says itself what it is."""
    if isinstance(data, list):
        return _items(_anything)(data, arrays)
    if not isinstance(data, dict):
        return data
    if "array" in data:
        return _array("")(data, arrays)
    if "csr" in data:
        return _csr(data, arrays)
    if "map" in data:
        return _mapping(decoder(str), _anything)(data, arrays)
    if data.get("type") in TYPES:
        return decoder(TYPES[data["type"]])(data, arrays)
    raise refuse(f"holds {shown(data)}", "needs something that files hold")
