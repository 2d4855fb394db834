"""The application that all verbs join, and the options that several of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from neurohw.errors import NeurohwError, Problem
from neurohw.terminal import choice
from neurohw.touched import keep_in

ORDER = (
    "list", "check", "neuron", "new-target", "train", "compile", "simulate", "estimate", "diagnose", "trace", "plot",
    "compare", "readout", "study", "fidelity", "sweep", "import", "export", "reproduce", "cite", "demo",
)  # fmt: skip


class Verbs(TyperGroup):
    """Verbs in the order in which they are used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all verbs."""
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    cls=Verbs, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

Model = Annotated[str, typer.Argument(help="Model, by name or path.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of weights, stream and placement.")]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the result to this JSON file.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where to write the result.")]
Backend = Annotated[str | None, typer.Option(help="emulator, crossbar, brian2, or lava (Python 3.10 only).")]
Backends = Annotated[list[str] | None, typer.Option("--backend", help="Backends; several after one --backend.")]
Steps = Annotated[
    list[int] | None,
    typer.Option("--steps", min=1, help="Time steps of an input in spikes; several after one --steps."),
]
Runtime = Annotated[str, typer.Option(help="What runs brian2: numpy, cython, cpp, or auto (by the length of the run).")]
Fixations = Annotated[int | None, typer.Option(min=1, help="Length of the learning run; default: the model's.")]
Prices = Annotated[str | None, typer.Option(help="Price table to use in place of the chip's own.")]
StrictPrices = Annotated[bool, typer.Option("--strict-prices", help="What has no price is an error.")]
Rounding = Annotated[str | None, typer.Option(help="lava or per_synapse, in place of the model's own.")]
Placing = Annotated[str, typer.Option(help="greedy, or traffic (fewest messages x hops).")]


@app.callback()
def keep(  # `main` has taken --debug out of the line: it is here for --help
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the run of any verb, so that `reproduce` can repeat it.")
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error; anywhere in the line.")
    ] = False,
) -> None:
    """Compile, emulate and price networks that learn locally, on neuromorphic and in-memory hardware."""
    if keep is None:
        return
    if keep.exists() and not (keep.is_dir() and ((keep / "reproduce.json").exists() or not any(keep.iterdir()))):
        what = "holds something else than a run that was kept" if keep.is_dir() else "is a file"
        raise NeurohwError(Problem(f"--keep {keep}", what, fix="give a new folder"))
    keep_in(keep)


def rounded(model: Any, rounding: str | None) -> Any:
    """The model with another rounding of learned weights."""
    if choice("rounding", rounding, ("lava", "per_synapse")) is None:
        return model
    return model.model_copy(update={"chip": model.chip.model_copy(update={"rounding": rounding})})
