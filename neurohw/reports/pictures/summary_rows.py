"""Settings that are no numbers as rows, from the first of the grid down: each layer a mark with its error bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neurohw.ir.summary import LEARNED, RANDOM, RAW, Spread, Summary, accuracy
from neurohw.ir.sweep import Sweep
from neurohw.reports.pictures.style import COLOURS, lighter
from neurohw.reports.settings import setting_texts

ROWS_SHOWN = 60
APART = 0.22  # rows between layers of a setting
REFERENCES = ((RANDOM, "random network", "--", "x"), (RAW, "raw input", ":", "|"))
GREY = "#777777"


def draw_rows(sweep: Sweep, summary: Summary, panels: Sequence[Any]) -> None:
    """Fill one panel for each kind of labels, which share their rows."""
    settings = summary.settings[:ROWS_SHOWN]
    texts = setting_texts(sweep.short_axes, [setting.values for setting in settings])
    names = [f"{text or 'learned'}{' (failed)' * (not s.seeds)}" for s, text in zip(settings, texts)]
    if len(settings) < len(summary.settings):
        names[-1] += f"\nand {len(summary.settings) - len(settings)} more"
    for panel, labels in zip(panels, summary.labels):
        for layer in range(summary.layers, 0, -1):
            found = [(k, s.spreads.get(accuracy(LEARNED, labels, layer))) for k, s in enumerate(settings)]
            shift = APART * ((summary.layers - 1) / 2 - (summary.layers - layer))
            _marks(panel, [(k + shift, s) for k, s in found if s], layer, summary.layers)
        for network, text, style, marker in REFERENCES:
            means = [(k, s.mean) for k, x in enumerate(settings) if (s := x.reference(network, labels))]
            name = f"{text}, last layer" if network == RANDOM and summary.layers > 1 else text
            if len({mean for _, mean in means}) == 1:
                panel.axvline(100 * means[0][1], color=GREY, linestyle=style, linewidth=1.2, label=name, zorder=1)
            elif means:
                at = [100 * mean for _, mean in means]
                panel.plot(at, [k for k, _ in means], marker, color=GREY, markersize=5, label=name, zorder=1)
        panel.set_yticks(range(len(settings)), names)
        panel.set_ylim(len(settings) - 0.5, -0.5)
        panel.xaxis.set_major_formatter("{x:g}")
        panel.set_xlabel("classifier accuracy (%)", fontsize=9)
        panel.grid(axis="x", color="#EEEEEE")


def _marks(panel: Any, found: Sequence[tuple[float, Spread]], layer: int, layers: int) -> None:
    """One layer of all settings; lighter than the last."""
    if not found:
        return
    bars = [100 * (s.deviation or 0) for _, s in found] if any(s.deviation is not None for _, s in found) else None
    panel.errorbar(
        [100 * s.mean for _, s in found], [at for at, _ in found], xerr=bars,
        linestyle="none", marker="os^Dv"[(layers - layer) % 5], markersize=4, capsize=2, elinewidth=1,
        color=lighter(COLOURS[0], (layers - layer) / layers), label=f"layer {layer}", zorder=2,
    )  # fmt: skip
