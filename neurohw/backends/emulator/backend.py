"""The emulator as a backend."""

from __future__ import annotations

from neurohw.ir.engine import Capabilities, Setting, Stepper
from neurohw.ir.stepwise import Stepwise
from neurohw.machine.machine import Machine

CAPABILITIES = Capabilities(counts=True, resumes=True, steps=True, threads=True)
ACCUMULATOR_BITS = 24  # of Loihi's neurons


def stepper(setting: Setting) -> Stepper:
    """The integer machine, step by step."""
    return Stepwise(engine(setting))


def engine(setting: Setting) -> Machine:
    """The integer machine."""
    return Machine(
        setting.network, steps=setting.steps, reset=setting.reset, record=setting.record,
        window=max(setting.window, setting.traces), accumulator_bits=setting.accumulator_bits or ACCUMULATOR_BITS,
        probes=setting.probes, total=setting.total, seed=setting.seed,
    )  # fmt: skip
