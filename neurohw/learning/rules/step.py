"""What a local rule returns for one layer and one batch, and how a gradient by activity becomes one by weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurohw.learning.rules.clapp import Floats


@dataclass(frozen=True)
class LayerStep:
    """The mean loss of a batch; what to add, times a rate, to each learned array of the layer, by its name in
    `LayerWeights`; the activity before and now [B, n], which the next layer reads; and the parts of the loss."""

    loss: float
    updates: Mapping[str, Floats]
    before: Floats
    now: Floats
    parts: Mapping[str, float] = field(default_factory=dict)


def backward(gradient: Floats, a: Floats, x: Floats) -> dict[str, Floats]:
    """Return minus the gradient of a loss by W and b of z = relu(a), a = W x + b, given dL/dz [B, n] and x [B, m]."""
    delta = gradient * (a > 0)
    return {"feedforward": -(delta.T @ x), "bias": -delta.sum(axis=0)}
