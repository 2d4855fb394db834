"""Kinds of neurons: shipped ones, classes of a notebook, and those of a file, which is read and never imported."""

from __future__ import annotations

import ast
import builtins
import contextlib
import dataclasses
import inspect
import linecache
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.microcode.language import Declared
from neurohw.microcode.language import neuron as as_dataclass
from neurohw.microcode.program import Program, check, program
from neurohw.microcode.read import LIBRARY, SHIPPED, Definition, definitions
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


def declared_of(neuron: Any) -> Mapping[str, Declared]:
    """What a neuron, or a class marked @neuron, declares, by name."""
    cls: Any = neuron if isinstance(neuron, type) else type(neuron)
    if "declared" not in vars(cls):
        raise NeurohwError(Problem(cls.__name__, "is not a kind of neuron", fix="mark the class with @nh.neuron"))
    return cls.declared  # type: ignore[no-any-return]


def kind_of(neuron: Any) -> Kind:
    """The kind of a neuron, or of a class marked @neuron."""
    cls: Any = neuron if isinstance(neuron, type) else type(neuron)
    declared_of(cls)
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
    """The kind of a class that Python made: from its module's text if that holds neurons only, else from its own."""
    path = Path(getattr(sys.modules.get(cls.__module__), "__file__", None) or "")
    found: Mapping[str, Kind] = {}
    if path.suffix == ".py" and "." not in cls.__qualname__:
        content = path.read_text(encoding="utf-8-sig")
        if cls.__module__.startswith(f"{SHIPPED}."):
            return Kind(definitions(Text(cls.__module__, content))[cls.__name__])
        with contextlib.suppress(NeurohwError):
            found = kinds_in(Text(str(path), content))
    return found.get(cls.__name__) or kinds_in(Text(cls.__name__, _written(cls)))[cls.__name__]


def _written(cls: type) -> str:
    """The text of a class and of what it uses, wherever that was defined; what ships is imported."""
    texts: dict[str, str] = {}

    def add(name: str, value: Any) -> None:
        numeric = isinstance(value, (int, float, np.integer))
        if not (numeric or (isinstance(value, (FunctionType, type)) and not hasattr(builtins, name))):
            return
        module = "" if numeric else value.__module__
        if module.startswith(LIBRARY) or (isinstance(value, type) and "declared" not in vars(value)):
            return
        shipped = module.startswith(f"{SHIPPED}.")
        plain = value.item() if isinstance(value, np.integer) else value
        text = f"{name} = {plain!r}\n" if numeric else "" if shipped else _source(value)
        text = f"from {module} import {value.__name__}\n" if shipped else text
        if texts.setdefault(name, text) != text:
            raise NeurohwError(Problem(cls.__name__, f"uses two things called '{name}'", fix="rename one of them"))
        if not numeric and not shipped and name not in inside:
            inside.append(name)
            uses(value, text)
            texts[name] = texts.pop(name)  # after what it uses

    def uses(value: Any, text: str) -> None:
        scope = getattr(vars(value).get("step", value), "__globals__", None) or vars(sys.modules[value.__module__])
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope:
                add(node.id, scope[node.id])

    inside: list[str] = []
    add(cls.__name__, cls)
    return "\n".join(texts.values())


def _source(item: Any) -> str:
    """The text of a class or function, by the line where its code begins: also of a cell of a notebook."""
    code = getattr(vars(item).get("step", item), "__code__", None)
    try:
        text = "".join(linecache.getlines(code.co_filename)) if code else inspect.getsource(item)
        for node in ast.walk(ast.parse(textwrap.dedent(text))):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == item.__name__:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if code is None or first <= code.co_firstlineno <= (node.end_lineno or first):
                    return textwrap.dedent("".join(text.splitlines(True)[first - 1 : node.end_lineno])).rstrip() + "\n"
    except (OSError, TypeError, SyntaxError):
        pass
    fix = "write the neuron in a file, or in a cell of a notebook"
    raise NeurohwError(Problem(item.__name__, "has no text that can be read", fix=fix))
