"""Evaluate a point: learn, write what was learned to the chip, measure it there and price it. A pure function.

The row depends on the point alone: not on what ran before, on the number of processes or on the executor. Sums of
floats are taken on one thread, since their order over several is not fixed; the last bits of a machine's own linear
algebra are all that another machine could change.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from threadpoolctl import threadpool_limits

from neurohw import __version__
from neurohw.api import compile, data_of, simulate, train
from neurohw.data.registry import load_data
from neurohw.errors import NeurohwError, Problem
from neurohw.experiments.measure import Learned, learned_on_chip, learned_on_host, measure
from neurohw.experiments.scores import input_scores
from neurohw.experiments.sweeps.points import Point
from neurohw.ir.cost import Band, CostReport
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.mapping import Target
from neurohw.ir.run import Run
from neurohw.ir.sweep import ENERGY, Plain
from neurohw.ir.weights import Weights
from neurohw.learning.score import require_few
from neurohw.spec import DataSpec, ModelSpec, ProbeSpec, QuantiseSpec

REMEMBERED = 4  # learning runs that a process keeps, for points that share one
# numbers of BLAS threads and filters of warnings belong to the process: a worker with threads takes turns
_ONE_AT_A_TIME = threading.Lock()


def evaluate(point: Point) -> dict[str, Plain]:
    """The row of a point: accuracies of a linear classifier as fractions by layer, energies [J], times [s], power [W],
    area [m2], sites, conversions and what has no price. None stands for what the chip or the price table does not tell.
    """
    if point.version != __version__:
        what = f"has neurohw {__version__}, the sweep {point.version}"
        raise NeurohwError(Problem("worker", what, fix="install the same version on all machines"))
    with _ONE_AT_A_TIME, threadpool_limits(limits=1):
        return dict(_row(point))


def _row(point: Point) -> Iterator[tuple[str, Plain]]:
    model, target, seed = point.model, point.target, point.seed
    data = data_of(model, seed)
    require_few(data.train_y, model.probe.few)
    learned = _learned(point)
    found = measure(model, learned, target, seed=seed, placement=point.placement)
    cost, learning = found.cost, learned.cost()
    raw_all, raw_few = _input_scores(model.data, model.probe, seed)
    yield from (("raw_all", raw_all), ("raw_few", raw_few))
    for name, scores in (("random", found.random), ("learned", found.learned)):
        for labels, by_layer in (("all", scores.all), ("few", scores.few)):
            yield from ((f"{name}_{labels}_{k}", score) for k, score in enumerate(by_layer, 1))
    yield from _costs(cost, learning)
    arrays = found.run.activity.arrays.values()
    yield "conversions", sum(a.conversions for a in arrays)
    yield "clipped", sum(a.clipped for a in arrays)
    unpriced = dict.fromkeys([*cost.unpriced, *(learning.unpriced if learning else ())])
    yield "unpriced", "; ".join(unpriced)


def _costs(cost: CostReport, learning: CostReport | None) -> Iterator[tuple[str, Plain]]:
    """What a sample, and a fixation while learning, costs on the chip."""
    yield from _band(ENERGY, cost.per_sample(learning=False))
    yield from _band("learning_energy_J", learning.per_sample() if learning else None)
    yield from _band("latency_s", cost.latency_per_sample)
    yield from _band("static_power_W", cost.static_power)
    yield from _band("area_m2", cost.area)
    yield "sites_used", cost.sites_used
    yield "fullest", max(cost.fill, default=0.0)


def _band(name: str, band: Band | None) -> Iterator[tuple[str, Plain]]:
    """Nominal, low and high of a cost; None where nothing has a price."""
    known = band if band is not None and band.nominal else None
    yield name, known.nominal if known else None
    yield f"{name}_low", known.low if known else None
    yield f"{name}_high", known.high if known else None


@dataclass(frozen=True)
class _Engine:
    """What a learning run depends on of a chip; `target` stands for every chip that has the same."""

    design: Crossbar | None
    accumulator_bits: int
    target: Target = field(compare=False)


def _learned(point: Point) -> Learned:
    """What was learned; where arrays are written with what cores learned once, learning is not theirs to pay."""
    model, seed = point.model, point.seed
    if model.learns != "chip":
        return learned_on_host(model, _trained(_learning_part(model), seed), seed)
    target = point.reference or point.target
    program = compile(model, target, mode="learn", seed=seed, placement=point.placement)
    engine = _Engine(target.design, target.accumulator_bits, target)
    run = _learning_run(_learning_part(model), engine, seed, point.fixations)
    learned = learned_on_chip(program, run)
    return Learned(learned.start, learned.weights) if point.reference else learned


def _learning_part(model: ModelSpec) -> ModelSpec:
    """The model without what matters only after learning: models that differ in it share a learning run. Bits of
    weights matter before to a host that learns in them."""
    in_bits = model.learns == "host" and model.host.precision != "float"
    quantise = model.quantise if in_bits else QuantiseSpec()
    return model.model_copy(update={"quantise": quantise, "probe": ProbeSpec(), "about": ""})


@lru_cache(maxsize=REMEMBERED)
def _learning_run(model: ModelSpec, engine: _Engine, seed: int, fixations: int | None) -> Run:
    program = compile(model, engine.target, mode="learn", seed=seed)
    return simulate(program, fixations=fixations)


@lru_cache(maxsize=REMEMBERED)
def _trained(model: ModelSpec, seed: int) -> Weights:
    return train(model, seed).weights


@lru_cache(maxsize=REMEMBERED)
def _input_scores(data: DataSpec, few: ProbeSpec, seed: int) -> tuple[float, float]:
    return input_scores(load_data(data, seed), few)


def learning_of(point: Point) -> str:
    """Text that is equal for points that share a learning run, to evaluate them one after the other."""
    design = None if point.reference else point.target.design
    return repr((_learning_part(point.model), design, point.seed, point.fixations))
