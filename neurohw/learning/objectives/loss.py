"""What an objective is: a loss of two batches of representations, and its gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from neurohw.data.sampling import Pairs

Floats = NDArray[Any]


@dataclass(frozen=True)
class Loss:
    """The mean loss of a batch, what it is made of, and its gradient.

    first, second: by the earlier and the later representations, [B, n] each; prediction: by Wpred [n, n], None for an
    objective without one.
    """

    value: float
    first: Floats
    second: Floats
    prediction: Floats | None = None
    parts: Mapping[str, float] = field(default_factory=dict)


class Objective(Protocol):
    """A loss on the host."""

    @property
    def pairs(self) -> Pairs:
        """How its batches are drawn: positive or negative pairs (one, both) or two views of each image (same)."""

    @property
    def predicts(self) -> bool:
        """Whether it learns a prediction matrix Wpred."""

    def loss(self, c: Floats, z: Floats, sameness: Floats, prediction: Floats | None) -> Loss:
        """Evaluate it for representations before and now [B, n], the sameness y [B] of each pair, and Wpred [n, n]."""
