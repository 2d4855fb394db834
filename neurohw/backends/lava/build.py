"""Network to Lava processes: Lava's own where it has them (LIF, Dense, Sparse, ...), ours for the rest.

Importing this module imports Lava, which makes `fork` the start method of multiprocessing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lava.magma.core.learning.constants import GradedSpikeCfg
from lava.magma.core.learning.learning_rule import Loihi2FLearningRule, Loihi3FLearningRule
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.proc.conv.process import Conv
from lava.proc.dense.process import DelayDense, Dense, LearningDense
from lava.proc.graded.process import GradedReluVec, GradedVec
from lava.proc.lif.process import LIF, LIFReset, TernaryLIF
from lava.proc.sparse.process import Sparse
from lava.utils.weightutils import SignMode
from numpy.typing import NDArray
from scipy import sparse

from neurohw.backends.lava.processes.learning_dense import PyLearningDense
from neurohw.backends.lava.processes.lif import PyLif, PyLifReset, PyTernaryLif
from neurohw.backends.lava.processes.live import LiveRecorder, LiveSource, PyLiveRecorder, shared
from neurohw.backends.lava.processes.program import Population as Neurons
from neurohw.backends.lava.processes.program import RunConfig, in_port, out_port
from neurohw.backends.lava.processes.recorder import Recorder, recorder_model
from neurohw.backends.lava.processes.source import FrameSource
from neurohw.backends.lava.saving import Save, Tap, file_of
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, TernaryLif, is_source, parameters_of, states_of
from neurohw.ir.plasticity import LearningRule
from neurohw.ir.probe import SYNAPTIC, Probed
from neurohw.ir.rule_text import rule_text
from neurohw.microcode.kind import program_of

SIGN_MODES = {"mixed": SignMode.MIXED, "excitatory": SignMode.EXCITATORY, "inhibitory": SignMode.INHIBITORY}
GRADED_SPIKES = {
    "impulse": GradedSpikeCfg.USE_REGULAR_IMPULSE,
    "overwrite": GradedSpikeCfg.OVERWRITE,
    "add": GradedSpikeCfg.ADD_WITH_SATURATION,
    "add_wrap": GradedSpikeCfg.ADD_WITHOUT_SATURATION,
}
MESSAGE_BITS = 8  # any number above 0: Lava's models do not clip payloads
RECORDER = "(recorder)"  # no name of a population or projection
MEMBRANE = ("u", "v")


@dataclass(frozen=True)
class Built:
    """The Lava processes of a network, all connected to `recorder`, and how to run them.

    `ports`: names ('layer1.out') of the recorder's arrays in_0, in_1, ... `processes`: by population and projection.
    `counts`: of populations that run programs, how often there was what of `Program.overflows`.
    """

    recorder: AbstractProcess
    run_config: RunConfig
    ports: tuple[str, ...]
    processes: Mapping[str, AbstractProcess]
    counts: Mapping[str, NDArray[np.int64]]

    def overflows(self) -> dict[str, int]:
        """What programs have counted so far, '<population>: <what>' -> times."""
        return {
            f"{name}: {what}": int(times)
            for name, counts in self.counts.items()
            for what, times in zip(self.processes[name].program.overflows, counts)
            if times
        }


@dataclass(frozen=True)
class Setting:
    """What the processes of one run need to know beside the network.

    `inputs`: None if sources are told what to send, in files of `folder`, where what every port sends is told too.
    `states`: u and v are kept of all steps, not only the last. `probes`: what else is kept. `seed`: of random numbers.
    `reset`: steps are counted from 1 again in each sample.
    """

    inputs: Mapping[str, NDArray[np.int32]] | None
    steps_per_sample: int
    steps: int
    folder: Path
    states: bool = False
    probes: Sequence[Probed] = ()
    seed: int = 0
    reset: bool = False

    def source(self, p: Population) -> AbstractProcess:
        """The process of a source."""
        if self.inputs is None:
            return LiveSource(size=p.size, path=str(file_of(self.folder, p.name)))
        return FrameSource(frames=self.inputs[p.name], steps=self.steps_per_sample)

    def counts(self, p: Population) -> str:
        """The file that a population counts in, if it runs a program that counts something."""
        counts_nothing = is_source(p.neuron) or type(p.neuron) in LAVAS_OWN or not program_of(p.neuron).overflows
        return "" if counts_nothing else str(file_of(self.folder, p.name).with_suffix(".counts"))

    def recorder(self, sizes: Sequence[int]) -> tuple[AbstractProcess, Any]:
        """The process that all ports send to, and its model."""
        if self.inputs is None:
            live = LiveRecorder(sizes=sizes, path=str(file_of(self.folder, RECORDER)))
            return live, recorder_model(len(sizes), PyLiveRecorder)
        return Recorder(sizes=sizes, save=self.save(RECORDER)), recorder_model(len(sizes))

    def save(self, name: str, *whole: str) -> Save:
        """Where and when the process of that name writes its results; `whole`: states that are kept of all neurons."""
        last = self.steps - 1
        taps = {what: Tap(what, range(0 if self.states and what in MEMBRANE else last, last + 1)) for what in whole}
        for k, p in enumerate(self.probes):
            if p.part.name == name and not p.is_message:
                taps[tapped(k)] = Tap(p.probe.what, p.probe.times(self.steps), tuple(np.atleast_2d(p.items.T)))
        return Save(str(file_of(self.folder, name)), self.steps, taps)


def tapped(probe: int) -> str:
    """The array that holds what the probe of that number recorded, in the file of its process."""
    return f"probe_{probe}"


def build(network: Network, setting: Setting) -> Built:
    """Make and connect the processes of a quantised network; results go to `setting.folder`."""
    counts = {
        p.name: shared(path, len(program_of(p.neuron).overflows), create=True, kind=np.int64)
        for p in network.populations
        if (path := setting.counts(p))
    }
    processes = {p.name: _population(p, k, setting) for k, p in enumerate(network.populations)}
    for projection in network.projections:
        processes[projection.name] = _connect(projection, processes, setting)
    ports = network.ports
    sizes = [p.size for p in network.populations for _ in p.neuron.outputs]
    recorder, model = setting.recorder(sizes)
    for k, name in enumerate(ports):
        population, port = name.rsplit(".", 1)
        _out(processes[population], port).connect(getattr(recorder, f"in_{k}"))
    for name, process in processes.items():
        process.name = name
    models = {LIF: PyLif, LIFReset: PyLifReset, TernaryLIF: PyTernaryLif, LearningDense: PyLearningDense}
    models[type(recorder)] = model
    run_config = RunConfig(select_tag="fixed_pt", exception_proc_model_map=models)
    return Built(recorder, run_config, ports, processes, counts)


def _out(process: AbstractProcess, port: str) -> Any:
    return getattr(process, out_port(port))


def _in(process: AbstractProcess, port: str) -> Any:
    return getattr(process, in_port(port))


def _population(p: Population, number: int, setting: Setting) -> AbstractProcess:
    """Lava's own process where it has the kind of neuron, else one that runs the neuron's program."""
    if is_source(p.neuron):
        return setting.source(p)
    states = {state.name for state in states_of(p.neuron)}
    save = setting.save(p.name, *(MEMBRANE if states.issuperset(MEMBRANE) else ()))
    if own := LAVAS_OWN.get(type(p.neuron)):
        return own(p, save)
    restart = setting.steps_per_sample if setting.reset else 0
    return Neurons(
        size=p.size, neuron=p.neuron, number=number, save=save, seed=setting.seed, restart=restart,
        counts=setting.counts(p),
    )  # fmt: skip


def _graded(p: Population, save: Save) -> AbstractProcess:
    graded = (GradedReluVec if p.neuron.rectify else GradedVec)(shape=(p.size,))
    _spread(graded.vth, p.neuron.vth, p.size)
    return graded


def _lif(p: Population, save: Save) -> AbstractProcess:
    neuron = p.neuron
    options: dict[str, Any] = {"shape": (p.size,), "du": neuron.du, "dv": neuron.dv}
    if "vth_lo" in parameters_of(neuron):
        lif = TernaryLIF(**options)
        _spread(lif.vth_hi, neuron.vth_hi, p.size)
        _spread(lif.vth_lo, neuron.vth_lo, p.size)
    elif neuron.reset_interval > 0:
        offset = neuron.reset_offset % neuron.reset_interval
        lif = LIFReset(**options, reset_interval=neuron.reset_interval, reset_offset=offset)
        _spread(lif.vth, neuron.vth, p.size)
    else:
        lif = LIF(**options)
        _spread(lif.vth, neuron.vth, p.size)
    _spread(lif.bias_mant, neuron.bias_mant, p.size)
    _spread(lif.bias_exp, neuron.bias_exp, p.size)
    lif.proc_params["save"] = save
    return lif


LAVAS_OWN = {Lif: _lif, TernaryLif: _lif, Graded: _graded}  # kinds; programs run all others


def _spread(var: Var, value: Any, size: int) -> None:
    """Give a Lava variable one value a neuron: its own shape is (1,), though its models take arrays."""
    var.shape = (size,)
    var.init = np.broadcast_to(np.asarray(value, np.int32), (size,)).copy()


def _connect(p: Projection, processes: Mapping[str, AbstractProcess], setting: Setting) -> AbstractProcess:
    """Make the process of one projection and connect it to both of its populations."""
    pre, post = processes[p.pre], processes[p.post]
    rule = p.plasticity.chip if p.plasticity else None
    if p.shared:
        return _convolution(p, _out(pre, p.pre_port), _in(post, p.post_port))
    connection = _static(p) if rule is None else _learning(p, rule, setting.save(p.name, *SYNAPTIC))
    _out(pre, p.pre_port).connect(connection.s_in)
    connection.a_out.connect(_in(post, p.post_port))
    if rule is not None and rule.third_factor:
        for port in ("bap", "y1", "y2", "y3"):
            _out(post, port).connect(getattr(connection, f"s_in_{port}"))
    elif rule is not None:
        _out(post, "out").connect(connection.s_in_bap)
    return connection


def _weight_options(p: Projection) -> dict[str, Any]:
    assert p.format is not None  # `unsupported` was asked before
    return {
        "num_weight_bits": p.format.bits,
        "weight_exp": p.format.exponent,
        "sign_mode": SIGN_MODES[p.format.sign],
        "num_message_bits": MESSAGE_BITS if p.graded else 0,
    }


def _dense_weight(p: Projection) -> NDArray[np.int32]:
    return np.asarray(p.weight.toarray() if p.sparse else p.weight).astype(np.int32)


def _static(p: Projection) -> AbstractProcess:
    options = _weight_options(p)
    if p.max_delay:
        delays = int(p.delay) if np.ndim(p.delay) == 0 else np.asarray(p.delay, int)
        return DelayDense(weights=_dense_weight(p), delays=delays, **options)
    if p.sparse:
        return Sparse(weights=sparse.csr_matrix(p.weight, dtype=np.int32), **options)
    return Dense(weights=_dense_weight(p), **options)


def _convolution(p: Projection, source: Any, destination: Any) -> AbstractProcess:
    """Lava's Conv between two flat populations: its arrays are (rows, columns, channels), its kernels are mirrored.

    It takes no exponent and stores any weight, so it gets the stored weights, scaled.
    """
    assert p.format is not None
    c: Convolution = p.weight
    kernel = p.format.stored(c.kernel).astype(np.int32) << p.format.exponent
    channels, rows, columns = c.input_shape
    process = Conv(
        weight=np.ascontiguousarray(kernel.transpose(0, 2, 3, 1)[:, ::-1, ::-1]),
        input_shape=(rows, columns, channels),
        stride=c.stride,
        padding=c.padding,
        dilation=c.dilation,
        groups=c.groups,
        num_message_bits=MESSAGE_BITS if p.graded else 0,
    )
    source.reshape(c.input_shape).transpose((1, 2, 0)).connect(process.s_in)
    process.a_out.transpose((2, 0, 1)).reshape(destination.shape).connect(destination)
    return process


def _learning(p: Projection, rule: LearningRule, save: Save) -> AbstractProcess:
    return LearningDense(
        weights=_dense_weight(p),
        learning_rule=lava_rule(rule),
        graded_spike_cfg=GRADED_SPIKES[rule.graded],
        synapses=_stored(p) if p.sparse else None,
        save=save,
        **_weight_options(p),
    )


def _stored(p: Projection) -> NDArray[np.bool_]:
    """Mask of the stored weights of a sparse projection, zeros among them included."""
    pattern = sparse.csr_array((np.ones(p.weight.nnz, bool), p.weight.indices, p.weight.indptr), shape=p.weight.shape)
    return np.asarray(pattern.toarray())


def lava_rule(rule: LearningRule) -> Loihi2FLearningRule | Loihi3FLearningRule:
    """Return the rule in Lava's classes: its text, its traces, its epoch and its seed."""
    texts = {name: rule_text(getattr(rule, name), rule.decimate) or None for name in ("dw", "dd", "dt")}
    own_traces = ("x1", "x2") if rule.third_factor else ("x1", "x2", "y1", "y2", "y3")
    impulses = {f"{name}_impulse": getattr(rule, name).impulse for name in own_traces}
    taus = {f"{name}_tau": getattr(rule, name).tau for name in own_traces}
    kind = Loihi3FLearningRule if rule.third_factor else Loihi2FLearningRule
    return kind(**texts, **impulses, **taus, t_epoch=rule.epoch, rng_seed=rule.seed)
