"""What a run says, as hashes of its parts by name: free of how classes, modules and files are laid out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from neurohw.ir.run import Run

COUNTS = ("synaptic_ops", "dense_ops", "learning_epochs", "learning_visited", "learning_written")
READS = ("vectors", "reads", "active_rows", "conversions", "clipped", "input_bits", "pulses", "written")


def digest(array: Any) -> str:
    """Hash of an array's shape and whole numbers, whatever their width."""
    values = np.asarray(array)
    assert values.dtype.kind in "iub"
    return hashlib.sha256(f"{values.shape}".encode() + values.astype("<i8").tobytes()).hexdigest()[:16]


def contents(run: Run) -> dict[str, Any]:
    """Messages, learned weights and tags, traces and counts of a run: plain numbers, and hashes of arrays."""
    return dict(_parts(run))


def _parts(run: Run) -> Iterator[tuple[str, Any]]:
    activity = run.activity
    yield "samples, steps", [activity.samples, activity.steps]
    yield "overflows", dict(activity.overflows)
    for name, values in run.totals.items():
        yield f"totals {name}", digest(values)
    for name, learned in run.learned.items():
        yield f"learned {name}", [digest(part) for part in (learned.weight, learned.tag, learned.tag2)]
    for name, trace in run.traces.items():
        yield f"trace {name}", digest(trace.values)
    for name, p in activity.projections.items():
        yield f"counts {name}", [digest(p.events), *(int(getattr(p, count)) for count in COUNTS)]
    for name, population in activity.populations.items():
        sent = {port: digest(values) for port, values in population.messages.items()}
        updates = population.updates, population.active_updates, population.sending_updates
        yield f"messages {name}", [*map(int, updates), sent]
    for name, window in activity.window.items():
        yield f"window {name}", digest(window)
    for name, array in activity.arrays.items():
        yield f"arrays {name}", [int(getattr(array, count)) for count in READS]
