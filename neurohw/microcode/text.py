"""The text of a program and places in it: what errors show, with a caret under what is wrong."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from neurohw.errors import NeurohwError, Problem

LONGEST = 1 << 16  # characters of a text: a neuron has a few thousand
DEEPEST = 100  # nodes inside of nodes
WIDEST = 120  # characters of a line that a message shows


class Place(NamedTuple):
    """Some letters of one line of a text; lines count from 1, columns from 0."""

    text: Text
    line: int
    column: int
    end: int

    def problem(self, what: str, limit: str = "", fix: str = "") -> Problem:
        """A problem here, with the line and carets below it."""
        line = self.text.lines[self.line - 1] if self.line <= len(self.text.lines) else ""
        start = max(len(line) - len(line.lstrip()), self.column - WIDEST // 2)
        shown = line[start : start + WIDEST].rstrip()
        before = "".join("\t" if c == "\t" else " " for c in line[start : self.column])
        carets = before + "^" * max(1, min(self.end - self.column, len(shown) - len(before)))
        said = "; ".join(part for part in (what, limit, fix) if part)
        return Problem(f"{self.text.name}:{self.line}:{self.column + 1}", f"{said}\n    {shown}\n    {carets}")


@dataclass(frozen=True)
class Text:
    """The source of neurons: `name` is what errors call it, such as its path."""

    name: str
    content: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, which end where Python ends them."""
        return re.split("\r\n|\r|\n", self.content)

    def place(self, node: ast.AST) -> Place:
        """Where a node of its syntax tree is; of several lines, the first."""
        line, end_line = getattr(node, "lineno", 1), getattr(node, "end_lineno", None)
        row = self.lines[line - 1].encode() if line <= len(self.lines) else b""
        column = getattr(node, "col_offset", 0)  # in bytes
        end = getattr(node, "end_col_offset", None) if end_line == line else len(row)
        start, stop = len(row[:column].decode()), len(row[: end or column].decode())
        return Place(self, line, start, max(stop, start + 1))

    def parse(self) -> ast.Module:
        """Its syntax tree; a NeurohwError where it is not Python."""
        if len(self.content) > LONGEST:
            raise NeurohwError(Problem(self.name, f"has {len(self.content)} characters", f"at most {LONGEST}"))
        try:
            with warnings.catch_warnings():  # Python's advice on style, such as of backslashes
                warnings.simplefilter("ignore")
                module = ast.parse(self.content)
                self._require_small(module)
                compile(module, self.name, "exec")  # what only a compiler sees, such as two arguments of one name
                return module
        except SyntaxError as error:
            line, column = error.lineno or 1, max(0, (error.offset or 1) - 1)
            fix = "see the line before too" if line > 1 else "write plain text of Python"
            place = Place(self, line, column, column + 1)
            raise NeurohwError(place.problem(f"is not Python: {error.msg}", fix=fix)) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise NeurohwError(
                Problem(self.name, f"cannot be read ({error})", fix="write plain text of Python")
            ) from None

    def _require_small(self, module: ast.Module) -> None:
        """Refuse what is nested too deeply to be walked, and numbers too large to be printed."""
        level: list[ast.AST] = [module]
        for _ in range(DEEPEST):
            level = [inner for node in level for inner in ast.iter_child_nodes(node)]
            for node in level:
                if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value.bit_length() > 64:
                    limit = "numbers are -2147483648..2147483647"
                    raise NeurohwError(self.place(node).problem(f"has {node.value.bit_length()} bits", limit))
        if level:
            raise NeurohwError(
                self.place(level[0]).problem("is nested too deeply", fix="assign a part of it to a local")
            )
