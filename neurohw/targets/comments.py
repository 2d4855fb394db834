"""Comments for a YAML file, from the descriptions of the type that reads it; values and layout stay as they are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from neurohw.parsing import field_of, inner_model
from neurohw.targets.schema import Count, Flag, Quantity, Sizes

WIDTH = 118
# what every quantity has is explained once, at the head of a file
EXPLAINED = {name for kind in (Quantity, Count, Flag, Sizes) for name in kind.model_fields}


def commented(text: str, kind: type[BaseModel]) -> str:
    """`text` with a comment above each entry that says what it is; entries left out come last in their section.

    Comments that are there already are taken away.
    """
    bare = without_comments(text)
    root = yaml.compose(bare, Loader=yaml.SafeLoader)
    lines, added = bare.rstrip("\n").split("\n"), dict[int, list[str]]()
    if isinstance(root, yaml.MappingNode) and not root.flow_style:
        for number, line in _section(root, kind):
            added.setdefault(min(number, len(lines)), []).append(line)
    out = [part for number, line in enumerate(lines) for part in (*added.get(number, ()), line)]
    return "\n".join([*out, *added.get(len(lines), ())]) + "\n"


def without_comments(text: str) -> str:
    """`text` without its comments, and without lines that held nothing else."""
    scalars = [(t.start_mark.index, t.end_mark.index) for t in yaml.scan(text) if isinstance(t, yaml.ScalarToken)]
    out, start = [], 0
    for line in text.split("\n"):
        cut = _comment(line, start, scalars)
        kept = line if cut is None else line[:cut].rstrip()
        if cut is None or kept:
            out.append(kept)
        start += len(line) + 1
    return "\n".join(out)


def _comment(line: str, start: int, scalars: list[tuple[int, int]]) -> int | None:
    """Where on a line a comment begins; `start`: of the line in the text that the scalars are places of."""
    for at, character in enumerate(line):
        apart = at == 0 or line[at - 1] in " \t"
        if character == "#" and apart and not any(low <= start + at < high for low, high in scalars):
            return at
    return None


def _section(node: yaml.MappingNode, kind: type[BaseModel]) -> Iterator[tuple[int, str]]:
    """Comments of a section in block style, each with the number of the line that it comes before."""
    indent = node.start_mark.column
    for key, value in node.value:
        field = field_of(kind, key.value)
        if field is None:
            continue  # an unknown key, which `check` reports
        inside = inner_model(field.annotation) if isinstance(value, yaml.MappingNode) else None
        here = _wrapped((field.description or "") + _unit(value), indent)
        if inside and value.flow_style:
            here += _parts(inside, indent, {k.value for k, _ in value.value})
        yield from ((key.start_mark.line, line) for line in here)
        if inside and not value.flow_style:
            yield from (_named if get_origin(field.annotation) is dict else _section)(value, inside)
    present = {key.value for key, _ in node.value}
    for name, field in kind.model_fields.items():
        if (field.alias or name) not in present and name not in EXPLAINED:
            yield from ((node.end_mark.line, line) for line in _left_out(name, field, indent))


def _named(node: yaml.MappingNode, kind: type[BaseModel]) -> Iterator[tuple[int, str]]:
    """Comments of entries of any name: the description of their value."""
    value = kind.model_fields.get("value")
    for key, _ in node.value:
        text = ((value and value.description) or "").replace("NAME", key.value)
        yield from ((key.start_mark.line, line) for line in _wrapped(text, node.start_mark.column))


def _left_out(name: str, field: FieldInfo, indent: int) -> list[str]:
    """What an entry would be that the file leaves out."""
    inside = inner_model(field.annotation)
    here = _wrapped(f"{field.alias or name}: left out here; {field.description or ''}", indent)
    return here + (_parts(inside, indent, set()) if inside else [])


def _parts(kind: type[BaseModel], indent: int, given: set[str]) -> list[str]:
    """A line for each part of an entry but those that every quantity has."""
    lines: list[str] = []
    for name, field in kind.model_fields.items():
        if name not in EXPLAINED:
            absent = " (left out here)" if given and name not in given else ""
            lines += _wrapped(f"  {name}: {field.description or ''}{absent}", indent)
    return lines


def _unit(value: yaml.Node) -> str:
    """The unit of an entry, in brackets."""
    if not isinstance(value, yaml.MappingNode):
        return ""
    content: dict[str, Any] = {key.value: inner.value for key, inner in value.value}
    unit = content.get("unit", "true or false" if "value" in content else "")
    return f" [{unit}]" if unit and unit != "1" else ""


def _wrapped(text: str, indent: int) -> list[str]:
    """Comment lines of at most WIDTH characters; what is indented in `text` stays so."""
    margin = " " * indent + "# "
    deeper = " " * (len(text) - len(text.lstrip()) + 2)
    return textwrap.wrap(text, WIDTH, initial_indent=margin, subsequent_indent=margin + deeper, break_on_hyphens=False)
