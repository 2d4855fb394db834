"""A sink that keeps what every port of the network sent and writes it to a file at the last step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from neurohw.backends.lava.saving import Save


class Recorder(AbstractProcess):  # type: ignore[misc]
    """A port `in_<k>` for each of `sizes`: one Recorder for all, as every Process costs a process of the system."""

    def __init__(self, *, sizes: Sequence[int], save: Save) -> None:
        super().__init__(sizes=tuple(sizes), save=save)
        for k, size in enumerate(sizes):
            setattr(self, f"in_{k}", InPort(shape=(size,)))


@implements(proc=Recorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyRecorder(PyLoihiProcessModel):  # type: ignore[misc]
    """Base of the models that `recorder_model` makes: arrays in_0, in_1, ... [steps, size]."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.save: Save = proc_params["save"]
        self.messages = [np.zeros((self.save.step, size), np.int32) for size in proc_params["sizes"]]

    def run_spk(self) -> None:
        """One time step."""
        for k, messages in enumerate(self.messages):
            messages[self.time_step - 1] = getattr(self, f"in_{k}").recv()
        if self.time_step == self.save.step:
            self.save.write(**{f"in_{k}": messages for k, messages in enumerate(self.messages)})


def recorder_model(ports: int, base: type[PyLoihiProcessModel] = PyRecorder) -> type[PyLoihiProcessModel]:
    """Return the ProcessModel of a recorder with so many ports: Lava wants each declared in the class."""
    declared = {f"in_{k}": LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24) for k in range(ports)}
    return type(f"{base.__name__}OfPorts", (base,), declared)
