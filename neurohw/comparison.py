"""Compare: one model on several chips and backends, for several lengths of its input, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from neurohw import __version__
from neurohw.api import (
    compile,
    data_of,
    default_backend,
    estimate,
    features,
    learned_weights,
    simulate,
    start_weights,
    train,
)
from neurohw.compiler import pipeline
from neurohw.compiler.place import Placement
from neurohw.data.dataset import Dataset, payload
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.cost import Accuracy, Comparison, ComparisonRow, CostReport
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.mapping import Target
from neurohw.ir.network import Network
from neurohw.ir.run import Run
from neurohw.learning.encoder import init_weights
from neurohw.learning.probe import probe, probe_few
from neurohw.parsing import parse
from neurohw.session import Progress
from neurohw.spec import InputSpec, ModelSpec


def accuracy(
    model: ModelSpec, data: Dataset, random: Network, learned: Network, seed: int = 0, target: Target | None = None
) -> Accuracy:
    """Probe the input, a random network and a learned one, with all labels and with a few.

    Both run on the arrays of `target`, if it has any, with all that is not ideal about them.
    """
    few = model.probe

    def measure(train: NDArray[Any], test: NDArray[Any]) -> tuple[float, float]:
        everything = (train, data.train_y, test, data.test_y)
        return probe(*everything, few.inverse_penalty), probe_few(
            *everything, few.inverse_penalty, few=few.few, draws=few.draws
        )

    def layers(network: Network) -> tuple[tuple[float, ...], tuple[float, ...]]:
        seen = [
            features(model, network, x, seed=seed, target=target, calibration=data.train_x)
            for x in (data.train_x, data.test_x)
        ]
        scores = [measure(a, b) for a, b in zip(*seen)]
        return tuple(s[0] for s in scores), tuple(s[1] for s in scores)

    raw_all, raw_few = measure(payload(data.train_x), payload(data.test_x))
    random_all, random_few = layers(random)
    learned_all, learned_few = layers(learned)
    return Accuracy(raw_all, random_all, learned_all, raw_few, random_few, learned_few)


def compare(
    model: ModelSpec, targets: Sequence[Target], *, backends: Sequence[str] = (), steps: Sequence[int] = (),
    seed: int = 0, fixations: int | None = None, placement: Placement = "greedy", progress: Progress | None = None,
) -> Comparison:  # fmt: skip
    """Learn, measure and price the model on every chip and backend, in spikes for every number of `steps` as well.

    `backends`: by default the one of each chip. All digital chips and exact backends run the same integers (what
    differs is an error), so for each number of steps their accuracy is measured once, on the emulator; that of arrays
    is measured on each. Arrays do not learn here: they are written with what was learned in integers.
    """
    variants = [with_steps(model, count) for count in steps] or [model]
    rows = [
        row for variant in variants for row in _rows(variant, targets, backends, seed, fixations, placement, progress)
    ]
    provenance: dict[str, Any] = {"neurohw": __version__, "data": model.data.name, "learned_on": model.learns}
    if model.learns == "chip":
        provenance["fixations"] = fixations or model.chip.fixations
        provenance["rounding"] = model.chip.rounding
    else:
        provenance["steps"] = model.host.steps
    return Comparison(model.name, seed, tuple(rows), provenance)


def with_steps(model: ModelSpec, steps: int) -> ModelSpec:
    """The model with another number of time steps for its input; a NeurohwError unless it speaks in spikes."""
    if not model.spiking:
        what = f"'{model.name}' sends payloads in one step"
        raise NeurohwError(Problem("steps", what, "only spiking models have a number of steps", "set neuron: lif"))
    spec = parse(InputSpec, {"coding": model.input.coding, "steps": steps}, "input")
    return model.model_copy(update={"input": spec})


def _rows(
    model: ModelSpec, targets: Sequence[Target], backends: Sequence[str], seed: int, fixations: int | None,
    placement: Placement, progress: Progress | None,
) -> list[ComparisonRow]:  # fmt: skip
    """One row a backend and chip."""
    pairs = [(b, t) for b in backends for t in targets] or [(default_backend(t), t) for t in targets]
    learning: list[CostReport | None] = [None] * len(pairs)
    data = data_of(model, seed)
    if model.learns == "chip":
        random, learned = None, None
        runs: dict[str, Run] = {}
        for k, (backend, target) in enumerate(pairs):
            program = compile(model, target, mode="learn", seed=seed, placement=placement)
            where = "emulator" if backend == "crossbar" else backend  # arrays take the weights that integers learned
            if where not in runs:
                runs[where] = simulate(program, backend=where, fixations=fixations, progress=progress)
            if learned is None:
                random, learned = start_weights(program), learned_weights(program, runs[where])
            if target.design is None:
                learning[k] = estimate(program, runs[where])
    else:
        random = init_weights(model, data.channels, seed)
        learned = train(model, seed, progress).weights
    assert random is not None
    start = pipeline.integer_network(model, random, "infer", payload(data.train_x))
    scores: dict[Crossbar | None, Accuracy] = {}
    inference: dict[tuple[str, Crossbar | None], Run] = {}
    rows = []
    for (backend, target), cost in zip(pairs, learning):
        program = compile(model, target, learned, mode="infer", seed=seed, placement=placement)
        arrays = target.design if backend == "crossbar" else None  # without, all run the same integers
        if arrays not in scores:
            scores[arrays] = accuracy(model, data, start, program.network, seed, target if arrays else None)
        if (backend, arrays) not in inference:
            inference[backend, arrays] = simulate(program, backend=backend)
        report = estimate(program, inference[backend, arrays])
        rows.append(ComparisonRow(target.name, backend, scores[arrays], report, cost, model.input.steps))
    return rows
