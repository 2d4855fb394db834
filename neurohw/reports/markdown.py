"""Pieces of Markdown: text as it stands, tables, and what a file was made with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any


def plain(text: str) -> str:
    """Text that Markdown shows as it stands, on one line."""
    return re.sub(r"([\\`*_<\[\]|#])", r"\\\1", one_line(text))


def one_line(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())


def grid(rows: Sequence[Sequence[str]]) -> str:
    """A table of cells as they stand; the second row says how columns are set."""
    return "\n".join("| " + " | ".join(map(plain, cells)) + " |" for cells in rows)


def versions_text(versions: Mapping[str, Any]) -> str:
    """Names and versions of what is installed."""
    return ", ".join(f"{name} {number}" for name, number in versions.items() if number)


def made_with(versions: Mapping[str, Any], command: str = "") -> str:
    """Versions, and the command as it can be typed again."""
    return f"Made with {versions_text(versions)}" + (f" by `` {one_line(command)} ``" if command else "")
