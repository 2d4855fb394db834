"""Layers that learn apart: every layer takes the activity of the one below as a constant, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from neurohw.ir.plasticity import Plasticity
from neurohw.ir.weights import LayerWeights
from neurohw.learning.encoder import activities
from neurohw.learning.objectives.loss import Objective
from neurohw.learning.rules import clapp, clapp_places, lpl
from neurohw.learning.rules.apply import update
from neurohw.learning.rules.clapp import Floats, preactivity
from neurohw.learning.rules.step import LayerStep, backward
from neurohw.spec import ClappSpec, LplSpec

Layers = Sequence[LayerWeights]
LayerRule = Callable[[LayerWeights, Floats, Floats, Floats], LayerStep]
Step = Callable[[Layers, Floats, Floats, Floats], list[LayerStep]]


def apart(rule: LayerRule) -> Step:
    """One rule in every layer, each on the activity of the layer below."""

    def step(layers: Layers, before: Floats, now: Floats, sameness: Floats) -> list[LayerStep]:
        steps: list[LayerStep] = []
        for layer in layers:
            steps.append(rule(layer, before, now, sameness))
            before, now = steps[-1].before, steps[-1].now
        return steps

    return step


def learned_rules(spec: ClappSpec) -> dict[str, Plasticity]:
    """CLAPP's rule of each array that learns; where a unit predicts itself, Wpred does not."""
    learned = clapp.rules(spec.retro)
    if spec.prediction == "identity":
        del learned["prediction"]
    return learned


def clapp_steps(spec: ClappSpec, own: Mapping[str, Plasticity] | None = None) -> Step:
    """CLAPP in every layer; `own`: rules of some arrays in place of CLAPP's. The bias learns as the weights do."""
    learned = learned_rules(spec)
    if own and "feedforward" in own:
        learned["bias"] = clapp.bias(own["feedforward"])
    learned |= own or {}

    def rule(
        layer: LayerWeights, before: Floats, now: Floats, sameness: Floats, top: Floats | None = None
    ) -> LayerStep:
        if layer.window is not None:
            return clapp_places.step(layer, before, now, sameness, spec.retro, learned)
        signals = clapp.signals(layer, before, now, sameness, spec.retro, top)
        updates = {name: update(plasticity, signals) for name, plasticity in learned.items()}
        loss = float(np.mean(clapp.hinge(signals["u"], sameness)))
        parts = {"gate": float(np.mean(signals["gamma"] != 0))}
        return LayerStep(loss, updates, signals["z_before"], signals["z"], parts)

    def from_the_top(layers: Layers, before: Floats, now: Floats, sameness: Floats) -> list[LayerStep]:
        top = activities(layers, before)[-1]
        return apart(partial(rule, top=top))(layers, before, now, sameness)

    return from_the_top if spec.prediction == "top" else apart(rule)


def lpl_steps(spec: LplSpec) -> Step:
    """LPL in every layer."""
    return apart(lambda layer, before, now, sameness: lpl.step(layer, before, now, spec.variance, spec.decorrelation))


def isolated_steps(objective: Objective) -> Step:
    """An objective in every layer, whose gradient ends there."""

    def rule(layer: LayerWeights, before: Floats, now: Floats, sameness: Floats) -> LayerStep:
        a_before, a = preactivity(layer, before), preactivity(layer, now)
        c, z = np.maximum(a_before, 0), np.maximum(a, 0)
        loss = objective.loss(c, z, sameness, layer.prediction)
        updates = backward(
            np.concatenate([loss.first, loss.second]), np.concatenate([a_before, a]), np.concatenate([before, now])
        )
        if loss.prediction is not None:
            updates["prediction"] = -loss.prediction
        return LayerStep(loss.value, updates, c, z, loss.parts)

    return apart(rule)
