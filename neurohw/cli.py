"""The command line: the verbs of `neurohw.api` with progress and JSON; exit codes 0 done, 1 user's mistake, 2 usage."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from neurohw.errors import NeurohwError, Problem, did_you_mean

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
# brackets in messages and paths are no markup
console, err = (Console(stderr=to, markup=False, emoji=False, highlight=False) for to in (False, True))

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
RUN, PROGRAM, CHECKPOINT = "run.npz", "program.nhw", "checkpoint.npz"
SEVERAL = ("--on", "--backend", "--steps", "--bits")  # options of compare and fidelity that take several values
INTERRUPTED = 130  # what typer exits with after Ctrl-C


@app.command()
def check(files: Annotated[list[str], typer.Argument(help="Models and chips, by name or path.")]) -> None:
    """Validate model and chip files; all problems at once."""
    from neurohw import api
    from neurohw.parsing import read_yaml

    problems: list[Problem] = []
    for name in files:
        try:
            path = _any_file(name)
            data = read_yaml(path)
            is_chip = isinstance(data, dict) and ("kind" in data or "target" in str(data.get("schema")))
            (api.load_target if is_chip else api.load_model)(str(path))
            _say(f"{path}: ok")
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
    with _progress("training on the host") as step:
        result = api.train(spec, seed, step)
    path = out or Path(f"{spec.name}.weights.npz")
    artifacts.save(path, result.weights)
    last = max(1, len(result.loss) // 10)
    losses = ", ".join(f"layer {k + 1} {value:.3f}" for k, value in enumerate(result.loss[-last:].mean(axis=0)))
    _say(f"hinge loss over the last {last} steps: {losses}\nwrote {path}")


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
        spec, target, given, mode=_choice("mode", mode, ("learn", "infer")), seed=seed, strict=strict,
        placement=_choice("placement", placement, ("greedy", "traffic")),
    )  # fmt: skip
    path = out or Path(f"{spec.name}.{target.name}.nhw")
    artifacts.save(path, program)
    _say(repr(program))
    for text in program.departures:
        _say(f"note: {text}")
    _say(f"wrote {path}")


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
    _claim(folder, resume, force)
    if not resume:
        artifacts.save(folder / PROGRAM, loaded)
    with _progress(f"running on {backend}", "--resume goes on from the last checkpoint") as step:
        run = api.simulate(
            loaded, backend=backend, fixations=fixations, progress=step, checkpoint=folder / CHECKPOINT, resume=resume,
            every=every, strict=strict, inputs=frames, steps=steps, traces=trace,
            **({"runtime": runtime} if backend == "brian2" else {}),
        )  # fmt: skip
    artifacts.save(folder / RUN, run)
    if run.learned:
        artifacts.save(folder / "weights.npz", api.learned_weights(loaded, run))
    for name, values in run.totals.items():
        if name.endswith(".gamma"):
            _say(f"{name[:-6]}: gate open in {(values != 0).mean():.0%} of fixations")
    for what, count in run.activity.overflows.items():
        _say(f"overflow: {what}, {count} times")
    _say(f"wrote {folder}")


@app.command()
def estimate(run: Path, json_file: Json = None) -> None:
    """Price a run folder on the chip it was compiled for."""
    from neurohw import api
    from neurohw.reports.document import report_json
    from neurohw.reports.table import cost_table

    program, loaded = _load_run(run)
    report = api.estimate(program, loaded)
    console.print(cost_table([report]))
    _write_json(json_file, report_json(report))


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

    program, loaded = _load_run(run)
    kind, chosen = _choice("format", style, ("png", "svg")), [_neuron(text, program.network) for text in neurons or ()]
    folder = out or run / "plots"
    for picture in pictures(program, loaded, chosen):
        if picture.draw is None:
            _say(f"no {picture.name}: {picture.missing}")
            continue
        path = folder / f"{picture.name}.{kind}"
        _save_picture(path, picture.draw(), kind)
        _say(f"wrote {path}: {picture.shows}")


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
    backend = backend or ["emulator"]
    with _progress(f"{spec.name} on {', '.join(backend)}") as step:
        result = comparison.compare(
            spec, targets, backends=backend, steps=steps or (), seed=seed, fixations=fixations, progress=step,
            placement=_choice("placement", placement, ("greedy", "traffic")),
        )  # fmt: skip
    console.print(comparison_table(result))
    _write_json(json_file, comparison_json(result))


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
    with _progress("training on the host") as step:
        weights = api.train(spec, seed, step).weights
    with _progress(f"{spec.name} in floats, integers and continuous time") as step:
        result = measure(spec, weights, bits=bits or (8, 6, 4), seed=seed, runtime=runtime, progress=step)
    console.print(fidelity_table(result))
    _write_json(json_file, fidelity_json(result))


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
    placing = _choice("placement", placement, ("greedy", "traffic"))
    program = compile_network(imported.network, api.load_target(on, prices), model=file.stem, placement=placing)
    path = out or file.with_suffix(".nhw")
    artifacts.save(path, program)
    _say(repr(program))
    if imported.errors:
        console.print(imported_table(imported))
    for text in program.departures:
        _say(f"note: {text}")
    _write_json(json_file, imported_json(imported))
    _say(f"wrote {path}")


@app.command()
def export(
    program: Path, dt: Annotated[float, typer.Option(help="Seconds a time step.")] = 1e-3, out: Out = None
) -> None:
    """Write the network of a compiled program as a NIR graph."""
    from neurohw import artifacts, exchange
    from neurohw.ir.mapping import Program

    path = out or program.with_suffix(".nir")
    exchange.write(path, artifacts.load(program, Program).network, dt)
    _say(f"wrote {path}")


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
    with _progress(f"learning {fixations:,} fixations on the emulated chip") as step:
        result = comparison.compare(spec, targets, fixations=fixations, seed=seed, progress=step)
    console.print(comparison_table(result))
    if check and (reason := why_not()):
        _say(f"not checked against Lava: {reason}")
    elif check:
        with console.status(f"repeating {check} fixations on Lava"):
            lines = crosscheck(spec, targets[-1], check, seed)
        _say("\n".join(lines))
    _write_json(json_file, comparison_json(result))


def main() -> None:
    """Entry point: a user's mistake is one message and exit code 1, never a traceback (unless --debug)."""
    debug = "--debug" in sys.argv
    arguments = _spread([a for a in sys.argv[1:] if a != "--debug"])
    try:
        app(args=arguments, prog_name="neurohw", standalone_mode=True)
    except (NeurohwError, MemoryError) as error:
        if debug:
            raise
        _fail(f"memory: {error}; use smaller layers or fewer views" if isinstance(error, MemoryError) else str(error))
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        _fail("interrupted; what was written is whole")


def _fail(message: str) -> NoReturn:
    err.print(f"neurohw: {message}", style="red", soft_wrap=True)
    sys.exit(1)


def _say(text: str) -> None:
    """Print text in lines of any length."""
    console.print(text, soft_wrap=True)


def _spread(arguments: list[str]) -> list[str]:
    """Let one option of compare or fidelity take several values: `--on a b c` becomes `--on a --on b --on c`."""
    if arguments[:1] not in (["compare"], ["fidelity"]):
        return arguments
    out: list[str] = []
    option, values = "", 0
    for argument in arguments:
        if argument.startswith("-"):
            option, values = argument if argument in SEVERAL else "", 0
        elif option:
            out += [option] if values else []
            values += 1
        out.append(argument)
    return out


def _rounded(model: Any, rounding: str | None) -> Any:
    """The model with another rounding of learned weights."""
    if _choice("rounding", rounding, ("lava", "per_synapse")) is None:
        return model
    return model.model_copy(update={"chip": model.chip.model_copy(update={"rounding": rounding})})


def _load_run(folder: Path) -> tuple[Any, Any]:
    """The program and the run of a folder that simulate wrote."""
    from neurohw import artifacts
    from neurohw.ir.mapping import Program
    from neurohw.ir.run import Run

    if not folder.is_dir():
        raise NeurohwError(Problem(str(folder), "is not a run folder", fix="give the folder that simulate wrote"))
    program, run = artifacts.load(folder / PROGRAM, Program), artifacts.load(folder / RUN, Run)
    if run.provenance.get("program") not in (None, artifacts.fingerprint(program)):
        raise NeurohwError(Problem(str(folder), f"{RUN} is not a run of {PROGRAM}", fix="simulate the program again"))
    return program, run


def _neuron(text: str, network: Any) -> tuple[str, int]:
    """A neuron given as population:index."""
    name, _, index = text.partition(":")
    known = {p.name: p.size for p in network.populations if hasattr(p.neuron, "du")}
    if name not in known:
        raise NeurohwError(
            Problem("--neurons", f"no population '{name}' with a membrane", fix=did_you_mean(name, known))
        )
    if not index.isdigit() or int(index) >= known[name]:
        raise NeurohwError(Problem("--neurons", f"'{text}'", f"{name} has neurons 0..{known[name] - 1}"))
    return name, int(index)


def _save_picture(path: Path, figure: Any, kind: str) -> None:
    """Write a matplotlib figure."""
    import io

    from neurohw import artifacts

    content = io.BytesIO()
    figure.savefig(content, format=kind)
    artifacts.write_atomically(path, lambda file: file.write(content.getvalue()))


def _claim(folder: Path, resume: bool, force: bool) -> None:
    """Make sure that a new run does not mix with one that is there."""
    old = [folder / name for name in (RUN, CHECKPOINT, "weights.npz") if (folder / name).exists()]
    if force and not resume:
        for path in old:
            path.unlink()
    elif old and not resume:
        fix = "--resume goes on with it, --force replaces it, -o takes another folder"
        raise NeurohwError(Problem(str(folder), "holds a run already", fix=fix))


def _choice(what: str, value: str | None, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise NeurohwError(Problem(f"--{what}", f"'{value}' is not possible", "choose " + " or ".join(allowed)))
    return value


def _any_file(name: str) -> Path:
    """The file of a model or chip."""
    from neurohw import library

    for find in (library.find_model, library.find_target):
        with suppress(NeurohwError):
            return find(name)
    known = {*library.names(library.models_dir()), *library.names(library.targets_dir())}
    raise NeurohwError(Problem(name, "is neither a model nor a chip", fix=did_you_mean(name, known)))


def _write_json(path: Path | None, document: dict[str, Any]) -> None:
    from neurohw import artifacts

    if path is not None:
        artifacts.write_text(path, json.dumps(document, indent=2) + "\n")
        _say(f"wrote {path}")


@contextmanager
def _progress(what: str, resume: str = "") -> Iterator[Any]:
    """A progress bar with the time left, on standard error."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        try:
            yield lambda done, total: bar.update(task, completed=done, total=total)
        except KeyboardInterrupt:
            raise NeurohwError(Problem(what, "interrupted; what was written is whole", fix=resume)) from None


if __name__ == "__main__":
    main()
