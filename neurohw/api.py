"""The verbs: load, train, compile, simulate, estimate, compare. Everything the command line does, as functions."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurohw import __version__, artifacts, library
from neurohw.compiler import pipeline
from neurohw.compiler.place import Placement
from neurohw.costs.price import estimate as _price
from neurohw.data.coding import Coder, check_coding
from neurohw.data.dataset import Dataset, payload
from neurohw.data.registry import load_data
from neurohw.data.sampling import FixationStream
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.cost import Accuracy, Comparison, ComparisonRow, CostReport
from neurohw.ir.mapping import Program, Target
from neurohw.ir.network import Network
from neurohw.ir.run import Run, differences
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.learning.encoder import init_weights
from neurohw.learning.probe import probe, probe_few
from neurohw.learning.train import TrainResult
from neurohw.learning.train import train as _train
from neurohw.parsing import parse, read_yaml
from neurohw.session import (
    LATENCY_WINDOW,
    Progress,
    Session,
    fixations_of,
    hinge_ports,
    layer_ports,
    raise_on_overflow,
    settings_of,
)
from neurohw.spec import ModelSpec
from neurohw.targets.load import load_target as _load_target

BACKENDS = ("emulator", "lava")
Split = Literal["test", "validation"]


def load_model(name: str) -> ModelSpec:
    """Read a model by name or path."""
    path = library.find_model(name)
    return parse(ModelSpec, read_yaml(path), str(path))


def load_target(name: str, prices: str | None = None) -> Target:
    """Read a chip by name or path, with its own price table or the one named, here or as 'chip@table'."""
    chip, _, table = name.partition("@")
    return _load_target(library.find_target(chip), library.prices_dir(), table or prices)


def data_of(model: ModelSpec, seed: int = 0, split: Split = "test") -> Dataset:
    """The data set of a model."""
    data = load_data(model.data.name, seed, model.data.views, split)
    check_coding(data, model.input)
    return data


def train(model: ModelSpec, seed: int = 0, progress: Progress | None = None) -> TrainResult:
    """Train on the host in floats."""
    return _train(model, data_of(model, seed), seed, progress)


def compile(
    model: ModelSpec, target: Target, weights: Weights | None = None, *, mode: pipeline.Mode | None = None,
    seed: int = 0, placement: Placement = "greedy", strict: bool = False,
) -> Program:  # fmt: skip
    """Compile a model for a chip, with initial weights unless others are given.

    `mode`: 'learn' or 'infer'; by default a model that learns on the chip learns unless it comes with weights.
    """
    mode = mode or ("learn" if model.learns == "chip" and weights is None else "infer")
    data = data_of(model, seed)
    weights = weights or init_weights(model, data.channels, seed)
    if not weights.layers or any(layer.feedforward.ndim != 2 for layer in weights.layers):
        what = "hold no layers of weights [neurons, inputs]"
        raise NeurohwError(
            Problem(f"weights of '{weights.model}'", what, fix=f"train this model: neurohw train {model.name}")
        )
    if weights.layers[0].feedforward.shape[1] != data.channels:
        raise NeurohwError(
            Problem(
                f"weights of '{weights.model}'",
                f"take {weights.layers[0].feedforward.shape[1]} inputs",
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
    )


def simulate(
    program: Program, *, backend: str = "emulator", fixations: int | None = None, record: Sequence[str] | None = None,
    progress: Progress | None = None, checkpoint: Path | None = None, resume: bool = False, every: int = 20_000,
    strict: bool = False,
) -> Run:  # fmt: skip
    """Run a compiled model on its own data: a learning program on a fixation stream, a frozen one on the test images.

    `fixations`: length of the stream (default: the model's). `record`: ports to sum up a sample, by default every
    layer's output, or gate and loss when learning. `checkpoint`: file to write every `every` fixations (emulator);
    with `resume` the run goes on from it to the result that an uninterrupted run gives. `strict`: overflows are errors.
    """
    model = settings_of(program)
    data = data_of(model, program.seed)
    bits = {"accumulator_bits": program.target.accumulator_bits} if backend == "emulator" else {}
    if program.mode == "infer":
        if fixations is not None or resume:
            what = "fixations" if fixations is not None else "resume"
            fix = f"leave {what} away, or compile with mode 'learn'"
            raise NeurohwError(Problem(what, "a frozen program sees every test image once", fix=fix))
        record = record or layer_ports(program.network)
        options = {"reset": True, "window": LATENCY_WINDOW, **bits}
        run = run_network(
            program.network, _images(model, data.test_x, program.seed), backend=backend, record=record, **options
        )
    else:
        total = fixations or model.chip.fixations
        stream = FixationStream(data.views, program.seed, model.data.saccade, model.data.noise, model.chip.shuffle_sign)
        coder = Coder(model.input, program.seed)
        record = record or hinge_ports(program.network)
        if backend == "emulator":
            return Session(program, stream, coder, total, record, checkpoint, every, progress, strict).run(resume)
        chunks = [fixations_of(stream, coder, total)]
        run = run_network(program.network, chunks, backend=backend, record=record, window=LATENCY_WINDOW)
    if strict:
        raise_on_overflow(run.activity.overflows)
    return replace(run, provenance={**run.provenance, "program": artifacts.fingerprint(program)})


def run_network(
    network: Network, chunks: Sequence[Mapping[str, NDArray[Any]]], *, backend: str = "emulator", **options: Any
) -> Run:
    """Run a quantised network on inputs of your own: mappings of source -> payloads [samples, frames, neurons].

    What Lava does not count (learning updates above all) is counted by the emulator, which runs the same inputs; a
    NeurohwError says so if the two differ in a single message, weight or tag.
    """
    if backend not in BACKENDS:
        raise NeurohwError(Problem("backend", f"no backend '{backend}'", fix=did_you_mean(backend, BACKENDS)))
    module = importlib.import_module(f"neurohw.backends.{backend}.run")
    options.setdefault("record", layer_ports(network))
    run: Run = module.run(network, chunks, steps=network.period, **options)
    if backend == "emulator":
        return run
    twin = run_network(network, chunks, **options)
    if found := differences(run, twin):
        raise NeurohwError([Problem(f"{backend} against the emulator", text, fix="please report it") for text in found])
    return replace(run, activity=twin.activity)


def estimate(program: Program, run: Run) -> CostReport:
    """Price a run on the program's chip; what depends on weights takes those that the run ended with."""
    learned = {name: synapses.weight for name, synapses in run.learned.items()}
    projections = tuple(replace(p, weight=learned.get(p.name, p.weight)) for p in program.network.projections)
    ended = replace(program, network=replace(program.network, projections=projections))
    return _price(ended, run.activity)


def learned_weights(program: Program, run: Run) -> Weights:
    """Weights that a learning run ended with, as integers on the chip's scale."""
    model = settings_of(program)
    layers = []
    for number in range(1, len(model.layers) + 1):
        w, wpred = run.learned[f"layer{number}.W"], run.learned[f"layer{number}.Wpred"]
        threshold = _threshold(program.network, number)
        layers.append(LayerWeights(w.weight, prediction=wpred.weight, threshold=threshold))
    return Weights(model.name, "chip", tuple(layers), model.chip.weight_exponent)


def start_weights(program: Program) -> Weights:
    """Weights that a learning program starts from, in the same form: the random network it is measured against."""
    by_name = {p.name: p.weight for p in program.network.projections}
    layers = tuple(
        LayerWeights(
            by_name[f"layer{n}.W"],
            prediction=by_name[f"layer{n}.Wpred"],
            threshold=_threshold(program.network, n),
        )
        for n in range(1, len(settings_of(program).layers) + 1)
    )
    return Weights(program.model, "random", layers, settings_of(program).chip.weight_exponent)


def features(
    model: ModelSpec, network: Network, x: NDArray[Any], *, seed: int = 0, backend: str = "emulator"
) -> tuple[NDArray[np.int32], ...]:
    """Activity of every layer of a frozen network for images x [N, D] in 0..1: payloads or spike counts [N, n]."""
    run = run_network(network, _images(model, x, seed), backend=backend, reset=True)
    return tuple(run.totals.values())


def _threshold(network: Network, layer: int) -> int | None:
    """The threshold of a spiking layer."""
    return getattr(network.population(f"layer{layer}").neuron, "vth", None)


def accuracy(model: ModelSpec, data: Dataset, random: Network, learned: Network, seed: int = 0) -> Accuracy:
    """Probe the input, a random network and a learned one, with all labels and with a few."""
    few = model.probe

    def measure(train: NDArray[Any], test: NDArray[Any]) -> tuple[float, float]:
        everything = (train, data.train_y, test, data.test_y)
        return probe(*everything, few.inverse_penalty), probe_few(
            *everything, few.inverse_penalty, few=few.few, draws=few.draws
        )

    def layers(network: Network) -> tuple[tuple[float, ...], tuple[float, ...]]:
        seen = [features(model, network, x, seed=seed) for x in (data.train_x, data.test_x)]
        scores = [measure(a, b) for a, b in zip(*seen)]
        return tuple(s[0] for s in scores), tuple(s[1] for s in scores)

    raw_all, raw_few = measure(payload(data.train_x), payload(data.test_x))
    random_all, random_few = layers(random)
    learned_all, learned_few = layers(learned)
    return Accuracy(raw_all, random_all, learned_all, raw_few, random_few, learned_few)


def compare(
    model: ModelSpec, targets: Sequence[Target], *, backend: str = "emulator", seed: int = 0,
    fixations: int | None = None, placement: Placement = "greedy", progress: Progress | None = None,
) -> Comparison:  # fmt: skip
    """Learn once, then measure and price the model on every chip.

    All digital chips run the same integers, so accuracy is the same on them and is measured once.
    """
    data = data_of(model, seed)
    learning = None
    programs: list[Program] = []
    if model.learns == "chip":
        programs = [compile(model, t, mode="learn", seed=seed, placement=placement) for t in targets]
        learning = simulate(programs[0], backend=backend, fixations=fixations, progress=progress)
        random, learned = start_weights(programs[0]), learned_weights(programs[0], learning)
    else:
        random = init_weights(model, data.channels, seed)
        learned = _train(model, data, seed, progress).weights
    frozen = [compile(model, t, learned, mode="infer", seed=seed, placement=placement) for t in targets]
    start = pipeline.integer_network(model, random, "infer", payload(data.train_x))
    scores = accuracy(model, data, start, frozen[0].network, seed)
    inference = simulate(frozen[0])
    rows = []
    for k, target in enumerate(targets):
        learning_cost = estimate(programs[k], learning) if learning else None
        rows.append(ComparisonRow(target.name, backend, scores, estimate(frozen[k], inference), learning_cost))
    provenance: dict[str, Any] = {"neurohw": __version__, "data": model.data.name, "learned_on": model.learns}
    if learning:
        provenance["fixations"] = learning.activity.samples
        provenance["rounding"] = model.chip.rounding
    else:
        provenance["steps"] = model.host.steps
    return Comparison(model.name, seed, tuple(rows), provenance)


def _images(model: ModelSpec, x: NDArray[Any], seed: int) -> list[dict[str, NDArray[Any]]]:
    return [{"input": Coder(model.input, seed, "images").frames(payload(x))}]
