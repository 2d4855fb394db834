"""The verb that says why a run is silent, saturated or does not learn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurohw.cli.options import Json, app
from neurohw.terminal import load_run, say, write_json


@app.command()
def diagnose(
    run: Annotated[Path, typer.Argument(help="A run folder, as simulate writes it.")], json_file: Json = None
) -> None:
    """Say what is silent, saturated or does not learn in a run: the cause first, with its remedy."""
    from neurohw.diagnosis.diagnose import diagnose

    found = diagnose(*load_run(run))
    say(found.text())
    write_json(json_file, found.document())
