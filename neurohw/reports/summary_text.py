"""The summary of a sweep as Markdown: one row a setting, mean and sample standard deviation over the seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neurohw.ir.summary import LEARNED, RANDOM, RAW, Spread, Summarised, Summary, accuracy
from neurohw.ir.sweep import ENERGY, Sweep
from neurohw.reports.markdown import grid, made_with, plain
from neurohw.reports.settings import setting_texts, value_labels
from neurohw.reports.si import si_text

MARK = "*"  # of means that lack a seed
FEW = 4  # settings, at least, for each result of a network that is shown as a row
SHARED = ((RAW, "raw input (no layer)"), (RANDOM, "random network"))


def summary_markdown(sweep: Sweep, summary: Summary, versions: Mapping[str, Any], command: str = "") -> str:
    """The table, what failed, how it was measured, and what it was made with."""
    title = ": ".join(filter(None, [sweep.name, sweep.about]))
    parts = [f"# {plain(title)}", _table(sweep, summary)]
    if failed := list(_failed(sweep, summary)):
        parts.append("\n".join(f"- {plain(text)}" for text in failed))
    parts += [" ".join(map(plain, _read(sweep))), made_with(versions, command)]
    return "\n\n".join(parts) + "\n"


def _table(sweep: Sweep, summary: Summary) -> str:
    """Networks that most settings share come first, as rows; those that differ from one to the next are columns."""
    groups = {name: _groups(name, summary) for name, _ in SHARED}
    own = [name for name, found in groups.items() if not 0 < len(found) <= max(1, len(summary.settings) // FEW)]
    columns = [column for network in (LEARNED, *reversed(own)) for column in _columns(network, summary)]
    axes = list(sweep.short_axes) or [""]
    head = [*axes, *(_heading(column) for column in columns), "energy / sample"]
    texts = value_labels([setting.values for setting in summary.settings])
    rows = [head, ["---"] * len(axes) + ["---:"] * (len(columns) + 1)]
    blank = [""] * (len(axes) - 1)
    for network, text in SHARED:
        for spreads, whose in groups[network] if network not in own else ():
            cells = [_shared_cell(network, column, spreads) for column in columns]
            of = "" if whose is None else f" of {', '.join(' '.join(texts[k]) for k in whose)}"
            rows.append([text + of, *blank, *cells, "-"])
    for setting, values in zip(summary.settings, texts):
        cells = [_cell(setting, setting.spreads.get(accuracy(*column))) for column in columns]
        rows.append([*(values or ("learned",)), *cells, _energy(setting)])
    return grid(rows)


Column = tuple[str, str, int | None]  # network, labels, layer


def _columns(network: str, summary: Summary) -> list[Column]:
    """Accuracies of a network: all labels, layer by layer, then few."""
    layers = [None] if network == RAW else range(1, summary.layers + 1)
    return [(network, labels, layer) for labels in summary.labels for layer in layers]


def _heading(column: Column) -> str:
    network, labels, layer = column
    words = [*([] if network == LEARNED else [network]), *([] if layer is None else [f"layer {layer}"])]
    return f"{' '.join(words)}, {labels}"


def _groups(network: str, summary: Summary) -> list[tuple[Mapping[str, Spread], Sequence[int] | None]]:
    """The different results of a network, the commonest first, each with the settings that have it; None for that."""
    if any(column.startswith(network) for column in summary.shared):
        return [(summary.shared, None)]
    found: dict[str, tuple[Mapping[str, Spread], list[int]]] = {}
    for k, setting in enumerate(summary.settings):
        own = {name: spread for name, spread in setting.spreads.items() if name.startswith(f"{network}_")}
        if own:
            found.setdefault(repr(own), (own, []))[1].append(k)
    ordered = sorted(found.values(), key=lambda group: -len(group[1]))
    return [(spreads, whose if n else None) for n, (spreads, whose) in enumerate(ordered)]


def _shared_cell(network: str, column: Column, spreads: Mapping[str, Spread]) -> str:
    """What settings share, in the column of the learned network; the raw input has one number."""
    shown, labels, layer = column
    if shown != LEARNED or (network == RAW and layer != 1):
        return "-"
    return _percent(spreads.get(accuracy(network, labels, None if network == RAW else layer)))


def _percent(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    around = "" if spread.deviation is None else f" ± {100 * spread.deviation:.1f}"
    return f"{100 * spread.mean:.1f}{around}"


def _cell(setting: Summarised, spread: Spread | None) -> str:
    if not setting.seeds:
        return "failed"
    return _percent(spread) + (MARK if setting.errors and spread else "")


def _energy(setting: Summarised) -> str:
    if not setting.seeds:
        return "failed"
    spread = setting.spreads.get(ENERGY)
    return si_text(spread.mean, "J") + MARK * bool(setting.errors) if spread else "no price"


def _failed(sweep: Sweep, summary: Summary) -> Iterator[str]:
    """Which settings lack seeds, and why."""
    texts = setting_texts(sweep.short_axes, [setting.values for setting in summary.settings])
    for setting, text in zip(summary.settings, texts):
        if setting.errors:
            why = "; ".join(f"{count} x {error}" for error, count in Counter(setting.errors).items())
            of = setting.failed + setting.seeds
            yield f"{MARK} {text + ': ' if text else ''}{setting.failed} of {of} seeds failed: {why}"


def _read(sweep: Sweep) -> Iterator[str]:
    """How the numbers were measured."""
    found = sweep.conditions
    yield "Accuracy (%) of a linear readout of each layer: mean ± sample standard deviation over the seeds."
    if found.seeds:
        yield f"Seeds: {_listed(found.seeds)}."
    if found.few:
        yield f"All: all labels; few: {_listed(found.few)} a class."
    if found.data:
        yield f"Data: {_listed(found.data)}."
    unpriced = dict.fromkeys(part for p in sweep.points for part in _unpriced((p.outcome.row or {}).get("unpriced")))
    without = f", without what has no price: {', '.join(unpriced)}" if unpriced else ""
    yield f"Energy of a sample: dynamic, nominal{without}."


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))


def _unpriced(text: object) -> list[str]:
    """The parts of a row's list of what has no price."""
    return [part for part in str(text or "").split("; ") if part]
