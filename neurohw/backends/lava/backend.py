"""Lava's fixed-point CPU models as a backend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurohw.backends.lava.run import require_lava, run_lava
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.engine import Capabilities, Engine, Progress, Setting, Stepper
from neurohw.ir.inputs import Inputs
from neurohw.ir.neurons import Neuron, states_of
from neurohw.ir.run import Run
from neurohw.ir.together import Together
from neurohw.microcode.kind import declared_of

CAPABILITIES = Capabilities(steps=True)


def engine(setting: Setting) -> Engine:
    """Collects all samples, which then are one Lava run.

    Time runs on from sample to sample, which equals a `reset` for networks without membranes; with one, a NeurohwError.
    """
    require_lava(setting.network)
    membranes = [p.name for p in setting.network.populations if _remembers(p.neuron)]
    if setting.reset and membranes:
        what = f"cannot reset {', '.join(membranes)} between samples"
        raise NeurohwError(Problem("lava", what, fix="give the neurons a reset_interval, or use the emulator"))
    return Together("lava", setting, _simulate)


def _remembers(neuron: Neuron) -> bool:
    """Whether a neuron brings something into the next sample: those that act in periods begin anew with each."""
    return bool(states_of(neuron)) and "period" not in declared_of(neuron)


def stepper(setting: Setting) -> Stepper:
    """Lava's processes, which wait between steps."""
    require_lava(setting.network)
    # heavy, and Lava changes multiprocessing when it is imported: only here
    from neurohw.backends.lava.stepper import LavaStepper

    return LavaStepper(setting.network, setting.record, setting.seed)


def _simulate(setting: Setting, chunks: list[Inputs], progress: Progress | None) -> Run:
    network, states = setting.network, setting.traces > 0
    joined = {p.name: np.concatenate([chunk[p.name] for chunk in chunks]) for p in network.sources}
    samples = len(next(iter(joined.values())))
    ports = network.ports if states else ()
    run = run_lava(
        network, joined, steps_per_sample=setting.steps, samples=samples, record=ports, states=states,
        probes=setting.probes, seed=setting.seed, reset=setting.reset, progress=progress,
    )  # fmt: skip
    return replace(run, totals={name: run.totals[name] for name in setting.record})
