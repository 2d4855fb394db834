"""The verbs from a model to its costs: load, train, compile, simulate, estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from neurohw import artifacts, library
from neurohw.artifacts.run_folder import PROGRAM, RUN, load_folder
from neurohw.compiler import pipeline
from neurohw.compiler.place import PLACEMENTS, Placement
from neurohw.costs.price import estimate as _price
from neurohw.costs.price import require_prices
from neurohw.data.dataset import payload
from neurohw.diagnosis.diagnose import with_origin
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.checks import FLAG, SEED, require_kind, require_values
from neurohw.ir.cost import CostReport
from neurohw.ir.engine import Progress
from neurohw.ir.mapping import Program, Target
from neurohw.ir.network import Network
from neurohw.ir.neurons import membrane_bits
from neurohw.ir.plasticity import Plasticity
from neurohw.ir.probe import Probe
from neurohw.ir.run import Run, ended
from neurohw.ir.schedule import Schedule
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.learning.encoder import init_weights
from neurohw.learning.train import TrainResult
from neurohw.learning.train import train as _train
from neurohw.parsing import parse
from neurohw.runtime.options import RunOptions
from neurohw.runtime.run import CALIBRATION, image_inputs, on_arrays, run_program
from neurohw.runtime.run import data_of as data_of
from neurohw.runtime.run import run_network as run_network
from neurohw.runtime.run import settings_of as settings_of
from neurohw.spec import ModelSpec, read_model
from neurohw.targets.load import load_target as _load_target

MODES = get_args(pipeline.Mode)


def load_model(name: str) -> ModelSpec:
    """Read a model by name or path."""
    path = library.find_model(name)
    return parse(ModelSpec, read_model(path), str(path))


def load_target(name: str, prices: str | None = None, changes: Mapping[str, str] | None = None) -> Target:
    """Read a chip by name or path, with its own price table or the one named, here or as 'chip@table'.

    `changes`: other values of some entries of its file, such as {'converters.adc_bits': '6'}.
    """
    chip, _, table = name.partition("@")
    return _load_target(library.find_target(chip), library.prices_dir(), table or prices, changes)


def load_run(path: Path | str) -> Run:
    """Read a run: the folder that `neurohw simulate` wrote, or a file of a run.

    What it is a run of is known (`run.program`) if the program lies beside it, as in a run folder. Raise a NeurohwError
    for a path that is neither, a damaged file, or a run of another program than the folder's.
    """
    require_kind("load_run: path", path, (Path, str))
    path = Path(path)
    if path.is_file() and not (path.name == RUN and (path.parent / PROGRAM).is_file()):
        return artifacts.load(path, Run)
    program, run = load_folder(path.parent if path.is_file() else path)
    return with_origin(run, program)


def train(
    model: ModelSpec, seed: int = 0, progress: Progress | None = None, rules: Mapping[str, Plasticity] | None = None
) -> TrainResult:
    """Train on the host in floats; `rules`: of one's own, in place of those of CLAPP, such as {'feedforward': ...}."""
    _require_model("train", model)
    return _train(model, data_of(model, seed), seed, progress, rules)


def compile(
    model: ModelSpec, target: Target, weights: Weights | None = None, *, mode: pipeline.Mode | None = None,
    seed: int = 0, placement: Placement = "greedy", strict: bool = False,
) -> Program:  # fmt: skip
    """Compile a model for a chip, with initial weights unless others are given.

    `mode`: 'learn' or 'infer'; by default a model that learns on the chip learns unless it comes with weights. With
    'readout' the layers are frozen and a readout of the top one learns (`spec.ReadoutSpec`).
    """
    _require_model("compile", model)
    require_kind("compile: target", target, Target, f"nh.load_target({target!r})" if isinstance(target, str) else "")
    wanted = {} if mode is None else {"mode": (mode, MODES)}
    require_values("compile", seed=(seed, SEED), strict=(strict, FLAG), placement=(placement, PLACEMENTS), **wanted)
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
    progress: Progress | None = None, checkpoint: Path | str | None = None, resume: bool = False, every: int = 20_000,
    strict: bool = False, inputs: Mapping[str, NDArray[Any]] | None = None, steps: int | None = None,
    traces: int = 0, runtime: str = "auto", schedule: Sequence[Schedule] = (),
    probes: Sequence[Probe] = (),
) -> Run:  # fmt: skip
    """Run a compiled model on its own data: a learning program on a fixation stream, a frozen one on the test images,
    one with a readout on views of the training images. A program that was compiled from a network has no data of its
    own, but takes `inputs`.

    The keywords are those of `RunOptions`, which says what they mean.
    """
    options = RunOptions(
        backend=backend, fixations=fixations, record=record, traces=traces, strict=strict, inputs=inputs, steps=steps,
        checkpoint=checkpoint, resume=resume, every=every, runtime=runtime, schedule=schedule,
        probes=probes, progress=progress,
    )  # fmt: skip
    return run_program(program, options)


def estimate(program: Program, run: Run, *, strict: bool = False) -> CostReport:
    """Price a run on the program's chip; what depends on weights takes those that the run ended with.

    `strict`: an action without a price is an error.

    Raise a NeurohwError for a run that was not counted, by Lava or Brian2, and for a chip of arrays when the run was
    not on them: only they count reads and conversions.
    """
    require_kind("estimate: program", program, Program, "compile the network: nh.compile_network(network, chip)")
    require_values("estimate", strict=(strict, FLAG))
    if not run.activity.populations:
        what, fix = f"{run.backend} counts nothing that has a price", "simulate on the emulator: the same integers"
        raise NeurohwError(Problem("estimate", what, fix=fix))
    if program.target.design is not None and not run.activity.arrays:
        what = f"a run of backend {run.backend} does not say what the arrays of {program.target.name} did"
        raise NeurohwError(Problem("estimate", what, fix="simulate with backend crossbar"))
    report = _price(replace(program, network=ended(program.network, run)), run.activity)
    if strict:
        require_prices(report)
    return report


def _require_model(verb: str, model: ModelSpec) -> None:
    fix = "compile_network places a network" if isinstance(model, Network) else ""
    fix = f"nh.load_model({model!r})" if isinstance(model, str) else fix
    require_kind(f"{verb}: model", model, ModelSpec, fix)


def learned_weights(program: Program, run: Run) -> Weights:
    """Weights that a learning run ended with, as integers on the chip's scale."""
    model = settings_of(program)
    if program.mode == "readout":
        what, fix = "its layers were frozen", "take run.learned, which has the readout's weights"
        raise NeurohwError(Problem(program.model, what, "no layer has learned", fix))
    learned = {name: synapses.weight for name, synapses in run.learned.items()}
    return Weights(model.name, "chip", _layers(program, learned), model.chip.weight_exponent)


def start_weights(program: Program) -> Weights:
    """Weights that a learning program starts from, in the same form: the random network it is measured against."""
    start = {p.name: p.weight for p in program.network.projections if p.plasticity}
    return Weights(program.model, "random", _layers(program, start), settings_of(program).chip.weight_exponent)


def _layers(program: Program, weights: Mapping[str, NDArray[np.int32]]) -> tuple[LayerWeights, ...]:
    """Every layer of a learning program with `weights` of its plastic projections; None for a static Wpred."""
    network, layers = program.network, []
    for number in range(1, len(settings_of(program).layers) + 1):
        feedforward, prediction = (network.matrix(number, role) for role in ("feedforward", "prediction"))
        if feedforward is None or feedforward.name not in weights:
            what, fix = f"layer {number} of '{program.model}' has no weights that learn", "compile with mode learn"
            raise NeurohwError(Problem("program", what, fix=fix))
        own = weights.get(prediction.name) if prediction else None
        neuron = network.population(feedforward.post).neuron
        threshold = neuron.vth if membrane_bits(neuron) else None
        layers.append(LayerWeights(weights[feedforward.name], prediction=own, threshold=threshold))
    return tuple(layers)


def features(
    model: ModelSpec, network: Network, x: NDArray[Any], *, seed: int = 0, backend: str = "emulator",
    target: Target | None = None, calibration: NDArray[Any] | None = None,
) -> tuple[NDArray[np.int32], ...]:  # fmt: skip
    """Activity of every layer of a frozen network for images x [N, D] in 0..1: payloads or spike counts [N, n].

    On the arrays of `target`, if it has any; their converters find their range on `calibration`, images like x.
    """
    arrays = None
    if target is not None and target.design is not None:
        backend, arrays = "crossbar", on_arrays(target, seed)
        if calibration is not None:
            arrays = replace(arrays, calibration=image_inputs(model, calibration[:CALIBRATION], seed))
    run = run_network(network, [image_inputs(model, x, seed)], backend=backend, reset=True, arrays=arrays, seed=seed)
    return tuple(run.totals.values())
