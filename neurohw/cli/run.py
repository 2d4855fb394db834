"""Verbs that make something: train, compile, simulate, estimate, plot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from neurohw.cli.options import (
    Backend,
    Fixations,
    Json,
    Model,
    Out,
    Placing,
    Prices,
    Rounding,
    Runtime,
    Seed,
    StrictPrices,
    app,
    rounded,
)
from neurohw.terminal import (
    choice,
    claim,
    console,
    neuron_of,
    progress,
    save_picture,
    say,
    writable,
    write_json,
)
from neurohw.touched import keep_in


@app.command()
def train(model: Model, seed: Seed = 0, out: Out = None) -> None:
    """Train a model in floats on the host and write its weights."""
    from neurohw import api, artifacts

    spec = api.load_model(model)
    path = out or Path(f"{spec.name}.weights.npz")
    writable(path)
    with progress("training on the host") as step:
        result = api.train(spec, seed, step)
    artifacts.save(path, result.weights)
    last = max(1, len(result.loss) // 10)
    for name, values in {f"{spec.host.method} loss": result.loss, **result.parts}.items():
        means = values[-last:].mean(axis=0)
        shown = [f"layer {k + 1} {m:.3f}" if len(means) > 1 else f"{m:.3f}" for k, m in enumerate(means)]
        say(f"{name} over the last {last} steps: {', '.join(shown)}")
    say(f"wrote {path}")


@app.command()
def compile(
    model: Model,
    on: Annotated[str, typer.Option(help="Chip, by name or path.")],
    weights: Annotated[Path | None, typer.Option(help="Weights to start from or to freeze.")] = None,
    mode: Annotated[str | None, typer.Option(help="learn, infer (frozen), or readout (learns on top).")] = None,
    rounding: Rounding = None, placement: Placing = "greedy", prices: Prices = None, seed: Seed = 0, out: Out = None,
    strict: Annotated[bool, typer.Option(help="What the chip lacks is an error.")] = False,
) -> None:  # fmt: skip
    """Compile a model for a chip and write the program."""
    from neurohw import api, artifacts
    from neurohw.ir.weights import Weights

    spec, target = rounded(api.load_model(model), rounding), api.load_target(on, prices)
    given = artifacts.load(weights, Weights) if weights else None
    program = api.compile(
        spec, target, given, mode=choice("mode", mode, ("learn", "infer", "readout")), seed=seed, strict=strict,
        placement=choice("placement", placement, ("greedy", "traffic")),
    )  # fmt: skip
    path = out or Path(f"{spec.name}.{target.name}.nhw")
    artifacts.save(path, program)
    say(repr(program))
    for text in program.departures:
        say(f"note: {text}")
    say(f"wrote {path}")


@app.command()
def simulate(
    program: Annotated[Path, typer.Argument(help="A compiled program (.nhw).")],
    backend: Backend = None, fixations: Fixations = None, out: Out = None,
    runtime: Runtime = "auto",
    inputs: Annotated[
        Path | None, typer.Option("--input", help="Inputs of an imported network: .npy [samples, steps, neurons].")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps per sample of --input, if more than it has.")] = None,
    trace: Annotated[
        int, typer.Option(min=0, help="Last steps to record whole, for plot; 4 bytes a port and neuron, 8 for u and v.")
    ] = 0,
    schedule: Annotated[
        list[str] | None,
        typer.Option(help="Parameters that the host writes, such as hinge1.theta@20000=800; several after one option."),
    ] = None,
    probe: Annotated[
        list[str] | None,
        typer.Option(help="What to record step by step, such as layer1.v:0-7,12@10; several after one option."),
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in the output folder.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Fixations between checkpoints.")] = 20_000,
    strict: Annotated[bool, typer.Option(help="Overflows are errors.")] = False,
    force: Annotated[bool, typer.Option(help="Replace the run that the output folder holds.")] = False,
) -> None:  # fmt: skip
    """Run a compiled program. Write outputs, learned weights and counts to a folder."""
    from neurohw import api, artifacts
    from neurohw.artifacts.run_folder import CHECKPOINT, PROGRAM, RUN
    from neurohw.cli.probes import probes
    from neurohw.cli.schedules import schedules
    from neurohw.compiler.readout import WEIGHTS
    from neurohw.exchange.arrays import read_inputs
    from neurohw.ir.engine import RUNTIMES
    from neurohw.ir.mapping import Program
    from neurohw.ir.probe import LIMIT, probe_bytes
    from neurohw.ir.run import without_times
    from neurohw.runtime.backends import default_backend, require_backend
    from neurohw.runtime.options import RunOptions
    from neurohw.runtime.run import run_program, takes_checkpoint
    from neurohw.spec.recipe import model_of

    loaded = artifacts.load(program, Program)
    frames = read_inputs(inputs, loaded.network) if inputs else None
    folder = out or program.with_suffix(".run")
    backend = backend or default_backend(loaded.target)
    require_backend(backend)
    choice("runtime", runtime, RUNTIMES)
    writes, recorders = schedules(schedule or ()), probes(probe or ())
    if recorders:
        per_step = probe_bytes(loaded.network, recorders, 1 << 20) / (1 << 20)
        say(f"probes: {per_step:,.1f} bytes per step, {LIMIT >> 20:,} MiB at most")
    options = RunOptions(
        backend=backend, fixations=fixations, resume=resume, every=every, strict=strict, inputs=frames, steps=steps,
        traces=trace, runtime=runtime, schedule=writes, probes=recorders,
    )  # fmt: skip
    if takes_checkpoint(loaded, options):
        options = replace(options, checkpoint=folder / CHECKPOINT)
    claim(folder, resume, force)
    settings = model_of(loaded.recipe).model_dump(mode="json", by_alias=True) if loaded.recipe else None
    keep_in(folder, model=settings, chip=loaded.target.name, prices=loaded.target.prices.name, seed=loaded.seed)
    if not resume and (folder / PROGRAM).resolve() != program.resolve():  # an input of this run stays what it is
        artifacts.save(folder / PROGRAM, loaded)
    with progress(f"running on {backend}", "--resume goes on from the last checkpoint") as step:
        run = run_program(loaded, replace(options, progress=step))
    artifacts.save(folder / RUN, without_times(run))
    if "compiling" in run.provenance:
        spent = f"compiled in {run.provenance['compiling']:.1f} s, ran in {run.provenance['running']:.1f} s"
        say(f"brian2 ({run.provenance['brian2']}): {spent}")
    if loaded.mode == "readout":
        artifacts.save(folder / "readout.npz", run.learned[WEIGHTS])
    elif run.learned:
        artifacts.save(folder / "weights.npz", api.learned_weights(loaded, run))
    for name, values in run.totals.items():
        if name.endswith(".gamma"):
            say(f"{name[:-6]}: gate open in {(values != 0).mean():.0%} of fixations")
    for note in run.notes:
        say(f"note: {note}")
    for what, count in run.activity.overflows.items():
        say(f"overflow: {what}, {count} times")
    say(f"wrote {folder}")


@app.command()
def estimate(
    run: Annotated[Path, typer.Argument(help="A run folder, as simulate writes it.")],
    strict_prices: StrictPrices = False, json_file: Json = None,
) -> None:  # fmt: skip
    """Price a run folder on the chip it was compiled for."""
    from neurohw import api
    from neurohw.artifacts.run_folder import load_folder
    from neurohw.reports.document import report_json
    from neurohw.reports.table import cost_table

    program, loaded = load_folder(run)
    report = api.estimate(program, loaded, strict=strict_prices)
    console.print(cost_table([report]))
    write_json(json_file, report_json(report))


@app.command()
def plot(
    run: Annotated[Path, typer.Argument(help="A run folder, or a compiled program (.nhw).")],
    neurons: Annotated[
        list[str] | None, typer.Option(help="Neurons whose membranes to show, such as layer1:7; several options.")
    ] = None,
    probe: Annotated[
        list[str] | None, typer.Option(help="Records of probes to show, such as layer1.v; all by default.")
    ] = None,
    style: Annotated[str, typer.Option("--format", help="png or svg.")] = "png", out: Out = None,
) -> None:  # fmt: skip
    """Draw a run. Map of the chip, spike raster, membranes, probes, learning curves, weights before and after."""
    from neurohw import artifacts
    from neurohw.artifacts.run_folder import load_folder
    from neurohw.cli.probes import unrecorded
    from neurohw.errors import raise_if_any
    from neurohw.ir.mapping import Program
    from neurohw.reports.pictures.all import pictures

    program, loaded = (artifacts.load(run, Program), None) if run.is_file() else load_folder(run)
    kind, chosen = choice("format", style, ("png", "svg")), [neuron_of(text, program.network) for text in neurons or ()]
    folder = out or (run.with_suffix(".plots") if run.is_file() else run / "plots")
    raise_if_any(unrecorded(probe or (), loaded))
    for picture in pictures(program, loaded, chosen, probe or ()):
        if picture.draw is None:
            say(f"no {picture.name}: {picture.missing}")
            continue
        path = folder / f"{picture.name}.{kind}"
        save_picture(path, picture.draw(), kind)
        say(f"wrote {path}: {picture.shows}")
