"""End to end: one objective at the top, its gradient back through all layers (what locality is measured against)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurohw.ir.weights import LayerWeights
from neurohw.learning.encoder import dense
from neurohw.learning.local import Layers
from neurohw.learning.objectives.loss import Loss, Objective
from neurohw.learning.rules.clapp import Floats, preactivity
from neurohw.learning.rules.step import backward


def start_head(units: int, n: int, rng: np.random.Generator) -> tuple[LayerWeights, ...]:
    """Draw a projection head: a ReLU layer and a linear one, `units` each; none for 0 units."""
    return (dense(units, n, rng), dense(units, units, rng)) if units else ()


def network_step(
    objective: Objective, layers: Layers, head: Layers, before: Floats, now: Floats, sameness: Floats
) -> tuple[Loss, list[dict[str, Floats]]]:
    """Return the loss at the top and, for each layer and then each of the head, what to add times a rate."""
    every = [*layers, *head]
    inputs, sums = _forward(every, np.concatenate([before, now]))
    top = sums[-1] if head else np.maximum(sums[-1], 0)
    loss = objective.loss(top[: len(before)], top[len(before) :], sameness, layers[-1].prediction)
    gradient = np.concatenate([loss.first, loss.second])
    updates: list[dict[str, Floats]] = []
    for k in range(len(every) - 1, -1, -1):
        a = np.ones_like(sums[k]) if head and k == len(every) - 1 else sums[k]  # the head's last layer is linear
        updates.append(backward(gradient, a, inputs[k]))
        gradient = (gradient * (a > 0)) @ every[k].feedforward
    updates.reverse()
    if loss.prediction is not None:
        updates[len(layers) - 1]["prediction"] = -loss.prediction
    return loss, updates


def _forward(layers: Sequence[LayerWeights], x: Floats) -> tuple[list[Floats], list[Floats]]:
    """What goes into each layer [B, m] and its sums W x + b [B, n]."""
    inputs, sums = [], []
    for layer in layers:
        inputs.append(x)
        sums.append(preactivity(layer, x))
        x = np.maximum(sums[-1], 0)
    return inputs, sums
