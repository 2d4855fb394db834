"""Verbs about files: check, list, import, export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from neurohw.cli.options import Json, Out, Placing, Prices, app
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.exchange import TOLERANCE
from neurohw.terminal import any_file, choice, console, say, write_json

AcceptSkew = Annotated[
    bool, typer.Option("--accept-skew", help="Take signals as they come where paths of different length meet.")
]


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Models, chips, prices, sweeps and context, by name or path.")],
) -> None:
    """Validate model, chip, price and sweep files. All problems at once."""
    from neurohw import api, library
    from neurohw.data.registry import data_problems
    from neurohw.experiments.sweeps.plan import plan
    from neurohw.parsing import read_yaml
    from neurohw.targets.context import load_context
    from neurohw.targets.load import load_prices

    problems: list[Problem] = []
    for name in files:
        try:
            path = any_file(name)
            data = read_yaml(path)
            schema = str(data.get("schema")) if isinstance(data, dict) else ""
            if "prices" in schema:
                load_prices(path, library.prices_dir())
            elif "context" in schema:
                load_context(path)
            elif "sweep" in schema:
                plan(path)
            elif "kind" in data or "target" in schema or "extends" in data:
                api.load_target(str(path))
            else:
                found = data_problems(api.load_model(str(path)).data)
                raise_if_any([replace(p, where=f"{path}: {p.where}") for p in found])
            say(f"{path}: ok")
        except NeurohwError as error:
            problems += error.problems
    if problems:
        raise NeurohwError(problems)


@app.command("list")
def list_() -> None:
    """List models, chips, price tables, sweeps, data, backends."""
    from neurohw import library
    from neurohw.backends.lava.available import why_not
    from neurohw.data.registry import names
    from neurohw.runtime.backends import backend_names

    table = Table(box=None, show_header=False, pad_edge=False)
    rows = {
        "models": library.names(library.models_dir()),
        "chips": library.names(library.targets_dir()),
        "price tables": library.names(library.prices_dir()),
        "sweeps": library.names(library.sweeps_dir()),
        "data sets": names(),
        "backends": backend_names(),
    }
    for what, found in rows.items():
        table.add_row(what, ", ".join(found))
    if reason := why_not():
        table.add_row("", f"lava: {reason}")
    console.print(table)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A NIR graph (.nir, HDF5), or a Lava-DL network (.net).")],
    on: Annotated[str, typer.Option(help="Chip, by name or path.")] = "loihi2",
    bits: Annotated[int, typer.Option(min=2, max=8, help="Weight bits of a NIR graph.")] = 8,
    dt: Annotated[
        float | None, typer.Option(help="Seconds per time step of a NIR graph; needed unless its metadata says it.")
    ] = None,
    accept_skew: AcceptSkew = False,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Largest error of a parameter, relative to its largest value.")
    ] = TOLERANCE,
    reset_interval: Annotated[int, typer.Option(min=0, help="Steps between resets of all neurons; 0: never.")] = 0,
    reset_offset: Annotated[int, typer.Option(min=0, help="Step of the first layer's first reset.")] = 0,
    placement: Placing = "greedy", prices: Prices = None, out: Out = None, json_file: Json = None,
) -> None:  # fmt: skip
    """Compile a network of another tool for a chip. It is read, quantised, compiled and written as a program."""
    from neurohw import api, artifacts, exchange
    from neurohw.compiler.pipeline import compile_network
    from neurohw.reports.document import imported_json
    from neurohw.reports.table import imported_table

    imported = exchange.read(
        file, bits=bits, dt=dt, reset_interval=reset_interval, reset_offset=reset_offset, accept_skew=accept_skew,
        tolerance=tolerance,
    )  # fmt: skip
    placing = choice("placement", placement, ("greedy", "traffic"))
    program = compile_network(imported.network, api.load_target(on, prices), model=file.stem, placement=placing)
    path = out or file.with_suffix(".nhw")
    artifacts.save(path, program)
    say(repr(program))
    if imported.errors:
        console.print(imported_table(imported))
    for text in (*imported.notes, *program.departures):
        say(f"note: {text}")
    write_json(json_file, imported_json(imported))
    say(f"wrote {path}")


@app.command()
def export(
    program: Annotated[Path, typer.Argument(help="A compiled program (.nhw).")],
    dt: Annotated[float, typer.Option(help="Seconds per time step.")] = 1e-3,
    accept_skew: AcceptSkew = False, out: Out = None,
) -> None:  # fmt: skip
    """Write the network of a compiled program as a NIR graph."""
    from neurohw import artifacts, exchange
    from neurohw.ir.mapping import Program

    path = out or program.with_suffix(".nir")
    exchange.write(path, artifacts.load(program, Program).network, dt, accept_skew)
    say(f"wrote {path}")
