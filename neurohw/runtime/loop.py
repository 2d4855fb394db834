"""The run loop: the only place where a stimulus meets an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, raise_if_any
from neurohw.ir.engine import Engine, Progress
from neurohw.ir.run import Run
from neurohw.runtime.stimulus import Stimulus

Parts = dict[str, list[NDArray[np.int32]]]
NEVER = 1 << 62


class Stop(Protocol):
    """Something to be done between two samples of a run."""

    def after(self, samples: int) -> int:
        """The first number of samples beyond `samples` at which it is to be done."""
        ...

    def act(self, samples: int) -> None:
        """Do it, after so many samples."""
        ...


@dataclass(frozen=True)
class Every:
    """An action every `count` samples."""

    count: int
    action: Callable[[int], None]

    def after(self, samples: int) -> int:
        """The next multiple of `count`."""
        return samples - samples % self.count + self.count

    def act(self, samples: int) -> None:
        """Call the action with the number of samples."""
        self.action(samples)


@dataclass(frozen=True)
class At:
    """An action at some numbers of samples, in ascending order."""

    marks: Sequence[int]
    action: Callable[[int], None]

    def after(self, samples: int) -> int:
        """The next of the marks."""
        return next((mark for mark in self.marks if mark > samples), NEVER)

    def act(self, samples: int) -> None:
        """Call the action with the number of samples."""
        self.action(samples)


def drive(
    engine: Engine, stimulus: Stimulus, *, stops: Sequence[Stop] = (), totals: Parts | None = None,
    strict: bool = False, progress: Progress | None = None,
) -> Run:  # fmt: skip
    """Show an engine all of a stimulus, chunk by chunk, and return what the run leaves behind.

    `totals`: of the samples that the engine has run already, port -> parts; those to come are appended. `strict`: an
    overflow ends the run with a NeurohwError. `progress`: called with the samples done and all of them.
    """
    parts: Parts = {} if totals is None else totals
    at, total = [stop.after(engine.samples) for stop in stops], stimulus.total
    while total is None or engine.samples < total:
        room = min([engine.chunk, *(mark - engine.samples for mark in at)])
        inputs = stimulus.take(room if total is None else min(room, total - engine.samples))
        if inputs is None:
            break
        summed = engine.advance(inputs)
        for name, values in summed.items():
            parts.setdefault(name, []).append(values)
        if strict:
            raise_on_overflow(engine.overflows())
        for k, stop in enumerate(stops):
            if at[k] <= engine.samples:
                stop.act(engine.samples)
                at[k] = stop.after(engine.samples)
        if progress and summed and total is not None:
            progress(engine.samples, total)
    run = engine.finish(progress)
    if strict:
        raise_on_overflow(run.activity.overflows)
    return replace(run, totals=joined(parts) or run.totals)


def joined(parts: Parts) -> dict[str, NDArray[np.int32]]:
    """Totals of all samples, [samples, n] by port."""
    return {name: np.concatenate(values) for name, values in parts.items()}


def raise_on_overflow(overflows: Mapping[str, int]) -> None:
    """Strictness: every overflow is an error."""
    fix = "use larger shifts or fewer inputs, or run without strict"
    raise_if_any([Problem(where, f"{count} times", "none in strict mode", fix) for where, count in overflows.items()])
