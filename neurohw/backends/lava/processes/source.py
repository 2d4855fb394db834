"""The network's inputs as a Lava Process: frames at the first steps of every sample, then silence."""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from numpy.typing import NDArray


class FrameSource(AbstractProcess):  # type: ignore[misc]
    """Send frame f of sample s of `frames` [samples, frames, size] at step f + 1 of the sample's `steps` steps."""

    def __init__(self, *, frames: NDArray[np.int32], steps: int) -> None:
        super().__init__(frames=frames, steps=steps)
        self.s_out = OutPort(shape=(frames.shape[2],))


@implements(proc=FrameSource, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyFrameSource(PyLoihiProcessModel):  # type: ignore[misc]
    """Integer messages from memory."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.frames: NDArray[np.int32] = proc_params["frames"]
        self.steps: int = proc_params["steps"]
        self.silence = np.zeros(self.frames.shape[2], np.int32)

    def run_spk(self) -> None:
        """One time step."""
        sample, step = divmod(self.time_step - 1, self.steps)
        self.s_out.send(self.frames[sample, step] if step < self.frames.shape[1] else self.silence)
