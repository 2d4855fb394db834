"""What the benchmarks found, as a line, a table and a picture."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

RESULTS = Path(__file__).parents[1] / "bench" / "results"


class Asked(NamedTuple):
    """The least ratios to Lava and to the fastest other peer, and the least share of the machine's limit."""

    lava: float
    other: float
    limit: float | None


@dataclass(frozen=True)
class Row:
    """Seconds that one workload takes: ours, Lava's, those of other peers, and the least that the machine allows."""

    label: str
    ours: float
    lava: float | None
    peers: Mapping[str, float]
    least: float

    @property
    def fastest(self) -> str:
        """The fastest peer but Lava."""
        return min(self.peers, key=self.peers.__getitem__)

    @property
    def ratios(self) -> tuple[float | None, float, float]:
        """To Lava, to the fastest other peer, and the share of the limit."""
        return self.lava and self.lava / self.ours, self.peers[self.fastest] / self.ours, self.least / self.ours

    def cells(self, asked: Asked) -> tuple[str, ...]:
        """Workload, time, ratios with what is asked."""
        to_lava, to_other, share = self.ratios
        lava = f"{to_lava:,.0f} (asked {asked.lava:,.0f})" if to_lava else "no Lava here"
        other = f"{to_other:.1f}, {self.fastest} (asked {asked.other:g})"
        limit = f"{share:.0%}" + (f" (asked {asked.limit:.0%})" if asked.limit else "")
        return self.label, f"{1e3 * self.ours:.3g} ms", lava, other, limit

    def text(self, asked: Asked) -> str:
        """One line."""
        label, time, lava, other, limit = self.cells(asked)
        return f"{label}: {time}; times Lava {lava}; times the fastest other {other}; of the limit {limit}"

    def meets(self, asked: Asked) -> bool:
        """Whether all that is asked holds."""
        to_lava, to_other, share = self.ratios
        return (to_lava or asked.lava) >= asked.lava and to_other >= asked.other and share >= (asked.limit or 0)


def machine() -> str:
    """The processor, as the system calls it, and its number of cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {len(names) or '?'} cores"


def written(rows: Sequence[Row], asked: Mapping[str, Asked]) -> None:
    """Write workloads.md and workloads.png to RESULTS."""
    if not rows:
        return
    RESULTS.mkdir(exist_ok=True)
    head = ("workload", "a run of 128 steps", "times Lava", "times the fastest other", "of this machine's limit")
    table = [head, ("---",) * len(head), *(row.cells(asked[row.label]) for row in rows)]
    when = f"{datetime.now(timezone.utc):%Y-%m-%d}, {machine()}, one thread"
    lines = [f"Measured {when}, by `make bench`.", "", *("| " + " | ".join(cells) + " |" for cells in table)]
    (RESULTS / "workloads.md").write_text("\n".join(lines) + "\n")
    _picture(rows, when).savefig(RESULTS / "workloads.png", dpi=120)


def _picture(rows: Sequence[Row], when: str) -> plt.Figure:
    """Times of all by workload, on a logarithmic axis."""
    figure, axes = plt.subplots(figsize=(9, 0.7 * len(rows) + 1.6), layout="constrained")
    kinds = {"limit of the machine": "0.75", "neurohw": "C0", "numpy": "C1", "Brian2 C++": "C2", "Lava": "C3"}
    for y, row in enumerate(rows):
        times = {"limit of the machine": row.least, "neurohw": row.ours, **row.peers}
        times |= {"Lava": row.lava} if row.lava else {}
        axes.plot(sorted(times.values()), [y] * len(times), color="0.85", zorder=1)
        for kind, seconds in times.items():
            axes.scatter(seconds, y, color=kinds[kind], s=50, zorder=2)
    for kind, colour in kinds.items():
        axes.scatter([], [], color=colour, label=kind)
    axes.set(xscale="log", xlabel="seconds for 128 steps", title=f"One network, several simulators\n{when}")
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.invert_yaxis()
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=5, frameon=False)
    return figure
