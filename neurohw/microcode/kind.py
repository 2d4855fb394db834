"""Kinds of neurons: shipped ones, classes of a notebook, and those of a file, which is read and never imported."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import FunctionType
from typing import Any

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.microcode.language import Declared
from neurohw.microcode.language import neuron as as_dataclass
from neurohw.microcode.program import Program, check, program
from neurohw.microcode.read import Definition, definitions
from neurohw.microcode.text import Text
from neurohw.touched import note_read


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of neuron: its definition, and its programs by the choices of a neuron."""

    definition: Definition
    _programs: dict[Any, Program] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.definition.name

    @property
    def declared(self) -> Mapping[str, Declared]:
        """What it declares, by name."""
        return self.definition.declared

    def program(self, neuron: Any) -> Program:
        """The checked program of a neuron."""
        choices = {d.name: getattr(neuron, d.name) for d in self.declared.values() if d.role == "choice"}
        key = tuple((type(value), value) for value in choices.values())
        if key not in self._programs:
            self._programs[key] = program(self.definition, choices)
        return self._programs[key]

    @cached_property
    def neuron(self) -> type:
        """The class of its neurons, for a kind that is read from a text: a frozen dataclass of its parameters."""
        declared = {name: dataclasses.replace(d) for name, d in self.declared.items()}
        body = {"__doc__": self.definition.doc, "__annotations__": dict.fromkeys(declared, Any), **declared}
        made: Any = as_dataclass(type(self.name, (), body))
        made.kind = self
        return made  # type: ignore[no-any-return]


def kinds_in(text: Text) -> dict[str, Kind]:
    """The checked kinds of a text, by name; the same text gives the same kinds."""
    return dict(_kinds_in(text))


@cache
def _kinds_in(text: Text) -> dict[str, Kind]:
    found = definitions(text)
    if not found:
        raise NeurohwError(Problem(text.name, "has no neuron", fix="write a class and @neuron above it"))
    problems: list[Problem] = []
    for definition in found.values():
        try:
            check(definition)
        except NeurohwError as error:
            problems += error.problems
    if problems:
        raise NeurohwError(problems)
    return {name: Kind(definition) for name, definition in found.items()}


def kind_of(neuron: Any) -> Kind:
    """The kind of a neuron, or of a class marked @neuron."""
    cls: Any = neuron if isinstance(neuron, type) else type(neuron)
    if "declared" not in vars(cls):
        raise NeurohwError(Problem(cls.__name__, "is not a kind of neuron", fix="mark the class with @nh.neuron"))
    if "kind" not in vars(cls):
        cls.kind = _kind_of_class(cls)
    return cls.kind  # type: ignore[no-any-return]


def is_neuron(value: Any) -> bool:
    """Whether it is a neuron: an instance of a class marked @neuron."""
    return not isinstance(value, type) and "declared" in vars(type(value))


def neurons_in(path: str | Path, name: str = "") -> type:
    """The class of the neuron in a file, or of the one called `name`."""
    try:
        content = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NeurohwError(Problem(str(path), f"cannot be read: {said}", fix="give a file with a neuron")) from None
    note_read(Path(path))
    found = kinds_in(Text(str(path), content))
    if not name and len(found) > 1:
        raise NeurohwError(Problem(str(path), f"has {len(found)} neurons", fix=f"say which: {', '.join(found)}"))
    if name and name not in found:
        raise NeurohwError(Problem(str(path), f"has no neuron '{name}'", fix=did_you_mean(name, found)))
    return found[name or next(iter(found))].neuron


def _kind_of_class(cls: type) -> Kind:
    """The kind of a class that Python made: of the text of its module, or of what a notebook has defined."""
    module = sys.modules.get(cls.__module__)
    path = getattr(module, "__file__", None)
    if path and Path(path).suffix == ".py" and "." not in cls.__qualname__:
        name = cls.__module__ if cls.__module__.startswith("neurohw.") else str(path)
        found = definitions(Text(name, Path(path).read_text(encoding="utf-8")))
        if cls.__name__ in found:
            return Kind(found[cls.__name__])
    return kinds_in(Text(cls.__name__, _written(cls)))[cls.__name__]


def _written(cls: type) -> str:
    """The text of a class and of what its step uses, wherever they were defined."""
    texts: dict[str, str] = {}

    def add(function: Any, scope: Mapping[str, Any]) -> None:
        for name in function.__code__.co_names:
            value = scope.get(name)
            if name in texts or hasattr(builtins, name):
                continue
            if isinstance(value, int):
                texts[name] = f"{name} = {int(value)}\n"
            elif isinstance(value, FunctionType) and value.__module__ != "neurohw.microcode.language":
                texts[name] = _source(value)
                add(value, value.__globals__)

    for base in reversed(cls.__mro__[:-1]):
        step = vars(base).get("step")
        if step is not None:
            add(step, step.__globals__)
        texts[base.__name__] = _source(base)
    return "\n".join(texts.values())


def _source(item: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(item))
    except (OSError, TypeError):
        fix = "write the neuron in a file, or in a cell of a notebook"
        raise NeurohwError(Problem(item.__name__, "has no text that can be read", fix=fix)) from None
