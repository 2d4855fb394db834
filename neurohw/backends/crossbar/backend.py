"""Emulated crossbars as a backend: networks that learn one sample after the other, frozen ones many side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar.frozen import FrozenNetwork
from neurohw.backends.crossbar.learning import LearningMachine
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.engine import Capabilities, Engine, OnArrays, Progress, Setting, Stepper, Totals
from neurohw.ir.inputs import Inputs, input_problems
from neurohw.ir.run import Run, Trace
from neurohw.ir.stepwise import Stepwise
from neurohw.machine.machine import recent

CAPABILITIES = Capabilities(counts=True, resumes=True, steps=True, threads=True, arrays=True)
ACCUMULATOR_BITS = 32  # of the digital sums behind the converters


def engine(setting: Setting) -> Engine:
    """A machine that learns, or with `reset` a frozen one, on the arrays of `setting.arrays`.

    Converters of networks that learn widen their range as they go.
    """
    on = _arrays(setting)
    return FrozenEngine(setting, on) if setting.reset else _machine(setting, on)


def stepper(setting: Setting) -> Stepper:
    """The machine that learns, step by step."""
    return Stepwise(_machine(setting, _arrays(setting)))


def _arrays(setting: Setting) -> OnArrays:
    if setting.arrays is None:
        fix = "give arrays=OnArrays(design), or simulate a program that was compiled for an in-memory chip"
        raise NeurohwError(Problem("crossbar", "has no arrays to run on", fix=fix))
    return setting.arrays


def _machine(setting: Setting, on: OnArrays) -> LearningMachine:
    return LearningMachine(
        setting.network, design=on.design, seed=on.seed, steps=setting.steps, record=setting.record,
        window=max(setting.window, setting.traces), accumulator_bits=setting.accumulator_bits or ACCUMULATOR_BITS,
        probes=setting.probes, total=setting.total, neurons=setting.seed,
    )  # fmt: skip


class FrozenEngine:
    """A frozen network on arrays: the samples of a chunk side by side, each from rest."""

    backend, chunk = "crossbar", 1024

    def __init__(self, setting: Setting, on: OnArrays) -> None:
        if plastic := [p.name for p in setting.network.projections if p.plasticity]:
            what = f"{', '.join(plastic)} learn from sample to sample"
            raise NeurohwError(Problem("crossbar", what, fix="use reset=False, or compile with mode infer"))
        self.setting, self.record, self.seed = setting, setting.record, on.seed
        self.machine = FrozenNetwork(
            setting.network, on.design, setting.steps, on.seed, on.metered, setting.probes, setting.seed
        )
        self._window = max(setting.window, setting.traces)
        self._uncalibrated = on.design.converters.adc_range == "calibrated"
        if self._uncalibrated and on.calibration is not None:
            self._calibrate(on.calibration)
        ports = setting.network.ports if setting.traces else ()
        self._kept: dict[str, list[NDArray[np.int32]]] = {name: [] for name in ports}

    @property
    def samples(self) -> int:
        """Samples so far."""
        return self.machine.samples

    def advance(self, inputs: Inputs) -> Totals:
        """Run the samples in `inputs`; return the summed messages of each."""
        raise_if_any(input_problems(self.setting.network, inputs, self.setting.steps))
        arrays = {name: np.asarray(values) for name, values in inputs.items()}
        if self._uncalibrated:
            self._calibrate(arrays)
        messages = self.machine.advance(arrays, list(self._kept) or self.record, self._window)
        for name, parts in self._kept.items():
            parts.append(messages[name].reshape(-1, messages[name].shape[2]))
            self._kept[name] = recent(self.setting.traces, parts)
        return {name: messages[name].sum(axis=1, dtype=np.int32) for name in self.record}

    def _calibrate(self, inputs: Inputs) -> None:
        self.machine.calibrate(inputs)
        self._uncalibrated = False

    def overflows(self) -> dict[str, int]:
        """What left its range, '<population or projection>: <what>' -> times."""
        return dict(self.machine.activity().overflows)

    def finish(self, progress: Progress | None = None) -> Run:
        """What the network leaves behind now."""
        signals = {
            name: Trace.of(name, np.concatenate(parts)[-self.setting.traces :])
            for name, parts in self._kept.items()
            if parts
        }
        return Run(
            "crossbar", {}, self.machine.activity(), traces=signals, provenance={"seed": self.seed},
            probes=self.machine.records(),
        )  # fmt: skip
