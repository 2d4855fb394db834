"""Learning that does not: gates that are always open or shut, weights that nothing writes or that lie on the rails."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurohw.diagnosis.facts import Facts
from neurohw.diagnosis.finding import count_text, severity_of
from neurohw.ir.diagnosis import Finding
from neurohw.ir.network import Population, Projection
from neurohw.ir.neurons import Neuron

OPEN = 0.995  # share of the fixations with a sign in which a gate that never shuts is open
ENOUGH = 20  # fixations that say something about a gate


def gates(facts: Facts) -> Iterator[Finding]:
    """Hinges whose gate was never open, or never shut."""
    for population in facts.network.populations:
        neuron = population.neuron
        if "gamma" not in neuron.outputs:
            continue
        signed = sum(int(facts.sent(p.pre, p.pre_port).sum()) for p in facts.into(population, "sameness"))
        opened = int(facts.sent(population.name, "gamma").sum())
        if not opened:
            yield _never_open(facts, population, neuron, signed)
        elif signed >= ENOUGH and opened >= OPEN * signed:
            yield _never_shut(facts, population, neuron, opened, signed)


def _similarities(facts: Facts, population: Population, neuron: Neuron) -> tuple[int, int] | None:
    """Smallest and largest y u that the loss shows (where it is positive it is theta - y u); None if not recorded."""
    loss = facts.run.totals.get(f"{population.name}.loss")
    if loss is None or not np.any(loss):
        return None
    shown = neuron.theta - loss[loss > 0]
    return int(shown.min()), int(shown.max())


def _never_open(facts: Facts, population: Population, neuron: Neuron, signed: int) -> Finding:
    what = f"the gate was never open in {facts.samples:,} fixations"
    if not signed:
        source = next((p.pre for p in facts.into(population, "sameness")), "")
        cause = (
            f"a consequence: '{source}' never said whether the object was the same" if source else "no sameness signal"
        )
        remedy = "" if source else "add a source of the signs and a projection to 'sameness'"
        return Finding("error", population.name, what, cause, remedy, 0, facts.samples, follows=source)
    if not any(np.any(facts.sent(p.pre, p.pre_port)) for p in facts.into(population, "score")) and neuron.theta <= 0:
        cause = f"all scores are 0, and the margin theta = {neuron.theta} is met by that"
    else:
        cause = f"the margin theta = {neuron.theta} is met in every fixation: y u is never below it"
    remedy = "raise theta above the similarities (chip.theta), or raise score_shift"
    return Finding("error", population.name, what, cause, remedy, 0, facts.samples, {"theta": neuron.theta})


def _never_shut(facts: Facts, population: Population, neuron: Neuron, opened: int, signed: int) -> Finding:
    what = f"the gate was open in {count_text(opened, signed, 'fixations with a sign')}"
    layers = [p.pre for p in facts.into(population, "score")]
    if not any(np.any(facts.sent(p.pre, p.pre_port)) for p in facts.into(population, "score")):
        dead = next((name for name in layers if not np.any(facts.sent(name))), "")
        if dead:
            cause = f"a consequence: '{dead}' is silent, so its score is 0"
            return Finding("error", population.name, what, cause, "", opened, signed, follows=dead)
        unlearned = (p.name for name in layers for p in facts.network.into(name) if _unlearned(facts, p))
        if follows := next(unlearned, ""):
            cause = f"a consequence: all scores are 0, as {follows} has not learned to predict"
            return Finding("error", population.name, what, cause, "", opened, signed, follows=follows)
        cause = "all scores are 0: predictions are zero, or score_shift leaves nothing of them"
        remedy = "lower prediction_shift or score_shift, or start from other predictive weights"
        return Finding("error", population.name, what, cause, remedy, opened, signed, {"theta": neuron.theta})
    seen = _similarities(facts, population, neuron)
    cause = f"the margin theta = {neuron.theta} is beyond every similarity"
    cause += f": y u is {seen[0]:,}..{seen[1]:,}" if seen else ""
    remedy = "lower theta (chip.theta), lower score_shift, or learn longer: gates shut as predictions grow"
    numbers = {"theta": neuron.theta, **(dict(zip(("lowest", "highest"), seen)) if seen else {})}
    return Finding("warning", population.name, what, cause, remedy, opened, signed, numbers)


def unwritten(facts: Facts) -> Iterator[Finding]:
    """Plastic projections of which learning changed nothing."""
    for p in facts.network.projections:
        counts = facts.run.activity.projections[p.name]
        if p.plasticity is None or counts.learning_written:
            continue
        size = int(np.prod(p.weight.shape))
        what = f"none of {size:,} synapses changed in {counts.learning_epochs:,} epochs"
        gate = next((g.pre for g in facts.network.into(p.post) if g.post_port == "gate"), "")
        post, shut = facts.network.population(p.post), gate and not np.any(facts.sent(gate, _port(facts, gate)))
        if not counts.learning_epochs:
            epoch = p.plasticity.chip.epoch if p.plasticity.chip else 0
            cause = f"an epoch has {epoch} steps, and the run {facts.run.activity.steps}"
            yield Finding("error", p.name, what, cause, "run longer", 0, size)
        elif not np.any(facts.sent(p.pre, p.pre_port)):
            cause = f"a consequence: '{p.pre}' sent nothing"
            yield Finding("error", p.name, what, cause, "", 0, size, follows=p.pre)
        elif shut:
            cause = f"a consequence: the gate of '{gate}' never opened"
            yield Finding("error", p.name, what, cause, "", 0, size, follows=gate)
        elif "out" in post.neuron.outputs and not np.any(facts.sent(p.post)):
            cause = f"a consequence: '{p.post}' is silent"
            yield Finding("error", p.name, what, cause, "", 0, size, follows=p.post)
        else:
            cause = f"{counts.learning_visited:,} synapses were looked at, and every update was rounded to nothing"
            remedy = "raise the rate of the rule (its mantissas and exponents), learn longer, or round per_synapse"
            yield Finding(
                "note" if _others_learn(facts, p) else "error",
                p.name,
                what,
                cause,
                remedy,
                0,
                size,
                {"visited": counts.learning_visited},
            )


def _unlearned(facts: Facts, p: Projection) -> bool:
    """Whether a projection predicts, and no learning has changed it."""
    learns = p.post_port == "prediction" and p.plasticity is not None
    return learns and not facts.run.activity.projections[p.name].learning_written


def _others_learn(facts: Facts, projection: Projection) -> bool:
    """Whether another projection into the same neurons learned: predictions may have to grow first."""
    into = facts.network.into(projection.post)
    return any(facts.run.activity.projections[p.name].learning_written for p in into)


def _port(facts: Facts, name: str) -> str:
    ports: tuple[str, ...] = facts.network.population(name).neuron.outputs
    return ports[0]


def on_rails(facts: Facts) -> Iterator[Finding]:
    """Learned weights at the smallest or largest value of their format, where they did not start there."""
    started = {p.name: p for p in facts.start.projections}
    for name, learned in facts.run.learned.items():
        p = started[name]
        if p.format is None or not p.nonzero().size:
            continue
        low, high = p.format.range
        before = p.matrix.toarray() if p.sparse else p.weight
        reached = ((learned.weight <= low) & (low < 0)) | (learned.weight >= high) & (high > 0)
        count, size = int(np.sum(reached & (learned.weight != before))), learned.weight.size
        if count / size < 0.05:
            continue
        yield Finding(
            severity_of(count / size, 0.25, 0.1), name,
            f"{count_text(count, size, 'weights')} have learned themselves to a rail, {low} or {high}",
            "updates are too large for the range, or go one way only",
            "lower the rate of the rule, raise weight_exponent, or add a term that decays weights",
            count, size, {"low": low, "high": high},
        )  # fmt: skip
