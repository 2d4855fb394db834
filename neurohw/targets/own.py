"""Files of one's own: a chip like one that there is, with every entry explained, and a price table that changes its
table."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from pathlib import Path

import yaml

from neurohw.ir.cost import MEANINGS
from neurohw.parsing import read_yaml
from neurohw.targets.comments import commented
from neurohw.targets.load import entries, find_prices, load_target, module_of, table_file, table_from

TEXT = 120  # characters a line
GRADES = "; ".join(f"{grade} {meaning}" for grade, meaning in MEANINGS.items())
HEAD = """\
# {name}: a chip of one's own, like {like}.
#
# Every value, grade and source below is still that of {like}. When you change a value, change its grade, source and \
conditions with it, and write `about` and `notes` anew: reports quote them. Until then they say what is true of {like}.
#
# Every number is {{value, unit, grade, source, conditions}}, with low and high where its spread is known:
#   value       the number, or true or false
#   unit        of a physical constant an SI unit with a prefix (pJ, ns, mW, um2, uS, Ohm), otherwise what it counts \
(bits, cores, axons, ...; "1" for a number of anything)
#   grade       how far to trust it: {grades}
#   source      where the number is from: paper and table, document, file, measurement, or "a choice"
#   conditions  what it holds for: voltage, mode, one core or the whole chip
#   low, high   the ends of its spread; without them value stands for both
#
# What the chip's actions cost is in its price table, `price_table`: one that ships (`neurohw list`), or one of your \
own by its path, or by its name if it lies beside this file. A table of your own may change some prices of another one \
(`extends`). What has no price is reported as such and never taken as zero.
#
# What to do next:
#   neurohw check {file}    # everything that is wrong or missing, at once
#   neurohw compare clapp_moved_digits --on {like} {file}
"""
TABLE = """\
# Prices of {chip}, which change some of {base}: take the # off an entry and write your own number, grade, source and \
conditions. Prices that stay commented out are those of {base}.
#
# Names are those of actions and parts and end in _energy [J], _time [s], _power [W] or _area [m2]. A price may grow \
with a property of the chip (`scaling`). `included` lists actions that cost nothing more because a price covers them. \
An action without a price is reported as such and never taken as zero.
#
# Grades: {grades}.
schema: neurohw.prices/1
name: {name}
title: {title}
scope: {scope}
notes:
  - {note}
extends: {base}
prices:
"""


def own_chip(like: Path, label: str, name: str, file: Path, prices_dir: Path, price_table: str | None = None) -> str:
    """The text of a chip file of the name `name`, to be written to `file`: that of `like` with comments.

    `label`: what the user calls `like`. `price_table`: in place of the chip's. Raise a NeurohwError if `like` is no
    valid chip.
    """
    kind = load_target(like, prices_dir).kind
    table = price_table or table_of(like, file.parent, prices_dir)
    text = _with(_whole(like, prices_dir), {"name": name, "price_table": table})
    spec = getattr(module_of(kind, str(like)), "SPEC", None)
    head = HEAD.format(name=name, like=shlex.quote(label), file=shlex.quote(str(file)), grades=GRADES)
    return _folded(head) + (commented(text, spec) if spec else text)


def own_prices(like: Path, chip: str, file: Path, prices_dir: Path) -> str:
    """The text of a price table for a chip of the name `chip`, to be written to `file`: it extends the table of the
    chip `like`, whose prices it lists as comments."""
    base = table_of(like, file.parent, prices_dir)
    path = table_file(file.parent, base, prices_dir, f"{like}: price_table")
    head = TABLE.format(
        chip=chip, name=_scalar(file.stem), base=_scalar(base), title=json.dumps(f"Prices of {chip}, from {path.stem}"),
        scope=read_yaml(path)["scope"], note=json.dumps(f"prices of {path.stem}, but for those given here"),
        grades=GRADES,
    )  # fmt: skip
    return _folded(head) + "".join(f"  # {line}\n" for line in _price_lines(path, prices_dir, set()))


def table_of(like: Path, folder: Path, prices_dir: Path) -> str:
    """How a chip in `folder` names the price table of the chip `like`."""
    name = str(entries(like, prices_dir)["price_table"])
    return table_from(like.parent, name, folder, prices_dir, f"{like}: price_table")


def _whole(like: Path, prices_dir: Path) -> str:
    """The text of a chip's file; if it extends another one, of a file that has the entries of both."""
    data = entries(like, prices_dir)
    if "extends" not in data:
        return like.read_text(encoding="utf-8")
    own = {key: value for key, value in data.items() if key != "extends"}
    return str(yaml.safe_dump(own, sort_keys=False, default_flow_style=None, width=TEXT, allow_unicode=True))


def _price_lines(path: Path, prices_dir: Path, above: set[str]) -> list[str]:
    """The entries of a table as they are written, then those of the table that it extends; `above`: names to skip."""
    text = path.read_text(encoding="utf-8")
    section = next(value for key, value in _entries(text) if key.value == "prices")
    lines, found = text.split("\n"), []
    for key, value in section.value:
        if key.value not in above:
            margin = section.start_mark.column
            block = lines[key.start_mark.line : value.end_mark.line + value.flow_style]
            found += [line[margin:] for line in block if line.strip()]
    if base := read_yaml(path).get("extends"):
        parent = find_prices(str(base), (path.parent, prices_dir), f"{path}: extends")
        found += _price_lines(parent, prices_dir, above | {key.value for key, _ in section.value})
    return found


def _with(text: str, changes: dict[str, str]) -> str:
    """`text` with other values of some entries at its top; nothing else is touched."""
    places = [(value.start_mark.index, value.end_mark.index, key.value) for key, value in _entries(text)]
    for start, end, key in sorted(places, reverse=True):
        if key in changes:
            text = text[:start] + _scalar(changes[key]) + text[end:]
    return text


def _entries(text: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """Keys and values at the top of a YAML file that is known to have some, with their places in the text."""
    return getattr(yaml.compose(text, Loader=yaml.SafeLoader), "value", [])


def _scalar(text: str) -> str:
    """Text as YAML that is read as text: quoted if it looks like a number or a truth value."""
    return text if re.fullmatch(r"[\w.-]+", text) and isinstance(yaml.safe_load(text), str) else json.dumps(text)


def _folded(head: str) -> str:
    """Comments in lines of at most TEXT characters; commands stay whole."""
    lines = []
    for line in head.splitlines():
        indent = "#" + " " * 15 if line.startswith("#   ") else "# "
        whole = not line.startswith("# ") or line.startswith("#   neurohw ")
        lines += [line] if whole else textwrap.wrap(line, TEXT, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(lines) + "\n"
