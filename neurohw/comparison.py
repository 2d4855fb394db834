"""Compare: one model on several chips and backends, for several lengths of its input, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from neurohw.ir.weights import Weights
from neurohw.learning.encoder import init_weights
from neurohw.learning.probe import probe, probe_few
from neurohw.parsing import parse
from neurohw.session import Progress
from neurohw.spec import InputSpec, ModelSpec, ProbeSpec


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
    model: ModelSpec, targets: Sequence[Target], *, backends: Sequence[str] = (), steps: Sequence[int] = (),
    seed: int = 0, fixations: int | None = None, placement: Placement = "greedy", progress: Progress | None = None,
) -> Comparison:  # fmt: skip
    """Learn, measure and price the model on every chip and backend, in spikes for every number of `steps` as well.

    `backends`: by default the one of each chip. All digital chips and exact backends run the same integers (what
    differs is an error), so for each number of steps their accuracy is measured once, on the emulator. Each kind of
    arrays learns for itself, with all that is not ideal about it, and is then written with what it has learned.
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
    data = data_of(model, seed)
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
            inference[backend, arrays] = simulate(program, backend=backend)
        report = estimate(program, inference[backend, arrays])
        rows.append(ComparisonRow(target.name, backend, scores[arrays], report, found.cost, model.input.steps))
    return rows


@dataclass(frozen=True)
class _Found:
    """What learning started from and ended with, and what it cost on the chip (None when it was on the host)."""

    start: Weights
    weights: Weights
    cost: CostReport | None


def _learn(
    model: ModelSpec, pairs: Sequence[tuple[str, Target]], data: Dataset, seed: int, fixations: int | None,
    placement: Placement, progress: Progress | None,
) -> list[_Found]:  # fmt: skip
    """Learn once for each backend and kind of arrays; price it on each chip."""
    if model.learns != "chip":
        weights = train(model, seed, progress).weights
        return [_Found(init_weights(model, data.channels, seed), weights, None)] * len(pairs)
    runs: dict[tuple[str, Crossbar | None], Run] = {}
    found = []
    for backend, target in pairs:
        program = compile(model, target, mode="learn", seed=seed, placement=placement)
        where = backend, _arrays(backend, target)
        if where not in runs:
            runs[where] = simulate(program, backend=backend, fixations=fixations, progress=progress)
        weights, cost = learned_weights(program, runs[where]), estimate(program, runs[where])
        found.append(_Found(start_weights(program), weights, cost))
    return found


def _arrays(backend: str, target: Target) -> Crossbar | None:
    """The arrays that a chip runs on; without them, all chips and backends run the same integers."""
    return target.design if backend == "crossbar" else None
