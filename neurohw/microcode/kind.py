"""Kinds of neurons: shipped ones, classes of a notebook, and those of a file, which is read and never imported."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.microcode.language import Declared
from neurohw.microcode.language import neuron as as_dataclass
from neurohw.microcode.program import Program, program, programs
from neurohw.microcode.program import sent_range as of_parameters
from neurohw.microcode.read import SHIPPED, Definition, definitions
from neurohw.microcode.text import Text
from neurohw.microcode.tree import FULL, Range
from neurohw.microcode.written import written
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
    def text(self) -> Text:
        """Where it is written."""
        return self.definition.text

    @property
    def declared(self) -> Mapping[str, Declared]:
        """What it declares, by name."""
        return self.definition.declared

    def program(self, neuron: Any) -> Program:
        """The checked program of a neuron; a NeurohwError if it chose what there is not."""
        choices = choices_of(neuron)
        key = tuple(choices.items())
        if key not in self._programs:
            self._programs[key] = program(self.definition, choices)
        return self._programs[key]

    @cached_property
    def neuron(self) -> type:
        """The class of its neurons, for a kind that is read from a text: a frozen dataclass of its parameters."""
        declared = {name: dataclasses.replace(d) for name, d in self.declared.items()}
        body = {"__doc__": self.definition.doc, "__annotations__": dict.fromkeys(declared, Any), **declared}
        body["__reduce__"] = _as_text
        made: Any = as_dataclass(type(self.name, (), body))
        made.kind = self
        return made  # type: ignore[no-any-return]


def _as_text(neuron: Any) -> tuple[Any, ...]:
    """What pickle makes of a neuron of a text: other processes read the text again."""
    kind = kind_of(neuron)
    return _of_text, (kind.text, kind.name, {f.name: getattr(neuron, f.name) for f in dataclasses.fields(neuron)})


def _of_text(text: Text, name: str, values: Mapping[str, Any]) -> Any:
    return kinds_in(text)[name].neuron(**values)


def kinds_in(text: Text) -> dict[str, Kind]:
    """The checked kinds of a text, by name; the same text gives the same kinds."""
    return dict(_kinds_in(text))


@cache
def _kinds_in(text: Text) -> dict[str, Kind]:
    found = definitions(text)
    if not found:
        raise NeurohwError(Problem(text.name, "has no neuron", fix="write a class and @neuron above it"))
    kinds, problems = dict[str, Kind](), list[Problem]()
    for name, definition in found.items():
        try:
            kinds[name] = Kind(definition, {p.choices: p for p in programs(definition)})
        except NeurohwError as error:
            problems += error.problems
    if problems:
        raise NeurohwError(problems)
    return kinds


def declared_of(neuron: Any) -> Mapping[str, Declared]:
    """What a neuron, or a class marked @neuron, declares, by name."""
    cls: Any = neuron if isinstance(neuron, type) else type(neuron)
    if not is_kind(cls):
        raise NeurohwError(Problem(cls.__name__, "is not a kind of neuron", fix="mark the class with @nh.neuron"))
    return cls.declared  # type: ignore[no-any-return]


def sources_of(neuron: Any) -> tuple[str, ...]:
    """What a kind says that its equations are from: the last paragraph of its docstring, `Source: A; B.`"""
    last = (kind_of(neuron).definition.doc.strip().split("\n\n"))[-1]
    word, _, said = " ".join(last.split()).partition(": ")
    return tuple(said.rstrip(".").split("; ")) if word in ("Source", "Sources") and said else ()


def has_traces(neuron: Any) -> bool:
    """Whether plastic synapses can learn from traces of a neuron, as third factors."""
    return any(d.role == "trace" for d in declared_of(neuron).values())


def kind_of(neuron: Any) -> Kind:
    """The kind of a neuron, or of a class marked @neuron."""
    cls: Any = neuron if isinstance(neuron, type) else type(neuron)
    declared_of(cls)
    if "kind" not in vars(cls):
        cls.kind = _kind_of_class(cls)
    return cls.kind  # type: ignore[no-any-return]


def program_of(neuron: Any) -> Program:
    """The checked program of a neuron."""
    return kind_of(neuron).program(neuron)


def choices_of(neuron: Any) -> dict[str, str | bool]:
    """What a neuron chooses, by name; a NeurohwError if there is no such choice."""
    chosen = [(d, getattr(neuron, d.name)) for d in declared_of(neuron).values() if d.role == "choice"]
    raise_if_any(
        [
            Problem(f"{type(neuron).__name__}.{d.name}", f"is {value!r}", fix=did_you_mean(value, map(str, d.choices)))
            for d, value in chosen
            if type(value) is not type(d.choices[0]) or value not in d.choices
        ]
    )
    return {d.name: value for d, value in chosen}


def declared_range(neuron: Any, port: str) -> Range:
    """Smallest and largest message of a port, as it is declared."""
    d = declared_of(neuron)[port]
    if d.role == "given":
        return int(getattr(neuron, d.limits[0])), int(getattr(neuron, d.limits[1]))
    return d.low, d.high


def sent_range(neuron: Any, port: str) -> Range:
    """The same, or where that is any number, what can be shown for the parameters of this neuron."""
    declared = declared_range(neuron, port)
    if declared != FULL:
        return declared
    return of_parameters(kind_of(neuron).definition, choices_of(neuron), neuron, port)


def is_kind(value: Any) -> bool:
    """Whether it is a class marked @neuron."""
    return isinstance(value, type) and "declared" in vars(value)


def is_shipped(neuron: Any) -> bool:
    """Whether a neuron, or class, is of a kind that ships."""
    cls = neuron if isinstance(neuron, type) else type(neuron)
    return cls.__module__.startswith(f"{SHIPPED}.")


def is_neuron(value: Any) -> bool:
    """Whether it is a neuron: an instance of a class marked @neuron."""
    return is_kind(type(value))


def neurons_in(path: str | Path, name: str = "") -> type:
    """The class of the neuron in a file, or of the one called `name`."""
    return kind_called(name, kinds_in(read_text(path)), str(path)).neuron


def read_text(path: str | Path) -> Text:
    """The text of a file with neurons."""
    try:
        content = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NeurohwError(Problem(str(path), f"cannot be read: {said}", fix="give a file with a neuron")) from None
    note_read(Path(path))
    return Text(str(path), content)


def kind_called(name: str, kinds: Mapping[str, Kind], where: str) -> Kind:
    """The kind of that name, or without a name the only one, of those of a text."""
    if not name and len(kinds) > 1:
        raise NeurohwError(Problem(where, f"has {len(kinds)} neurons", fix=f"say which: {', '.join(kinds)}"))
    if name and name not in kinds:
        raise NeurohwError(Problem(where, f"has no neuron '{name}'", fix=did_you_mean(name, kinds)))
    return kinds[name or next(iter(kinds))]


def neuron(what: Any, name: str = "") -> Any:
    """Mark a class as a kind of neuron; or the class of the neuron in a file, of the one called `name` if it has more.

        @nh.neuron
        class Leaky: ...

        Alif = nh.neuron("alif.py")

    A file is read and never run. A class is checked when it is first used, and a file at once: a NeurohwError has all
    that is wrong with it, with line and column.
    """
    if isinstance(what, type):
        return as_dataclass(what)
    if not isinstance(what, (str, Path)):
        said = f"is of type {type(what).__name__}"
        raise NeurohwError(Problem("neuron", said, fix="give the path of a file, or write @nh.neuron above a class"))
    return neurons_in(what, name)


def _kind_of_class(cls: type) -> Kind:
    """The kind of a class that Python made: of the text of our own module, or of what the class needs of any other."""
    if is_shipped(cls):
        path = Path(str(sys.modules[cls.__module__].__file__))
        return Kind(definitions(Text(cls.__module__, path.read_text(encoding="utf-8")))[cls.__name__])
    kind: Kind = kinds_in(written(cls))[cls.__name__]
    if other := [name for name, d in kind.declared.items() if declared_of(cls).get(name) != d]:
        what = f"declares {', '.join(other)} with other numbers than its text has now"
        fix = "write the numbers into the class, or let their names keep their values"
        raise NeurohwError(Problem(cls.__name__, what, fix=fix))
    return kind
