"""Compare: models on chips and backends, for several lengths of their input, and finished runs, side by side."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from neurohw import __version__, library
from neurohw.api import data_of, estimate
from neurohw.compiler.place import PLACEMENTS, Placement
from neurohw.costs.context import context_rows, operations_of
from neurohw.costs.price import require_prices
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.experiments.measure import (
    Learned,
    Measured,
    Site,
    learn_each,
    learned_on_chip,
    measure,
    measure_each,
    measure_run,
    sites_of,
)
from neurohw.experiments.scores import input_scores
from neurohw.ir.checks import SEED, Several, require_kind, require_values
from neurohw.ir.comparison import Accuracy, Comparison, ComparisonRow
from neurohw.ir.engine import FIXATIONS, Progress
from neurohw.ir.mapping import Program, Target
from neurohw.ir.network import Network
from neurohw.ir.ranges import COUNT
from neurohw.ir.run import Run
from neurohw.learning.score import require_few
from neurohw.parsing import parse
from neurohw.runtime.counted import counted
from neurohw.runtime.run import settings_of
from neurohw.spec import InputSpec, ModelSpec
from neurohw.targets.context import load_context

CURVE_POINTS = 50  # equal parts of a learning run, of which a comparison keeps the means
LIBRARIES = ("numpy", "numba", "scipy", "scikit-learn", "lava-nc", "brian2")  # that results may depend on
BACKENDS = Several(str, "backends in a list", 'such as ["emulator", "lava"]')
STEPS = Several(COUNT, "numbers of time steps in a list", "such as [8, 16]")


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
    require_values(
        "compare", backends=(backends, BACKENDS), steps=(steps, STEPS), seed=(seed, SEED),
        fixations=(fixations, FIXATIONS), placement=(placement, PLACEMENTS),
    )  # fmt: skip
    every = [models] if isinstance(models, ModelSpec) else models
    for model in [every] if isinstance(every, str) else every:
        require_kind("compare: models", model, ModelSpec, "load each one: nh.load_model(name)")
    require_kind("compare: targets", targets, (list, tuple), "give a list: [nh.load_target(name)]")
    for target in targets:
        require_kind("compare: targets", target, Target, "load each one: nh.load_target(name)")
    variants = [variant for m in every for variant in ([with_steps(m, count) for count in steps] or [m])]
    sites = sites_of(targets, backends)
    rows = [row for variant in variants for row in _rows(variant, sites, seed, fixations, placement, progress)]
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
    model, target = settings_of(program) if program.recipe else None, program.target
    if model is None:
        cost, steps = estimate(program, run), run.activity.steps // run.activity.samples
        return ComparisonRow(target.name, run.backend, None, cost, None, steps=steps, seed=program.seed)
    if program.mode == "readout":
        what, limit = "is a run of a readout", "a comparison is about representations"
        raise NeurohwError(Problem(program.model, what, limit, f"neurohw readout {program.model}"))
    run, raw = counted(program, run), input_scores(data_of(model, program.seed), model.probe)
    if program.mode == "infer":
        return replace(_row(model, measure_run(program, run), None, raw), learned="", fixations=None)
    placement: Placement = "traffic" if program.placement == "traffic" else "greedy"
    learned = learned_on_chip(program, run)
    found = measure(model, learned, target, backend=run.backend, seed=program.seed, placement=placement)
    return _row(model, found, learned, raw)


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


def _rows(
    model: ModelSpec, sites: Sequence[Site], seed: int, fixations: int | None, placement: Placement,
    progress: Progress | None,
) -> list[ComparisonRow]:  # fmt: skip
    """One row a site."""
    data = data_of(model, seed)
    require_few(data.train_y, model.probe.few)  # before anything learns for minutes
    learned = learn_each(model, sites, seed=seed, fixations=fixations, placement=placement, progress=progress)
    found = measure_each(model, sites, learned, seed=seed, placement=placement)
    raw = input_scores(data, model.probe)
    return [_row(model, measured, one, raw) for measured, one in zip(found, learned)]


def _row(model: ModelSpec, found: Measured, learned: Learned | None, raw: tuple[float, float]) -> ComparisonRow:
    """The row of what was measured; `learned`: on the chip or, without a run, on the host."""
    random, after = found.random, found.learned
    scores = Accuracy(raw[0], random.all, after.all, raw[1], random.few, after.few)
    row = ComparisonRow(
        found.program.target.name, found.run.backend, scores, found.cost, None, steps=model.input.steps,
        seed=found.program.seed, data=model.data.title, learned="host", fixations=model.host.steps,
    )  # fmt: skip
    if learned is None or learned.program is None or learned.run is None or (cost := learned.cost()) is None:
        return row
    return replace(
        row, learning=cost, learned="chip", fixations=cost.samples, rounding=model.chip.rounding,
        curves=_curves(learned.program.network, learned.run),
    )  # fmt: skip


def _curves(network: Network, run: Run) -> dict[str, tuple[float, ...]]:
    """Hinge loss and open gate of each layer, as means over equal parts of a learning run."""
    found = {}
    for name, values in run.totals.items():
        population, _, signal = name.rpartition(".")
        if signal in ("loss", "gamma"):
            layer = network.population(population).layer
            parts = np.array_split(np.asarray(values != 0 if signal == "gamma" else values, float), CURVE_POINTS)
            text = "gate open" if signal == "gamma" else "hinge loss"
            found[f"layer {layer} {text}"] = tuple(round(float(part.mean()), 6) for part in parts if len(part))
    return found
