"""The verbs neuron check and neuron trace: a neuron in one file, what it is and what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurohw.cli.options import Json, app
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.terminal import say, write_json

if TYPE_CHECKING:
    from neurohw.microcode.program import Program
    from neurohw.microcode.size import Size

verbs = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check a neuron in a file, or step through it.")
app.add_typer(verbs, name="neuron")
SCHEMAS = {"check": "neurohw.neuron_check/1", "trace": "neurohw.neuron_steps/1"}
STEPS, STEPS_MAX = 16, 10_000  # without an input; at most
File = Annotated[Path, typer.Argument(help="A file with neurons: classes marked @neuron.")]
Name = Annotated[str, typer.Argument(help="Which of them; may be omitted if there is one.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter, such as vth=100; repeatable.")
]


@verbs.command()
def check(
    file: File,
    name: Name = "",
    sets: Sets = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print the equations in LaTeX.")] = False,
    json_file: Json = None,
) -> None:
    """Check a neuron and say what it is. Ranges, states, equations and operations; or what is wrong, line by line."""
    from neurohw.microcode import equations, size
    from neurohw.microcode.kind import neurons_in, program_of

    cls = neurons_in(file, name)
    values = _values(cls, sets or [])
    missing = _missing(cls, values)
    neuron = cls(**dict.fromkeys(missing, 0), **values)
    program = program_of(neuron)
    found = size.size_of(program, None if missing else neuron)
    text = equations.latex(program) if latex else equations.equations(program)
    say("\n".join([text, "", *_sized(found, missing)]))
    mean = None if missing else found.mean
    operations = {"operations_mean": mean, "operations_most": found.worst, "grade": size.GRADE}
    write_json(
        json_file,
        {
            "schema": SCHEMAS["check"], "neuron": cls.__name__, "declared": [*_declared(program)],
            "size": {**asdict(found), **operations}, "equations": text,
        },
    )  # fmt: skip


@verbs.command()
def trace(
    file: File,
    name: Name = "",
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input", metavar="[PORT=]VALUES", help="What arrives in each step: 1,0,5 or a .npy file; one per port."
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, max=STEPS_MAX, help=f"Steps; default: those of the input, or {STEPS}.")
    ] = None,
    sets: Sets = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of random numbers.")] = 0,
    json_file: Json = None,
) -> None:
    """Step through one neuron, run as it is written. What arrives, its states, messages and counts in each step."""
    from neurohw.microcode.kind import kind_of, neurons_in

    cls = neurons_in(file, name)
    values = _values(cls, sets or [])
    if missing := _missing(cls, values):
        raise NeurohwError(Problem(cls.__name__, f"needs {', '.join(missing)}", fix=f"--set {missing[0]}=<value>"))
    neuron = cls(**values)
    declared = kind_of(cls).declared.values()
    ports = [d.port for d in declared if d.role == "receives"] + [d.name for d in declared if d.role == "given"]
    given = _inputs(inputs or [], ports)
    total = steps or max(map(len, given.values()), default=STEPS)
    rows = list(_steps(neuron, {p: [*given.get(p, ()), *[0] * total][:total] for p in ports}, total, seed))
    say("\n".join(_table(rows)))
    write_json(json_file, {"schema": SCHEMAS["trace"], "neuron": cls.__name__, "steps": rows})


# ---- parameters ----------------------------------------------------------------------------------------------------


def _values(cls: Any, texts: Sequence[str]) -> dict[str, Any]:
    """Values of parameters from texts name=value; a NeurohwError with all that are wrong."""
    from neurohw.ir.checks import value_problems
    from neurohw.ir.ranges import ranges_of

    allowed, found, problems = ranges_of(cls), dict[str, Any](), list[Problem]()
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in allowed:
            what = f"{cls.__name__} has no parameter '{name}'" if equals else f"'{text}' is not a value of a parameter"
            fix = did_you_mean(name, allowed) if equals else "write name=value"
            problems.append(Problem("--set", what, fix=fix))
            continue
        found[name] = _parsed(value)
        problems += value_problems(f"--set {name}", found[name], allowed[name])
    raise_if_any(problems)
    return found


def _parsed(text: str) -> Any:
    """An integer, a number, a truth value, or a word."""
    if text in ("True", "False", "true", "false"):
        return text in ("True", "true")
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _missing(cls: Any, values: Mapping[str, Any]) -> list[str]:
    """Parameters that have neither a value nor a default."""
    from neurohw.microcode.kind import kind_of

    parameters = [d for d in kind_of(cls).declared.values() if d.role in ("one", "each")]
    return [d.name for d in parameters if d.name not in values and d.default in (..., None)]


def _declared(program: Program) -> Iterator[dict[str, Any]]:
    """What a neuron declares, as JSON-ready values."""
    for d in program.declared:
        shown = {name: value for name, value in asdict(d).items() if value is not ...}
        yield {**shown, "proven": d.name not in program.unproven}


def _sized(size: Size, missing: Sequence[str]) -> Iterator[str]:
    """What a program takes, in words."""
    yield "an estimate, grade U, in operations that Intel's brief of Loihi 2 lists"
    if missing:
        yield f"    operations   {size.worst} an update at most; with --set of {', '.join(missing)} on average too"
    else:
        yield f"    operations   {size.mean:.4g} an update on average, {size.worst} at most"
    yield f"    program      {size.program_words} words"
    yield f"    state        {size.state_words} words, {size.state_bits} bits, of each neuron"
    yield f"    parameters   {size.parameter_words} words of each neuron"


# ---- steps ---------------------------------------------------------------------------------------------------------


def _inputs(texts: Sequence[str], ports: Sequence[str]) -> dict[str, list[int]]:
    """Integers of 32 bits by port; a NeurohwError with all that is wrong."""
    found, problems = dict[str, list[int]](), list[Problem]()
    for text in texts:
        port, equals, values = text.rpartition("=")
        port = port if equals else ports[0] if len(ports) == 1 else ""
        if port not in ports:
            what = f"no port '{port}'" if equals else f"'{text}' is for no port"
            fix = did_you_mean(port, ports) if equals else f"write PORT={text}; ports: {', '.join(ports) or 'none'}"
            problems.append(Problem("--input", what, fix=fix))
            continue
        try:
            found[port] = _integers(values)
        except NeurohwError as error:
            problems += error.problems
    raise_if_any(problems)
    return found


def _integers(text: str) -> list[int]:
    """The numbers of a text such as 1,0,5, or of a .npy file [steps]."""
    import numpy as np

    from neurohw.ir.checks import Whole, integer_problems
    from neurohw.touched import note_read

    numbers: Any
    if text.endswith(".npy"):
        try:
            note_read(Path(text))
            numbers = np.load(text, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            fix = "write it with numpy.save, one number a step"
            raise NeurohwError(Problem(f"--input {text}", "is not a file of numbers", fix=fix)) from None
    else:
        numbers = [_parsed(part.strip()) for part in text.split(",")]
        if odd := [n for n in numbers if type(n) is not int]:
            raise NeurohwError(Problem("--input", f"'{odd[0]}' is not an integer", fix="write 1,0,5 or a .npy file"))
        numbers = np.array(numbers, object)
    if np.ndim(numbers) != 1 or not np.size(numbers):
        raise NeurohwError(Problem(f"--input {text}", f"has shape {np.shape(numbers)}", "needs [steps]"))
    whole = [int(n) for n in numbers] if numbers.dtype.kind in "iuO" else None
    for n in (min(whole), max(whole)) if whole else (numbers,):
        raise_if_any(integer_problems(f"--input {text}", n, Whole(-(1 << 31), (1 << 31) - 1, many=whole is None)))
    return whole or []


def _steps(neuron: Any, inputs: Mapping[str, Sequence[int]], steps: int, seed: int) -> Iterator[dict[str, Any]]:
    """What one neuron does: of each step t, what arrived, states, messages and what was counted."""
    from neurohw.microcode.reference import Reference

    one = Reference(neuron, 1, seed=seed)
    before: dict[str, int] = {}
    for t in range(1, steps + 1):
        arrived = {port: [values[t - 1]] for port, values in inputs.items()}
        sent = {port: int(values[0]) for port, values in one.step(t, arrived).items()}
        states = {state: int(values[0]) for state, values in one.states().items()}
        counts = one.counts()
        counted = {what: n - before.get(what, 0) for what, n in counts.items() if n > before.get(what, 0)}
        counted |= dict.fromkeys(_beyond(one.program, {**states, **sent}), 1)
        before = counts
        arrived_now = {port: values[0] for port, values in arrived.items()}
        yield {"t": t, "inputs": arrived_now, "states": states, "messages": sent, "counts": counted}


def _beyond(program: Program, values: Mapping[str, int]) -> Iterator[str]:
    """States and messages that are not within what they declare."""
    for d in program.declared:
        if d.name in program.unproven and not d.low <= values[d.name] <= d.high:
            yield f"{d.name} beyond {d.low}..{d.high}"


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One line a step; what was counted comes last, in words."""
    forms = {"inputs": "{} ->", "states": "{}", "messages": "-> {}"}
    head = ["t", *(form.format(name) for part, form in forms.items() for name in rows[0][part])]
    cells = [[row["t"], *(value for part in forms for value in row[part].values())] for row in rows]
    columns = list(zip(head, *cells))
    widths = [max(len(str(cell)) for cell in column) for column in columns]
    counted = ["", *(", ".join(row["counts"]) for row in rows)]
    for line, said in zip(zip(*columns), counted):
        yield ("  ".join(str(cell).rjust(width) for cell, width in zip(line, widths)) + "  " + said).rstrip()
