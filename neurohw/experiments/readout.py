"""Readout: what a top layer is worth to a readout that learns on the chip, and to a linear classifier on the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neurohw.api import compile, data_of, estimate, run_network, start_weights
from neurohw.compiler.readout import WEIGHTS, frozen_readout
from neurohw.data.coding import Coder
from neurohw.data.dataset import Dataset, Split, payload
from neurohw.errors import NeurohwError, Problem
from neurohw.experiments.comparison import versions
from neurohw.experiments.measure import learn as learn_layers
from neurohw.experiments.scores import frozen_network, top_score
from neurohw.ir.engine import Progress, Setting
from neurohw.ir.mapping import Program, Target
from neurohw.ir.network import Network
from neurohw.ir.readout import ReadoutCurve, Readouts
from neurohw.ir.run import Run
from neurohw.ir.weights import Weights
from neurohw.learning.encoder import init_weights
from neurohw.runtime.backends import make_resumable
from neurohw.runtime.loop import At, drive
from neurohw.runtime.ports import LATENCY_WINDOW
from neurohw.runtime.presentations import Presentations
from neurohw.runtime.run import settings_of
from neurohw.spec import ModelSpec

RULES = ("reward", "delta")
MARKS, FIRST = 30, 100  # points of a curve, evenly spaced on a logarithmic axis, and the earliest of them


def readout(
    model: ModelSpec, targets: Sequence[Target], weights: Weights | None = None, *, seed: int = 0,
    presentations: int | None = None, rules: Sequence[str] = RULES, split: Split = "test",
    progress: Progress | None = None,
) -> Readouts:  # fmt: skip
    """Let readouts learn on the random and on the learned network, and price it on every chip.

    `weights`: of the learned network; without them it learns first, as the model says. All digital chips run the same
    integers, so each readout learns once, on the emulator. `split`: the images that accuracies are measured on;
    settings are for `validation`. A NeurohwError for chips of arrays, which have no such neurons.
    """
    if not targets:
        raise NeurohwError(Problem("readout", "no chip is named", fix="give one, such as loihi2"))
    data, total = data_of(model, seed, split), presentations or model.readout.presentations
    for target in targets:  # what does not fit is said before the long work
        compile(model, target, init_weights(model, data.channels, seed), mode="readout", seed=seed)
    random, learned = _both(model, targets[0], weights, data, seed, progress)
    curves = []
    for name, given in (("random", random), ("learned", learned)):
        score = top_score(model, data, frozen_network(model, given, data), seed)
        for rule in rules:
            variant = model.model_copy(update={"readout": model.readout.model_copy(update={"rule": rule})})
            programs = [compile(variant, target, given, mode="readout", seed=seed) for target in targets]
            run, curve = learn(programs[0], data, total, progress)
            costs = tuple(estimate(program, run) for program in programs)
            curves.append(ReadoutCurve(name, rule, score, *curve, costs))
    return Readouts(model.name, model.data.name, seed, learned.origin, tuple(curves), versions())


def learn(
    program: Program, data: Dataset, total: int, progress: Progress | None = None
) -> tuple[Run, tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]]:
    """Run a program of mode 'readout'; return the run, and marks, test accuracy and running accuracy at each."""
    model = settings_of(program)
    stream, images = Presentations(model, data, program.seed, total), test_inputs(model, data, program.seed)
    setting = Setting(
        program.network, program.network.period, record=("readout.out",), window=LATENCY_WINDOW,
        accumulator_bits=program.target.accumulator_bits, seed=program.seed,
    )  # fmt: skip
    machine, at = make_resumable("emulator", setting), marks(total)
    scores: list[float] = []

    def measure(_: int) -> None:
        scores.append(accuracy(program.network, machine.learned()[WEIGHTS].weight, images, data.test_y))

    run = drive(machine, stream, stops=[At(at, measure)], progress=progress)
    right = run.totals["readout.out"].argmax(axis=1) == stream.classes()
    running = tuple(float(np.mean(part)) for part in np.split(right, at[:-1]))
    return run, (at, tuple(scores), running)


def marks(total: int) -> tuple[int, ...]:
    """Numbers of presentations after which a readout is measured; the last is `total`."""
    spaced = np.geomspace(min(FIRST, total), total, MARKS)
    return tuple(int(n) for n in np.unique(np.rint(spaced).astype(np.int64)))


def accuracy(
    network: Network, weight: NDArray[np.int32], images: Mapping[str, NDArray[np.int64]], labels: NDArray[np.int64]
) -> float:
    """Fraction of images [N, ...] for which a readout with these weights, frozen and without noise, acts rightly."""
    run = run_network(frozen_readout(network, weight), [images], record=["readout.out"], reset=True)
    return float(np.mean(run.totals["readout.out"].argmax(axis=1) == labels))


def test_inputs(model: ModelSpec, data: Dataset, seed: int) -> dict[str, NDArray[np.int64]]:
    """The test images as a frozen network sees them."""
    return {"input": Coder(model.input, seed, "images").frames(payload(data.test_x))}


def _both(
    model: ModelSpec, target: Target, weights: Weights | None, data: Dataset, seed: int, progress: Progress | None
) -> tuple[Weights, Weights]:
    """The network before and after learning; `weights` stands for what it learned."""
    if weights is None:
        learned = learn_layers(model, target, seed=seed, progress=progress)
        return learned.start, learned.weights
    if model.learns != "chip":
        return init_weights(model, data.channels, seed), weights
    return start_weights(compile(model, target, mode="learn", seed=seed)), weights
