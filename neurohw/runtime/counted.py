"""Counts for runs of backends that count nothing: those of the emulator, if it gives the same."""

from __future__ import annotations

from dataclasses import replace

from neurohw.errors import Problem, raise_if_any
from neurohw.ir.mapping import Program
from neurohw.ir.run import Run, differences
from neurohw.runtime.backends import capabilities
from neurohw.runtime.options import RunOptions
from neurohw.runtime.run import run_program


def counted(program: Program, run: Run) -> Run:
    """The run of a program on its own data with counts that can be priced.

    What Lava or Brian2 ran, the emulator runs again; a NeurohwError names every message, weight or tag that differs.
    """
    if capabilities(run.backend).counts:
        return run
    fixations = None if program.mode == "infer" else run.activity.samples
    twin = run_program(program, RunOptions("emulator", fixations, list(run.totals)))
    where = f"{run.backend} against the emulator"
    raise_if_any([Problem(where, text, fix="please report it") for text in differences(run, twin)])
    return replace(run, activity=twin.activity)
