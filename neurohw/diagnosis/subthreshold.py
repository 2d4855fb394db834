"""Neurons that inputs reach without carrying them over their threshold: the one thing without which they would send.

First by the largest possible input, which holds for every run, then by what arrived in the steps that were recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.diagnosis.excitation import HALF, Ints, Membrane, Synapses, ceiling, highest, listening, sides
from neurohw.diagnosis.facts import Facts, fires
from neurohw.diagnosis.finding import SOME, Cause, Mask, count_text
from neurohw.ir.network import Population
from neurohw.ir.neurons import membrane_bits, parameters_of, responds_once

AT_ONCE = 1024  # neurons whose inputs are added up at a time
NO_MEMORY = 4095  # a du of currents without memory: a choice, not a fault
FAR = 4  # inhibition is to blame where not even a 4th of the threshold was reached
LOWER = "lower the decay: 409 keeps 90% from one step to the next"
Reach = Callable[[Membrane, bool, bool], Ints]


@dataclass(frozen=True)
class Change:
    """One thing that could be otherwise: the membrane, negative exponents (`scaled`) or inhibition."""

    text: str
    remedy: str
    membrane: Callable[[Membrane], Membrane] = lambda membrane: membrane
    scaled: bool = True
    inhibited: bool = True


@dataclass(frozen=True)
class Verdict:
    """Of some neurons [n]: whether some inputs could carry them over the threshold, the largest v that the largest
    possible inputs or (where `possible`) the recorded ones cause, and the change that would do it, or -1.

    `steps`: how many were recorded, 0 if not all that arrives was.
    """

    possible: Mask
    best: Ints
    change: NDArray[np.intp]
    steps: int


def subthreshold(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """One cause for each change that would make dead neurons send; for the rest, the threshold."""
    where, changes = np.flatnonzero(dead), _changes(facts, population)
    blocks = [where[start : start + AT_ONCE] for start in range(0, len(where), AT_ONCE)]
    verdicts = [_judge(facts, population, block, changes) for block in blocks]
    possible, best, change = (
        np.concatenate([getattr(verdict, name) for verdict in verdicts]) for name in ("possible", "best", "change")
    )
    steps = max(verdict.steps for verdict in verdicts)
    starved, follows = _starved(facts, population)
    for impossible in (True, False):
        what = "any inputs can cause" if impossible else f"the last {steps:,} recorded steps caused"
        for k in range(-1, len(changes)):
            chosen = (possible != impossible) & (change == k)
            if not chosen.any():
                continue
            mask = np.zeros(population.size, np.bool_)
            mask[where[chosen]] = True
            cause = _cause(facts, population, mask, best[chosen], changes[k] if k >= 0 else None, what)
            if not impossible:
                cause = cause if steps else _unrecorded(population, mask)
                cause = replace(cause, text=cause.text + starved, follows=follows)
            yield cause


def _judge(facts: Facts, population: Population, neurons: NDArray[np.intp], changes: list[Change]) -> Verdict:
    """Look at some neurons of a population."""
    synapses = Synapses(facts, population, neurons)
    membranes = [side.at(neurons) for side in sides(population)]
    steps = facts.steps if facts.rests else None

    def by_bound(membrane: Membrane, scaled: bool, _: bool) -> Ints:
        return ceiling(membrane, synapses.largest(membrane.sign, scaled), steps)

    possible = _passes(membranes, by_bound, Change("", ""))
    best, change = _first(membranes, by_bound, [c for c in changes if c.inhibited], ~possible)  # the rest is last
    seen = _replay(facts, population, neurons[possible], changes) if possible.any() else None
    if seen:
        best[possible], change[possible] = seen.best, seen.change
    return Verdict(possible, best, change, seen.steps if seen else 0)


def _replay(facts: Facts, population: Population, neurons: NDArray[np.intp], changes: list[Change]) -> Verdict | None:
    """The same with what arrived in the recorded steps; None if not all of that was recorded."""
    synapses = Synapses(facts, population, neurons)
    recorded = synapses.arrived()
    if recorded is None:
        return None
    heard = listening(population, recorded[1], recorded[0].shape[1])

    def by_replay(membrane: Membrane, scaled: bool, inhibited: bool) -> Ints:
        sums, first = (recorded if scaled and inhibited else synapses.arrived(scaled, inhibited)) or recorded
        rows = sums * heard[:, None]
        return highest(membrane, rows if membrane.memory or not heard.any() else rows[:, heard], first)

    membranes = [side.at(neurons) for side in sides(population)]
    everyone = np.ones(len(neurons), np.bool_)
    return Verdict(everyone, *_first(membranes, by_replay, changes, everyone), int(heard.sum()) * len(recorded[0]))


def _passes(membranes: list[Membrane], reach: Reach, change: Change) -> Mask:
    """Which neurons [n] one of their thresholds would not hold back after a change."""
    over = [reach(change.membrane(m), change.scaled, change.inhibited) > m.threshold for m in membranes]
    return np.asarray(np.any(over, axis=0))


def _first(
    membranes: list[Membrane], reach: Reach, changes: list[Change], chosen: Mask
) -> tuple[Ints, NDArray[np.intp]]:
    """The largest v of each neuron [n] as it is, and the first change that makes the `chosen` send, or -1."""
    best, found = reach(membranes[0], True, True), np.full(len(chosen), -1)
    far = best < membranes[0].threshold // FAR
    for k, change in enumerate(changes):
        left = chosen & (found < 0) & (far | change.inhibited)
        if left.any():
            found[left & _passes(membranes, reach, change)] = k
    return best, found


def _changes(facts: Facts, population: Population) -> list[Change]:
    """What could be otherwise, the likeliest first."""
    n: Any = population.neuron
    main, into = sides(population)[0], facts.into(population)
    changes = []
    if main.interval and main.interval < facts.steps:
        text = f"u and v are reset every {main.interval} step{'s' * (main.interval > 1)}, before inputs add up"
        remedy = f"reset every {facts.steps} steps (a sample) or never"
        changes.append(Change(text, remedy, lambda m: replace(m, interval=0)))
    if np.any(main.bias < 0):
        text = f"the bias is too negative, down to {main.bias.min():,}"
        changes.append(Change(text, "raise the bias", lambda m: replace(m, bias=np.maximum(m.bias, 0))))
    if main.memory and n.dv >= HALF:
        text = _forgets("dv", n.dv, (4096 - n.dv) / 4096, "voltage")
        changes.append(Change(text, LOWER, lambda m: replace(m, dv=0)))
    if small := [f"exponent {p.format.exponent} of {p.name}" for p in into if p.format and p.format.exponent < 0]:
        changes.append(Change(f"{', '.join(small)} makes inputs too small", "raise the exponent", scaled=False))
    if main.memory and HALF <= n.du < NO_MEMORY:
        text = _forgets("du", n.du, (4095 - n.du) / 4096, "current")
        changes.append(Change(text, LOWER, lambda m: replace(m, du=0)))
    remedy = "weaken the negative weights, or strengthen the others"
    return [*changes, Change("inhibition outweighs excitation", remedy, inhibited=False)]


def _forgets(name: str, value: int, kept: float, state: str) -> str:
    return f"{name} {value} forgets within a step: it keeps {kept:.2%} of the {state}"


def _starved(facts: Facts, population: Population) -> tuple[str, str]:
    """Where many neurons of a layer below are silent: that in words, and the layer."""
    for p in facts.into(population):
        before = facts.network.population(p.pre)
        silent = int(np.sum(facts.sent(p.pre, p.pre_port) == 0))
        if p.pre != population.name and fires(before) and silent >= SOME * before.size:
            return f"; a consequence: {count_text(silent, before.size, 'neurons')} of '{p.pre}' are silent", p.pre
    return "", ""


def _unrecorded(population: Population, neurons: Mask) -> Cause:
    text = "the inputs of this run never made them send, although others could"
    barrier = "shift" if responds_once(population.neuron) else "threshold"
    return Cause(neurons, text, f"lower the {barrier}, or record some steps (traces=...) for the numbers")


def _cause(facts: Facts, population: Population, neurons: Mask, best: Ints, change: Change | None, what: str) -> Cause:
    """The cause that a change shows; without one, the threshold. The numbers are those of the neuron that comes
    nearest."""
    main = sides(population)[0].at(np.flatnonzero(neurons))
    nearest, unit = int(np.argmax(best - main.threshold)), 64 if main.memory else 1
    value, threshold = int(best[nearest]) // unit, int(main.threshold[nearest]) // unit
    numbers = {"highest": value, "threshold": threshold, "bias": int(main.bias[nearest])}
    if change:
        return Cause(neurons, f"{change.text}; they would send otherwise", change.remedy, numbers)
    return Cause(neurons, *_threshold(facts, population, value, threshold, what), numbers)


def _threshold(facts: Facts, population: Population, best: int, threshold: int, what: str) -> tuple[str, str]:
    """Cause and remedy where nothing but the threshold is to blame."""
    n, names = population.neuron, ", ".join(p.name for p in facts.into(population))
    if best <= 0:
        return f"nothing excites them: the largest input that {what} is {best:,}", f"give {names} positive weights"
    if best > threshold:
        return "the weights that the run ended with would make them send, those before did not", "learn longer"
    if responds_once(n):
        text = f"shift {n.shift} leaves nothing of sums below {threshold + 1:,}; the largest that {what} is {best:,}"
        return text, f"take a shift of at most {best.bit_length() - 1}"
    name = "vth_hi" if "vth_hi" in parameters_of(n) else "vth"
    kind = "voltage" if membrane_bits(n) else "input"
    times = max(threshold, 1) / best
    beyond = f"{times:.1f} times" if times >= 1.05 else "just beyond"
    text = f"the threshold is too high: {name} {threshold:,} is {beyond} the largest {kind} that {what}"
    more = max(1, int(np.ceil(np.log2(times))))
    return f"{text}, {best:,}", f"lower {name} below {best:,}, or raise the exponent of {names} by {more}"
