"""Compare: one model on several chips and backends, for several lengths of its input, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from neurohw import __version__
from neurohw.api import compile, data_of, estimate, features, learned_weights, simulate, start_weights, train
from neurohw.compiler import pipeline
from neurohw.compiler.place import Placement
from neurohw.data.dataset import Dataset, payload
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.cost import Accuracy, Comparison, ComparisonRow
from neurohw.ir.mapping import Target
from neurohw.ir.network import Network
from neurohw.learning.encoder import init_weights
from neurohw.learning.probe import probe, probe_few
from neurohw.parsing import parse
from neurohw.session import Progress
from neurohw.spec import InputSpec, ModelSpec


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
    model: ModelSpec, targets: Sequence[Target], *, backends: Sequence[str] = ("emulator",), steps: Sequence[int] = (),
    seed: int = 0, fixations: int | None = None, placement: Placement = "greedy", progress: Progress | None = None,
) -> Comparison:  # fmt: skip
    """Learn, measure and price the model on every chip and backend, in spikes for every number of `steps` as well.

    All digital chips and exact backends run the same integers (what differs is an error), so for each number of steps
    accuracy is measured once, on the emulator.
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
    data = data_of(model, seed)
    programs, learning = [], {}
    if model.learns == "chip":
        programs = [compile(model, t, mode="learn", seed=seed, placement=placement) for t in targets]
        learning = {
            backend: simulate(programs[0], backend=backend, fixations=fixations, progress=progress)
            for backend in backends
        }
        random, learned = start_weights(programs[0]), learned_weights(programs[0], learning[backends[0]])
    else:
        random = init_weights(model, data.channels, seed)
        learned = train(model, seed, progress).weights
    frozen = [compile(model, t, learned, mode="infer", seed=seed, placement=placement) for t in targets]
    start = pipeline.integer_network(model, random, "infer", payload(data.train_x))
    scores = accuracy(model, data, start, frozen[0].network, seed)
    rows = []
    for backend in backends:
        inference = simulate(frozen[0], backend=backend)
        for k, target in enumerate(targets):
            cost = estimate(programs[k], learning[backend]) if learning else None
            row = ComparisonRow(target.name, backend, scores, estimate(frozen[k], inference), cost, model.input.steps)
            rows.append(row)
    return rows
