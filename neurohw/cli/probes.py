"""Probes on the command line: `--probe layer1.v:0-7,12@10`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.probe import LIMIT, Probe
from neurohw.ir.run import Run

MOST_NEURONS = LIMIT // 4  # of 4 bytes each, in one step
_PROBE = re.compile(r"(?P<of>.+)\.(?P<what>\w+)(:(?P<neurons>\d+(-\d+)?(,\d+(-\d+)?)*))?(@(?P<every>\d+))?")


def probes(texts: Sequence[str]) -> tuple[Probe, ...]:
    """Probes from texts NAME.WHAT[:NEURONS][@EVERY]; a NeurohwError for what is written in another way."""
    made, problems = [], []
    for text in texts:
        match = _PROBE.fullmatch(text)
        if not match:
            form = "is NAME.WHAT, then :NEURONS and @EVERY if not all neurons and steps"
            problems.append(Problem("--probe", f"'{text}'", form, "such as layer1.v:0-7,12@10"))
            continue
        try:
            neurons = _neurons(match["neurons"]) if match["neurons"] else None
            made.append(Probe(match["of"], match["what"], neurons=neurons, every=int(match["every"] or 1)))
        except NeurohwError as error:
            problems += error.problems
    raise_if_any(problems)
    return tuple(made)


def unrecorded(names: Sequence[str], run: Run | None) -> list[Problem]:
    """Records that are asked for and that a run (None: a program that has not run) does not have."""
    known = run.probes if run else {}
    if names and not known:
        return [
            Problem("--probe", "no probe recorded anything", fix="simulate with --probe, and plot the run's folder")
        ]
    return [Problem("--probe", f"no record '{n}'", fix=did_you_mean(n, known)) for n in names if n not in known]


def _neurons(text: str) -> Sequence[int]:
    """The numbers in '0-7,12'."""
    spans = [[int(end) for end in part.split("-")] for part in text.split(",")]
    ranges = [range(span[0], span[-1] + 1) for span in spans]
    if len(ranges) == 1:
        return ranges[0]
    if (count := sum(max(0, r.stop - r.start) for r in ranges)) > MOST_NEURONS:
        raise NeurohwError(Problem("--probe", f"'{text}' are {count:,} neurons", "a run has no room for so many"))
    return [*chain(*ranges)]
