"""The text of a class that Python made, with what it uses: from a module with other things, or cells of a notebook."""

from __future__ import annotations

import ast
import linecache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.microcode.read import LIBRARY, SHIPPED
from neurohw.microcode.text import Text


def written(cls: type) -> Text:
    """The text of a neuron, called by its file if there is one; what is of that file stays in its lines."""
    gathered = _Gathered(cls.__name__)
    gathered.add(cls)
    lines = [""] * max(first + len(rows) for first, rows in gathered.rows.values())
    for first, rows in gathered.rows.values():
        lines[first : first + len(rows)] = rows
    content = "\n".join([*lines, *gathered.apart.values()]) + "\n"
    return Text(gathered.home if Path(gathered.home).is_file() else cls.__name__, content)


class _Gathered:
    """What a neuron uses. `apart`: imports, numbers and what is of another file or cell, by name; `rows`: of the file
    `home`, by name: the first line, from 0, and the lines; `known`: what each name stands for."""

    def __init__(self, name: str) -> None:
        self.name, self.home = name, ""
        self.apart: dict[str, str] = {}
        self.rows: dict[str, tuple[int, list[str]]] = {}
        self.known: dict[str, Any] = {}

    def add(self, item: Any) -> None:
        """A class or function, and what it uses."""
        file, first, rows = _place(item)
        self.home = self.home or file
        self.known[item.__name__] = item
        text = _without_indent(rows)
        function = _function(item)
        if not _is_text_of(text, function):
            what, fix = "is not what its text says now", "import its module again after a change"
            raise NeurohwError(Problem(item.__name__, what, fix=fix))
        if file == self.home:
            self.rows[item.__name__] = first, text.splitlines()
        else:
            self.apart[item.__name__] = text
        scope = {**function.__globals__, **_around(function)}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope:
                self.use(node.id, scope[node.id])

    def use(self, name: str, value: Any) -> None:
        """What a name stands for, if a neuron can use it."""
        number = isinstance(value, (int, float, np.integer)) and not isinstance(value, bool)
        kind = isinstance(value, type) and "declared" in vars(value)
        if not (number or kind or isinstance(value, FunctionType)):
            return
        if name in self.known:
            if self.known[name] is not value and not (number and self.known[name] == value):
                raise NeurohwError(Problem(self.name, f"uses two things called '{name}'", fix="rename one of them"))
            return
        self.known[name] = value
        if number:
            self.apart[name] = f"{name} = {value.item() if isinstance(value, np.integer) else value!r}"
        elif value.__module__.startswith(f"{SHIPPED}."):
            self.apart[name] = f"from {value.__module__} import {value.__name__} as {name}"
        elif not value.__module__.startswith(LIBRARY):
            self.add(value)


def _function(item: Any) -> Any:
    """A function itself, the step of a class; None of a class without one."""
    return item if isinstance(item, FunctionType) else vars(item).get("step")


def _place(item: Any) -> tuple[str, int, list[str]]:
    """The file of a class or function, its first line, from 0, and its lines with those of its marks.

    A class is found by its step: of classes in a notebook Python itself does not say where they are.
    """
    function = _function(item)
    if isinstance(function, FunctionType):
        file, inside = function.__code__.co_filename, function.__code__.co_firstlineno
        linecache.checkcache(file)
        lines = linecache.getlines(file)
        for node in ast.walk(ast.parse("".join(lines))):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == item.__name__:
                first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
                if first <= inside <= (node.end_lineno or 0):
                    return file, first - 1, lines[first - 1 : node.end_lineno]
    fix = "write the neuron in a file, or in a cell of a notebook with a step of its own"
    raise NeurohwError(Problem(item.__name__, "has no text that can be read", fix=fix))


def _without_indent(rows: list[str]) -> str:
    """Lines without the indent of the first; texts of several lines may have less."""
    indent = len(rows[0]) - len(rows[0].lstrip())
    return "".join(row[min(indent, len(row) - len(row.lstrip(" \t"))) :] for row in rows)


def _around(function: FunctionType) -> dict[str, Any]:
    """What a function uses of the one that it stands in, by name."""
    return {n: cell.cell_contents for n, cell in zip(function.__code__.co_freevars, function.__closure__ or ())}


def _is_text_of(text: str, function: FunctionType) -> bool:
    """Whether a function was made from a text: its file may have been changed since it was imported."""
    code = function.__code__
    outer = ast.parse(f"def around({', '.join(code.co_freevars)}): pass")
    outer.body[0].body = ast.parse(text).body  # type: ignore[attr-defined]
    codes = [compile(outer, "", "exec", dont_inherit=True)]
    for made in codes:
        codes += [inner for inner in made.co_consts if isinstance(inner, CodeType)]
    return any(_instructions(made) == _instructions(code) for made in codes)


def _instructions(code: CodeType) -> tuple[Any, ...]:
    """What tells a function from others, but for where it stands."""
    plain = tuple((type(value), value) for value in code.co_consts if not isinstance(value, CodeType))
    return code.co_name, code.co_code, code.co_names, code.co_varnames, plain
