"""Neurons that never sent anything, and why: not connected, too late, not excited, or excited in vain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.diagnosis.excitation import HALF, Membrane, Synapses, ceiling, highest, listening, sides
from neurohw.diagnosis.facts import Facts, fires, has_schedule
from neurohw.diagnosis.finding import Finding, count_text, severity_of
from neurohw.ir.network import Population, Projection
from neurohw.ir.neurons import Clapp, Graded, Relu, TernaryLif

MANY, SOME = 0.9, 0.25  # share of a population's neurons from which on it is an error, and a warning
AT_ONCE = 1024  # neurons whose recorded inputs are added up at a time
Mask = NDArray[np.bool_]
LOWER = "lower the decay: 409 keeps 90% from one step to the next"


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
    """One finding for each population and cause."""
    for population in facts.network.populations:
        if not fires(population):
            continue
        dead = facts.sent(population.name) == 0
        for cause in _causes(facts, population, dead):
            count = int(cause.neurons.sum())
            if count:
                yield Finding(
                    severity_of(count / population.size, MANY, SOME), population.name,
                    f"{count_text(count, population.size, 'neurons')} never sent a message", cause.text, cause.remedy,
                    count, population.size, cause.numbers, cause.follows,
                )  # fmt: skip


@dataclass(frozen=True)
class Cause:
    """Why some neurons [n] are silent."""

    neurons: Mask
    text: str
    remedy: str = ""
    numbers: Any = None
    follows: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", self.numbers or {})


def _causes(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """Causes that explain all dead neurons between them, each neuron by the first that fits."""
    left = dead.copy()
    for find in (_unconnected, _late, _unweighted, _upstream, _excitation):
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
    elif has_schedule(n) and n.layer + 1 > n.period:
        text = f"takes its inputs in step {n.layer + 1} of a period of {n.period} steps, which never comes"
        yield Cause(dead, text, f"make the period at least {n.layer + 1}", numbers)
    elif isinstance(n, (Relu, Clapp)) and ((facts.rests and arrives > n.layer + 1) or _misses(facts, population)):
        text = f"takes its inputs in step {n.layer + 1} only, and they arrive in step {arrives}"
        yield Cause(dead, text, f"make it layer {arrives - 1}, or change the delay", numbers)


def _misses(facts: Facts, population: Population) -> bool:
    """Whether all that feeds a layer with a schedule is one with another, which sends once."""
    n: Any = population.neuron
    into = facts.into(population)
    before: list[tuple[Projection, Any]] = [(p, facts.network.population(p.pre).neuron) for p in into]
    return all(
        isinstance(pre, (Relu, Clapp)) and not np.any(np.asarray(p.delay) + pre.layer + 2 == n.layer + 1)
        for p, pre in before
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


def _excitation(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """What carries neurons over their threshold: nothing can, or nothing did in the recorded steps."""
    where = np.flatnonzero(dead)
    membranes = [side.at(dead) for side in sides(population)]
    synapses = Synapses(facts, population, where)
    steps = facts.steps if facts.rests else None
    most = {side.sign: synapses.largest(side.sign) for side in membranes}
    possible = np.any([ceiling(m, most[m.sign], steps) > m.threshold for m in membranes], axis=0)

    def by_bound(membrane: Membrane, scaled: bool, _: bool) -> NDArray[np.int64]:
        return ceiling(membrane, most[membrane.sign] if scaled else synapses.largest(membrane.sign, False), steps)

    beyond = np.zeros(population.size, np.bool_)
    beyond[where[~possible]] = True
    yield from _explained(facts, population, beyond, by_bound, where, "the largest that any inputs can cause")
    starved, follows = _starved(facts, population)
    for start in range(0, int(possible.sum()), AT_ONCE):
        part = where[possible][start : start + AT_ONCE]
        for cause in _replayed(facts, population, part):
            yield replace(cause, text=cause.text + starved, follows=follows)


def _starved(facts: Facts, population: Population) -> tuple[str, str]:
    """Where many neurons of a layer below are silent: that in words, and the layer."""
    for p in facts.into(population):
        before = facts.network.population(p.pre)
        silent = int(np.sum(facts.sent(p.pre, p.pre_port) == 0))
        if p.pre != population.name and fires(before) and silent >= SOME * before.size:
            return f"; a consequence: {count_text(silent, before.size, 'neurons')} of '{p.pre}' are silent", p.pre
    return "", ""


def _replayed(facts: Facts, population: Population, part: NDArray[np.intp]) -> Iterator[Cause]:
    """The same with the inputs that arrived in the recorded steps."""
    mask = np.zeros(population.size, np.bool_)
    mask[part] = True
    synapses = Synapses(facts, population, part)
    recorded = synapses.arrived()
    if recorded is None:
        text = "the inputs of this run never made them send, although others could"
        barrier = "shift" if isinstance(population.neuron, (Relu, Clapp)) else "threshold"
        yield Cause(mask, text, f"lower the {barrier}, or record some steps (traces=...) for the numbers")
        return
    heard = listening(population, recorded[1], recorded[0].shape[1])
    memory = sides(population)[0].memory

    def by_replay(membrane: Membrane, scaled: bool, inhibited: bool) -> NDArray[np.int64]:
        found = synapses.arrived(scaled, inhibited)
        assert found is not None
        rows = found[0] * heard[:, None]
        return highest(membrane, rows if memory or not heard.any() else rows[:, heard], found[1])

    what = f"the largest in the last {int(heard.sum()) * len(recorded[0]):,} steps that were recorded"
    yield from _explained(facts, population, mask, by_replay, part, what)


def _explained(
    facts: Facts, population: Population, neurons: Mask, reach: Any, where: NDArray[np.intp], what: str
) -> Iterator[Cause]:
    """Name the one thing without which neurons would send something, for all of `where` that are in `neurons`."""
    chosen = neurons[where]
    membranes = [side.at(np.isin(np.arange(population.size), where)) for side in sides(population)]
    if not chosen.any():
        return
    main = membranes[0]
    best, threshold = reach(main, True, True), main.threshold
    unit = 64 if main.memory else 1
    numbers = {
        "highest": int(best[chosen].max()) // unit, "threshold": int(threshold[chosen].min()) // unit,
        "bias": int(main.bias[chosen].min()),
    }  # fmt: skip
    for text, remedy, changed, scaled, inhibited in _changes(facts, population, main):
        passes = np.any([reach(changed(m), scaled, inhibited) > m.threshold for m in membranes], axis=0) & chosen
        if passes.any():
            mask = np.zeros(population.size, np.bool_)
            mask[where[passes]] = True
            yield Cause(mask, f"{text}; they would send otherwise", remedy, numbers)
            chosen = chosen & ~passes
    if not chosen.any():
        return
    mask = np.zeros(population.size, np.bool_)
    mask[where[chosen]] = True
    yield Cause(
        mask, *_threshold(facts, population, int(best[chosen].max()) // unit, numbers["threshold"], what), numbers
    )


def _changes(facts: Facts, population: Population, main: Membrane) -> Iterator[tuple[Any, ...]]:
    """(text, remedy, changed membrane, with negative exponents, with inhibition), the likeliest first."""

    def same(membrane: Membrane) -> Membrane:
        return membrane

    n: Any = population.neuron
    into = facts.into(population)
    small = [p for p in into if p.format and p.format.exponent < 0]
    if main.interval and main.interval < facts.steps:
        text = f"u and v are reset every {main.interval} step{'s' * (main.interval > 1)}, before inputs add up"
        yield text, f"reset every {facts.steps} steps (a sample) or never", lambda m: replace(m, interval=0), True, True
    if np.any(main.bias < 0):
        text = f"the bias is too negative, down to {main.bias.min():,}"
        yield text, "raise the bias", lambda m: replace(m, bias=np.maximum(m.bias, 0)), True, True
    if main.memory and n.dv >= HALF:
        yield _forgets("dv", n.dv, (4096 - n.dv) / 4096, "voltage"), LOWER, lambda m: replace(m, dv=0), True, True
    if small:
        names = ", ".join(f"exponent {p.format.exponent} of {p.name}" for p in small if p.format)
        yield f"{names} makes inputs too small", "raise the exponent", same, False, True
    if main.memory and HALF <= n.du < 4095:  # 4095 is a current without memory: a choice, not a fault
        yield _forgets("du", n.du, (4095 - n.du) / 4096, "current"), LOWER, lambda m: replace(m, du=0), True, True
    yield "inhibition outweighs excitation", "weaken the negative weights, or strengthen the others", same, True, False


def _forgets(name: str, value: int, kept: float, state: str) -> str:
    return f"{name} {value} forgets within a step: it keeps {kept:.2%} of the {state}"


def _threshold(facts: Facts, population: Population, best: int, threshold: int, what: str) -> tuple[str, str]:
    """Cause and remedy where the threshold is beyond anything."""
    names = ", ".join(p.name for p in facts.into(population))
    if best <= 0:
        return f"nothing excites them: {what} is {best:,}", f"give {names} positive weights"
    if best > threshold:
        return "the weights that the run ended with would carry it over the threshold, those before did not", ""
    times = max(threshold, 1) / best
    if isinstance(population.neuron, (Relu, Clapp)):
        shift = population.neuron.shift
        text = f"shift {shift} leaves nothing of sums below {threshold + 1:,}; {what} is {best:,}"
        return text, f"take a shift of at most {best.bit_length() - 1}"
    name = "vth_hi" if isinstance(population.neuron, TernaryLif) else "vth"
    unit = "an input" if isinstance(population.neuron, Graded) else "a voltage"
    text = f"the threshold is too high: {name} {threshold:,} is {times:.1f} times {unit} of {best:,}, {what}"
    more = max(1, int(np.ceil(np.log2(max(times, 1)))))
    return text, f"lower {name} below {best:,}, or raise the exponent of {names} by {more}"
