"""Compare: models on chips and backends, for several lengths of their input, and finished runs, side by side."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw import __version__, library
from neurohw.api import (
    compile,
    data_of,
    estimate,
    features,
    learned_weights,
    simulate,
    start_weights,
    train,
)
from neurohw.compiler import pipeline
from neurohw.compiler.place import Placement
from neurohw.costs.context import context_rows, operations_of
from neurohw.costs.price import require_prices
from neurohw.data.dataset import Dataset, payload
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.experiments.batch import simulate_each
from neurohw.ir.comparison import Accuracy, Comparison, ComparisonRow
from neurohw.ir.cost import CostReport
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.engine import Progress
from neurohw.ir.mapping import Program, Target
from neurohw.ir.network import Network
from neurohw.ir.run import Run
from neurohw.ir.weights import Weights
from neurohw.learning.encoder import init_weights
from neurohw.learning.probe import probe, probe_few, require_few
from neurohw.parsing import parse
from neurohw.runtime.backends import default_backend
from neurohw.runtime.counted import counted
from neurohw.runtime.options import RunOptions
from neurohw.spec import InputSpec, ModelSpec, ProbeSpec
from neurohw.targets.context import load_context

CURVE_POINTS = 50  # equal parts of a learning run, of which a comparison keeps the means
LIBRARIES = ("numpy", "numba", "scipy", "scikit-learn", "lava-nc", "brian2")  # that results may depend on


def accuracy(
    model: ModelSpec, data: Dataset, random: Network, learned: Network, seed: int = 0, target: Target | None = None
) -> Accuracy:
    """Probe the input, a random network and a learned one, with all labels and with a few.

    Both run on the arrays of `target`, if it has any, with all that is not ideal about them.
    """
    raw_all, raw_few = input_scores(data, model.probe)
    random_all, random_few = layer_scores(model, data, random, seed, target)
    learned_all, learned_few = layer_scores(model, data, learned, seed, target)
    return Accuracy(raw_all, random_all, learned_all, raw_few, random_few, learned_few)


def input_scores(data: Dataset, few: ProbeSpec) -> tuple[float, float]:
    """Probe accuracy of the input itself with all labels, and with a few."""
    return _scores(data, few, payload(data.train_x), payload(data.test_x))


def layer_scores(
    model: ModelSpec, data: Dataset, network: Network, seed: int = 0, target: Target | None = None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Probe accuracy of each layer of a frozen network with all labels, and with a few."""
    seen = [
        features(model, network, x, seed=seed, target=target, calibration=data.train_x)
        for x in (data.train_x, data.test_x)
    ]
    scores = [_scores(data, model.probe, a, b) for a, b in zip(*seen)]
    return tuple(s[0] for s in scores), tuple(s[1] for s in scores)


def _scores(data: Dataset, few: ProbeSpec, train: NDArray[Any], test: NDArray[Any]) -> tuple[float, float]:
    """Probe accuracy of a representation of the training and test images, with all labels and with a few."""
    everything = (train, data.train_y, test, data.test_y)
    return probe(*everything, few.inverse_penalty), probe_few(
        *everything, few.inverse_penalty, few=few.few, draws=few.draws
    )


def compare(
    models: ModelSpec | Sequence[ModelSpec], targets: Sequence[Target], *, backends: Sequence[str] = (),
    steps: Sequence[int] = (), seed: int = 0, fixations: int | None = None, placement: Placement = "greedy",
    progress: Progress | None = None,
) -> Comparison:  # fmt: skip
    """Learn, measure and price models on every chip and backend, in spikes for every number of `steps` as well.

    `backends`: by default the one of each chip. All digital chips and exact backends run the same integers (what
    differs is an error), so for each number of steps their accuracy is measured once, on the emulator. Each kind of
    arrays learns for itself, with all that is not ideal about it, and is then written with what it has learned.
    """
    every = [models] if isinstance(models, ModelSpec) else models
    variants = [variant for m in every for variant in ([with_steps(m, count) for count in steps] or [m])]
    rows = [
        row for variant in variants for row in _rows(variant, targets, backends, seed, fixations, placement, progress)
    ]
    return with_baseline(Comparison(tuple(rows), provenance=versions()), None)


def with_baseline(comparison: Comparison, name: str | None) -> Comparison:
    """The comparison with ratios to the first row, or to that of the chip (or model) `name`, and with what the network
    of that row would take on other machines."""
    found = [
        k
        for k, row in enumerate(comparison.rows)
        if name in (None, row.target, row.model, f"{row.target}@{row.inference.price_table}")
    ]
    if not found:
        names = [part for row in comparison.rows for part in (row.target, row.model)]
        raise NeurohwError(Problem("--baseline", f"no row of '{name}'", fix=did_you_mean(str(name), names)))
    operations = operations_of(comparison.rows[found[0]].inference)
    context = context_rows(load_context(library.context_file()), operations)
    return replace(comparison, baseline=found[0], context=context)


def refuse_gaps(comparison: Comparison) -> None:
    """A NeurohwError that names every action of every row that has no price, if there is one."""
    found: list[Problem] = []
    for report in (report for row in comparison.rows for report in row.reports):
        try:
            require_prices(report)
        except NeurohwError as error:
            found += [problem for problem in error.problems if problem not in found]
    raise_if_any(found)


def row_of_run(program: Program, run: Run) -> ComparisonRow:
    """The row of a finished run: of a learning run, what it learned is measured and priced frozen, on the same backend.

    A program that was compiled from a network has no labelled data, and so no accuracy.
    """
    model = program.settings
    if model is None:
        cost, steps = estimate(program, run), run.activity.steps // run.activity.samples
        return ComparisonRow(program.target.name, run.backend, None, cost, None, steps=steps, seed=program.seed)
    if program.mode == "readout":
        what, limit = "is a run of a readout", "a comparison is about representations"
        raise NeurohwError(Problem(program.model, what, limit, f"neurohw readout {program.model}"))
    run = counted(program, run)
    learning, frozen, done, learned = None, program, run, ""
    data = data_of(model, program.seed)
    start = init_weights(model, data.channels, program.seed)
    if program.mode == "learn":
        learning, learned = estimate(program, run), "chip"
        start, weights = start_weights(program), learned_weights(program, run)
        placement: Placement = "traffic" if program.placement == "traffic" else "greedy"
        frozen = compile(model, program.target, weights, mode="infer", seed=program.seed, placement=placement)
        done = counted(frozen, simulate(frozen, backend=run.backend))
    random = pipeline.integer_network(model, start, "infer", payload(data.train_x))
    arrays = _arrays(run.backend, program.target)
    scores = accuracy(model, data, random, frozen.network, program.seed, program.target if arrays else None)
    about = replace(_about(model, program.seed, None), learned=learned)
    if learning:
        about = replace(about, fixations=learning.samples, rounding=model.chip.rounding, curves=_curves(run))
    else:
        about = replace(about, fixations=None, rounding="")
    return _row(program.target, run.backend, scores, estimate(frozen, done), learning, about)


def versions() -> dict[str, Any]:
    """What a result was made with."""
    found: dict[str, Any] = {"neurohw": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def with_steps(model: ModelSpec, steps: int) -> ModelSpec:
    """The model with another number of time steps for its input; a NeurohwError unless it speaks in spikes."""
    if not model.spiking:
        what = f"'{model.name}' sends payloads in one step"
        raise NeurohwError(Problem("steps", what, "only spiking models have a number of steps", "set neuron: lif"))
    spec = parse(InputSpec, {"coding": model.input.coding, "steps": steps}, "input")
    return model.model_copy(update={"input": spec})


@dataclass(frozen=True)
class _About:
    """What a row says about its model and how it learned."""

    steps: int
    seed: int
    data: str
    learned: str
    fixations: int | None
    rounding: str = ""
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def _about(model: ModelSpec, seed: int, fixations: int | None) -> _About:
    if model.learns == "chip":
        count, rounding = fixations or model.chip.fixations, model.chip.rounding
        return _About(model.input.steps, seed, model.data.title, "chip", count, rounding)
    return _About(model.input.steps, seed, model.data.title, "host", model.host.steps)


def _row(
    target: Target, backend: str, scores: Accuracy, inference: CostReport, learning: CostReport | None, about: _About
) -> ComparisonRow:
    return ComparisonRow(
        target.name, backend, scores, inference, learning, steps=about.steps, seed=about.seed, data=about.data,
        learned=about.learned, fixations=about.fixations, rounding=about.rounding, curves=about.curves,
    )  # fmt: skip


def _rows(
    model: ModelSpec, targets: Sequence[Target], backends: Sequence[str], seed: int, fixations: int | None,
    placement: Placement, progress: Progress | None,
) -> list[ComparisonRow]:  # fmt: skip
    """One row a backend and chip."""
    pairs = [(b, t) for b in backends for t in targets] or [(default_backend(t), t) for t in targets]
    data = data_of(model, seed)
    require_few(data.train_y, model.probe.few)  # before anything learns for minutes
    learned = _learn(model, pairs, data, seed, fixations, placement, progress)
    random = pipeline.integer_network(model, learned[0].start, "infer", payload(data.train_x))
    scores: dict[Crossbar | None, Accuracy] = {}
    inference: dict[tuple[str, Crossbar | None], Run] = {}
    rows = []
    for (backend, target), found in zip(pairs, learned):
        program = compile(model, target, found.weights, mode="infer", seed=seed, placement=placement)
        arrays = _arrays(backend, target)
        if arrays not in scores:
            scores[arrays] = accuracy(model, data, random, program.network, seed, target if arrays else None)
        if (backend, arrays) not in inference:
            inference[backend, arrays] = counted(program, simulate(program, backend=backend))
        report = estimate(program, inference[backend, arrays])
        about = replace(_about(model, seed, fixations), curves=found.curves)
        rows.append(_row(target, backend, scores[arrays], report, found.cost, about))
    return rows


@dataclass(frozen=True)
class _Found:
    """What learning started from and ended with, and what it cost on the chip (None when it was on the host)."""

    start: Weights
    weights: Weights
    cost: CostReport | None
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def _learn(
    model: ModelSpec, pairs: Sequence[tuple[str, Target]], data: Dataset, seed: int, fixations: int | None,
    placement: Placement, progress: Progress | None,
) -> list[_Found]:  # fmt: skip
    """Learn once for each backend and kind of arrays; price it on each chip."""
    if model.learns != "chip":
        weights = train(model, seed, progress).weights
        return [_Found(init_weights(model, data.channels, seed), weights, None)] * len(pairs)
    programs = [compile(model, target, mode="learn", seed=seed, placement=placement) for _, target in pairs]
    engines = [(backend, _arrays(backend, target)) for backend, target in pairs]
    runs: dict[tuple[str, Crossbar | None], Run] = {}
    kinds = [None if backend == default_backend(target) else backend for backend, target in pairs]
    for kind in dict.fromkeys(kinds):
        mine: dict[tuple[str, Crossbar | None], Program] = {}
        for engine, program, its in zip(engines, programs, kinds):
            if its == kind:
                mine.setdefault(engine, program)
        done = simulate_each(mine.values(), RunOptions(kind, fixations), progress=progress)
        done = [counted(program, run) for program, run in zip(mine.values(), done)]
        runs |= dict(zip(mine, done))
    return [
        _Found(start_weights(program), learned_weights(program, run), estimate(program, run), _curves(run))
        for program, run in zip(programs, (runs[engine] for engine in engines))
    ]


def _arrays(backend: str, target: Target) -> Crossbar | None:
    """The arrays that a chip runs on; without them, all chips and backends run the same integers."""
    return target.design if backend == "crossbar" else None


def _curves(run: Run) -> dict[str, tuple[float, ...]]:
    """Hinge loss and open gate of each layer, as means over equal parts of a learning run."""
    found = {}
    for name, values in run.totals.items():
        layer, _, signal = name.removeprefix("hinge").partition(".")
        if name.startswith("hinge") and signal in ("loss", "gamma"):
            parts = np.array_split(np.asarray(values != 0 if signal == "gamma" else values, float), CURVE_POINTS)
            text = "gate open" if signal == "gamma" else "hinge loss"
            found[f"layer {layer} {text}"] = tuple(round(float(part.mean()), 6) for part in parts if len(part))
    return found
