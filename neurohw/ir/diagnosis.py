"""What a diagnosis says: findings with their place, numbers, cause and remedy, the cause before its consequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SCHEMA = "neurohw.diagnosis/1"


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
