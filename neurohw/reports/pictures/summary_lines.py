"""Accuracy along an axis of numbers: a line for each setting of the other axes, the last layer over earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.ticker import NullFormatter, NullLocator

from neurohw.ir.labels import labels as value_texts
from neurohw.ir.labels import numbers
from neurohw.ir.summary import LEARNED, RANDOM, RAW, Spread, Summarised, Summary, accuracy
from neurohw.ir.sweep import Sweep
from neurohw.reports.pictures.style import COLOURS, lighter
from neurohw.reports.settings import setting_texts

MARKERS = "os^Dv"
EARLIER = " (lighter)"  # of each line's own colour
REFERENCE = "#777777"
SPAN = 10  # largest over smallest value from which the axis is logarithmic
MARKED = 10  # values that get a tick each
ROOM = 40  # characters that fit below a panel, if all labels are as long as the longest
Curve = list[tuple[float, Spread]]


def draw_lines(sweep: Sweep, summary: Summary, along: int, panels: Sequence[Any]) -> None:
    """Fill one panel for each kind of labels; `along`: which of the settings' axes is x."""
    values = list({repr(s.values[along]): s.values[along] for s in summary.settings}.values())
    at, unit = numbers(values) or ((), "")
    places = {repr(value): number for value, number in zip(values, at)}
    groups: dict[str, list[Summarised]] = {}
    for setting in sorted(summary.settings, key=lambda s: places[repr(s.values[along])]):
        groups.setdefault(repr(_others(setting, along)), []).append(setting)
    axes = [axis for k, axis in enumerate(sweep.short_axes) if k != along]
    texts = setting_texts(axes, [_others(group[0], along) for group in groups.values()])
    for panel, labels in zip(panels, summary.labels):
        for number, (group, text) in enumerate(zip(groups.values(), texts)):
            line = [(places[repr(s.values[along])], s) for s in group]
            _learned(panel, line, labels, number, text, summary.layers)
        _references(panel, [[(places[repr(s.values[along])], s) for s in g] for g in groups.values()], labels, summary)
        _scale(panel, at, value_texts(values))
        name = sweep.short_axes[along]
        panel.set_xlabel(f"{name} ({unit})" if unit and unit != name else name, fontsize=9)
        panel.grid(axis="y", color="#EEEEEE")


def _others(setting: Summarised, along: int) -> tuple[Any, ...]:
    return setting.values[:along] + setting.values[along + 1 :]


Line = Sequence[tuple[float, Summarised]]


def _learned(panel: Any, line: Line, labels: str, number: int, text: str, layers: int) -> None:
    """The last layer of each setting, and lighter the layers before it, where some setting has more."""
    colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
    last = _curve(line, lambda s: s.last_layer(LEARNED, labels))
    several = len({s.layers for _, s in line if s.seeds}) > 1
    name = "last layer" if several or text else f"layer {layers}"
    _errorbars(panel, last, colour, marker, text or name, 1.6, 3)
    deepest = max((s.layers for _, s in line), default=0)
    for layer in range(deepest - 1, 0, -1):
        curve = _curve(line, lambda s, layer=layer: s.spreads.get(accuracy(LEARNED, labels, layer)))
        light = lighter(colour, (deepest - layer) / deepest)
        earlier = f"layer {layer}{EARLIER}" if text else f"layer {layer}"
        _errorbars(panel, curve, light, marker, earlier if number == 0 else None, 1.0, 2)


def _curve(line: Line, pick: Any) -> Curve:
    """What `pick` finds of the settings that have it."""
    return [(x, spread) for x, setting in line if (spread := pick(setting)) is not None]


def _errorbars(panel: Any, curve: Curve, colour: str, marker: str, text: str | None, width: float, over: int) -> None:
    """A line with error bars, where there is more than one seed."""
    if not curve:
        return
    bars = [100 * (s.deviation or 0) for _, s in curve] if any(s.deviation is not None for _, s in curve) else None
    panel.errorbar(
        [x for x, _ in curve], [100 * s.mean for _, s in curve], bars,
        marker=marker, markersize=4, capsize=3, linewidth=width, elinewidth=0.9, color=colour, label=text, zorder=over,
    )  # fmt: skip


def _references(panel: Any, lines: Sequence[Line], labels: str, summary: Summary) -> None:
    """The raw input and the last layer of the random network: level where all settings share it, else along x."""
    for network, text, style in ((RANDOM, "random network", "--"), (RAW, "raw input", ":")):
        name = "random network, last layer" if network == RANDOM and summary.layers > 1 else text
        curves = [_curve(line, lambda s, n=network: s.reference(n, labels)) for line in lines]
        means = [[(x, s.mean) for x, s in curve] for curve in curves if curve]
        different = [curve for k, curve in enumerate(means) if curve not in means[:k]]
        flat = {mean for curve in different for _, mean in curve}
        if len(flat) == 1:
            panel.axhline(100 * flat.pop(), color=REFERENCE, linestyle=style, linewidth=1.2, label=name, zorder=1)
            continue
        for number, curve in enumerate(different):
            colour = REFERENCE if len(different) == 1 else lighter(COLOURS[number % len(COLOURS)], 0.3)
            panel.plot(
                [x for x, _ in curve], [100 * mean for _, mean in curve], color=colour, linestyle=style,
                linewidth=1.2, label=name if number == 0 else None, zorder=1,
            )  # fmt: skip


def _scale(panel: Any, at: Sequence[float], texts: Sequence[str]) -> None:
    """A linear or logarithmic axis, with ticks at the values where these can be read."""
    if min(at) > 0 and max(at) >= SPAN * min(at):
        panel.set_xscale("log")
        panel.xaxis.set_minor_locator(NullLocator())
        panel.xaxis.set_minor_formatter(NullFormatter())
    if len(at) <= MARKED:
        turned = len(texts) * max(map(len, texts)) > ROOM
        panel.set_xticks(at, texts, rotation=20 if turned else 0, ha="right" if turned else "center")
    else:
        panel.xaxis.set_major_formatter("{x:g}")
