"""Files of one's own: a chip to start from, and with it a price table."""

from __future__ import annotations

import re
from pathlib import Path

from neurohw import library
from neurohw.errors import Problem, raise_if_any
from neurohw.targets.own import own_chip, own_prices
from neurohw.targets.schema import NAME
from neurohw.writing import write_text

YAML = (".yaml", ".yml")


def new_target(
    name: str, like: str, *, path: Path | None = None, prices: bool = False, force: bool = False
) -> tuple[Path, ...]:
    """Write a chip file of the name `name`, a copy of the chip `like` with every entry explained; return the files.

    `path`: by default NAME.yaml here. `prices`: also a price table beside it, which changes that of `like`. `force`:
    replace files that are there. Raise a NeurohwError for a name or a file that is taken.
    """
    path = path or Path(f"{name}.yaml")
    table = path.with_name(f"{name}_prices.yaml") if prices else None
    raise_if_any([*_wrong_name(name), *_wrong_file(path, force), *(_wrong_file(table, force) if table else ())])
    source, folder = library.find_target(like), library.prices_dir()
    texts = {path: own_chip(source, like, name, path, folder, table.stem if table else None)}
    if table:
        texts[table] = own_prices(source, name, table, folder)
    for file, text in texts.items():
        write_text(file, text)
    return tuple(texts)


def _wrong_name(name: str) -> list[Problem]:
    """What is wrong with the name of a new chip."""
    if name.endswith(YAML):
        return [
            Problem(name, "is a file", fix=f"give the chip's name, such as {Path(name).stem}, and the file with -o")
        ]
    if not re.fullmatch(NAME, name):
        return [Problem(name, "is not a name of a chip", "letters, digits, '_', '.' and '-'", "choose another one")]
    if name in library.names(library.targets_dir()):
        return [Problem(name, "is a chip that ships with neurohw", fix="choose another name")]
    return []


def _wrong_file(path: Path, force: bool) -> list[Problem]:
    """What is wrong with the place of a new file."""
    if path.suffix not in YAML:
        return [Problem(str(path), "is not a YAML file", fix=f"call it {path.name}.yaml")]
    if path.exists() and not force:
        return [Problem(str(path), "is there already", fix="--force replaces it, -o takes another file")]
    return []
