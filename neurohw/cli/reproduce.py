"""The verb reproduce: a run once more, compared byte for byte."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from neurohw.cli.options import app
from neurohw.terminal import console, said, say, spread

if TYPE_CHECKING:
    from neurohw.reproduction.again import Reproduction


@app.command("reproduce")
def reproduce_(run: Annotated[Path, typer.Argument(help="A folder with a reproduce.json.")]) -> None:
    """Repeat a run and compare it byte for byte. It runs from the folder's own copies of all inputs."""
    found = reproduce(run)
    table = Table("file", "bytes", "", box=None, pad_edge=False)
    for file in found.files:
        table.add_row(file.path, f"{file.size:,}", "different" if file.difference else "equal")
    console.print(table)
    for note in found.notes:
        say(f"note: {note}")
    found.require_equal()


def reproduce(folder: Path | str) -> Reproduction:
    """Run what a folder holds again in a temporary one, and compare every file that it wrote byte for byte.

    The folder may have moved, and models and chips of the library may have changed: its own copies are used. Raise a
    NeurohwError for files of it that are missing or damaged.
    """
    from neurohw.reproduction.again import run_again
    from neurohw.reproduction.record import read_record

    folder = Path(folder)
    with said(read_record(folder).command):
        return run_again(folder, _quietly)


def _quietly(arguments: list[str]) -> None:
    """Run a verb of the command line without its words."""
    with redirect_stdout(StringIO()):
        app(args=spread(arguments), prog_name="neurohw", standalone_mode=False)
