"""The command line's hands: printing, progress, files of a run, options with several values."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.neurons import membrane_bits
from neurohw.touched import kept
from neurohw.writing import place_problems, write_atomically, write_text

WIDTH = 100  # of tables that go into a file or a pipe, which have no width of their own
# brackets in messages and paths are no markup
console, err = (
    Console(stderr=to_err, width=None if stream.isatty() else WIDTH, markup=False, emoji=False, highlight=False)
    for to_err, stream in ((False, sys.stdout), (True, sys.stderr))
)

_said: ContextVar[str] = ContextVar("said", default="")
SEVERAL = (
    "--on", "--backend", "--steps", "--bits", "--neurons", "--vary", "--values", "--set", "--schedule", "--probe",
)  # fmt: skip
SPREADING = ("compare", "fidelity", "plot", "readout", "simulate", "study")  # verbs whose options take several values


def fail(message: str) -> NoReturn:
    """Print one message and exit with 1."""
    err.print(f"neurohw: {message}", style="red", soft_wrap=True)
    sys.exit(1)


def warn(message: Any, *_: Any, **__: Any) -> None:
    """Print a warning on one line, in place of `warnings.showwarning`."""
    err.print(f"neurohw: warning: {message}", style="yellow", soft_wrap=True)


def say(text: str) -> None:
    """Print text in lines of any length."""
    console.print(text, soft_wrap=True)


def spread(arguments: list[str]) -> list[str]:
    """Let one option take several values: `--on a b c` becomes `--on a --on b --on c`."""
    if arguments[:1] == ["--keep"]:
        return [*arguments[:2], *spread(arguments[2:])]
    if not arguments or arguments[0] not in SPREADING:
        return arguments
    out: list[str] = []
    option, values = "", 0
    for argument in arguments:
        if argument.startswith("-") and not argument[1:2].isdigit():
            option, values = argument if argument in SEVERAL else "", 0
        elif option:
            if argument.startswith("-"):  # a negative number, which must not look like an option
                out, argument = out[:-1] if not values else out, f"{option}={argument}"
            elif values:
                out.append(option)
            values += 1
        out.append(argument)
    return out


def neuron_of(text: str, network: Any) -> tuple[str, int]:
    """A neuron given as population:index."""
    name, _, index = text.partition(":")
    known = {p.name: p.size for p in network.populations if membrane_bits(p.neuron)}
    if name not in known:
        raise NeurohwError(
            Problem("--neurons", f"no population '{name}' with a membrane", fix=did_you_mean(name, known))
        )
    if not index.isdigit() or int(index) >= known[name]:
        raise NeurohwError(Problem("--neurons", f"'{text}'", f"{name} has neurons 0..{known[name] - 1}"))
    return name, int(index)


def entry_of(text: str) -> tuple[str, str]:
    """An entry of a chip's file and its value, given as entry=value."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise NeurohwError(Problem("--set", f"'{text}'", "needs entry=value", "such as writing.slope=1"))
    return name, value


def save_picture(path: Path, figure: Any, kind: str) -> None:
    """Write a matplotlib figure; equal figures give equal bytes."""
    from matplotlib import rc_context

    content = io.BytesIO()
    with rc_context({"svg.hashsalt": "neurohw"}):
        figure.savefig(content, format=kind, metadata={"Date": None} if kind == "svg" else None)
    write_atomically(path, lambda file: file.write(content.getvalue()))


def claim(folder: Path, resume: bool, force: bool) -> None:
    """Make sure that a new run does not mix with one that is there."""
    from neurohw.artifacts.run_folder import CHECKPOINT, RUN

    old = [folder / name for name in (RUN, CHECKPOINT, "weights.npz") if (folder / name).exists()]
    if force and not resume:
        for path in old:
            path.unlink()
    elif old and not resume:
        fix = "--resume goes on with it, --force replaces it, -o takes another folder"
        raise NeurohwError(Problem(str(folder), "holds a run already", fix=fix))


def writable(*paths: Path | None) -> None:
    """Make sure, before long work, that files can be written where they are asked for; all problems at once."""
    raise_if_any(place_problems(path for path in paths if path))


def choice(what: str, value: str | None, allowed: tuple[str, ...]) -> Any:
    """The value of an option; a NeurohwError unless it is allowed."""
    if value is not None and value not in allowed:
        raise NeurohwError(Problem(f"--{what}", f"'{value}' is not possible", "choose " + " or ".join(allowed)))
    return value


def any_file(name: str) -> Path:
    """The file of a model, chip, price table or sweep."""
    from neurohw import library

    for find in (library.find_model, library.find_target, library.find_prices, library.find_sweep):
        with suppress(NeurohwError):
            return find(name)
    if Path(name).suffix in (".yaml", ".yml") or len(Path(name).parts) > 1:
        raise NeurohwError(Problem(name, "no such file", fix="check the path"))
    folders = (library.models_dir(), library.targets_dir(), library.prices_dir(), library.sweeps_dir())
    known = {shipped for folder in folders for shipped in library.names(folder)}
    what = "is neither a model nor a chip nor a price table nor a sweep"
    raise NeurohwError(Problem(name, what, fix=did_you_mean(name, known)))


def command_line() -> str:
    """The command that is running, as it can be typed again; while it is reproduced, as it was typed."""
    return _said.get() or shlex.join(["neurohw", *sys.argv[1:]])


@contextmanager
def said(command: str) -> Iterator[None]:
    """Let results name this command as theirs, whatever has called."""
    before = _said.set(command)
    try:
        yield
    finally:
        _said.reset(before)


def write_json(path: Path | None, document: dict[str, Any]) -> None:
    """Write a document, if there is a place for it, and to the run folder, if the run is kept."""
    text = json.dumps(document, indent=2) + "\n"
    if path is not None:
        write_text(path, text)
        say(f"wrote {path}")
    if (folder := kept()) is not None:
        write_text(folder / "result.json", text)


@contextmanager
def progress(what: str, resume: str = "") -> Iterator[Any]:
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
