"""A graded ReLU layer as a Lava Process; the equation is the docstring of `neurohw.ir.neurons.Relu`."""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from neurohw.ir.neurons import PAYLOAD_MAX, Relu


class GradedRelu(AbstractProcess):  # type: ignore[misc]
    """`size` graded ReLU neurons with the parameters of `neuron`."""

    def __init__(self, *, size: int, neuron: Relu) -> None:
        super().__init__(size=size, neuron=neuron)
        self.a_in = InPort(shape=(size,))
        self.s_out = OutPort(shape=(size,))


@implements(proc=GradedRelu, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyGradedRelu(PyLoihiProcessModel):  # type: ignore[misc]
    """Integer microcode of the graded ReLU."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.neuron: Relu = proc_params["neuron"]
        self.silence = np.zeros(proc_params["size"], np.int32)
        self.bias = np.asarray(self.neuron.bias, np.int32)

    def run_spk(self) -> None:
        """One time step: speak at phase layer + 1 only."""
        a = self.a_in.recv()
        phase = (self.time_step - 1) % self.neuron.period + 1
        if phase == self.neuron.layer + 1:
            self.s_out.send(np.minimum(np.maximum(a + self.bias, 0) >> self.neuron.shift, PAYLOAD_MAX))
        else:
            self.s_out.send(self.silence)
