"""Accuracy against the energy of a sample, one mark a setting; those of the Pareto front are numbered."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter

from neurohw.ir.sweep import Setting, Sweep
from neurohw.reports.pictures.style import COLOURS, figure
from neurohw.reports.settings import failed_text, setting_texts, sweep_title

LISTED = 12  # members of the front that are named under the picture
SPAN = 20  # largest over smallest energy from which the axis is logarithmic
LOG_LINE = 0.16  # inches of a line under the picture


def pareto_picture(sweep: Sweep) -> Figure:
    """Settings of a sweep with a known energy, mean and standard deviation over the seeds; the front as a staircase."""
    settings = [s for s in sweep.settings if s.energy is not None]
    front = sweep.front
    title = sweep_title(sweep, *_counted(sweep, settings))
    made, (axis,) = figure(1, 3.9 + LOG_LINE * min(len(front), LISTED), title)
    others = [s for s in settings if s not in front]
    for group, colour, label in ((others, "#777777", "other settings"), (front, COLOURS[1], "Pareto front")):
        if group:
            axis.errorbar(
                [s.energy for s in group], [100 * s.accuracy for s in group],
                [100 * s.spread for s in group] if any(s.seeds > 1 for s in settings) else None,
                linestyle="none", marker="o", markersize=5, capsize=2, elinewidth=0.8, color=colour, label=label,
                zorder=3 if group is front else 2,
            )  # fmt: skip
    if front:
        axis.step([s.energy for s in front], [100 * s.accuracy for s in front], where="post", color=COLOURS[1], lw=1)
        for number, setting in enumerate(front, 1):
            at = setting.energy, 100 * setting.accuracy
            axis.annotate(str(number), at, (-5, 6), textcoords="offset points", ha="right", fontsize=8)
        made.supxlabel(_listed(sweep, front), x=0.02, ha="left", fontsize=7)
    energies = [s.energy for s in settings if s.energy]
    if energies and max(energies) > SPAN * min(energies):
        axis.set_xscale("log")
    axis.xaxis.set_major_formatter(EngFormatter("J"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("dynamic energy of a sample", fontsize=9)
    axis.set_ylabel("classifier accuracy, last layer,\nall labels (%)", fontsize=9)
    axis.grid(color="#EEEEEE")
    if settings:
        axis.legend(fontsize=8, frameon=False)
    return made


def _counted(sweep: Sweep, settings: list[Setting]) -> list[str]:
    """How many settings there are, and how many are left out."""
    parts = [f"{len(settings)} settings"]
    seeds = max((s.seeds for s in settings), default=1)
    parts += [f"{seeds} seeds"] if seeds > 1 else []
    parts += [f"{missing} without a price"] if (missing := len(sweep.settings) - len(settings)) else []
    return [*parts, failed_text(sweep)]


def _listed(sweep: Sweep, front: tuple[Setting, ...]) -> str:
    texts = setting_texts(sweep.short_axes, [s.values for s in front[:LISTED]])
    lines = [f"{k}: {text or 'all seeds'}" for k, text in enumerate(texts, 1)]
    return "\n".join([*lines, *([f"and {len(front) - LISTED} more"] if len(front) > LISTED else [])])
