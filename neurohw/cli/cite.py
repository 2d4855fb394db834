"""The verb cite: what the numbers of a run or a chip rest on."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurohw.cli.options import Prices, app
from neurohw.terminal import say

if TYPE_CHECKING:
    from neurohw.ir.mapping import Program
    from neurohw.ir.run import Run

Use = tuple[str, str]  # a source, and what of it is used, with the grade of a number


@app.command("cite")
def cite_(
    thing: Annotated[str, typer.Argument(metavar="RUN|CHIP", help="A run folder, or a chip by name or path.")],
    prices: Prices = None,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print BibTeX.")] = False,
) -> None:
    """Print the sources of all that a run or a chip rests on. Prices, equations, rules and data."""
    say(cite(thing, prices=prices, bibtex=bibtex).rstrip())


def cite(thing: str | Path, *, prices: str | None = None, bibtex: bool = False) -> str:
    """The sources of the prices, equations, learning rules, data and engine of a run folder, or of the numbers and
    prices of a chip, by name or path, with its own price table or another one, as `prices` or 'chip@table'; one line
    each, or BibTeX."""
    from neurohw import references
    from neurohw.artifacts.run_folder import load_folder
    from neurohw.ir.checks import FLAG, PATH, Kind, require_values

    named = Kind((str, Path), "the name of a chip, or a path")
    require_values("cite", thing=(thing, named), prices=(prices, PATH), bibtex=(bibtex, FLAG))
    uses = list(_of_run(*load_folder(Path(thing))) if isdir(thing) else _of_chip(str(thing), prices))
    by_source: dict[str, list[str]] = {}
    for source, what in uses:
        by_source.setdefault(source, []).append(what)
    if bibtex:
        return references.bibtex(by_source)
    lines: list[str] = []
    for source, used in by_source.items():
        lines.append(f"{source}\n    for {', '.join(dict.fromkeys(used))}")
        lines += [f"    {work.text}" for work in references.named_in(source)]
    return "\n".join(lines) + "\n"


def _of_chip(name: str, table: str | None) -> Iterator[Use]:
    from neurohw import library
    from neurohw.targets.load import read_chip

    file, _, own = name.partition("@")
    chip = read_chip(library.find_target(file), library.prices_dir(), own or table)
    yield from _entries(chip.data)
    yield from ((price.source, f"{action} ({price.grade})") for action, price in chip.prices.prices.items())


def _entries(data: Any, path: str = "") -> Iterator[Use]:
    """Every entry of a chip's file that has a source."""
    if not isinstance(data, dict):
        return
    if isinstance(data.get("source"), str):
        yield data["source"], f"{path} ({data.get('grade')})"
    for name, inner in data.items():
        yield from _entries(inner, f"{path}.{name}" if path else str(name))


def _of_run(program: Program, run: Run) -> Iterator[Use]:
    from neurohw import api, backends
    from neurohw.data import registry
    from neurohw.learning import methods
    from neurohw.microcode.kind import sources_of

    for kind in dict.fromkeys(type(population.neuron) for population in program.network.populations):
        yield from ((source, f"the neurons {kind.__name__}") for source in sources_of(kind))
    yield from ((source, f"the backend {run.backend}") for source in backends.SOURCES.get(run.backend, ()))
    if program.recipe:
        model = api.settings_of(program)
        yield from ((source, f"the data {model.data.name}") for source in registry.sources(model.data.name))
        if model.learns == "host":
            method = model.host.method
            yield from ((source, f"learning by {method}") for source in methods.SOURCES.get(method, ()))
        elif model.chip.prediction == "identity":
            yield "Graf et al. 2024", "units that predict themselves"
    for line in api.estimate(program, run).lines:
        if line.energy is not None:
            yield line.source, f"{line.action} ({line.grade})"
