"""Verbs that set things side by side: compare, study, fidelity, demo."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from neurohw import artifacts
from neurohw.cli.options import (
    Backends,
    Fixations,
    Json,
    Out,
    Placing,
    Prices,
    Rounding,
    Runtime,
    Seed,
    Steps,
    app,
    rounded,
)
from neurohw.terminal import choice, console, entry_of, progress, save_picture, say, write_json


@app.command()
def compare(
    model: str,
    on: Annotated[list[str], typer.Option(help="Chips, by name or path, or chip@price_table; several after one --on.")],
    backend: Backends = None, steps: Steps = None, fixations: Fixations = None, rounding: Rounding = None,
    prices: Prices = None, placement: Placing = "greedy", seed: Seed = 0, json_file: Json = None,
) -> None:  # fmt: skip
    """Learn, measure and price one model on several chips, side by side."""
    from neurohw import api, comparison
    from neurohw.reports.document import comparison_json
    from neurohw.reports.table import comparison_table

    spec = rounded(api.load_model(model), rounding)
    targets = [api.load_target(name, prices) for name in on]
    with progress(f"{spec.name} on {', '.join(on)}") as step:
        result = comparison.compare(
            spec, targets, backends=backend or (), steps=steps or (), seed=seed, fixations=fixations, progress=step,
            placement=choice("placement", placement, ("greedy", "traffic")),
        )  # fmt: skip
    console.print(comparison_table(result))
    write_json(json_file, comparison_json(result))


@app.command()
def study(
    model: str,
    on: Annotated[str, typer.Option(help="Chip, by name or path.")],
    vary: Annotated[list[str], typer.Option(help="Entries of the chip's file, such as converters.adc_bits; several.")],
    values: Annotated[list[str], typer.Option(help="Their values, each for all entries: 3 4 5, or '1 Ohm' '2 Ohm'.")],
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 3,
    learning: Annotated[str, typer.Option(help="once (in integers), or chip (anew on each).")] = "once",
    settings: Annotated[list[str] | None, typer.Option("--set", help="Other entries, as entry=value; several.")] = None,
    fixations: Fixations = None,
    style: Annotated[str, typer.Option("--format", help="png or svg.")] = "png", out: Out = None,
) -> None:  # fmt: skip
    """Measure one model on a chip while something about the chip is varied; a picture, a table and its command."""
    from neurohw import api
    from neurohw.reports.document import study_csv
    from neurohw.reports.pictures.study import study_picture
    from neurohw.reports.table import study_table
    from neurohw.study import study as measure

    spec, kind = api.load_model(model), choice("format", style, ("png", "svg"))
    with progress(f"{spec.name} on {on}, {len(values)} values") as step:
        result = measure(
            spec, on, vary, values, seeds=range(seeds), fixations=fixations, progress=step,
            learning=choice("learning", learning, ("once", "chip")), settings=dict(map(entry_of, settings or ())),
        )  # fmt: skip
    console.print(study_table(result))
    folder = out or Path(f"study_{spec.name}_{result.target}_{vary[0]}")
    artifacts.write_text(folder / "study.csv", study_csv(result))
    artifacts.write_text(folder / "command.txt", shlex.join(["neurohw", *sys.argv[1:]]) + "\n")
    save_picture(folder / f"study.{kind}", study_picture(result), kind)
    say(f"wrote {folder}")


@app.command()
def fidelity(
    model: str,
    steps: Annotated[int | None, typer.Option(min=1, help="Time steps of an input.")] = None,
    bits: Annotated[list[int] | None, typer.Option(min=2, max=8, help="Weight bits; several after one --bits.")] = None,
    seed: Seed = 0,
    runtime: Runtime = "auto", json_file: Json = None,
) -> None:  # fmt: skip
    """Train a spiking model in floats, then show what weight bits and discrete time cost it."""
    from neurohw import api
    from neurohw.comparison import with_steps
    from neurohw.fidelity import fidelity as measure
    from neurohw.reports.document import fidelity_json
    from neurohw.reports.table import fidelity_table

    spec = api.load_model(model)
    spec = with_steps(spec, steps) if steps else spec
    with progress("training on the host") as step:
        weights = api.train(spec, seed, step).weights
    with progress(f"{spec.name} in floats, integers and continuous time") as step:
        result = measure(spec, weights, bits=bits or (8, 6, 4), seed=seed, runtime=runtime, progress=step)
    console.print(fidelity_table(result))
    write_json(json_file, fidelity_json(result))


@app.command()
def demo(
    fixations: Annotated[int, typer.Option(min=1, help="Fixations to learn.")] = 80_000,
    check: Annotated[int, typer.Option(min=0, help="Fixations to repeat on Lava.")] = 100,
    seed: Seed = 0, json_file: Json = None,
) -> None:  # fmt: skip
    """Learn moved digits on an emulated Loihi, check it against Lava, and price it on two chips."""
    from neurohw import api, comparison
    from neurohw.backends.lava.available import why_not
    from neurohw.crosscheck import crosscheck
    from neurohw.reports.document import comparison_json
    from neurohw.reports.table import comparison_table

    spec = api.load_model("clapp_moved_digits")
    targets = [api.load_target(name) for name in ("loihi1", "loihi2")]
    with progress(f"learning {fixations:,} fixations on the emulated chip") as step:
        result = comparison.compare(spec, targets, fixations=fixations, seed=seed, progress=step)
    console.print(comparison_table(result))
    if check and (reason := why_not()):
        say(f"not checked against Lava: {reason}")
    elif check:
        with console.status(f"repeating {check} fixations on Lava"):
            lines = crosscheck(spec, targets[-1], check, seed)
        say("\n".join(lines))
    write_json(json_file, comparison_json(result))
