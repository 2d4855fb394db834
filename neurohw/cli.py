"""The command line: the verbs of `neurohw.api` with progress and JSON; exit codes 0 done, 1 user's mistake, 2 usage."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from neurohw.errors import NeurohwError, Problem
from neurohw.terminal import (
    CHECKPOINT,
    PROGRAM,
    RUN,
    any_file,
    choice,
    claim,
    console,
    fail,
    load_run,
    neuron_of,
    progress,
    save_picture,
    say,
    spread,
    warn,
    write_json,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

Seed = Annotated[int, typer.Option(min=0, help="Seed of weights, stream and placement.")]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the result to this JSON file.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where to write the result.")]
Backend = Annotated[str, typer.Option(help="emulator, brian2, or lava (Python 3.10 only).")]
Backends = Annotated[list[str] | None, typer.Option("--backend", help="Backends; several after one --backend.")]
Steps = Annotated[
    list[int] | None,
    typer.Option("--steps", min=1, help="Time steps of an input in spikes; several after one --steps."),
]
Runtime = Annotated[str, typer.Option(help="What runs brian2: numpy, cython, cpp, or auto (by the length of the run).")]
Fixations = Annotated[int | None, typer.Option(min=1, help="Length of the learning run; default: the model's.")]
Prices = Annotated[str | None, typer.Option(help="Price table to use in place of the chip's own.")]
Rounding = Annotated[str | None, typer.Option(help="lava or per_synapse, in place of the model's own.")]
Placing = Annotated[str, typer.Option(help="greedy, or traffic (fewest messages x hops).")]
INTERRUPTED = 130  # what typer exits with after Ctrl-C


@app.command()
def check(files: Annotated[list[str], typer.Argument(help="Models and chips, by name or path.")]) -> None:
    """Validate model and chip files; all problems at once."""
    from neurohw import api
    from neurohw.parsing import read_yaml

    problems: list[Problem] = []
    for name in files:
        try:
            path = any_file(name)
            data = read_yaml(path)
            is_chip = isinstance(data, dict) and ("kind" in data or "target" in str(data.get("schema")))
            (api.load_target if is_chip else api.load_model)(str(path))
            say(f"{path}: ok")
        except NeurohwError as error:
            problems += error.problems
    if problems:
        raise NeurohwError(problems)


@app.command("list")
def list_() -> None:
    """List the models, chips, price tables, data sets and backends there are."""
    from neurohw import api, library
    from neurohw.backends.lava.available import why_not
    from neurohw.data.registry import names

    table = Table(box=None, show_header=False, pad_edge=False)
    rows = {
        "models": library.names(library.models_dir()),
        "chips": library.names(library.targets_dir()),
        "price tables": library.names(library.prices_dir()),
        "data sets": names(),
        "backends": api.BACKENDS,
    }
    for what, found in rows.items():
        table.add_row(what, ", ".join(found))
    if reason := why_not():
        table.add_row("", f"lava: {reason}")
    console.print(table)


@app.command()
def train(model: str, seed: Seed = 0, out: Out = None) -> None:
    """Train a model in floats on the host and write its weights."""
    from neurohw import api, artifacts

    spec = api.load_model(model)
    with progress("training on the host") as step:
        result = api.train(spec, seed, step)
    path = out or Path(f"{spec.name}.weights.npz")
    artifacts.save(path, result.weights)
    last = max(1, len(result.loss) // 10)
    losses = ", ".join(f"layer {k + 1} {value:.3f}" for k, value in enumerate(result.loss[-last:].mean(axis=0)))
    say(f"hinge loss over the last {last} steps: {losses}\nwrote {path}")


@app.command()
def compile(
    model: str,
    on: Annotated[str, typer.Option(help="Chip, by name or path.")],
    weights: Annotated[Path | None, typer.Option(help="Weights to start from or to freeze.")] = None,
    mode: Annotated[str | None, typer.Option(help="learn, or infer (frozen weights).")] = None,
    rounding: Rounding = None, placement: Placing = "greedy", prices: Prices = None, seed: Seed = 0, out: Out = None,
    strict: Annotated[bool, typer.Option(help="What the chip lacks is an error.")] = False,
) -> None:  # fmt: skip
    """Compile a model for a chip and write the program."""
    from neurohw import api, artifacts
    from neurohw.ir.weights import Weights

    spec, target = _rounded(api.load_model(model), rounding), api.load_target(on, prices)
    given = artifacts.load(weights, Weights) if weights else None
    program = api.compile(
        spec, target, given, mode=choice("mode", mode, ("learn", "infer")), seed=seed, strict=strict,
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
    program: Path, backend: Backend = "emulator", fixations: Fixations = None, out: Out = None,
    runtime: Runtime = "auto",
    inputs: Annotated[
        Path | None, typer.Option("--input", help="Inputs of an imported network: .npy [samples, steps, neurons].")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of a sample of --input, if more than it has.")] = None,
    trace: Annotated[
        int, typer.Option(min=0, help="Last steps to record whole, for plot; 4 bytes a port and neuron, 8 for u and v.")
    ] = 0,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in the output folder.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Fixations between checkpoints.")] = 20_000,
    strict: Annotated[bool, typer.Option(help="Overflows are errors.")] = False,
    force: Annotated[bool, typer.Option(help="Replace the run that the output folder holds.")] = False,
) -> None:  # fmt: skip
    """Run a compiled program and write the run to a folder: outputs, learned weights, counts."""
    from neurohw import api, artifacts
    from neurohw.exchange.arrays import read_inputs
    from neurohw.ir.mapping import Program

    loaded = artifacts.load(program, Program)
    frames = read_inputs(inputs, loaded.network) if inputs else None
    folder = out or program.with_suffix(".run")
    claim(folder, resume, force)
    if not resume:
        artifacts.save(folder / PROGRAM, loaded)
    with progress(f"running on {backend}", "--resume goes on from the last checkpoint") as step:
        run = api.simulate(
            loaded, backend=backend, fixations=fixations, progress=step, checkpoint=folder / CHECKPOINT, resume=resume,
            every=every, strict=strict, inputs=frames, steps=steps, traces=trace,
            **({"runtime": runtime} if backend == "brian2" else {}),
        )  # fmt: skip
    artifacts.save(folder / RUN, run)
    if "compiling" in run.provenance:
        spent = f"compiled in {run.provenance['compiling']:.1f} s, ran in {run.provenance['running']:.1f} s"
        say(f"brian2 ({run.provenance['brian2']}): {spent}")
    if run.learned:
        artifacts.save(folder / "weights.npz", api.learned_weights(loaded, run))
    for name, values in run.totals.items():
        if name.endswith(".gamma"):
            say(f"{name[:-6]}: gate open in {(values != 0).mean():.0%} of fixations")
    for what, count in run.activity.overflows.items():
        say(f"overflow: {what}, {count} times")
    say(f"wrote {folder}")


@app.command()
def estimate(run: Path, json_file: Json = None) -> None:
    """Price a run folder on the chip it was compiled for."""
    from neurohw import api
    from neurohw.reports.document import report_json
    from neurohw.reports.table import cost_table

    program, loaded = load_run(run)
    report = api.estimate(program, loaded)
    console.print(cost_table([report]))
    write_json(json_file, report_json(report))


@app.command()
def plot(
    run: Path,
    neurons: Annotated[
        list[str] | None, typer.Option(help="Neurons whose membranes to show, such as layer1:7; several options.")
    ] = None,
    style: Annotated[str, typer.Option("--format", help="png or svg.")] = "png", out: Out = None,
) -> None:  # fmt: skip
    """Draw a run: spike raster, membranes, learning curves, weights before and after."""
    from neurohw.reports.pictures.all import pictures

    program, loaded = load_run(run)
    kind, chosen = choice("format", style, ("png", "svg")), [neuron_of(text, program.network) for text in neurons or ()]
    folder = out or run / "plots"
    for picture in pictures(program, loaded, chosen):
        if picture.draw is None:
            say(f"no {picture.name}: {picture.missing}")
            continue
        path = folder / f"{picture.name}.{kind}"
        save_picture(path, picture.draw(), kind)
        say(f"wrote {path}: {picture.shows}")


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

    spec = _rounded(api.load_model(model), rounding)
    targets = [api.load_target(name, prices) for name in on]
    with progress(f"{spec.name} on {', '.join(on)}") as step:
        result = comparison.compare(
            spec, targets, backends=backend or (), steps=steps or (), seed=seed, fixations=fixations, progress=step,
            placement=choice("placement", placement, ("greedy", "traffic")),
        )  # fmt: skip
    console.print(comparison_table(result))
    write_json(json_file, comparison_json(result))


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


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A NIR graph (.nir, HDF5), or a Lava-DL network (.net).")],
    on: Annotated[str, typer.Option(help="Chip, by name or path.")] = "loihi2",
    bits: Annotated[int, typer.Option(min=2, max=8, help="Weight bits of a NIR graph.")] = 8,
    dt: Annotated[float, typer.Option(help="Seconds a time step of a NIR graph.")] = 1e-3,
    reset_interval: Annotated[int, typer.Option(min=0, help="Steps between resets of all neurons; 0: never.")] = 0,
    reset_offset: Annotated[int, typer.Option(min=0, help="Step of the first layer's first reset.")] = 0,
    placement: Placing = "greedy", prices: Prices = None, out: Out = None, json_file: Json = None,
) -> None:  # fmt: skip
    """Read a network of another tool, quantise it, compile it for a chip and write the program."""
    from neurohw import api, artifacts, exchange
    from neurohw.compiler.pipeline import compile_network
    from neurohw.reports.document import imported_json
    from neurohw.reports.table import imported_table

    imported = exchange.read(file, bits=bits, dt=dt, reset_interval=reset_interval, reset_offset=reset_offset)
    placing = choice("placement", placement, ("greedy", "traffic"))
    program = compile_network(imported.network, api.load_target(on, prices), model=file.stem, placement=placing)
    path = out or file.with_suffix(".nhw")
    artifacts.save(path, program)
    say(repr(program))
    if imported.errors:
        console.print(imported_table(imported))
    for text in program.departures:
        say(f"note: {text}")
    write_json(json_file, imported_json(imported))
    say(f"wrote {path}")


@app.command()
def export(
    program: Path, dt: Annotated[float, typer.Option(help="Seconds a time step.")] = 1e-3, out: Out = None
) -> None:
    """Write the network of a compiled program as a NIR graph."""
    from neurohw import artifacts, exchange
    from neurohw.ir.mapping import Program

    path = out or program.with_suffix(".nir")
    exchange.write(path, artifacts.load(program, Program).network, dt)
    say(f"wrote {path}")


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


def main() -> None:
    """Entry point: a user's mistake is one message and exit code 1, never a traceback (unless --debug)."""
    debug = "--debug" in sys.argv
    arguments = spread([a for a in sys.argv[1:] if a != "--debug"])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = warn
            app(args=arguments, prog_name="neurohw", standalone_mode=True)
    except (NeurohwError, MemoryError) as error:
        if debug:
            raise
        fail(f"memory: {error}; use smaller layers or fewer views" if isinstance(error, MemoryError) else str(error))
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        fail("interrupted; what was written is whole")


def _rounded(model: Any, rounding: str | None) -> Any:
    """The model with another rounding of learned weights."""
    if choice("rounding", rounding, ("lava", "per_synapse")) is None:
        return model
    return model.model_copy(update={"chip": model.chip.model_copy(update={"rounding": rounding})})


if __name__ == "__main__":
    main()
