"""Run a quantised network on emulated crossbars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar.frozen import FrozenNetwork
from neurohw.backends.crossbar.learning import LearningMachine
from neurohw.backends.emulator.run import run as run_machine
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.inputs import Inputs, input_problems
from neurohw.ir.network import Network
from neurohw.ir.run import Run, Trace

SAMPLES = 1024  # of a frozen network, side by side


def run(
    network: Network,
    chunks: Iterable[Inputs],
    *,
    steps: int,
    design: Crossbar,
    reset: bool = False,
    record: Sequence[str] = (),
    window: int = 0,
    traces: bool = False,
    seed: int = 0,
    calibration: Inputs | None = None,
    metered: bool = True,
) -> Run:
    """Run all chunks of input on arrays of `design`; `seed` decides devices, programming and noise.

    `steps`: of one sample, each from rest (`reset`); `record`: ports to sum up a sample; `window`: how many of the last
    steps are kept for the latency; `traces`: all messages of every step as well (of learning networks, of the window).
    `calibration`: inputs on which calibrated converters find their range; without them, on the first that come.
    `metered`: count the energy that reads of frozen networks draw, for chips whose reads have no price.
    Networks that learn run one sample after the other, and their converters widen their range as they go.
    """
    ports = [f"{p.name}.{port}" for p in network.populations for port in p.neuron.outputs]
    raise_if_any([Problem("record", f"no port '{r}'", fix=did_you_mean(r, ports)) for r in record if r not in ports])
    if not reset:
        learner = LearningMachine(network, design=design, seed=seed, steps=steps, record=record, window=window)
        return run_machine(network, chunks, steps=steps, machine=learner, traces=traces)
    if plastic := [p.name for p in network.projections if p.plasticity]:
        what = f"{', '.join(plastic)} learn from sample to sample"
        raise NeurohwError(Problem("crossbar", what, fix="use reset=False, or compile with mode infer"))
    machine = FrozenNetwork(network, design, steps, seed, metered)
    if design.converters.adc_range != "calibrated":
        calibration = {}
    elif calibration is not None:
        machine.calibrate(calibration)
    parts: dict[str, list[NDArray[np.int32]]] = {name: [] for name in (ports if traces else record)}
    for chunk in chunks:
        raise_if_any(input_problems(network, chunk, steps))
        for start in range(0, len(next(iter(chunk.values()))), SAMPLES):
            some = {name: np.asarray(values)[start : start + SAMPLES] for name, values in chunk.items()}
            if calibration is None:
                calibration = some
                machine.calibrate(some)
            for name, messages in machine.advance(some, list(parts), window).items():
                parts[name].append(messages)
    joined = {name: np.concatenate(values) for name, values in parts.items()}
    totals = {name: joined[name].sum(axis=1, dtype=np.int32) for name in record}
    signals = {name: _trace(name, messages) for name, messages in joined.items()} if traces else {}
    return Run("crossbar", totals, machine.activity(), traces=signals, provenance={"seed": seed})


def _trace(name: str, messages: NDArray[np.int32]) -> Trace:
    population, port = name.rsplit(".", 1)
    return Trace(population, port, messages.reshape(-1, messages.shape[2]))
