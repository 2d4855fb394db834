"""Study: the accuracy of a model on a chip while something about the chip is varied, over several seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neurohw.api import (
    compile,
    data_of,
    estimate,
    features,
    learned_weights,
    load_target,
    simulate,
    start_weights,
    train,
)
from neurohw.compiler import pipeline
from neurohw.data.dataset import Dataset, payload
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.mapping import Target
from neurohw.ir.network import Network
from neurohw.ir.study import Study, StudyPoint
from neurohw.ir.weights import Weights
from neurohw.learning.encoder import init_weights
from neurohw.learning.probe import probe
from neurohw.session import Progress
from neurohw.spec import ModelSpec

DIGITAL = "loihi2"  # any chip of cores: all learn the same integers


def study(
    model: ModelSpec, chip: str, varied: Sequence[str], values: Sequence[str], *, seeds: Sequence[int] = (0, 1, 2),
    learning: str = "once", settings: Mapping[str, str] | None = None, fixations: int | None = None,
    progress: Progress | None = None,
) -> Study:  # fmt: skip
    """Measure `model` on `chip` with each of `values` in the entries `varied` of its file, once a seed.

    `learning`: `once` (in integers or on the host; the arrays are then written with the result) or `chip` (anew on each
    chip that comes out). `settings`: entries of the file that are different throughout. Every chip is read before
    anything is run, so that a wrong value costs no time.
    """
    if learning == "chip" and model.learns != "chip":
        raise NeurohwError(Problem("learning", f"'{model.name}' is trained on the host", fix="use learning once"))
    if learning == "once" and any(entry.startswith("writing.") for entry in varied):
        what = f"{', '.join(varied)} matter only while learning"
        raise NeurohwError(Problem("vary", what, "learning once leaves the chip out", "set learning to chip"))
    fixed = dict(settings or {})
    if both := set(fixed) & set(varied):
        raise NeurohwError(Problem("set", f"{', '.join(sorted(both))} is varied", fix="leave it out of one of them"))
    targets = {value: load_target(chip, changes={**fixed, **dict.fromkeys(varied, value)}) for value in values}
    points: list[StudyPoint] = []
    for seed in seeds:
        for point in _points(model, targets, seed, learning, fixations):
            points.append(point)
            if progress:
                progress(len(points), len(seeds) * len(targets))
    order = {value: k for k, value in enumerate(targets)}
    points.sort(key=lambda point: (order[point.value], point.seed))
    first = next(iter(targets.values()))
    others = tuple(f"{entry} = {value}" for entry, value in fixed.items())
    return Study(model.name, first.name, tuple(varied), learning, fixations, tuple(points), others)


def _points(
    model: ModelSpec, targets: Mapping[str, Target], seed: int, learning: str, fixations: int | None
) -> Iterator[StudyPoint]:
    """All values for one seed."""
    data = data_of(model, seed)
    once = None if learning == "chip" else _learned(model, load_target(DIGITAL), data, seed, fixations)
    for value, target in targets.items():
        start, weights = once or _learned(model, target, data, seed, fixations)
        random = pipeline.integer_network(model, start, "infer", payload(data.train_x))
        program = compile(model, target, weights, mode="infer", seed=seed)
        run = simulate(program)
        scores = [_scores(model, data, network, seed, target) for network in (random, program.network)]
        cost = estimate(program, run)
        arrays = run.activity.arrays.values()
        energy = cost.per_sample(learning=False).nominal or None
        clipped, conversions = sum(a.clipped for a in arrays), sum(a.conversions for a in arrays)
        yield StudyPoint(value, seed, scores[0], scores[1], energy, clipped, conversions)


def _learned(
    model: ModelSpec, target: Target, data: Dataset, seed: int, fixations: int | None
) -> tuple[Weights, Weights]:
    """Weights before and after learning."""
    if model.learns != "chip":
        return init_weights(model, data.channels, seed), train(model, seed).weights
    program = compile(model, target, mode="learn", seed=seed)
    return start_weights(program), learned_weights(program, simulate(program, fixations=fixations))


def _scores(model: ModelSpec, data: Dataset, network: Network, seed: int, target: Target) -> tuple[float, ...]:
    """Probe accuracy of each layer with all labels."""

    def seen(x: NDArray[np.float32]) -> tuple[NDArray[np.int32], ...]:
        return features(model, network, x, seed=seed, target=target, calibration=data.train_x)

    pairs = zip(seen(data.train_x), seen(data.test_x))
    return tuple(probe(a, data.train_y, b, data.test_y, model.probe.inverse_penalty) for a, b in pairs)
