"""A CLAPP layer as a Lava Process; the equations are the docstring of `neurohw.ir.neurons.Clapp`."""

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

from neurohw.backends.lava.saving import Keeper, Save
from neurohw.ir.neurons import PAYLOAD_MAX, TRACE_MAX, Clapp, ClappLif

Values = NDArray[Any]
CARRY_MAX = 120  # largest multiple of 8 in a trace


class ClappNeuron(AbstractProcess):  # type: ignore[misc]
    """Neurons of one CLAPP layer: `size` of them, with the parameters of `neuron`."""

    def __init__(self, *, size: int, neuron: Clapp, save: Save) -> None:
        super().__init__(size=size, neuron=neuron, save=save)
        self.a_in, self.prediction_in, self.gate_in = (InPort(shape=(size,)) for _ in range(3))
        self.s_out, self.context_out, self.score_out = (OutPort(shape=(size,)) for _ in range(3))
        self.bap_out, self.y1_out, self.y2_out, self.y3_out = (OutPort(shape=(size,)) for _ in range(4))


@implements(proc=ClappNeuron, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyClappNeuron(PyLoihiProcessModel):  # type: ignore[misc]
    """Integer microcode of a CLAPP layer."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    prediction_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    gate_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    context_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    score_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    bap_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    y1_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    y2_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    y3_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.neuron: Clapp = proc_params["neuron"]
        self.keeper = Keeper(proc_params["save"])
        self.silence = np.zeros(proc_params["size"], np.int32)
        self.z = self.p = self.silence
        self.traces = [self.silence] * 3

    def run_spk(self) -> None:
        """One time step: receive everything, act according to the phase, send everything."""
        layer = self.neuron.layer
        phase = (self.time_step - 1) % self.neuron.period + 1
        a, prediction, gate = self.a_in.recv(), self.prediction_in.recv(), self.gate_in.recv()
        out = context = score = spike = self.silence
        if phase == 1:
            self.traces = [self.silence] * 3
        if phase == layer:
            context = self.z
        if phase == layer + 1:
            self.z = np.minimum(np.maximum(a, 0) >> self.neuron.shift, PAYLOAD_MAX)
            self.p = np.clip(prediction >> self.neuron.prediction_shift, -TRACE_MAX, TRACE_MAX)
            out, score = self.z, (self.z * self.p) >> self.neuron.score_shift
        if phase == layer + 3:
            *self.traces, spike = post_factors(self.neuron, self.p, self.z > 0, self.z >> 1, gate)
        self.s_out.send(out)
        self.context_out.send(context)
        self.score_out.send(score)
        self.bap_out.send(spike != 0)
        for port, trace in zip((self.y1_out, self.y2_out, self.y3_out), self.traces):
            port.send(trace)
        y1, y2, y3 = self.traces
        self.keeper.keep(self.time_step, z=self.z, p=self.p, y1=y1, y2=y2, y3=y3, y0=spike != 0)


def post_factors(
    neuron: Clapp | ClappLif, p: Values, engaged: Values, z: Values, gate: Values
) -> tuple[Values, Values, Values, Values]:
    """Return y1, y2, y3 and the back-propagated spike that the factors g p rho and g z are mapped to."""
    forward, lateral = gate * p * engaged, gate * z
    none = np.zeros_like(z)
    if neuron.mapping == "carry":
        grown = int(2 * neuron.growth) * np.abs(gate) * engaged
        return eighths(2 * forward + grown), eighths(2 * lateral), none, none
    if neuron.mapping == "signed":
        return forward, lateral, np.full_like(z, neuron.rate), none
    # the rate of unsigned traces is paid for with bits of the traces themselves
    shift = 7 - neuron.rate.bit_length() + 1
    size = np.abs(gate) * z
    return np.maximum(forward, 0) >> shift, np.maximum(-forward, 0) >> shift, size >> shift, gate > 0


def eighths(halves: Values) -> Values:
    """Nearest multiple of 8 of a number of halves within the range of a trace, ties away from zero."""
    return np.asarray(np.clip(np.sign(halves) * ((np.abs(halves) + 8) >> 4 << 3), -CARRY_MAX, CARRY_MAX))
