"""The verb readout: what a readout that learns on the chip makes of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurohw.cli.options import Json, Model, Prices, Seed, app
from neurohw.terminal import console, progress, save_picture, say, writable, write_json


@app.command()
def readout(
    model: Model,
    on: Annotated[list[str], typer.Option(help="Chips, by name or path; several after one --on.")],
    weights: Annotated[Path | None, typer.Option(help="What the layers learned; default: they learn first.")] = None,
    presentations: Annotated[int | None, typer.Option(min=1, help="How many; default: the model's.")] = None,
    prices: Prices = None, seed: Seed = 0,
    picture: Annotated[Path | None, typer.Option(help="Also draw the learning curves: a .png or .svg file.")] = None,
    json_file: Json = None,
) -> None:  # fmt: skip
    """Let readouts learn on a random and on a learned network. From a reward and from targets, beside a classifier."""
    from neurohw import api, artifacts
    from neurohw.errors import NeurohwError, Problem
    from neurohw.experiments.readout import readout as learn
    from neurohw.ir.weights import Weights
    from neurohw.reports.pictures.readout import readout_picture
    from neurohw.reports.readout import readout_json, readout_table

    writable(picture, json_file)
    if picture and picture.suffix not in (".png", ".svg"):
        raise NeurohwError(Problem("--picture", f"'{picture}'", "ends in .png or .svg", "give another name"))
    spec, targets = api.load_model(model), [api.load_target(name, prices) for name in on]
    given = artifacts.load(weights, Weights) if weights else None
    with progress(f"readouts of {spec.name} on {', '.join(on)}") as step:
        result = learn(spec, targets, given, seed=seed, presentations=presentations, progress=step)
    console.print(readout_table(result))
    if picture:
        save_picture(picture, readout_picture(result), picture.suffix[1:])
        say(f"wrote {picture}")
    write_json(json_file, readout_json(result))
