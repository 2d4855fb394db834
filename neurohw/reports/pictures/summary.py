"""The summary of a sweep as a picture: accuracy with all and with few labels, mean and deviation over the seeds.

One axis of numbers becomes x, the others make lines (`summary_lines`); else every setting is a row (`summary_rows`).
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from neurohw.ir.labels import numbers
from neurohw.ir.summary import Summary
from neurohw.ir.sweep import Plain, Sweep
from neurohw.reports.pictures.style import figure
from neurohw.reports.pictures.summary_lines import EARLIER, draw_lines
from neurohw.reports.pictures.summary_rows import ROWS_SHOWN, draw_rows
from neurohw.reports.settings import failed_text, sweep_title

LINES = 8  # more cannot be told apart
TALL = 3.8  # inches of panels with lines
ROW, AROUND = 0.3, 1.2  # inches of a row, and of axis and legend
LEGEND = 100  # characters that fit in a line of the legend
REFERENCES = ("random network", "raw input")
TITLES = {"all": "all labels", "few": "few labels"}


def summary_picture(sweep: Sweep, summary: Summary) -> Figure:
    """One panel for each kind of labels. A sweep without any result is refused by its caller."""
    seeds = max(setting.seeds for setting in summary.settings)
    counted = [_counted(len(summary.settings), "setting"), _counted(seeds, "seed"), failed_text(sweep)]
    along = _along(sweep, summary)
    shown = min(len(summary.settings), ROWS_SHOWN)
    height = TALL if along is not None else ROW * shown + AROUND
    made, panels = figure(1, height, sweep_title(sweep, *counted), columns=len(summary.labels), sharey=True)
    for panel, labels in zip(panels, summary.labels):
        panel.set_title(_title(sweep, labels), fontsize=9)
        panel.set_axisbelow(True)
    if along is None:
        draw_rows(sweep, summary, panels)
    else:
        draw_lines(sweep, summary, along, panels)
        panels[0].set_ylabel("classifier accuracy (%)", fontsize=9)
    _legend(made, panels[0])
    return made


def _legend(made: Figure, panel: Any) -> None:
    """One legend below the panels: what was learned, earlier layers of all lines, then the references."""
    entries = dict(zip(*reversed(panel.get_legend_handles_labels())))
    texts = sorted(entries, key=lambda text: (text.startswith(REFERENCES), text.endswith(EARLIER)))
    columns = LEGEND // max(map(len, texts))
    options = {"loc": "outside lower center", "fontsize": 8, "frameon": False}
    made.legend([entries[t] for t in texts], texts, ncols=max(1, min(len(texts), columns)), **options)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _title(sweep: Sweep, labels: str) -> str:
    few = sweep.conditions.few
    return f"{few[0]} labels a class" if labels == "few" and len(few) == 1 else TITLES[labels]


def _along(sweep: Sweep, summary: Summary) -> int | None:
    """The axis that becomes x: of those of numbers, the one with most values. None if there is none, or if the other
    axes would make more lines than can be told apart."""
    found = []
    for k in range(len(sweep.settings_axes)):
        different = list({repr(s.values[k]): s.values[k] for s in summary.settings}.values())
        lines = len({repr(_without(s.values, k)) for s in summary.settings})
        if len(different) > 1 and numbers(different) and lines <= LINES:
            found.append((len(different), -k))
    return -max(found)[1] if found else None


def _without(values: tuple[Plain, ...], k: int) -> tuple[Plain, ...]:
    return values[:k] + values[k + 1 :]
