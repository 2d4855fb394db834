"""One attempt at a point: its row, or the error it ended with, so that the rest goes on."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

from neurohw.errors import NeurohwError
from neurohw.experiments.sweeps.points import Point
from neurohw.ir.sweep import Outcome, Plain

Work = Callable[[Point], Mapping[str, Plain]]
Job = tuple[str, Point]  # a point and its hash
Outcomes = Generator[tuple[str, Outcome], None, None]  # what comes of each point, by its hash
DEATHS = 2  # of workers during the same point, after which it is given up
# what is imported before workers are forked, with what the first point would import then
NEEDED = ("neurohw.experiments.sweeps.evaluate", "sklearn.datasets", "sklearn.linear_model", "sklearn.preprocessing")


def attempt(work: Work, point: Point) -> Outcome:
    """What comes of a point; every error but an interruption is its outcome."""
    try:
        return Outcome(dict(work(point)))
    except NeurohwError as error:
        return Outcome(None, str(error))
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(str(error).split())
        return Outcome(None, f"{type(error).__name__}: {text} ({Path(last.filename).name} line {last.lineno})")


def attempt_packed(work: Work, packed: bytes) -> Outcome:
    """The same for a point that was pickled, since dask takes several times as long to pickle one as pickle does."""
    return attempt(work, pickle.loads(packed))


def died(times: int) -> Outcome:
    """What comes of a point whose workers died."""
    reason = "perhaps the point needs more memory than there is"
    return Outcome(None, f"its worker process died {times} times; {reason}")
