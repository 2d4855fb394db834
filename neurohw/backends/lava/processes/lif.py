"""Lava's own LIF models that also write what is kept of u and v to a file at the last step."""

from __future__ import annotations

from typing import Any

from lava.proc.lif.models import PyLifModelBitAcc, PyLifResetModelBitAcc, PyTernLifModelFixed

from neurohw.backends.lava.saving import Keeper


class KeepState:
    """Mixin before a LIF model: keep u and v after each step, as `save` in the process parameters says."""

    u: Any
    v: Any
    time_step: int

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)  # type: ignore[call-arg]
        self.keeper = Keeper(proc_params["save"])

    def run_spk(self) -> None:
        """Run Lava's time step, then keep the state."""
        super().run_spk()  # type: ignore[misc]
        self.keeper.keep(self.time_step, u=self.u, v=self.v)


class PyLif(KeepState, PyLifModelBitAcc):  # type: ignore[misc]
    """Lava's bit-accurate LIF."""


class PyLifReset(KeepState, PyLifResetModelBitAcc):  # type: ignore[misc]
    """Lava's bit-accurate LIF with a periodic reset."""


class PyTernaryLif(KeepState, PyTernLifModelFixed):  # type: ignore[misc]
    """Lava's fixed-point ternary LIF."""
