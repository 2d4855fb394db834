"""Any population as a Lava Process: its program on the arrays that Lava's ports give.

Traces and spikes back leave in every step, as Lava's learning connections want them. `RunConfig` gives each process a
ProcessModel with the ports that its program declares: Lava wants all of them in the class, and no others.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from numpy.typing import NDArray

from neurohw.backends.lava.processes.live import shared
from neurohw.backends.lava.saving import Keeper, Save
from neurohw.ir.plasticity import POST_TRACES
from neurohw.microcode.kind import declared_of, program_of
from neurohw.microcode.program import Program
from neurohw.microcode.vector import Neurons

LAVA_PORTS = {"out": "s_out", "in": "a_in"}  # the other ports keep their names, with _out and _in
BITS = 24  # any number above 0: Lava's models do not clip messages


def in_port(port: str) -> str:
    """What Lava calls an input port."""
    return LAVA_PORTS.get(port, f"{port}_in")


def out_port(port: str) -> str:
    """What Lava calls an output port."""
    return LAVA_PORTS.get(port, f"{port}_out")


class Population(AbstractProcess):  # type: ignore[misc]
    """`size` neurons with the parameters of `neuron`, whose random numbers are those of population `number` and `seed`.

    `restart`: steps of a sample, after which steps are counted from 1 again; 0: they run on. `counts`: the file, int64,
    that has how often there was what of `Program.overflows`; "" of programs that count nothing.
    """

    def __init__(
        self, *, size: int, neuron: Any, number: int, save: Save, seed: int = 0, restart: int = 0, counts: str = ""
    ) -> None:
        super().__init__(size=size, neuron=neuron, number=number, save=save, seed=seed, restart=restart, counts=counts)
        self.program: Program = program_of(neuron)
        for name, declared in ports_of(self.program).items():
            is_input = declared.cls is PyInPort.VEC_DENSE
            setattr(self, name, (InPort if is_input else OutPort)(shape=(size,)))


@implements(proc=Population, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyPopulation(PyLoihiProcessModel):  # type: ignore[misc]
    """Base of the models with declared ports."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.neurons = Neurons(
            proc_params["neuron"], (proc_params["size"],), seed=proc_params["seed"], population=proc_params["number"]
        )
        self.restart: int = proc_params["restart"]
        self.keeper = Keeper(proc_params["save"])
        self.counts = _counts(self.neurons.program, proc_params["counts"])
        program = self.neurons.program
        self.inputs = {d.port: in_port(d.port) for d in program.of_role("receives")}
        self.back = next((d.name for d in program.of_role("spikes_back")), "")
        self.sends_traces = bool(program.of_role("trace"))
        self.silence = np.zeros(proc_params["size"], np.int32)
        states = [d for d in declared_of(proc_params["neuron"]).values() if d.role == "state"]
        self.resting = {d.name: self.silence + np.int32(d.start) for d in states}  # also those that a choice left out

    def _begin(self) -> int:
        """The step of the sample that begins."""
        if not self.restart:
            return int(self.time_step)
        sample, step = divmod(int(self.time_step) - 1, self.restart)
        self.neurons.samples = [sample]
        return step + 1

    def run_spk(self) -> None:
        """One time step: receive everything, step, send everything."""
        arrived = {port: getattr(self, name).recv() for port, name in self.inputs.items()}
        for port, messages in self.neurons.step(self._begin(), arrived).items():
            getattr(self, out_port(port)).send(messages)
        states = self.resting | self.neurons.states()
        states["y0"] = states.get(self.back, self.silence)
        if self.sends_traces:
            for name in POST_TRACES:
                getattr(self, f"{name}_out").send(states.get(name, self.silence))
            self.bap_out.send(states["y0"] != 0)
        if self.counts is not None:
            counted = self.neurons.overflows()
            self.counts[:] = [counted.get(what, 0) for what in self.neurons.program.overflows]
        self.keeper.keep(self.time_step, **states)


def _counts(program: Program, path: str) -> NDArray[np.int64] | None:
    """What processes share of a population's counts."""
    return shared(path, len(program.overflows), kind=np.int64) if path else None


class RunConfig(Loihi2SimCfg):  # type: ignore[misc]
    """Lava's fixed-point models, and those that programs need."""

    def select(self, process: AbstractProcess, proc_models: list[type]) -> type:
        """The ProcessModel of a process."""
        if isinstance(process, Population):
            return _model(process.program)
        return super().select(process, proc_models)  # type: ignore[no-any-return]


@cache
def _model(program: Program) -> type[PyPopulation]:
    return type(f"Py{program.name}", (PyPopulation,), ports_of(program))


def ports_of(program: Program) -> dict[str, LavaPyType]:
    """Lava's ports of a program, by name."""
    found = {
        in_port(d.port): LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=BITS) for d in program.of_role("receives")
    }
    sent = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=BITS)
    found |= {out_port(d.name): sent for d in program.of_role("sends", "given")}
    if program.of_role("trace"):
        found |= {f"{name}_out": LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=7) for name in POST_TRACES}
        found["bap_out"] = LavaPyType(PyOutPort.VEC_DENSE, bool, precision=1)
    return found
