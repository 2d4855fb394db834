"""What the numbers of a report leave out and take for granted, once for each set of chips that it is true of."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from neurohw.ir.cost import MEANINGS, CostReport

READING = (
    "low - nominal - high. >=: a part of it has no price. Grades: "
    + ", ".join(f"{grade} {meaning.replace(', ', ' with ')}" for grade, meaning in MEANINGS.items())
    + "."
)
Labelled = Sequence[tuple[str, CostReport]]


def footnotes(reports: Labelled) -> list[RenderableType]:
    """What has no price and what is assumed, in that order; chips are named where something is not true of all."""
    parts: list[RenderableType] = [Text(), Text(READING, style="dim")]
    for title, texts in said(reports):
        parts += [Text(f"{title}:"), *(_indented(text if title.startswith("No") else f"- {text}") for text in texts)]
    return parts


def said(reports: Labelled) -> list[tuple[str, list[str]]]:
    """The same as (title, texts)."""
    unpriced = _by_chips([(label, name) for label, r in reports for name in r.unpriced], reports)
    assumed = _by_chips([(label, text) for label, r in reports for text in r.assumptions], reports)
    found = [(f"No price{chips}", [", ".join(names)]) for chips, names in unpriced]
    return found + [(f"Assumed{chips}", texts) for chips, texts in assumed]


def labels(reports: Sequence[CostReport]) -> list[str]:
    """Names of the chips, with the price table where one chip is listed with several."""
    tables: dict[str, set[str]] = {}
    for report in reports:
        tables.setdefault(report.target, set()).add(report.price_table)
    return [f"{r.target} with {r.price_table}" if len(tables[r.target]) > 1 else r.target for r in reports]


def _by_chips(said: Sequence[tuple[str, str]], reports: Labelled) -> list[tuple[str, list[str]]]:
    """Texts gathered by the chips that they are said of: (' (chip, chip)' or '' for all chips, texts)."""
    of: dict[str, dict[str, None]] = {}
    for label, text in said:
        of.setdefault(text, {})[label] = None
    groups: dict[str, list[str]] = {}
    for text, chips in of.items():
        groups.setdefault(_chips(chips, reports), []).append(text)
    return sorted(groups.items(), key=lambda group: group[0] != "")


def _chips(chips: dict[str, None], reports: Labelled) -> str:
    """Names of a set of chips in brackets; a chip with all its price tables has its plain name; '' for all chips."""
    if len(chips) == len({label for label, _ in reports}):
        return ""
    names: dict[str, None] = {}
    for label, report in reports:
        if label in chips:
            whole = all(other in chips for other, r in reports if r.target == report.target)
            names[report.target if whole else label] = None
    return f" ({', '.join(names)})"


def _indented(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))
