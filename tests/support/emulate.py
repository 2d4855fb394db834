"""Run a generated case on the emulator with everything recorded."""

import numpy as np

from neurohw.ir.run import Run
from neurohw.machine.machine import Machine
from support.generate import Case
from support.runs import run_engine


def emulate(case: Case, pieces: int = 1, reset: bool = False) -> Run:
    """Record every message and state of every step; `pieces`: calls that share the samples."""
    window = case.steps * case.samples
    machine = Machine(case.network, steps=case.steps, reset=reset, learn=not reset, window=window)
    cuts = np.array_split(np.arange(case.samples), pieces)
    chunks = [{name: x[cut] for name, x in case.inputs.items()} for cut in cuts]
    return run_engine(machine, chunks)
