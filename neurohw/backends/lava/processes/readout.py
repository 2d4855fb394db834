"""A readout and its critic as Lava Processes; the equations are the docstrings of `neurohw.ir.neurons`."""

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
from numpy.typing import NDArray

from neurohw.backends.lava.processes.clapp import eighths
from neurohw.backends.lava.saving import Keeper, Save
from neurohw.ir.neurons import TRACE_MAX, Critic, Readout

LATCH_PHASE = 2  # what a source sends at the first step of a presentation arrives at the second
ACTION_BITS = 8  # of q + noise


class ReadoutNeurons(AbstractProcess):  # type: ignore[misc]
    """`size` neurons that compete, with the parameters of `neuron`."""

    def __init__(self, *, size: int, neuron: Readout, save: Save) -> None:
        super().__init__(size=size, neuron=neuron, save=save)
        self.a_in, self.contest_in, self.gate_in = (InPort(shape=(size,)) for _ in range(3))
        self.s_out, self.contest_out = (OutPort(shape=(size,)) for _ in range(2))
        self.bap_out, self.y1_out, self.y2_out, self.y3_out = (OutPort(shape=(size,)) for _ in range(4))


@implements(proc=ReadoutNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyReadoutNeurons(PyLoihiProcessModel):  # type: ignore[misc]
    """Integer microcode of a readout."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    contest_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    gate_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)
    contest_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)
    bap_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    y1_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    y2_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    y3_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.neuron: Readout = proc_params["neuron"]
        self.keeper = Keeper(proc_params["save"])
        self.silence = np.zeros(proc_params["size"], np.int32)
        self.q = self.latched = self.value = self.trace = self.silence
        self.inside = self.silence > 0

    def run_spk(self) -> None:
        """One time step: receive everything, act according to the phase, send everything."""
        phase = (self.time_step - 1) % self.neuron.period + 1
        done, rounds = phase - self.neuron.layer - 1, self.neuron.rounds
        a, contest, gate = self.a_in.recv(), self.contest_in.recv(), self.gate_in.recv()
        out = bits = self.silence
        if phase == 1:
            self.trace = self.silence
        if phase == LATCH_PHASE:
            self.latched = gate
        if done == 0:
            self._enter(a)
        if 0 < done <= rounds:
            self.inside = self.inside & ((contest <= 0) | self._bit(rounds - done))
        if 0 <= done < rounds:
            bits = (self.inside & self._bit(rounds - 1 - done)).astype(np.int32)
        if done == rounds:
            out = self.inside.astype(np.int32)
        if done == rounds + 2:
            supervised = self.neuron.supervised
            error = (self.latched if supervised else gate) - self.q
            self.trace = eighths(2 * np.where(self.inside | supervised, error, 0))
        self.s_out.send(out)
        self.contest_out.send(bits)
        self.bap_out.send(self.silence > 0)
        for port, trace in ((self.y1_out, self.trace), (self.y2_out, self.silence), (self.y3_out, self.silence)):
            port.send(trace)
        self.keeper.keep(
            self.time_step, n=self.latched, q=self.q, v=self.value, inside=self.inside, y1=self.trace
        )  # fmt: skip

    def _enter(self, a: NDArray[Any]) -> None:
        """Start the contest: expectation, noise, and the number of the neuron, so that no two values are equal."""
        self.q = np.clip(a >> self.neuron.shift, -TRACE_MAX, TRACE_MAX)
        noise = self.silence if self.neuron.supervised else self.latched
        seen = np.clip(self.q + noise, -TRACE_MAX - 1, TRACE_MAX) + TRACE_MAX + 1
        ranks = 1 << (self.neuron.rounds - ACTION_BITS)
        self.value = seen * ranks + np.maximum(0, ranks - 1 - np.arange(len(seen)))
        self.inside = np.ones(len(seen), bool)

    def _bit(self, place: int) -> Any:
        return (self.value >> place) & 1 > 0


class CriticNeuron(AbstractProcess):  # type: ignore[misc]
    """Neurons (usually one) that give the reward, with the parameters of `neuron`."""

    def __init__(self, *, size: int, neuron: Critic, save: Save) -> None:
        super().__init__(size=size, neuron=neuron, save=save)
        self.action_in, self.label_in = InPort(shape=(size,)), InPort(shape=(size,))
        self.reward_out = OutPort(shape=(size,))


@implements(proc=CriticNeuron, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyCriticNeuron(PyLoihiProcessModel):  # type: ignore[misc]
    """Integer microcode of a critic."""

    action_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=8)
    label_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=8)
    reward_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=8)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.neuron: Critic = proc_params["neuron"]
        self.keeper = Keeper(proc_params["save"])
        self.silence = np.zeros(proc_params["size"], np.int32)
        self.label = self.silence

    def run_spk(self) -> None:
        """One time step: latch the label at phase 2, answer at phase layer + 2, silence otherwise."""
        n, phase = self.neuron, (self.time_step - 1) % self.neuron.period + 1
        action, label = self.action_in.recv(), self.label_in.recv()
        reward = self.silence
        if phase == LATCH_PHASE:
            self.label = label
        if phase == n.layer + 2:
            reward = np.where(action == self.label, n.right, n.wrong) * (self.label != 0)
        self.reward_out.send(reward)
        self.keeper.keep(self.time_step, label=self.label)
