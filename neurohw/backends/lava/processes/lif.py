"""Lava's own LIF models that also write u and v to a file at the last step."""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.proc.lif.models import PyLifModelBitAcc, PyLifResetModelBitAcc, PyTernLifModelFixed
from numpy.typing import NDArray

from neurohw.backends.lava.saving import Save, Watcher


class KeepState:
    """Mixin before a LIF model: keep u and v after each step, as `save` in the process parameters says."""

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    time_step: int

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)  # type: ignore[call-arg]
        self.save: Save = proc_params["save"]
        self.watcher = Watcher(self.save)
        self.kept: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []

    def run_spk(self) -> None:
        """Run Lava's time step, then keep the state."""
        super().run_spk()  # type: ignore[misc]
        self.watcher.keep(self.time_step, {"u": self.u, "v": self.v})
        last = self.time_step == self.save.step
        if self.save.history or last:
            self.kept.append((self.u.copy(), self.v.copy()))
        if last:
            u, v = (np.stack(states) for states in zip(*self.kept))
            self.save.write(u=u, v=v)


class PyLif(KeepState, PyLifModelBitAcc):  # type: ignore[misc]
    """Lava's bit-accurate LIF."""


class PyLifReset(KeepState, PyLifResetModelBitAcc):  # type: ignore[misc]
    """Lava's bit-accurate LIF with a periodic reset."""


class PyTernaryLif(KeepState, PyTernLifModelFixed):  # type: ignore[misc]
    """Lava's fixed-point ternary LIF."""
