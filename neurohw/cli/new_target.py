"""The verb that starts a chip of one's own: new-target."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurohw.cli.options import app
from neurohw.terminal import say


@app.command("new-target")
def new_target(
    name: Annotated[str, typer.Argument(help="Name of your chip.")],
    like: Annotated[str, typer.Option(help="Chip to start from, by name or path.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; default: NAME.yaml here.")] = None,
    prices: Annotated[bool, typer.Option("--prices", help="Also write a price table of your own beside it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write a chip file of your own. A copy of another chip's, with every entry explained."""
    from neurohw import own_files

    files = own_files.new_target(name, like, path=out, prices=prices, force=force)
    for file in files:
        say(f"wrote {file}")
    say(f"next: neurohw check {files[0]}")
