"""Neurons that send in every step, and numbers that left their range, with how often they could have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurohw.diagnosis.excitation import is_bounded, sides
from neurohw.diagnosis.facts import Facts
from neurohw.diagnosis.finding import MANY, SOME, count_text, severity_of
from neurohw.diagnosis.learning import on_rails
from neurohw.ir.diagnosis import Finding, Severity
from neurohw.ir.network import Population
from neurohw.ir.neurons import counts_spikes, membrane_bits

ALWAYS, ENOUGH = 0.9, 20  # share of the steps in which a saturated neuron spikes; steps that say something
# what overflows -> of what, error from this share on, warning from that, cause, remedy
OVERFLOWS: dict[str, tuple[str, float, float, str, str]] = {
    "current wrapped": (
        "updates", 0.01, 0.0, "the current left 24 bits and came out with the other sign",
        "lower the exponent of its projections or their weights, or raise du",
    ),
    "voltage saturated": (
        "updates", 0.01, 0.0, "the voltage left 24 bits and was clipped",
        "lower the exponent of its projections, the bias or the threshold, or raise dv",
    ),
    "payload clipped": (
        "activities", 0.25, 0.01, "sums beyond the largest payload are all sent as the same number",
        "raise the shift of the neurons (activity_shift) by 1 or more",
    ),
    "prediction clipped": (
        "predictions", 0.25, 0.01, "predictions beyond 127 are all the same number", "raise prediction_shift",
    ),
    "accumulator beyond its bits": (
        "sums", 0.01, 0.0, "sums of inputs need more bits than the chip's accumulator has",
        "lower the exponent, the weights or the number of inputs, or raise the shift",
    ),
    "weight at its rail": (
        "updates of weights", 0.5, 0.05, "updates go beyond the range of the weights",
        "lower the rate of the rule, or raise weight_exponent",
    ),
    "tag at its rail": (
        "updates of tags", 0.5, 0.05, "tags go beyond their range", "lower the rate of the rule, or raise its shift",
    ),
    "input clipped": (
        "inputs", 0.05, 0.0, "inputs of the arrays have more bits than their drivers take",
        "send smaller payloads, or a chip with more input_bits",
    ),
    "conversion clipped": (
        "conversions", 0.25, 0.02, "sums of the arrays are beyond the range of the analogue-digital converters",
        "calibrate on inputs like these, take more adc_bits, or drive fewer rows at a time",
    ),
    "cell at the end of its range": (
        "pulses", 0.5, 0.05, "pulses drive cells beyond their least or largest conductance",
        "lower the rate of the rule, take a chip with finer pulses, or refresh cells more often",
    ),
    "product saturated": (
        "updates", 0.5, 0.05, "products of the rule go beyond 16 bits", "lower its exponent or mantissa",
    ),
}  # fmt: skip


def saturated(facts: Facts) -> Iterator[Finding]:
    """Populations with neurons that spike in nearly every step in which they can."""
    for population in facts.network.populations:
        n: Any = population.neuron
        if not membrane_bits(n):
            continue
        first = facts.arrival.get(population.name, 1) if facts.rests else 1
        each = n.steps if counts_spikes(n) else max(0, facts.steps - first + 1)
        possible = facts.samples * each
        always = facts.sent(population.name) >= ALWAYS * possible
        count = int(always.sum())
        if count and possible >= ENOUGH:
            cause, remedy = _why_always(population, always)
            yield Finding(
                severity_of(count / population.size, MANY, SOME), population.name,
                f"{count_text(count, population.size, 'neurons')} spiked in nearly every step", cause, remedy,
                count, population.size, {"possible": possible, "spikes": int(facts.sent(population.name).max())},
            )  # fmt: skip


def _why_always(population: Population, always: Any) -> tuple[str, str]:
    """Cause and remedy of neurons that spike all the time."""
    if not is_bounded(population):
        remedy = f"weaken them, or see what it does: neurohw trace RUN {population.name} {np.flatnonzero(always)[0]}"
        return "what arrives makes its program send", remedy
    side = sides(population)[0].at(always)
    if np.all(side.bias > side.threshold):
        text = f"the bias alone, {side.bias.min():,} a step, is beyond the threshold of {side.threshold.max():,}"
        return f"{text} (vth * 64)", "lower the bias, or raise vth"
    vth = int(side.threshold.max()) // 64
    return f"the threshold, vth {vth:,}, is low for their inputs", "raise vth, or lower the exponent of the weights"


def overflows(facts: Facts) -> Iterator[Finding]:
    """What left its range: k of n."""
    railed = {finding.place for finding in on_rails(facts)}
    for name, count in facts.run.activity.overflows.items():
        place, _, kind = name.partition(": ")
        known = OVERFLOWS.get(kind)
        if known is None:
            yield Finding("warning", place, f"{kind}, {count:,} times", "numbers left their range", affected=count)
            continue
        of, error, warning, cause, remedy = known
        total = max(count, _possible(facts, place, of))
        severity: Severity = severity_of(count / total, error, warning)
        follows = next((p.name for p in facts.network.into(place) if p.name in railed), "")
        if follows:
            cause, remedy = f"a consequence: the weights of {follows} have learned themselves to their rails", ""
        what = f"{kind} in {count_text(count, total, of)}"
        yield Finding(severity, place, what, cause, remedy, count, total, follows=follows)


def _possible(facts: Facts, place: str, of: str) -> int:
    """How many there were: updates of neurons, activities and predictions one a sample, sums, what
    arrays took and converted, or visits of learning."""
    activity = facts.run.activity
    if place in activity.populations:
        size = facts.network.population(place).size
        return size * (facts.samples if of in ("activities", "predictions") else activity.steps)
    if of == "sums":
        projection = next(p for p in facts.network.projections if p.name == place)
        return int(projection.weight.shape[0]) * activity.steps
    if of == "inputs":
        return int(activity.projections[place].events.sum())
    if of in ("conversions", "pulses"):
        return int(getattr(activity.arrays[place], of)) if place in activity.arrays else 0
    return activity.projections[place].learning_visited
