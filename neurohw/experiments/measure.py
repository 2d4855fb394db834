"""The experiment, once: learn on a chip or on the host, freeze, run, score beside the random network, and price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neurohw.api import (
    compile,
    data_of,
    estimate,
    learned_weights,
    simulate,
    start_weights,
    train,
)
from neurohw.compiler.place import Placement
from neurohw.experiments.batch import simulate_each
from neurohw.experiments.scores import Scores, frozen_network, layer_scores
from neurohw.ir.cost import CostReport
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.engine import Progress
from neurohw.ir.mapping import Program, Target
from neurohw.ir.run import Run
from neurohw.ir.weights import Weights
from neurohw.learning.encoder import init_weights
from neurohw.runtime.backends import default_backend
from neurohw.runtime.counted import counted
from neurohw.runtime.options import RunOptions
from neurohw.runtime.run import settings_of
from neurohw.spec import ModelSpec

Site = tuple[str, Target]  # the backend that runs what is compiled for a chip, and the chip


@dataclass(frozen=True)
class Learned:
    """Weights before and after learning, and the program and run that learned them, if that was on a chip."""

    start: Weights
    weights: Weights
    program: Program | None = None
    run: Run | None = None

    def cost(self) -> CostReport | None:
        """What learning took on the chip; None where it was on the host."""
        return estimate(self.program, self.run) if self.program and self.run else None


@dataclass(frozen=True)
class Measured:
    """A frozen network on a chip: its run on the test images, what its layers and those of the random network are
    worth, and what the run costs there."""

    program: Program
    run: Run
    random: Scores
    learned: Scores
    cost: CostReport


def sites_of(targets: Sequence[Target], backends: Sequence[str] = ()) -> list[Site]:
    """Every chip on every backend; by default each on its own."""
    return [(b, t) for b in backends for t in targets] or [(default_backend(t), t) for t in targets]


def learn(
    model: ModelSpec, target: Target, *, backend: str | None = None, seed: int = 0, fixations: int | None = None,
    placement: Placement = "greedy", progress: Progress | None = None,
) -> Learned:  # fmt: skip
    """Let a model learn where it says: on the chip `target`, for `fixations` (default: the model's), or on the host."""
    sites = sites_of([target], [backend] if backend else ())
    return learn_each(model, sites, seed=seed, fixations=fixations, placement=placement, progress=progress)[0]


def learn_each(
    model: ModelSpec, sites: Sequence[Site], *, seed: int = 0, fixations: int | None = None,
    placement: Placement = "greedy", progress: Progress | None = None,
) -> list[Learned]:  # fmt: skip
    """The same for each site; those that learn the same integers, or on the same arrays, share one run."""
    if model.learns != "chip":
        return [learned_on_host(model, train(model, seed, progress).weights, seed)] * len(sites)
    programs = [compile(model, target, mode="learn", seed=seed, placement=placement) for _, target in sites]
    engines = [_engine(site) for site in sites]
    runs: dict[tuple[str, Crossbar | None], Run] = {}
    kinds = [None if backend == default_backend(target) else backend for backend, target in sites]
    for kind in dict.fromkeys(kinds):
        mine: dict[tuple[str, Crossbar | None], Program] = {}
        for engine, program, its in zip(engines, programs, kinds):
            if its == kind:
                mine.setdefault(engine, program)
        done = simulate_each(mine.values(), RunOptions(kind, fixations), progress=progress)
        runs |= {engine: counted(mine[engine], run) for engine, run in zip(mine, done)}
    return [learned_on_chip(program, runs[engine]) for program, engine in zip(programs, engines)]


def learned_on_chip(program: Program, run: Run) -> Learned:
    """What a finished learning run, which was counted, started from and ended with."""
    return Learned(start_weights(program), learned_weights(program, run), program, run)


def learned_on_host(model: ModelSpec, weights: Weights, seed: int) -> Learned:
    """Weights that were trained on the host, with those that their training started from."""
    return Learned(init_weights(model, data_of(model, seed).channels, seed), weights)


def measure(
    model: ModelSpec, learned: Learned, target: Target, *, backend: str | None = None, seed: int = 0,
    placement: Placement = "greedy",
) -> Measured:  # fmt: skip
    """Freeze what was learned on a chip and run it on the test images; score and price it."""
    sites = sites_of([target], [backend] if backend else ())
    return next(measure_each(model, sites, [learned], seed=seed, placement=placement))


def measure_each(
    model: ModelSpec, sites: Sequence[Site], learned: Sequence[Learned], *, seed: int = 0,
    placement: Placement = "greedy",
) -> Iterator[Measured]:  # fmt: skip
    """The same for each site, with what was learned there.

    All chips of cores and exact backends run the same integers: their accuracy is measured once, on the emulator.
    """
    data = data_of(model, seed)
    random = frozen_network(model, learned[0].start, data)
    scores: dict[Crossbar | None, tuple[Scores, Scores]] = {}
    runs: dict[tuple[str, Crossbar | None], Run] = {}
    for site, one in zip(sites, learned):
        (backend, target), engine = site, _engine(site)
        program = compile(model, target, one.weights, mode="infer", seed=seed, placement=placement)
        arrays = engine[1]
        if arrays not in scores:
            both = (layer_scores(model, data, n, seed, target if arrays else None) for n in (random, program.network))
            scores[arrays] = next(both), next(both)
        if engine not in runs:
            runs[engine] = counted(program, simulate(program, backend=backend))
        yield Measured(program, runs[engine], *scores[arrays], estimate(program, runs[engine]))


def measure_run(program: Program, run: Run) -> Measured:
    """A finished run of a frozen model, which was counted, beside the random network that the model starts from."""
    model, seed = settings_of(program), program.seed
    data, (_, arrays) = data_of(model, seed), _engine((run.backend, program.target))
    random = frozen_network(model, init_weights(model, data.channels, seed), data)
    before, after = (
        layer_scores(model, data, n, seed, program.target if arrays else None) for n in (random, program.network)
    )
    return Measured(program, run, before, after, estimate(program, run))


def _engine(site: Site) -> tuple[str, Crossbar | None]:
    """What a run depends on of a site: without arrays, all chips run the same integers."""
    backend, target = site
    return backend, target.design if backend == "crossbar" else None
