"""Verbs that set things side by side: compare, study, fidelity, demo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurohw.cli.options import (
    Backends,
    Fixations,
    Json,
    Model,
    Out,
    Placing,
    Prices,
    Rounding,
    Runtime,
    Seed,
    Steps,
    StrictPrices,
    app,
    rounded,
)
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.terminal import (
    choice,
    command_line,
    console,
    entry_of,
    progress,
    save_picture,
    say,
    writable,
    write_json,
)
from neurohw.touched import keep_in
from neurohw.writing import write_text

if TYPE_CHECKING:
    from neurohw.ir.comparison import Comparison


DEMO_CHIPS = ("loihi1", "loihi2", "xbar_rram_isaac", "xbar_pcm_hermes", "xbar_sram")


@app.command()
def compare(
    things: Annotated[list[str], typer.Argument(metavar="MODEL|RUN|REPORT...", help="Models; run folders; two .json.")],
    on: Annotated[
        list[str] | None, typer.Option(help="Chips, by name or path, or chip@price_table; several after one --on.")
    ] = None,
    backend: Backends = None, steps: Steps = None, fixations: Fixations = None, rounding: Rounding = None,
    prices: Prices = None, placement: Placing = "greedy", seed: Seed = 0,
    baseline: Annotated[str | None, typer.Option(help="Chip or model that ratios refer to; default: row 1.")] = None,
    strict_prices: StrictPrices = False,
    html: Annotated[Path | None, typer.Option(help="Also write a page that opens without a network.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write Markdown tables.")] = None,
    latex: Annotated[Path | None, typer.Option(help="Also write LaTeX tables (booktabs).")] = None,
    json_file: Json = None,
) -> None:  # fmt: skip
    """Put models on chips, or finished runs, side by side. Of two reports (.json), say what changed."""
    from neurohw import api
    from neurohw.artifacts.run_folder import load_folder
    from neurohw.experiments import comparison
    from neurohw.ir.comparison import Comparison

    files = {"html": html, "markdown": markdown, "latex": latex, "json": json_file}
    writable(*files.values())
    runs = [Path(thing) for thing in things if Path(thing).is_dir()]
    models = [thing for thing in things if Path(thing) not in runs]
    if reports := [name for name in models if name.endswith(".json")]:
        options = {"--on": on, "--baseline": baseline, "--strict-prices": strict_prices, **files}
        compare_reports(things, reports, [name for name, value in options.items() if value])
        return
    if bool(models) != bool(on):
        what, fix = (
            ("--on", "name the chips: --on loihi1 loihi2") if models else ("compare", "name a model before --on")
        )
        raise NeurohwError(Problem(what, "is missing" if models else "has chips but no model", fix=fix))
    if not models:
        own = {"--backend": backend, "--prices": prices, "--rounding": rounding}
        numbers = {"--steps": steps, "--fixations": fixations, "--seed": seed}
        idle = [name for name, value in (*own.items(), *numbers.items()) if value]
        fix = "omit them, or name a model and --on"
        raise_if_any([Problem(name, "has no effect on a finished run", fix=fix) for name in idle])
    rows = [comparison.row_of_run(*load_folder(folder)) for folder in runs]
    result = Comparison((), provenance=comparison.versions())
    if models:
        specs = [rounded(api.load_model(model), rounding) for model in models]
        targets = [api.load_target(name, prices) for name in on or ()]
        with progress(f"{', '.join(models)} on {', '.join(on or ())}") as step:
            result = comparison.compare(
                specs, targets, backends=backend or (), steps=steps or (), seed=seed, fixations=fixations,
                progress=step, placement=choice("placement", placement, ("greedy", "traffic")),
            )  # fmt: skip
    result = comparison.with_baseline(replace(result, rows=(*result.rows, *rows)), baseline)
    if strict_prices:
        comparison.refuse_gaps(result)
    show(result, files)


def compare_reports(things: list[str], reports: list[str], options: list[str]) -> None:
    """Say what changed between two reports; `options`: those that were given, and mean nothing here."""
    from neurohw.reports.difference import difference, read_report
    from neurohw.reports.table import difference_table

    if len(things) != 2 or len(reports) != 2 or options:
        had = ", ".join([*things, *(name if name.startswith("-") else f"--{name}" for name in options)])
        raise NeurohwError(Problem("compare", had, "a report goes with one other report, and no options", "give two"))
    console.print(difference_table(difference(*(read_report(Path(name)) for name in reports)), *reports))


def show(result: Comparison, files: dict[str, Path | None]) -> None:
    """Print a comparison and write it to the files that were asked for; footnotes are on the page, if there is one."""
    from neurohw.reports import page, papers
    from neurohw.reports.document import comparison_json
    from neurohw.reports.table import comparison_table, side_by_side

    console.print((side_by_side if files.get("html") else comparison_table)(result, console.width))
    writers = {"html": page.render, "markdown": papers.markdown, "latex": papers.latex}
    for kind, write in writers.items():
        if (path := files.get(kind)) is not None:
            write_text(path, write(result, command_line()))
            say(f"wrote {path}")
    write_json(files.get("json"), comparison_json(result))


@app.command()
def study(
    model: Model,
    on: Annotated[str, typer.Option(help="Chip, by name or path.")],
    vary: Annotated[list[str], typer.Option(help="Entries of the chip's file, such as converters.adc_bits; several.")],
    values: Annotated[list[str], typer.Option(help="Their values, each for all entries: 3 4 5, or '1 Ohm' '2 Ohm'.")],
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 3,
    learning: Annotated[str, typer.Option(help="once (in integers), or chip (anew on each).")] = "once",
    settings: Annotated[list[str] | None, typer.Option("--set", help="Other entries, as entry=value; several.")] = None,
    fixations: Fixations = None,
    style: Annotated[str, typer.Option("--format", help="png or svg.")] = "png", out: Out = None,
) -> None:  # fmt: skip
    """Vary a chip and measure a model on it. Write a picture, a table and the command."""
    from neurohw import api
    from neurohw.experiments.study import study as measure
    from neurohw.reports.document import study_csv
    from neurohw.reports.pictures.study import study_picture
    from neurohw.reports.table import study_table

    writable(out / "study.csv" if out else None)
    spec, kind = api.load_model(model), choice("format", style, ("png", "svg"))
    with progress(f"{spec.name} on {on}, {len(values)} values") as step:
        result = measure(
            spec, on, vary, values, seeds=range(seeds), fixations=fixations, progress=step,
            learning=choice("learning", learning, ("once", "chip")), settings=dict(map(entry_of, settings or ())),
        )  # fmt: skip
    console.print(study_table(result))
    folder = out or Path(f"study_{spec.name}_{result.target}_{vary[0]}")
    keep_in(folder)
    write_text(folder / "study.csv", study_csv(result))
    write_text(folder / "command.txt", command_line() + "\n")
    save_picture(folder / f"study.{kind}", study_picture(result), kind)
    say(f"wrote {folder}")


@app.command()
def fidelity(
    model: Model,
    steps: Annotated[int | None, typer.Option(min=1, help="Time steps of an input.")] = None,
    bits: Annotated[list[int] | None, typer.Option(min=2, max=8, help="Weight bits; several after one --bits.")] = None,
    seed: Seed = 0,
    runtime: Runtime = "auto", json_file: Json = None,
) -> None:  # fmt: skip
    """Show what weight bits and discrete time cost a spiking model. It is trained in floats first."""
    from neurohw import api
    from neurohw.experiments.comparison import with_steps
    from neurohw.experiments.fidelity import check
    from neurohw.experiments.fidelity import fidelity as measure
    from neurohw.ir.engine import RUNTIMES
    from neurohw.reports.document import fidelity_json
    from neurohw.reports.table import fidelity_table

    spec = api.load_model(model)
    check(spec)
    choice("runtime", runtime, RUNTIMES)
    writable(json_file)
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
    seed: Seed = 0,
    html: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("demo.html"),
    json_file: Json = None,
) -> None:  # fmt: skip
    """Learn moved digits on five emulated chips. Check against Lava, price every run, and write a page about it."""
    from neurohw import api
    from neurohw.backends.lava.available import why_not
    from neurohw.experiments import comparison
    from neurohw.experiments.crosscheck import crosscheck

    writable(html, json_file)
    keep_in(html.with_suffix(".run"))
    spec = api.load_model("clapp_moved_digits")
    targets = [api.load_target(name) for name in DEMO_CHIPS]
    with progress(f"learning {fixations:,} fixations on the emulated chips") as step:
        result = comparison.compare(spec, targets, fixations=fixations, seed=seed, progress=step)
    lines: list[str] = []
    if check and (reason := why_not()):
        lines = [f"not checked against Lava: {reason}"]
    elif check:
        with console.status(f"repeating {check} fixations on Lava"):
            lines = crosscheck(spec, targets[1], check, seed)
    show(result, {"json": json_file, "html": html})
    again = f"to learn it again and compare: neurohw reproduce {html.with_suffix('.run')}"
    say("\n".join([*lines, again, f"open {html.resolve().as_uri()} in a browser"]))
