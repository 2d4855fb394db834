"""Verbs that look into a run: why it is silent, saturated or does not learn; one neuron step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurohw.cli.options import Json, app
from neurohw.terminal import say, write_json


@app.command()
def diagnose(
    run: Annotated[Path, typer.Argument(help="A run folder, as simulate writes it.")], json_file: Json = None
) -> None:
    """Say what is silent, saturated or does not learn in a run. Causes come first, each with its remedy."""
    from neurohw.artifacts.run_folder import load_folder
    from neurohw.diagnosis.diagnose import diagnose

    found = diagnose(*load_folder(run))
    say(found.text())
    write_json(json_file, found.document())


@app.command()
def trace(
    run: Annotated[Path, typer.Argument(help="A compiled program (.nhw), or a run folder: the weights it ended with.")],
    population: Annotated[str, typer.Argument(help="Population of the neuron, such as layer1.")],
    neuron: Annotated[int, typer.Argument(min=0, help="Its number, from 0.")],
    steps: Annotated[int, typer.Option(min=1, help="Steps to show, from the start.")] = 64,
    inputs: Annotated[
        Path | None, typer.Option("--input", help="Inputs in place of the model's: .npy [samples, steps, neurons].")
    ] = None,
    json_file: Json = None,
) -> None:
    """Show one neuron step by step. What arrived, the terms of its equation, what it sent; on the emulator."""
    from dataclasses import replace

    from neurohw import artifacts
    from neurohw.artifacts.run_folder import load_folder
    from neurohw.exchange.arrays import read_inputs
    from neurohw.ir.mapping import Program
    from neurohw.ir.run import ended
    from neurohw.runtime.neuron import trace_neuron

    if run.is_dir():
        program, made = load_folder(run)
        program = replace(program, network=ended(program.network, made))
    else:
        program = artifacts.load(run, Program)
    given = read_inputs(inputs, program.network) if inputs else None
    shown = trace_neuron(program, population, neuron, inputs=given, steps=steps)
    say(shown.text())
    write_json(json_file, shown.document())
