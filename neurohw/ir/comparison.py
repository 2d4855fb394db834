"""Rows of models on chips, side by side: what they reach and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurohw.ir.context import ContextRow
from neurohw.ir.cost import CostReport


@dataclass(frozen=True)
class Accuracy:
    """Accuracies of a linear classifier as fractions; lists run over layers, raw is the input itself."""

    raw_all: float
    random_all: tuple[float, ...]
    learned_all: tuple[float, ...]
    raw_few: float
    random_few: tuple[float, ...]
    learned_few: tuple[float, ...]


@dataclass(frozen=True)
class ComparisonRow:
    """One model, chip and backend: the accuracy of the run and what its inference and its learning cost there.

    `steps`: time steps of one input, 1 for payloads. `learned`: where ('chip', 'host', or '' for a network that was
    given) and for how many `fixations` (steps of training on the host); `rounding`: of weights learned on a chip.
    `curves`: signal -> its mean over equal parts of the learning run, such as 'layer 1 gate'. `accuracy`: None for
    networks without labelled data.
    """

    target: str
    backend: str
    accuracy: Accuracy | None
    inference: CostReport
    learning: CostReport | None
    steps: int = 1
    seed: int = 0
    data: str = ""
    learned: str = ""
    fixations: int | None = None
    rounding: str = ""
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.inference.model

    @property
    def reports(self) -> tuple[CostReport, ...]:
        """Of inference, and of learning if it happened on the chip."""
        return (self.inference, self.learning) if self.learning else (self.inference,)


@dataclass(frozen=True)
class Comparison:
    """Rows side by side; `baseline`: the row that ratios refer to. `provenance`: versions that made it; `context`: the
    operations of the baseline's network on other machines, for orientation."""

    rows: tuple[ComparisonRow, ...]
    baseline: int = 0
    provenance: Mapping[str, Any] = field(default_factory=dict)
    context: tuple[ContextRow, ...] = ()
