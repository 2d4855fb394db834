"""The verb sweep: a grid of points, kept in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurohw.cli.options import Out, app
from neurohw.ir.sweep import Sweep
from neurohw.terminal import choice, command_line, console, progress, save_picture, say, writable
from neurohw.touched import kept
from neurohw.writing import write_text


@app.command()
def sweep(
    grid: Annotated[str, typer.Argument(help="Grid file, by name or path.")],
    out: Out = None,
    executor: Annotated[str | None, typer.Option(help="serial, processes or dask; default: by what is given.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine; default: all cores.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="A dask scheduler that runs, such as tcp://host:8786.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the points to this CSV file.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Also write the points to this Parquet file.")] = None,
    everything: Annotated[bool, typer.Option(help="Export the points of other grids in the file too.")] = False,
    summary: Annotated[Path | None, typer.Option(help="Folder for means over seeds: Markdown, CSV, picture.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder for the pictures of the sweep.")] = None,
    style: Annotated[str, typer.Option("--format", help="png or svg.")] = "png",
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Evaluate failed points again.")] = False,
) -> None:  # fmt: skip
    """Evaluate every point of a grid and show the Pareto front.

    Each is evaluated once and kept in one file. After an interruption of any kind the same command goes on.
    """
    from neurohw.experiments.sweeps import export, run
    from neurohw.experiments.sweeps.executors import EXECUTORS
    from neurohw.reports.sweep_table import sweep_table

    kind, which = choice("format", style, ("png", "svg")), choice("executor", executor, EXECUTORS)
    if parquet:
        export.need_parquet()
    name = Path(grid).stem
    path = out or Path(f"sweep_{name}.db")
    writable(csv, parquet, summary / f"{name}.md" if summary else None)
    with progress(f"sweep {name}", "run the same command again to go on") as step:
        result = run.sweep(
            grid, path, executor=which, workers=workers, scheduler=scheduler, retry_failed=retry_failed, progress=step
        )
    console.print(sweep_table(result))
    say(f"results in {path}")
    table = export.table_of_all(run.everything_in(path)) if everything else export.table_of(result)
    if folder := kept():
        export.write_csv(folder / "points.csv", table)
    for file, write in ((csv, export.write_csv), (parquet, export.write_parquet)):
        if file:
            write(file, table)
            say(f"wrote {file}: {len(table.rows)} points")
    if summary:
        _summarise(result, summary / name, kind)
    if pictures:
        _draw(result, pictures, kind)


def _summarise(result: Sweep, beside: Path, kind: str) -> None:
    """Write means over the seeds beside each other: for people, for programs, and as a picture."""
    from neurohw.experiments import comparison
    from neurohw.experiments.sweeps import export
    from neurohw.ir.summary import summarise
    from neurohw.reports.pictures.summary import summary_picture
    from neurohw.reports.summary_text import summary_markdown

    found = summarise(result)
    text = summary_markdown(result, found, comparison.versions(), command_line())
    write_text(beside.with_name(f"{beside.name}.md"), text)
    export.write_csv(beside.with_name(f"{beside.name}.csv"), export.table_of_summary(result, found))
    if found.labels:
        save_picture(beside.with_name(f"{beside.name}.{kind}"), summary_picture(result, found), kind)
    else:
        say("no picture of the summary: all points failed")
    say(f"wrote {beside}.md, .csv" + f" and .{kind}" * bool(found.labels))


def _draw(result: Sweep, folder: Path, kind: str) -> None:
    """Write the pictures of a sweep to a folder."""
    from neurohw.reports.pictures.effects import effects_picture
    from neurohw.reports.pictures.pareto import pareto_picture

    if not result.settings:
        say("no pictures: all points failed")
        return
    for name, draw in (("pareto", pareto_picture), ("effects", effects_picture)):
        save_picture(folder / f"{name}.{kind}", draw(result), kind)
        say(f"wrote {folder / f'{name}.{kind}'}")
