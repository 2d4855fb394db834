"""What a diagnosis says: findings with their place, numbers, cause and remedy, the cause before its consequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
MANY, SOME = 0.9, 0.25  # share of a population's neurons from which on it is an error, and a warning
SCHEMA = "neurohw.diagnosis/1"
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong at `place`, a population or projection.

    `affected` of `total`: neurons, synapses, updates or fixations, as `what` says. `follows`: the place upstream whose
    finding explains this one; empty for a cause of its own.
    """

    severity: Severity
    place: str
    what: str
    cause: str
    remedy: str = ""
    affected: int = 0
    total: int = 0
    numbers: Mapping[str, float] = field(default_factory=dict)
    follows: str = ""

    def __str__(self) -> str:
        lines = [f"{self.severity}: {self.place}: {self.what}", f"    cause: {self.cause}"]
        return "\n".join([*lines, f"    remedy: {self.remedy}"] if self.remedy else lines)


@dataclass(frozen=True)
class Cause:
    """Why some neurons [n] of a population are silent; see `Finding`."""

    neurons: Mask
    text: str
    remedy: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    follows: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All findings, causes before their consequences and the gravest first."""

    findings: tuple[Finding, ...]

    def text(self) -> str:
        """The findings, one after the other."""
        return "\n".join(map(str, self.findings)) or "no findings"

    __str__ = text

    def document(self) -> dict[str, Any]:
        """`neurohw.diagnosis/1`: the same as JSON-ready values."""
        return {"schema": SCHEMA, "findings": [asdict(finding) for finding in self.findings]}


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
