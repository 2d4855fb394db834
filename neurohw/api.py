"""The verbs: load, train, compile, simulate, estimate, compare. Everything the command line does, as functions."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurohw import artifacts, library
from neurohw.compiler import pipeline
from neurohw.compiler.place import Placement
from neurohw.costs.price import estimate as _price
from neurohw.costs.price import require_prices
from neurohw.data.coding import Coder, check_coding
from neurohw.data.dataset import Dataset, payload
from neurohw.data.registry import load_data
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.cost import CostReport
from neurohw.ir.mapping import Program, Target
from neurohw.ir.network import Network
from neurohw.ir.plasticity import Plasticity
from neurohw.ir.run import Run, differences
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.learning.encoder import init_weights
from neurohw.learning.train import TrainResult
from neurohw.learning.train import train as _train
from neurohw.parsing import parse, read_yaml
from neurohw.presentations import Presentations, readout_ports
from neurohw.session import (
    Fixations,
    Progress,
    Session,
    hinge_ports,
    latency_window,
    layer_ports,
    raise_on_overflow,
    settings_of,
)
from neurohw.spec import ModelSpec
from neurohw.targets.load import load_target as _load_target

BACKENDS = ("emulator", "lava", "brian2", "crossbar")
CALIBRATION = 256  # inputs on which converters of crossbars find their range
OWN_ENGINES = ("emulator", "crossbar")  # which count for themselves, and can go on after an interruption
OWN_OPTIONS = ("runtime", "progress")  # of a backend, which mean nothing to the emulator that checks it
Split = Literal["test", "validation"]


def load_model(name: str) -> ModelSpec:
    """Read a model by name or path."""
    path = library.find_model(name)
    return parse(ModelSpec, read_yaml(path), str(path))


def load_target(name: str, prices: str | None = None, changes: Mapping[str, str] | None = None) -> Target:
    """Read a chip by name or path, with its own price table or the one named, here or as 'chip@table'.

    `changes`: other values of some entries of its file, such as {'converters.adc_bits': '6'}.
    """
    chip, _, table = name.partition("@")
    return _load_target(library.find_target(chip), library.prices_dir(), table or prices, changes)


def data_of(model: ModelSpec, seed: int = 0, split: Split = "test") -> Dataset:
    """The data set of a model."""
    data = load_data(model.data, seed, split)
    check_coding(data, model.input)
    return data


def train(
    model: ModelSpec, seed: int = 0, progress: Progress | None = None, rules: Mapping[str, Plasticity] | None = None
) -> TrainResult:
    """Train on the host in floats; `rules`: of one's own, in place of those of CLAPP, such as {'feedforward': ...}."""
    return _train(model, data_of(model, seed), seed, progress, rules)


def compile(
    model: ModelSpec, target: Target, weights: Weights | None = None, *, mode: pipeline.Mode | None = None,
    seed: int = 0, placement: Placement = "greedy", strict: bool = False,
) -> Program:  # fmt: skip
    """Compile a model for a chip, with initial weights unless others are given.

    `mode`: 'learn' or 'infer'; by default a model that learns on the chip learns unless it comes with weights. With
    'readout' the layers are frozen and a readout of the top one learns (`spec.ReadoutSpec`).
    """
    mode = mode or ("learn" if model.learns == "chip" and weights is None else "infer")
    data = data_of(model, seed)
    weights = weights or init_weights(model, data.channels, seed)
    if not weights.layers or any(layer.feedforward.ndim != 2 for layer in weights.layers):
        what = "hold no layers of weights [neurons, inputs]"
        raise NeurohwError(
            Problem(f"weights of '{weights.model}'", what, fix=f"train this model: neurohw train {model.name}")
        )
    if weights.layers[0].inputs != data.channels:
        raise NeurohwError(
            Problem(
                f"weights of '{weights.model}'",
                f"take {weights.layers[0].inputs} inputs",
                f"'{model.data.name}' has {data.channels}",
                f"train this model: neurohw train {model.name}",
            )
        )
    return pipeline.compile_model(
        model,
        weights,
        target,
        mode=mode,
        calibration=payload(data.train_x),
        placement=placement,
        seed=seed,
        strict=strict,
        classes=data.classes,
    )


def simulate(
    program: Program, *, backend: str | None = None, fixations: int | None = None, record: Sequence[str] | None = None,
    progress: Progress | None = None, checkpoint: Path | None = None, resume: bool = False, every: int = 20_000,
    strict: bool = False, inputs: Mapping[str, NDArray[Any]] | None = None, steps: int | None = None,
    traces: int = 0, **options: Any,
) -> Run:  # fmt: skip
    """Run a compiled model on its own data: a learning program on a fixation stream, a frozen one on the test images,
    one with a readout on views of the training images.

    `inputs`: other data, source -> payloads [samples, frames, neurons], each sample from rest and `steps` long
    (default: as many as there are frames); a program that was compiled from a network has no data of its own.

    `fixations`: length of the stream (default: the model's). `record`: ports to sum up a sample, by default every
    layer's output, or gate and loss (of a readout: action and reward) when learning. `checkpoint`: file to write every
    `every` fixations (emulator and crossbar); with `resume` the run goes on from it to the result that an uninterrupted
    run gives. `strict`: overflows are errors. `backend`: by default crossbar for chips of arrays, else emulator.
    `traces`: how many of the last steps to record whole: messages of all ports, u and v. `options`: of the backend,
    such as `runtime` of brian2.
    """
    backend = backend or default_backend(program.target)
    options |= {"window": max(latency_window(program.network), traces), "traces": traces > 0}
    if backend == "crossbar":
        options |= arrays_of(program.target, program.seed)
    if inputs is not None:
        run = _on_inputs(program, inputs, steps, backend=backend, record=record, strict=strict, **options)
        return _cut(run, program, traces)
    model = settings_of(program)
    data = data_of(model, program.seed)
    if program.mode == "infer":
        if fixations is not None or resume:
            what = "fixations" if fixations is not None else "resume"
            fix = f"leave {what} away, or compile with mode 'learn'"
            raise NeurohwError(Problem(what, "a frozen program sees every test image once", fix=fix))
        images = _images(model, data.test_x, program.seed)[0]
        if backend == "crossbar":
            options["calibration"] = _images(model, data.train_x[:CALIBRATION], program.seed)[0]
        run = _on_inputs(program, images, None, backend=backend, record=record, strict=strict, **options)
        return _cut(run, program, traces)
    seen: Fixations | Presentations
    if program.mode == "readout":
        seen = Presentations(model, data, program.seed, fixations or model.readout.presentations)
        record = record or readout_ports(program.network)
    else:
        seen = Fixations(model, data, program.seed, fixations or model.chip.fixations)
        record = record or hinge_ports(program.network)
    if backend in OWN_ENGINES:
        design = options.get("design")
        session = Session(program, seen, record, checkpoint, every, progress, strict, options["window"], design)
        return _cut(session.run(resume), program, traces)
    run = run_network(program.network, seen, backend=backend, record=record, **options)
    if strict:
        raise_on_overflow(run.activity.overflows)
    return _cut(run, program, traces)


def _cut(run: Run, program: Program, steps: int) -> Run:
    """The run of a program, with the last `steps` steps of what was recorded."""
    traces = {name: replace(t, values=t.values[-steps:]) for name, t in run.traces.items()} if steps else {}
    return replace(run, traces=traces, provenance={**run.provenance, "program": artifacts.fingerprint(program)})


def _on_inputs(
    program: Program, inputs: Mapping[str, NDArray[Any]], steps: int | None, *, strict: bool, **options: Any
) -> Run:
    """Run a frozen program on samples that start from rest."""
    network = program.network
    if any(p.plasticity for p in network.projections):
        raise NeurohwError(Problem("inputs", "are for frozen programs", fix="compile with mode infer"))
    options["record"] = options["record"] or layer_ports(network)
    if program.settings is None:
        network = replace(network, period=steps or max(np.shape(x)[1] for x in inputs.values()))
    if options["backend"] == "emulator":
        options["accumulator_bits"] = program.target.accumulator_bits
    run = run_network(network, [inputs], reset=True, **options)
    if strict:
        raise_on_overflow(run.activity.overflows)
    return run


def run_network(
    network: Network, chunks: Iterable[Mapping[str, NDArray[Any]]], *, backend: str = "emulator", **options: Any
) -> Run:
    """Run a quantised network on inputs of your own: mappings of source -> payloads [samples, frames, neurons].

    What other backends do not count (learning updates above all) is counted by the emulator, which runs the same
    inputs; a NeurohwError says so if the two differ in a single message, weight or tag.
    """
    require_backend(backend)
    module = importlib.import_module(f"neurohw.backends.{backend}.run")
    options.setdefault("record", layer_ports(network))
    run: Run = module.run(network, chunks, steps=network.period, **options)
    if backend in OWN_ENGINES:  # arrays count for themselves, and equal the emulator only if ideal
        return run
    twin = run_network(network, chunks, **{k: v for k, v in options.items() if k not in OWN_OPTIONS})
    if found := differences(run, twin):
        raise NeurohwError([Problem(f"{backend} against the emulator", text, fix="please report it") for text in found])
    return replace(run, activity=twin.activity)


def require_backend(name: str) -> None:
    """A NeurohwError unless there is a backend of that name."""
    if name not in BACKENDS:
        raise NeurohwError(Problem("backend", f"no backend '{name}'", fix=did_you_mean(name, BACKENDS)))


def default_backend(target: Target) -> str:
    """The backend that runs what is compiled for a chip."""
    return "emulator" if target.design is None else "crossbar"


def arrays_of(target: Target, seed: int) -> dict[str, Any]:
    """Options of the crossbar backend for a chip; a NeurohwError if it has no arrays."""
    if target.design is None:
        fix = "compile for an in-memory chip, such as xbar_rram_isaac, or use the emulator"
        raise NeurohwError(Problem("crossbar", f"{target.name} has cores, not arrays", fix=fix))
    return {"design": target.design, "seed": seed, "metered": "array_read_energy" not in target.prices.prices}


def estimate(program: Program, run: Run, *, strict: bool = False) -> CostReport:
    """Price a run on the program's chip; what depends on weights takes those that the run ended with.

    `strict`: an action without a price is an error.

    Raise a NeurohwError for a chip of arrays when the run was not on them: only they count reads and conversions.
    """
    if program.target.design is not None and not run.activity.arrays:
        what = f"a run of backend {run.backend} does not say what the arrays of {program.target.name} did"
        raise NeurohwError(Problem("estimate", what, fix="simulate with backend crossbar"))
    learned = {name: synapses.weight for name, synapses in run.learned.items()}
    projections = tuple(replace(p, weight=learned.get(p.name, p.weight)) for p in program.network.projections)
    ended = replace(program, network=replace(program.network, projections=projections))
    report = _price(ended, run.activity)
    if strict:
        require_prices(report)
    return report


def learned_weights(program: Program, run: Run) -> Weights:
    """Weights that a learning run ended with, as integers on the chip's scale."""
    model = settings_of(program)
    if program.mode == "readout":
        what, fix = "its layers were frozen", "take run.learned['readout.W'] for the readout"
        raise NeurohwError(Problem(program.model, what, "no layer has learned", fix))
    layers = []
    for number in range(1, len(model.layers) + 1):
        w, wpred = run.learned[f"layer{number}.W"], run.learned.get(f"layer{number}.Wpred")  # static: the identity
        threshold = _threshold(program.network, number)
        layers.append(LayerWeights(w.weight, prediction=wpred.weight if wpred else None, threshold=threshold))
    return Weights(model.name, "chip", tuple(layers), model.chip.weight_exponent)


def start_weights(program: Program) -> Weights:
    """Weights that a learning program starts from, in the same form: the random network it is measured against."""
    by_name = {p.name: p.weight for p in program.network.projections if p.plasticity}
    layers = tuple(
        LayerWeights(
            by_name[f"layer{n}.W"],
            prediction=by_name.get(f"layer{n}.Wpred"),
            threshold=_threshold(program.network, n),
        )
        for n in range(1, len(settings_of(program).layers) + 1)
    )
    return Weights(program.model, "random", layers, settings_of(program).chip.weight_exponent)


def features(
    model: ModelSpec, network: Network, x: NDArray[Any], *, seed: int = 0, backend: str = "emulator",
    target: Target | None = None, calibration: NDArray[Any] | None = None,
) -> tuple[NDArray[np.int32], ...]:  # fmt: skip
    """Activity of every layer of a frozen network for images x [N, D] in 0..1: payloads or spike counts [N, n].

    On the arrays of `target`, if it has any; their converters find their range on `calibration`, images like x.
    """
    options: dict[str, Any] = {}
    if target is not None and target.design is not None:
        backend, options = "crossbar", arrays_of(target, seed)
        if calibration is not None:
            options["calibration"] = _images(model, calibration[:CALIBRATION], seed)[0]
    run = run_network(network, _images(model, x, seed), backend=backend, reset=True, **options)
    return tuple(run.totals.values())


def _threshold(network: Network, layer: int) -> int | None:
    """The threshold of a spiking layer."""
    return getattr(network.population(f"layer{layer}").neuron, "vth", None)


def _images(model: ModelSpec, x: NDArray[Any], seed: int) -> list[dict[str, NDArray[Any]]]:
    return [{"input": Coder(model.input, seed, "images").frames(payload(x))}]
