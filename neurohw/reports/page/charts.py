"""The charts of the page, as data for plotly.js: colours and sizes are the page's, numbers those of the comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurohw.ir.comparison import Comparison, ComparisonRow
from neurohw.ir.cost import Band, CostReport
from neurohw.reports.cells import units_in
from neurohw.reports.document import energy_per_sample
from neurohw.reports.facts import ALL_IN, row_names
from neurohw.reports.sensitivity import UNKNOWN, Swing, swings

# Okabe and Ito's colours: told apart by colour-blind readers, and on light and dark ground
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C00", "#999999")
DASHES = ("solid", "dash", "dot", "dashdot")
LINE, FIXED = 26, 130  # pixels a row of a bar chart takes, and what is around them
PRICED = "Dots: nominal, bars: low to high, of what has a price; the tables say what has none."
MARGIN = 5  # percent of accuracy above and below all points: small differences look small


@dataclass(frozen=True)
class Chart:
    """One chart: `figure` for plotly.js, `height` [px], and in words what it shows."""

    key: str
    title: str
    shows: str
    figure: Mapping[str, Any]
    height: int = 420


def charts(comparison: Comparison) -> list[Chart]:
    """All charts that the comparison has data for."""
    rows, names = comparison.rows, row_names(comparison.rows)
    made = (
        _pareto(rows, names),
        _energy(rows, names),
        _shares(rows, names),
        _latency(rows, names),
        _sensitivity(swings(rows), rows, names),
        _curves(rows, names),
        _rates(rows, names),
    )
    return [chart for chart in made if chart is not None]


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of (cost, merit) points that no other beats in both, by cost."""
    best, found = -math.inf, []
    for k in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if points[k][1] > best:
            best = points[k][1]
            found.append(k)
    return found


def _pareto(rows: Sequence[ComparisonRow], names: Sequence[str]) -> Chart | None:
    """Accuracy of the last layer against energy of a sample; all-in figures are left out."""
    points = []
    for name, row in zip(names, rows):
        energy = energy_per_sample(row.inference, learning=False)
        if (
            row.accuracy
            and row.accuracy.learned_all
            and energy
            and energy.nominal > 0
            and row.inference.scope != ALL_IN
        ):
            points.append((name, energy, 100 * row.accuracy.learned_all[-1], bool(row.inference.without)))
    if not points:
        return None
    labels: dict[tuple[float, float], str] = {}
    for k, (_, energy, score, _) in enumerate(points):
        at = energy.nominal, score
        labels[at] = f"{labels[at]}, {k + 1}" if at in labels else str(k + 1)
    traces = [
        {
            "type": "scatter", "mode": "markers+text", "name": f"{k + 1}  {name}", "x": [energy.nominal], "y": [score],
            "text": [labels.pop((energy.nominal, score), "")], "textposition": "top center", "cliponaxis": False,
            "error_x": _spread([energy]),
            "marker": {"size": 11, "color": COLOURS[k % len(COLOURS)], "symbol": "circle-open" if gaps else "circle"},
            "hovertemplate": f"{name}<br>{'>=' * gaps}%{{x:.3s}}J a sample<br>%{{y:.1f}} %<extra></extra>",
        }
        for k, (name, energy, score, gaps) in enumerate(points)
    ]  # fmt: skip
    best = front([(energy.nominal, score) for _, energy, score, _ in points])
    line = {
        "type": "scatter", "mode": "lines", "name": "front", "hoverinfo": "skip",
        "x": [points[k][1].nominal for k in best], "y": [points[k][2] for k in best],
        "line": {"dash": "dot", "width": 1.5, "color": "#888888", "shape": "hv"},
    }  # fmt: skip
    scores = [score for _, _, score, _ in points]
    ends = [max(0, min(scores) - MARGIN), min(100, max(scores) + MARGIN)]
    accuracy = {"title": {"text": "accuracy, last layer [%]"}, "range": ends}
    layout = {"xaxis": _log("energy / sample [J]"), "yaxis": accuracy}
    shows = (
        "Up and left is better. Bars: low to high. Open circles: a part of the energy has no price, and the point lies "
        "further to the right; the front takes them where they are."
    )
    return Chart("pareto", "Accuracy against energy", shows, {"data": [line, *traces], "layout": layout}, 460)


def _energy(rows: Sequence[ComparisonRow], names: Sequence[str]) -> Chart | None:
    """Inference and learning, with all-in figures as series of their own."""

    def energy(report: CostReport | None, learning: bool, all_in: bool) -> Band | None:
        fits = report is not None and (report.scope == ALL_IN) == all_in
        return energy_per_sample(report, learning=learning) if report and fits else None

    found = {}
    for all_in, mark in ((False, ""), (True, ", all in")):
        found[f"inference, a sample{mark}"] = [energy(row.inference, False, all_in) for row in rows]
        found[f"learning, a fixation{mark}"] = [energy(row.learning, True, all_in) for row in rows]
    title = "Energy, with its spread"
    return _dots("energy", title, PRICED, "energy [J]", found, names)


def _latency(rows: Sequence[ComparisonRow], names: Sequence[str]) -> Chart | None:
    series = {"a sample": [row.inference.latency_per_sample for row in rows]}
    shows = "Modelled, of one sample; learning updates are not in it."
    return _dots("latency", "Latency", shows, "time [s]", series, names)


def _dots(
    key: str, title: str, shows: str, axis: str, series: Mapping[str, list[Band | None]], names: Sequence[str]
) -> Chart | None:
    """Bands as dots with bars on a logarithmic axis, one line a row."""
    traces = []
    for k, (name, bands) in enumerate(series.items()):
        known = [(n, band) for n, band in zip(names, bands) if band is not None and band.nominal > 0]
        if known:
            traces.append({
                "type": "scatter", "mode": "markers", "name": name, "y": [n for n, _ in known],
                "x": [band.nominal for _, band in known], "error_x": _spread([band for _, band in known]),
                "marker": {"size": 10, "color": COLOURS[k]},
                "hovertemplate": "%{y}: %{x:.3s}<extra>" + name + "</extra>",
            })  # fmt: skip
    layout = {"xaxis": _log(axis), "yaxis": _lines(names)}
    return Chart(key, title, shows, {"data": traces, "layout": layout}, _height(names)) if traces else None


def _shares(rows: Sequence[ComparisonRow], names: Sequence[str]) -> Chart | None:
    """Energy of inference by unit, as shares of what has a price."""
    totals = [row.inference.per_sample(learning=False).nominal for row in rows]
    if not any(totals):
        return None
    traces = []
    for k, unit in enumerate(units_in([row.inference for row in rows])):
        parts = [row.inference.per_sample(learning=False, unit=unit).nominal for row in rows]
        traces.append({
            "type": "bar", "orientation": "h", "name": unit, "y": list(names),
            "x": [100 * part / total if total else 0 for part, total in zip(parts, totals)], "customdata": parts,
            "marker": {"color": COLOURS[k % len(COLOURS)]},
            "hovertemplate": "%{y}<br>" + unit + ": %{customdata:.3s}J, %{x:.1f} %<extra></extra>",
        })  # fmt: skip
    layout = {
        "barmode": "stack", "xaxis": {"title": {"text": "share of the energy of inference [%]"}, "range": [0, 100]},
        "yaxis": _lines(names),
    }  # fmt: skip
    shows = "Of what has a price, at nominal values."
    return Chart("units", "Energy by unit", shows, {"data": traces, "layout": layout}, _height(names))


def _sensitivity(found: Sequence[Swing], rows: Sequence[ComparisonRow], names: Sequence[str]) -> Chart | None:
    """The widest swings of each row; dotted lines: nominal totals of all rows."""
    if not found:
        return None
    labels = [f"{s.row}: {s.action}" for s in found]
    traces = []
    for published, name, colour in (
        (True, "published spread", COLOURS[0]),
        (False, f"x {UNKNOWN:g} assumed", "#999999"),
    ):
        kind = [(label, s) for label, s in zip(labels, found) if s.published == published]
        if kind:
            traces.append({
                "type": "scatter", "mode": "markers", "name": name, "y": [label for label, _ in kind],
                "x": [s.total.nominal for _, s in kind],
                "error_x": _spread([s.total for _, s in kind]) | {"thickness": 5, "width": 0},
                "marker": {"size": 7, "color": colour, "symbol": "line-ns-open"},
                "customdata": [_told(s) for _, s in kind],
                "hovertemplate": "%{y}<br>total %{x:.3s}J<br>%{customdata}<extra></extra>",
            })  # fmt: skip
    totals = [row.inference.per_sample(learning=False).nominal for row in rows]
    shapes = [
        {"type": "line", "x0": total, "x1": total, "yref": "paper", "y0": 0, "y1": 1,
         "line": {"dash": "dot", "width": 1, "color": COLOURS[k % len(COLOURS)]}}
        for k, total in enumerate(totals) if total > 0
    ]  # fmt: skip
    layout = {"xaxis": _log("energy / sample [J]"), "yaxis": _lines(labels), "shapes": shapes}
    shows = (
        "Total energy while one action goes from its low to its high. Blue: prices or counts have a spread; grey: they "
        "have none, and the action is halved and doubled. A bar that crosses a dotted line changes the ranking."
    )
    figure = {"data": traces, "layout": layout}
    return Chart("sensitivity", "Which constant moves the ranking", shows, figure, _height(labels))


def _told(swing: Swing) -> str:
    """What a swing does to the ranking."""
    passes = f"passes {', '.join(swing.passes)}" if swing.passes else "passes no other chip"
    if swing.even is None:
        return passes
    return f"{passes}<br>equals {swing.rival} at x {swing.even:.3g}"


def _curves(rows: Sequence[ComparisonRow], names: Sequence[str]) -> Chart | None:
    """How often the gate of each layer was open over learning; equal curves share a line."""
    runs: dict[tuple[str, tuple[float, ...]], list[str]] = {}
    lengths: dict[tuple[str, tuple[float, ...]], int] = {}
    for name, row in zip(names, rows):
        for signal, values in row.curves.items():
            if signal.endswith("gate open") and values:
                runs.setdefault((signal, values), []).append(name)
                lengths[signal, values] = row.fixations or len(values)
    first = {name: k for k, name in enumerate(dict.fromkeys(who[0] for who in runs.values()))}
    traces = [
        {
            "type": "scatter", "mode": "lines", "name": f"{', '.join(who)}: {signal.removesuffix(' gate open')}",
            "x": [round((i + 0.5) * lengths[signal, values] / len(values)) for i in range(len(values))],
            "y": [100 * value for value in values],
            "line": {"color": COLOURS[first[who[0]] % len(COLOURS)], "dash": _dash(signal)},
            "hovertemplate": "fixation %{x:,}: %{y:.1f} %<extra>%{fullData.name}</extra>",
        }
        for (signal, values), who in runs.items()
    ]  # fmt: skip
    axes = {
        "xaxis": {"title": {"text": "fixation"}},
        "yaxis": {"title": {"text": "gate open [%]"}, "rangemode": "tozero"},
    }
    shows = "How often the hinge was active, and so anything learned. Equal curves share a line."
    return Chart("curves", "Learning", shows, {"data": traces, "layout": axes}) if traces else None


def _dash(signal: str) -> str:
    """The look of a layer's line."""
    return DASHES[(int(signal.split()[1]) - 1) % len(DASHES)]


def _rates(rows: Sequence[ComparisonRow], names: Sequence[str]) -> Chart | None:
    """Messages of each layer a neuron and step."""
    layers = dict.fromkeys(layer for row in rows for layer in row.inference.rates)
    traces = [
        {
            "type": "bar", "orientation": "h", "name": layer, "y": list(names),
            "x": [row.inference.rates.get(layer) for row in rows], "marker": {"color": COLOURS[k % len(COLOURS)]},
            "hovertemplate": "%{y}<br>" + layer + ": %{x:.4f}<extra></extra>",
        }
        for k, layer in enumerate(layers)
    ]  # fmt: skip
    layout = {"barmode": "group", "xaxis": {"title": {"text": "messages a neuron and step"}}, "yaxis": _lines(names)}
    shows = "Spikes, where the network speaks in spikes."
    return (
        Chart("rates", "Activity by layer", shows, {"data": traces, "layout": layout}, _height(names))
        if traces
        else None
    )


def _spread(bands: Sequence[Band]) -> dict[str, Any]:
    return {
        "type": "data", "symmetric": False, "array": [b.high - b.nominal for b in bands],
        "arrayminus": [b.nominal - b.low for b in bands],
    }  # fmt: skip


def _log(title: str) -> dict[str, Any]:
    return {"type": "log", "title": {"text": title}, "exponentformat": "SI", "dtick": "D2"}


def _lines(names: Sequence[str]) -> dict[str, Any]:
    """Names from the top down."""
    return {"type": "category", "categoryorder": "array", "categoryarray": list(reversed(names)), "automargin": True}


def _height(names: Sequence[str]) -> int:
    return FIXED + LINE * len(names)
