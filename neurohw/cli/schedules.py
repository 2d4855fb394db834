"""Schedules on the command line: `--schedule hinge1.theta@20000=800`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from neurohw.errors import Problem, raise_if_any
from neurohw.ir.schedule import Schedule

_WRITE = re.compile(r"(?P<parameter>.+)@(?P<sample>\d+)=(?P<value>[+-]?\d+)")


def schedules(texts: Sequence[str]) -> tuple[Schedule, ...]:
    """Schedules from texts PARAMETER@SAMPLE=VALUE; a NeurohwError for what is written in another way, or twice."""
    values: dict[str, dict[int, int]] = {}
    found = []
    for text in texts:
        match = _WRITE.fullmatch(text)
        if not match:
            found.append(
                Problem("--schedule", f"'{text}'", "is PARAMETER@SAMPLE=VALUE", "such as hinge1.theta@20000=800")
            )
        elif int(match["sample"]) in values.setdefault(match["parameter"], {}):
            found.append(
                Problem("--schedule", f"'{text}'", "a parameter has one value before a sample", "omit one of them")
            )
        else:
            values[match["parameter"]][int(match["sample"])] = int(match["value"])
    raise_if_any(found)
    return tuple(Schedule(parameter, writes) for parameter, writes in values.items())
