"""A spiking CLAPP layer as a Lava Process: Lava's LIF arithmetic and the microcode of `ir.neurons.ClappLif`."""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import AbstractPyLifModelFixed
from lava.proc.lif.process import LIF

from neurohw.backends.lava.processes.clapp import post_factors
from neurohw.backends.lava.saving import Keeper, Save
from neurohw.ir.neurons import TRACE_MAX, ClappLif


class ClappLifNeuron(LIF):  # type: ignore[misc]
    """Neurons of one spiking CLAPP layer: `size` of them, with the parameters of `neuron`."""

    def __init__(self, *, size: int, neuron: ClappLif, save: Save) -> None:
        options = {"du": neuron.du, "dv": neuron.dv, "vth": neuron.vth}
        super().__init__(shape=(size,), **options, size=size, neuron=neuron, save=save)
        self.prediction_in, self.gate_in = (InPort(shape=(size,)) for _ in range(2))
        self.context_out, self.score_out = (OutPort(shape=(size,)) for _ in range(2))
        self.bap_out, self.y1_out, self.y2_out, self.y3_out = (OutPort(shape=(size,)) for _ in range(4))


@implements(proc=ClappLifNeuron, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyClappLif(AbstractPyLifModelFixed):  # type: ignore[misc]
    """Lava's bit-accurate LIF for the steps of spikes, integer microcode for the rest of a fixation."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    vth: int = LavaPyType(int, np.int32, precision=17)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    prediction_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    gate_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    context_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    score_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    bap_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    y1_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    y2_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)
    y3_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.neuron: ClappLif = proc_params["neuron"]
        self.keeper = Keeper(proc_params["save"])
        self.silence = np.zeros(proc_params["size"], np.int32)
        self.z = self.p = self.count = self.near = self.silence
        self.traces = [self.silence] * 3

    def run_spk(self) -> None:
        """One time step: receive everything, act according to the phase, send everything."""
        n, phase = self.neuron, (self.time_step - 1) % self.neuron.period + 1
        a, prediction, gate = self.a_in.recv(), self.prediction_in.recv(), self.gate_in.recv()
        out = context = score = spike = self.silence
        if phase == 1:
            self.u[:], self.v[:] = 0, 0
            self.count = self.near = self.p = self.silence
            self.traces = [self.silence] * 3
        if phase == n.layer and not n.delayed:
            context = 2 * self.z
        if phase == n.layer + 1 and not n.delayed:
            self.p = np.clip(prediction >> n.prediction_shift, -TRACE_MAX, TRACE_MAX)
        if n.delayed and n.layer + 2 <= phase <= n.layer + n.steps + 1:
            self.p = self.p + prediction
        if n.layer < phase <= n.layer + n.steps:
            out = self._spikes(a)
            context = out if n.delayed else context
        if phase == n.layer + n.steps + 1:
            if n.delayed:
                total = self.p << (n.count_shift + 1)
                self.p = np.clip(total >> n.prediction_shift, -TRACE_MAX, TRACE_MAX)
                context = 2 * self.z
            self.z = np.minimum(self.count << n.count_shift, TRACE_MAX)
            out, score = 2 * self.z, (self.z * self.p) >> n.score_shift
        if phase == n.layer + n.steps + 3:
            active = self.near if n.window else self.count > 0
            *self.traces, spike = post_factors(n, self.p, active, self.z, gate)
        self.s_out.send(out)
        self.context_out.send(context)
        self.score_out.send(score)
        self.bap_out.send(spike != 0)
        for port, trace in zip((self.y1_out, self.y2_out, self.y3_out), self.traces):
            port.send(trace)
        y1, y2, y3 = self.traces
        self.keeper.keep(
            self.time_step, u=self.u, v=self.v, n=self.count, near=self.near, z=self.z, p=self.p,
            y1=y1, y2=y2, y3=y3, y0=spike != 0,
        )  # fmt: skip

    def _spikes(self, a: Any) -> Any:
        """One step of Lava's LIF, with the count and the window below the threshold beside it."""
        self.scale_bias()
        threshold = np.left_shift(self.vth, self.vth_shift)
        self.subthr_dynamics(activation_in=a)
        self.near = self.near | (self.v > threshold >> 1)
        spikes = self.v > threshold
        self.reset_voltage(spike_vector=spikes)
        self.count = self.count + spikes
        return spikes.astype(np.int32)
