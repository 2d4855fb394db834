"""How grave a finding is, what explains what, and the order in which findings are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.diagnosis import Finding, Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
MANY, SOME = 0.9, 0.25  # share of a population's neurons from which on it is an error, and a warning
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cause:
    """Why some neurons [n] of a population are silent; see `Finding`."""

    neurons: Mask
    text: str
    remedy: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    follows: str = ""


def in_order(findings: list[Finding], depth: Mapping[str, float]) -> tuple[Finding, ...]:
    """The gravest first, each no later than what follows from it; then upstream (small `depth`) before downstream."""
    grave = {finding.place: len(SEVERITIES) for finding in findings}
    for finding in findings:
        grave[finding.place] = min(grave[finding.place], SEVERITIES.index(finding.severity))
    explained = dict.fromkeys(grave, len(SEVERITIES))  # the gravest of what follows from a place
    for finding in findings:
        place, seen, rank = finding.follows, set[str](), SEVERITIES.index(finding.severity)
        while place and place not in seen:
            seen.add(place)
            explained[place] = min(explained.get(place, rank), rank)
            place = next((f.follows for f in findings if f.place == place and f.follows), "")

    def key(finding: Finding) -> tuple[int, bool, float]:
        rank = SEVERITIES.index(finding.severity)
        if not finding.follows and rank == grave[finding.place]:
            rank = min(rank, explained[finding.place])
        return rank, bool(finding.follows), depth.get(finding.place, 0)

    return tuple(sorted(findings, key=key))


def severity_of(share: float, error: float, warning: float) -> Severity:
    """Error from a share of `error` on, warning from `warning` on, else a note."""
    return "error" if share >= error else "warning" if share >= warning else "note"


def count_text(affected: int, total: int, what: str) -> str:
    """'3 of 4 neurons (75%)'."""
    share = affected / total if total else 0.0
    return f"{affected:,} of {total:,} {what} ({share:.0%})" if share >= 0.01 else f"{affected:,} of {total:,} {what}"
