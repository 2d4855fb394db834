"""Settings of a sweep in words: for tables, legends and titles."""

from __future__ import annotations

from collections.abc import Sequence

from neurohw.ir.labels import labels
from neurohw.ir.sweep import Plain, Sweep


def value_labels(rows: Sequence[tuple[Plain, ...]]) -> list[tuple[str, ...]]:
    """Short texts for the values of settings, different ones for different values of an axis."""
    columns = []
    for column in zip(*rows):
        different = list({repr(value): value for value in column}.values())
        texts = dict(zip(map(repr, different), labels(different)))
        columns.append([texts[repr(value)] for value in column])
    return list(zip(*columns)) if columns else [()] * len(rows)


def setting_texts(axes: Sequence[str], rows: Sequence[tuple[Plain, ...]]) -> list[str]:
    """Settings as 'adc_bits 6, rows 128'; models, chips and whole sections speak for themselves."""
    return [", ".join(map(_named, axes, values, texts)) for values, texts in zip(rows, value_labels(rows))]


def _named(axis: str, value: Plain, text: str) -> str:
    return text if axis in ("model", "chip") or str(value).startswith("{") else f"{axis} {text}"


def sweep_title(sweep: Sweep, *parts: str) -> str:
    """What a picture of a sweep shows, and below it what its points share."""
    return "\n".join(filter(None, [f"{sweep.name}: {', '.join(filter(None, parts))}", sweep.about]))


def failed_text(sweep: Sweep) -> str:
    """How many points failed, if any did."""
    return f"{len(sweep.failed)} points failed" if sweep.failed else ""
