"""Which generated cases run when: some in the slow suite, all with `make whole`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def parts(values: Iterable[int], below: int) -> list[Any]:
    """The values as parameters of a test: those below a number are slow, the others take hours together."""
    marks = {True: pytest.mark.slow, False: pytest.mark.whole}
    return [pytest.param(value, marks=marks[value < below]) for value in values]
