"""Run programs on what they were made for, and networks on given inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw import artifacts
from neurohw.data.coding import Coder, check_coding
from neurohw.data.dataset import Dataset, Split, payload
from neurohw.data.registry import load_data
from neurohw.diagnosis.diagnose import with_origin
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.arrival import cut_short
from neurohw.ir.checks import SEED, require_kind, value_problems
from neurohw.ir.engine import OnArrays, Progress, Resumable, Setting
from neurohw.ir.grid import grid_problems
from neurohw.ir.inputs import Inputs
from neurohw.ir.mapping import Program, Target
from neurohw.ir.network import Network
from neurohw.ir.probe import Probe
from neurohw.ir.run import Run
from neurohw.microcode.kind import program_of
from neurohw.runtime.backends import capabilities, make_engine
from neurohw.runtime.checkpoint import Checkpoint
from neurohw.runtime.fixations import Fixations
from neurohw.runtime.host import Host
from neurohw.runtime.loop import Parts, Stop, drive
from neurohw.runtime.options import RunOptions
from neurohw.runtime.ports import latency_window, layer_ports, ports_of
from neurohw.runtime.presentations import Presentations
from neurohw.runtime.stimulus import Given, Stimulus, Stream
from neurohw.spec import ModelSpec
from neurohw.spec.recipe import model_of

CALIBRATION = 256  # inputs on which converters of crossbars find their range


def run_network(
    network: Network, inputs: Inputs | Iterable[Inputs], *, backend: str = "emulator",
    record: Sequence[str] | None = None, reset: bool = False, window: int = 0, traces: int = 0,
    accumulator_bits: int | None = None, arrays: OnArrays | None = None, runtime: str = "auto",
    probes: Sequence[Probe] = (), seed: int = 0,
    progress: Progress | None = None,
) -> Run:  # fmt: skip
    """Run a quantised network on `inputs`, source -> payloads [samples, frames, neurons]: one mapping, or several.

    Time runs on from one sample to the next; with `reset` each starts from rest. `record` is by default the output of
    every layer; `ir.engine.Setting` describes the rest. Lava and Brian2 give the same integers as the emulator, but
    count nothing that has a price.
    """
    require_kind("run_network: network", network, Network, "give program.network, or simulate a program")
    raise_if_any(grid_problems(network))
    ports = layer_ports(network) if record is None else record
    setting = Setting(
        network, network.period, reset, ports, window, traces, accumulator_bits, arrays, runtime, probes, seed=seed
    )
    stimulus = Given(inputs)
    run = drive(make_engine(backend, setting), stimulus, progress=progress)
    run = _last(replace(run, provenance={**run.provenance, **drawn(network, seed)}), setting.traces)
    notes = cut_short(network, stimulus.frames, network.period, "a period of {} waits for them") if reset else ()
    return with_origin(run, network, notes)


def run_program(program: Program, options: RunOptions) -> Run:
    """Run a program: a learning one on its fixations, a frozen one on test images or given inputs, one with a readout
    on its presentations. See `RunOptions`."""
    require_kind("simulate: program", program, Program, "compile it first; run_network runs a bare network")
    backend = options.backend_of(program.target)
    streamed = options.inputs is None and program.mode != "infer"
    stimulus, calibration = shown(program, options, capabilities(backend).arrays)
    raise_if_any(list(_impossible(options, backend)))
    setting = _setting(program, options, backend, stimulus, calibration)
    engine = make_engine(backend, setting)
    parts: Parts = {}
    stops: list[Stop] = []
    host, content = None, artifacts.Once(program)
    if options.schedule:
        if not streamed:
            what, fix = "a frozen program does not learn", "omit schedule, or compile with mode 'learn'"
            raise NeurohwError(Problem("schedule", what, fix=fix))
        host = Host(program.network, engine, options.schedule, stimulus.total or 0, program.target)
        stops += host.stops()
    if options.checkpoint is not None and isinstance(engine, Resumable) and isinstance(stimulus, Stream):
        path = Path(options.checkpoint)
        checkpoint = Checkpoint(path, content, engine, stimulus, parts, options.schedule, options.probes)
        if options.resume:
            checkpoint.restore()
        stops += checkpoint.stops(options.every)
    if host:
        host.write(engine.samples)
    run = drive(engine, stimulus, stops=stops, totals=parts, strict=options.strict, progress=options.progress)
    run = host.counted(run) if host else run
    made = {"program": artifacts.fingerprint(content)} | ({"fixations": stimulus.total} if streamed else {})
    made |= drawn(program.network, program.seed)
    run = _last(replace(run, provenance={**run.provenance, **made}), options.traces)
    return with_origin(run, program, _notes(program, stimulus, setting.steps))


def drawn(network: Network, seed: int) -> dict[str, int]:
    """What is to be known of a run to repeat it: the seed, if neurons draw random numbers."""
    return {"random_seed": seed} if any(program_of(p.neuron).has_random for p in network.populations) else {}


def takes_checkpoint(program: Program, options: RunOptions) -> bool:
    """Whether a run can be left and gone on with: one of a stream, on a backend that resumes."""
    streamed = options.inputs is None and program.mode != "infer"
    return streamed and capabilities(options.backend_of(program.target)).resumes


def _impossible(options: RunOptions, backend: str) -> Iterator[Problem]:
    """Options that a backend cannot follow."""
    can = capabilities(backend)
    if options.strict and not can.counts:
        yield Problem("strict", f"{backend} does not count all overflows", fix="omit strict, or use the emulator")
    for name in _given(options, "checkpoint", "resume"):
        if not can.resumes:
            fix = f"omit {name}, or use the emulator"
            yield Problem(name, f"{backend} runs all samples at once", fix=fix)
        elif options.checkpoint is None:
            yield Problem(name, "needs a checkpoint", fix="omit resume, or give the file and the backend that wrote it")


def _given(options: RunOptions, *names: str) -> list[str]:
    """Those of some options that were given."""
    return [name for name in names if getattr(options, name) not in (None, False)]


def shown(program: Program, options: RunOptions, arrays: bool = False) -> tuple[Stimulus, Inputs | None]:
    """What a program is shown, and for converters of frozen `arrays` images like it, which are for training; a
    NeurohwError for options that have no effect on it."""
    streamed = _given(options, "fixations", "checkpoint", "resume")
    if options.inputs is not None:
        if any(p.plasticity for p in program.network.projections):
            raise NeurohwError(Problem("inputs", "are for frozen programs", fix="compile with mode infer"))
        raise_if_any([Problem(name, "has no effect on given inputs", fix=f"omit {name}") for name in streamed])
        if program.recipe and options.steps is not None:
            raise NeurohwError(Problem("steps", "are those of the model's input", fix="omit steps"))
        return Given([options.inputs]), None
    if not program.recipe:
        what, limit = "was compiled from a network, not from a model", "it has no data of its own"
        raise NeurohwError(Problem("program", what, limit, "give inputs"))
    model = settings_of(program)
    if options.steps is not None:
        raise NeurohwError(Problem("steps", "are those of the model's input", fix="omit steps, or give inputs"))
    data = data_of(model, program.seed)
    if program.mode == "infer":
        what, fix = "a frozen program sees every test image once", "omit {}, or compile with mode 'learn'"
        raise_if_any([Problem(name, what, fix=fix.format(name)) for name in streamed])
        calibration = image_inputs(model, data.train_x[:CALIBRATION], program.seed) if arrays else None
        return Given([image_inputs(model, data.test_x, program.seed)]), calibration
    if program.mode == "readout":
        return Presentations(model, data, program.seed, options.fixations or model.readout.presentations), None
    return Fixations(model, data, program.seed, options.fixations or model.chip.fixations), None


def _setting(
    program: Program, options: RunOptions, backend: str, stimulus: Stimulus, calibration: Inputs | None
) -> Setting:
    network, steps = program.network, program.network.period
    if not program.recipe and options.inputs is not None:
        steps = options.steps or max((np.shape(x)[1] for x in options.inputs.values() if np.ndim(x) > 1), default=1)
    arrays = None
    if capabilities(backend).arrays:
        arrays = replace(on_arrays(program.target, program.seed), calibration=calibration)
    window = max(latency_window(network), options.traces)
    ports = ports_of(program) if options.record is None else options.record
    bits = program.target.accumulator_bits
    total = None if stimulus.total is None else stimulus.total * steps
    return Setting(
        network, steps, not isinstance(stimulus, Stream), ports, window, options.traces, bits, arrays, options.runtime,
        options.probes, total, program.seed,
    )  # fmt: skip


def _notes(program: Program, stimulus: Stimulus, steps: int) -> tuple[str, ...]:
    """What is to be said of samples of so many steps."""
    if not isinstance(stimulus, Given):
        return ()
    fix = "give fewer frames" if program.recipe else "--steps {0} (steps={0} in Python) waits for them"
    return cut_short(program.network, stimulus.frames, steps, fix)


def _last(run: Run, steps: int) -> Run:
    """The run with the last `steps` steps of what was recorded whole."""
    traces = {name: replace(t, values=t.values[-steps:]) for name, t in run.traces.items()} if steps else {}
    return replace(run, traces=traces)


def on_arrays(target: Target, seed: int) -> OnArrays:
    """The arrays of a chip; a NeurohwError if it has none."""
    if target.design is None:
        fix = "compile for an in-memory chip, such as xbar_rram_isaac, or use the emulator"
        raise NeurohwError(Problem("crossbar", f"{target.name} has cores, not arrays", fix=fix))
    return OnArrays(target.design, seed, "array_read_energy" not in target.prices.prices)


def settings_of(program: Program) -> ModelSpec:
    """The model a program was compiled from."""
    return model_of(program.recipe)


def data_of(model: ModelSpec, seed: int = 0, split: Split = "test") -> Dataset:
    """The data set of a model."""
    raise_if_any(value_problems("seed", seed, SEED))
    data = load_data(model.data, seed, split)
    check_coding(data, model.input)
    return data


def image_inputs(model: ModelSpec, x: NDArray[Any], seed: int) -> Mapping[str, NDArray[Any]]:
    """Images x [N, D] in 0..1 as a frozen network sees them, each from rest."""
    return {"input": Coder(model.input, seed, "images").frames(payload(x))}
