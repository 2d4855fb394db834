"""Parameters that the host may write between the samples of a run, and schedules of them.

A parameter is 'population.name' of what a kind of neuron declares `writable`, or 'projection.step' of a
projection that learns: the power of two by which its rule's products of traces are scaled, relative to the rule as it
was compiled. One value holds for the whole population or projection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from neurohw.errors import Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import Kind, Ranges, field_problems, is_integer, shown
from neurohw.ir.mapping import Target
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.plasticity import POST_TRACES, PRE_TRACES, LearningRule, Product
from neurohw.ir.rule_text import EXPONENTS
from neurohw.microcode.kind import declared_of
from neurohw.microcode.language import Declared

STEP = "step"
_KINDS: Ranges = {
    "parameter": Kind((str,), "'population.name' or 'projection.step'"),
    "values": Kind((Mapping,), "{sample: value}", "such as {0: 1200, 20_000: 800}"),
}  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """Values of one parameter over a run: `values` sample -> value, from before that sample (from 0) on.

    Schedule("hinge1.theta", {0: 1200, 20_000: 800})
    Schedule("layer1.W.step", {40_000: -1, 60_000: -2})  # half, then a quarter of the compiled step
    """

    parameter: str
    values: Mapping[int, int]

    def __post_init__(self) -> None:
        raise_if_any(list(field_problems("schedule", self, _KINDS)))
        if all(is_integer(number) for pair in self.values.items() for number in pair):
            object.__setattr__(self, "values", {int(at): int(value) for at, value in self.values.items()})


def parameters(network: Network) -> dict[str, tuple[int, int]]:
    """Every parameter that may be written, with its smallest and largest value."""
    found: dict[str, tuple[int, int]] = {}
    for p in network.populations:
        for d in _writable(p):
            found[f"{p.name}.{d.name}"] = d.low, d.high
    for q in network.projections:
        if scaled := list(_scaled(q)):
            least, most = min(product.exponent for product in scaled), max(product.exponent for product in scaled)
            found[f"{q.name}.{STEP}"] = (EXPONENTS[0] - least, EXPONENTS[1] - most)
    return found


def with_parameters(network: Network, values: Mapping[str, int]) -> Network:
    """The network with other values of some `parameters`; steps are relative to this network's rules."""
    if not values:
        return network
    populations = tuple(_population(p, values) for p in network.populations)
    return replace(
        network, populations=populations, projections=tuple(_projection(q, values) for q in network.projections)
    )


def schedule_problems(network: Network, schedules: Sequence[Schedule], total: int) -> list[Problem]:
    """Parameters that are not declared, values and samples out of range, writes in the middle of a learning epoch."""
    declared, found = parameters(network), []
    names = [schedule.parameter for schedule in schedules]
    for schedule in schedules:
        where = f"schedule of {schedule.parameter}"
        if schedule.parameter not in declared:
            fix = did_you_mean(schedule.parameter, list(declared))
            found.append(Problem(where, "is not a parameter that the host may write", fix=fix))
            continue
        if names.count(schedule.parameter) > 1:
            found.append(Problem(where, "is given twice", fix="put all its values into one schedule"))
        found += _value_problems(where, schedule.values, declared[schedule.parameter], total)
    epochs = {q.plasticity.chip.epoch for q in network.projections if q.plasticity and q.plasticity.chip}
    for epoch in epochs:
        inside = sorted({at for s in schedules for at in s.values if is_integer(at) and at * network.period % epoch})
        if inside:
            what = f"sample {inside[0]} begins within a learning epoch of {epoch} steps"
            found.append(Problem("schedule", what, f"samples have {network.period} steps", "write between epochs"))
    return list(dict.fromkeys(found))


def beyond_chip(network: Network, target: Target, schedules: Sequence[Schedule]) -> list[Problem]:
    """What a chip does not take of a network with the smallest and with the largest of the values."""
    ends = ({s.parameter: end(s.values.values()) for s in schedules if s.values} for end in (min, max))
    found = [problem for values in ends for problem in target.check(with_parameters(network, values))[0]]
    return [replace(problem, where=f"schedule: {problem.where}") for problem in dict.fromkeys(found)]


def _value_problems(where: str, values: Mapping[Any, Any], limits: tuple[int, int], total: int) -> Iterator[Problem]:
    for at, value in values.items():
        if not is_integer(at) or not 0 <= at < total:
            yield Problem(where, f"writes before sample {shown(at)}", f"the run has samples 0..{total - 1}")
        if not is_integer(value) or not limits[0] <= value <= limits[1]:
            yield Problem(
                where, f"value {shown(value)}", f"allowed {limits[0]}..{limits[1]}", "choose one in this range"
            )


def _scaled(q: Projection) -> Iterator[Product]:
    """Products of traces, which is what learning adds; those of synaptic variables alone carry it on."""
    rule = q.plasticity.chip if q.plasticity else None
    return (product for product in rule.products() if _of_traces(product)) if rule else iter(())


def _of_traces(product: Product) -> bool:
    return any(factor.var in PRE_TRACES + POST_TRACES for factor in product.factors)


def _writable(p: Population) -> list[Declared]:
    return [d for d in declared_of(p.neuron).values() if d.writable]


def _population(p: Population, values: Mapping[str, int]) -> Population:
    names = [d.name for d in _writable(p)]
    changes: dict[str, Any] = {n: values[f"{p.name}.{n}"] for n in names if f"{p.name}.{n}" in values}
    return replace(p, neuron=replace(p.neuron, **changes)) if changes else p


def _projection(q: Projection, values: Mapping[str, int]) -> Projection:
    step = values.get(f"{q.name}.{STEP}", 0)
    if not step or q.plasticity is None or q.plasticity.chip is None:
        return q
    return replace(q, plasticity=replace(q.plasticity, chip=_rescaled(q.plasticity.chip, step)))


def _rescaled(rule: LearningRule, step: int) -> LearningRule:
    """The rule with 2^step times its products of traces."""
    parts: dict[str, Any] = {
        variable: tuple(
            replace(product, exponent=product.exponent + step) if _of_traces(product) else product
            for product in getattr(rule, variable)
        )
        for variable in ("dw", "dd", "dt")
    }
    return replace(rule, **parts)
