"""Errors that a user can cause: where, what, the limit, the fix; all problems of one input together."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: `where: what; limit; fix`. Empty parts are left out of the text."""

    where: str
    what: str
    limit: str = ""
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.where}: " + "; ".join(part for part in (self.what, self.limit, self.fix) if part)


class NeurohwError(Exception):
    """A user's mistake, with every problem found so far. The command line prints it and exits with 1."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[NeurohwError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def raise_if_any(problems: Sequence[Problem]) -> None:
    """Raise one NeurohwError for all `problems`; do nothing when there are none."""
    if problems:
        raise NeurohwError(problems)


def did_you_mean(word: Any, choices: Iterable[str]) -> str:
    """Return the fix for an unknown name: the closest choice, or the list of all, or nothing if there is none."""
    choices = sorted(choices)
    if not choices:
        return ""
    close = difflib.get_close_matches(str(word), choices, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else "choose one of: " + ", ".join(choices)
