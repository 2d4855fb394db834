"""Neurons that never sent anything, and why: not connected, too late, not excited, or excited in vain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from neurohw.diagnosis.excitation import is_bounded, sides
from neurohw.diagnosis.facts import Facts, fires
from neurohw.diagnosis.finding import MANY, SOME, Cause, Mask, count_text, severity_of
from neurohw.diagnosis.subthreshold import subthreshold
from neurohw.diagnosis.trial import tried
from neurohw.ir.diagnosis import Finding
from neurohw.ir.network import Population, Projection
from neurohw.ir.neurons import has_phases, responds_once


def silent_sources(facts: Facts) -> Iterator[Finding]:
    """Inputs that are zero all the time; a gate's source may be (noise that does not explore)."""
    for source in facts.network.sources:
        ports = {p.post_port for p in facts.network.projections if p.pre == source.name}
        if facts.silent(source.name) and ports - {"gate"}:
            yield Finding(
                "error", source.name, f"all inputs were zero in {facts.samples:,} samples",
                "the run was given no input other than zero", f"give '{source.name}' inputs that are not all zero",
                source.size, source.size,
            )  # fmt: skip


def silent_neurons(facts: Facts) -> Iterator[Finding]:
    """One finding for each population and cause, the cause of most neurons first."""
    for population in facts.network.populations:
        if not fires(population) or not population.size:
            continue
        dead = facts.sent(population.name) == 0
        error = SOME if dead.mean() >= MANY else MANY  # of a population that is dead, each larger part is one
        causes = [(int(cause.neurons.sum()), cause) for cause in _causes(facts, population, dead)]
        for count, cause in sorted(causes, key=lambda pair: -pair[0]):
            if count:
                yield Finding(
                    severity_of(count / population.size, error, SOME), population.name,
                    f"{count_text(count, population.size, 'neurons')} never sent a message", cause.text, cause.remedy,
                    count, population.size, cause.numbers, cause.follows,
                )  # fmt: skip


def _causes(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """Causes that explain all dead neurons between them, each neuron by the first that fits."""
    left = dead.copy()
    last = subthreshold if is_bounded(population) else tried
    for find in (_unconnected, _late, _unweighted, _upstream, last):
        if not left.any():
            return
        for cause in find(facts, population, left):
            yield replace(cause, neurons=cause.neurons & left)
            left = left & ~cause.neurons


def _unconnected(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """No projection ends here, or no path from an input does."""
    into = facts.into(population)
    if not into:
        remedy = f"add a projection to '{population.name}'"
        yield Cause(dead, "no projection ends at its input, so nothing ever reaches it", remedy)
    elif population.name not in facts.arrival and all(facts.silent(p.pre) for p in into):
        before = [p.pre for p in into if p.pre != population.name and facts.depth[p.pre] < facts.depth[population.name]]
        text = f"no path leads from an input to it; '{before[0]}' is silent" if before else "no path leads to it"
        remedy = "" if before else "connect it, or what it is connected to, to an input"
        yield Cause(dead, text, remedy, follows=before[0] if before else "")


def _late(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """Inputs that arrive after the end of a sample, or in another step than the one that the neuron takes them in."""
    n: Any = population.neuron
    arrives, steps = facts.arrival.get(population.name), facts.steps
    if arrives is None:
        return
    numbers = {"arrives": arrives, "steps": steps}
    if facts.rests and arrives > steps:
        text = f"its first input arrives at step {arrives}, and a sample has {steps} steps"
        before = next((p.pre for p in facts.into(population) if facts.arrival.get(p.pre, 0) > steps), "")
        remedy = "" if before else f"run samples of at least {arrives} steps, or shorten the delays"
        yield Cause(dead, text, remedy, numbers, before)
    elif has_phases(n) and n.layer + 1 > n.period:
        text = f"takes its inputs in step {n.layer + 1} of a period of {n.period} steps, which never comes"
        yield Cause(dead, text, f"make the period at least {n.layer + 1}", numbers)
    elif responds_once(n) and ((facts.rests and arrives > n.layer + 1) or _misses(facts, population)):
        text = f"takes its inputs in step {n.layer + 1} only, and they arrive in step {arrives}"
        yield Cause(dead, text, f"make it layer {arrives - 1}, or change the delay", numbers)


def _misses(facts: Facts, population: Population) -> bool:
    """Whether all that feeds a layer with a schedule is one with another, which sends once."""
    n: Any = population.neuron
    into = facts.into(population)
    before: list[tuple[Projection, Any]] = [(p, facts.network.population(p.pre).neuron) for p in into]
    return all(
        responds_once(pre) and not np.any(np.asarray(p.delay) + pre.layer + 2 == n.layer + 1) for p, pre in before
    )


def _unweighted(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """Neurons of which all weights are zero."""
    into = facts.into(population)
    none = np.all([np.asarray(abs(p.matrix).sum(axis=1)).ravel() == 0 for p in into], axis=0)
    names = ", ".join(p.name for p in into)
    yield Cause(none, f"all their weights in {names} are zero", f"give {names} weights, or quantise with a finer scale")


def _upstream(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """Neurons that hear nobody who sent anything that could excite them."""
    deaf = np.ones(population.size, np.bool_)
    quiet = []
    for p in facts.into(population):
        low, _ = facts.payload(p)
        spoke = facts.sent(p.pre, p.pre_port) > 0
        exciting = (p.matrix > 0) if low >= 0 and len(sides(population)) == 1 else (p.matrix != 0)
        excited = (exciting @ spoke.astype(np.int64)) > 0
        if np.asarray(exciting.sum()) and not spoke.all():
            quiet.append(p.pre)
        deaf &= ~np.asarray(excited).ravel() & (np.asarray(exciting.sum(axis=1)).ravel() > 0)
    if quiet and deaf.any():
        names = " and ".join(f"'{name}'" for name in dict.fromkeys(quiet))
        yield Cause(deaf, f"a consequence: what excites them in {names} is silent", follows=quiet[0])
