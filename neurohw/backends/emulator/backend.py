"""The emulator as a backend."""

from __future__ import annotations

from neurohw.backends.emulator.run import Machine
from neurohw.ir.engine import Capabilities, Engine, Setting

CAPABILITIES = Capabilities(counts=True, resumes=True, threads=True)
ACCUMULATOR_BITS = 24  # of Loihi's neurons


def engine(setting: Setting) -> Engine:
    """The integer machine."""
    return Machine(
        setting.network, steps=setting.steps, reset=setting.reset, record=setting.record,
        window=max(setting.window, setting.traces), accumulator_bits=setting.accumulator_bits or ACCUMULATOR_BITS,
    )  # fmt: skip
