"""The folder of a run: names of its files, and how they are read."""

from __future__ import annotations

from pathlib import Path

from neurohw.artifacts import load, matches
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.mapping import Program
from neurohw.ir.run import Run

RUN, PROGRAM, CHECKPOINT = "run.npz", "program.nhw", "checkpoint.npz"


def load_folder(folder: Path) -> tuple[Program, Run]:
    """The program and the run of a folder that simulate wrote; a NeurohwError unless they belong together."""
    if not any((folder / name).exists() for name in (PROGRAM, RUN)):
        raise NeurohwError(Problem(str(folder), "is not a run folder", fix="give the folder that simulate wrote"))
    program, run = load(folder / PROGRAM, Program), load(folder / RUN, Run)
    made_from = run.provenance.get("program")
    if made_from is not None and not matches(made_from, program):
        what = f"{RUN} is not a run of {PROGRAM}, or of another version of neurohw"
        raise NeurohwError(Problem(str(folder), what, fix="simulate the program again"))
    return program, run
