"""Readouts that learned on the chip, beside a linear classifier on the host: accuracy against samples, and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurohw.ir.cost import CostReport

SHARE = 0.9  # of the classifier's accuracy, at which samples are counted


@dataclass(frozen=True)
class ReadoutCurve:
    """One readout on one network, both tuples over `presentations`: `accuracy` on test images without noise or learning
    after so many, and `running`, the share of right actions since the mark before, on training views and with noise.

    network: `random` or `learned`; rule: `reward` (three factors) or `delta`; probe: accuracy of a linear classifier on
    the same features; costs: of the learning run, on each chip.
    """

    network: str
    rule: str
    probe: float
    presentations: tuple[int, ...]
    accuracy: tuple[float, ...]
    running: tuple[float, ...]
    costs: tuple[CostReport, ...] = ()

    @property
    def final(self) -> float:
        """Accuracy on test images at the end."""
        return self.accuracy[-1]

    @property
    def of_probe(self) -> float:
        """The same, as a fraction of the linear classifier's."""
        return self.final / self.probe

    def needed(self, share: float = SHARE) -> int | None:
        """Presentations at the first mark with `share` of the classifier's accuracy; None if there is no such mark."""
        return next((n for n, a in zip(self.presentations, self.accuracy) if a >= share * self.probe), None)


@dataclass(frozen=True)
class Readouts:
    """All curves of one model and seed; `weights` says where the learned layers come from."""

    model: str
    data: str
    seed: int
    weights: str
    curves: tuple[ReadoutCurve, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
