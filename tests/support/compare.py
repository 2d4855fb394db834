"""Compare what two backends did, and say where they part."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurohw.ir.run import Run
from support.reference import ReferenceRun

Signals = dict[str, Any]


def signals(run: Any) -> Signals:
    """All values of a ReferenceRun, or the recorded ones of a Run, by name; those over time are [steps, n]."""
    if isinstance(run, ReferenceRun):
        found = {**run.messages, **run.states}
    else:
        found = {name: trace.values for name, trace in run.traces.items()}
    for name, learned in run.learned.items():
        found |= {f"{name}.{part}": getattr(learned, part) for part in ("weight", "tag", "tag2")}
    return found


def assert_same(
    a: ReferenceRun | Run, b: ReferenceRun | Run, names: tuple[str, str] = ("a", "b"), only_common: bool = False
) -> None:
    """Fail unless both runs have the same signals with the same values; show the first that differ in time.

    `only_common`: leave out signals that one of them did not record.
    """
    left, right = signals(a), signals(b)
    missing = sorted(left.keys() ^ right.keys())
    assert only_common or not missing, f"only one of {names[0]} and {names[1]} has {', '.join(missing)}"
    common = left.keys() & right.keys()
    assert common, "nothing to compare"
    learned = {f"{name}.{part}" for name in a.learned for part in ("weight", "tag", "tag2")}
    different = [name for name in common if not _equal(left[name], right[name])]
    different.sort(key=lambda name: (name in learned, _first(left[name], right[name])))
    if different:
        lines = [_describe(name, left[name], right[name], names, name in learned) for name in different[:5]]
        raise AssertionError(f"{len(different)} of {len(common)} signals differ:\n" + "\n".join(lines))


def _equal(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.all(np.asarray(a) == np.asarray(b)))


def _first(a: Any, b: Any) -> tuple[int, ...]:
    """Index of the first different value; of nothing if the shapes differ."""
    if np.shape(a) != np.shape(b):
        return (-1,)
    return tuple(int(i) for i in np.argwhere(np.asarray(a) != np.asarray(b))[0])


def _describe(name: str, a: Any, b: Any, names: tuple[str, str], learned: bool) -> str:
    if np.shape(a) != np.shape(b):
        return f"  {name}: shape {np.shape(a)} in {names[0]}, {np.shape(b)} in {names[1]}"
    at = _first(a, b)
    count = int(np.sum(np.asarray(a) != np.asarray(b)))
    where = f"synapse (post {at[0]}, pre {at[1]})" if learned else f"step {at[0] + 1}, neuron {at[1]}"
    values = f"{np.asarray(a)[at]} in {names[0]}, {np.asarray(b)[at]} in {names[1]}"
    return f"  {name}: {where}: {values} ({count} values differ)"


def liveliness(run: ReferenceRun) -> Mapping[str, float]:
    """Part of the messages of each port that is not zero."""
    return {name: float(np.mean(values != 0)) for name, values in run.messages.items()}
