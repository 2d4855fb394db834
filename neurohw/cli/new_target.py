"""The verb that starts a chip of one's own: new-target."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from neurohw.cli.options import app
from neurohw.errors import Problem, raise_if_any
from neurohw.terminal import say

YAML = (".yaml", ".yml")


@app.command("new-target")
def new_target(
    name: Annotated[str, typer.Argument(help="Name of your chip.")],
    like: Annotated[str, typer.Option(help="Chip to start from, by name or path.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; default: NAME.yaml here.")] = None,
    prices: Annotated[bool, typer.Option("--prices", help="Also write a price table of your own beside it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write a chip file of your own: a copy of another chip's with every entry explained."""
    from neurohw import artifacts, library
    from neurohw.targets.own import own_chip, own_prices

    path = out or Path(f"{name}.yaml")
    table = path.with_name(f"{name}_prices.yaml") if prices else None
    raise_if_any([*_wrong_name(name), *_wrong_file(path, force), *(_wrong_file(table, force) if table else ())])
    source, folder = library.find_target(like), library.prices_dir()
    texts = {path: own_chip(source, like, name, path, folder, table.stem if table else None)}
    if table:
        texts[table] = own_prices(source, name, table, folder)
    for file, text in texts.items():
        artifacts.write_text(file, text)
        say(f"wrote {file}")
    say(f"next: neurohw check {path}")


def _wrong_name(name: str) -> list[Problem]:
    """What is wrong with the name of a new chip."""
    from neurohw import library
    from neurohw.targets.schema import NAME

    if name.endswith(YAML):
        return [
            Problem(name, "is a file", fix=f"give the chip's name, such as {Path(name).stem}, and the file with -o")
        ]
    if not re.fullmatch(NAME, name):
        return [Problem(name, "is no name of a chip", "letters, digits, '_', '.' and '-'", "choose another one")]
    if name in library.names(library.targets_dir()):
        return [Problem(name, "is a chip that ships with neurohw", fix="choose another name")]
    return []


def _wrong_file(path: Path, force: bool) -> list[Problem]:
    """What is wrong with the place of a new file."""
    if path.suffix not in YAML:
        return [Problem(str(path), "is no YAML file", fix=f"call it {path.name}.yaml")]
    if path.exists() and not force:
        return [Problem(str(path), "is there already", fix="--force replaces it, -o takes another file")]
    return []
