"""The hinge of a CLAPP layer as a Lava Process; the equations are the docstring of `neurohw.ir.neurons.Hinge`."""

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

from neurohw.backends.lava.saving import Keeper, Save
from neurohw.ir.neurons import Hinge

LATCH_PHASE = 2  # a sameness sent at the first step of a fixation arrives at the second


class HingeNeuron(AbstractProcess):  # type: ignore[misc]
    """Loss neurons (usually one) of one layer, with the parameters of `neuron`."""

    def __init__(self, *, size: int, neuron: Hinge, save: Save) -> None:
        super().__init__(size=size, neuron=neuron, save=save)
        self.score_in, self.sameness_in = InPort(shape=(size,)), InPort(shape=(size,))
        self.gamma_out, self.loss_out = OutPort(shape=(size,)), OutPort(shape=(size,))


@implements(proc=HingeNeuron, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyHingeNeuron(PyLoihiProcessModel):  # type: ignore[misc]
    """Integer microcode of the hinge."""

    score_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    sameness_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=2)
    gamma_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=2)
    loss_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.neuron: Hinge = proc_params["neuron"]
        self.keeper = Keeper(proc_params["save"])
        self.silence = np.zeros(proc_params["size"], np.int32)
        self.sameness = self.silence

    def run_spk(self) -> None:
        """One time step: latch the sameness at phase 2, decide at phase layer + 2, silence otherwise."""
        phase = (self.time_step - 1) % self.neuron.period + 1
        score, sameness = self.score_in.recv(), self.sameness_in.recv()
        gamma = loss = self.silence
        if phase == LATCH_PHASE:
            self.sameness = sameness
        if phase == self.neuron.layer + 2:
            margin = self.neuron.theta - self.sameness * score
            gamma = self.sameness * (margin > 0)
            loss = np.maximum(margin, 0) * (self.sameness != 0)
        self.gamma_out.send(gamma)
        self.loss_out.send(loss)
        self.keeper.keep(self.time_step, y=self.sameness)
