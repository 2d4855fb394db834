"""Probes of a network as taps of the machine, and the buffers that they fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.probe import Probe, Probed, probed, require_room
from neurohw.ir.run import ProbeRecord
from neurohw.machine.layout.programs import rows_of
from neurohw.machine.layout.tables import CELLS, MESSAGES, TAGS, TAGS2, TAP, WEIGHTS, Layout, Tables, X, Y
from neurohw.machine.simd.lanes import COLUMNS

VARIABLES = {"weight": WEIGHTS, "tag": TAGS, "tag2": TAGS2}
FOREVER = 1 << 62


class Recorder:
    """The records of some probes while a machine runs: one buffer, in which each has its rows, [times, items].

    `total`: steps of the whole run, for which there is room from the beginning; without, the buffer grows.
    """

    def __init__(
        self, network: Network, probes: Sequence[Probe], tables: Tables, layout: Layout, total: int | None = None
    ) -> None:
        self.probed = probed(network, probes)
        self._done, self._rows = 0, [0] * len(self.probed)
        self._taps, self._owner, self._places = _taps(self.probed, network, tables, layout)
        starts, stops = ([getattr(p.probe, end) for p in self.probed] for end in ("start", "stop"))
        self._spans = np.array(starts), np.array([FOREVER if stop is None else stop for stop in stops])
        populations = np.arange(len(network.populations) + 1)
        self._tapped = np.searchsorted(self._taps["population"], populations).astype(np.int64)
        self._columns = self._taps["into"].copy()  # where a tap begins in the rows of its probe
        self._buffer = np.zeros(0, np.int32)
        self._reserve(total or 0)

    def fields(self) -> dict[str, NDArray[Any]]:
        """What the kernels need of it, as fields of `Scratch`."""
        return {"taps": self._taps, "tapped": self._tapped, "places": self._places, "recorded": self._buffer}

    def begin(self, done: int, steps: int, skip: int) -> bool:
        """Make ready for a call of `steps` steps after `done`, whose window begins after `skip`; return whether the
        buffer is another one."""
        before = self._buffer
        self._reserve(done + steps)
        self._done = done + steps
        self._taps["start"], self._taps["stop"] = (span[self._owner] - done - skip for span in self._spans)
        return self._buffer is not before

    def _reserve(self, steps: int) -> None:
        """Room for the rows of a run of so many steps; what is recorded already stays."""
        needed = [len(p.probe.times(steps)) for p in self.probed]
        if all(need <= rows for need, rows in zip(needed, self._rows)):
            return
        require_room(self.probed, steps)
        saved, rows = self._values(), [max(need, 2 * have) for need, have in zip(needed, self._rows)]
        sizes = [len(p.items) * have for p, have in zip(self.probed, rows)]
        self._rows, self._buffer = rows, np.zeros(sum(sizes), np.int32)
        self._starts = np.cumsum([0, *sizes])[:-1]
        for values, start in zip(saved, self._starts):
            self._buffer[start : start + values.size] = values.ravel()
        self._taps["into"] = self._columns + self._starts[self._owner]

    def _values(self) -> list[NDArray[np.int32]]:
        """What each probe has recorded, [times, items]."""
        if not len(self._buffer):
            return [np.zeros((0, len(p.items)), np.int32) for p in self.probed]
        found = []
        for p, start in zip(self.probed, self._starts):
            rows, width = len(p.probe.times(self._done)), len(p.items)
            found.append(self._buffer[start : start + rows * width].reshape(rows, width))
        return found

    def records(self) -> dict[str, ProbeRecord]:
        """The records so far, by name."""
        return {p.probe.key: p.record(values.copy(), self._done) for p, values in zip(self.probed, self._values())}

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """Everything recorded so far."""
        return {f"probes.{p.probe.key}": values.copy() for p, values in zip(self.probed, self._values())}

    def restore(self, saved: Mapping[str, NDArray[Any]], done: int) -> None:
        """Go on with what a checkpoint after `done` steps had recorded."""
        names = [f"probes.{p.probe.key}" for p in self.probed]
        shapes = [(len(p.probe.times(done)), len(p.items)) for p in self.probed]
        if any(
            name not in saved or saved[name].shape != shape or saved[name].dtype != np.int32
            for name, shape in zip(names, shapes)
        ):
            what, fix = "was written by a run with other probes", "give the probes it had, or run without resume"
            raise NeurohwError(Problem("checkpoint", what, fix=fix))
        self._done = 0
        self._reserve(done)
        self._done = done
        for name, values in zip(names, self._values()):
            values[:] = saved[name]


def _taps(
    probes: Sequence[Probed], network: Network, tables: Tables, layout: Layout
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Table of taps by population, those of projections last; the probe of each; and all their places."""
    found = []
    for owner, p in enumerate(probes):
        population, source, row, places = _source(p, network, tables, layout)
        groups = np.zeros(len(places), np.int64)
        if source == CELLS:
            groups = (places - layout.cells[p.part.name].start) // COLUMNS * COLUMNS
        cuts = np.flatnonzero(np.diff(groups)) + 1  # neurons may be in any order, so that a group may have several
        for begin, part in zip((0, *cuts), np.split(places, cuts)):
            group = int(groups[begin]) if len(part) else 0
            found.append((population, source, group, row, begin, owner, part))
    found.sort(key=lambda tap: tap[:3])
    table, at = np.zeros(len(found), TAP), 0
    for tap, (population, source, group, row, begin, owner, part) in zip(table, found):
        tap["population"], tap["source"], tap["group"], tap["row"] = population, source, group, row
        tap["place"], tap["size"], tap["into"] = at, len(part), begin
        tap["width"], tap["every"] = len(probes[owner].items), probes[owner].probe.every
        at += len(part)
    owners = np.array([tap[5] for tap in found], np.int64)
    return table, owners, np.concatenate([np.zeros(0, np.int64), *(tap[6] for tap in found)])


def _source(p: Probed, network: Network, tables: Tables, layout: Layout) -> tuple[int, int, int, NDArray[np.int64]]:
    """Population, source, row and places of a probe; of a projection, the population is beyond the last."""
    what = p.probe.what
    if isinstance(p.part, Population):
        index = network.populations.index(p.part)
        if p.is_message:
            return index, MESSAGES, 0, p.items + layout.outputs[f"{p.part.name}.{what}"].start
        return (
            index,
            CELLS,
            rows_of(p.part.neuron)[what],
            p.items + layout.cells[p.part.name].start,
        )
    index = network.projections.index(p.part)
    q, r = tables.projections[index], tables.plastics[tables.projections[index]["plastic"]]
    if what in VARIABLES:
        start = q["weight"] if what == "weight" else r["synapse"]
        return len(network.populations), VARIABLES[what], 0, start + _stored(p.part, p.items, q, tables)
    source, start, size = (X, r["x"], q["n_pre"]) if what in ("x1", "x2") else (Y, r["y"], q["n_post"])
    return len(network.populations), source, 0, p.items + int(start) + (int(what[1]) - 1) * int(size)


def _stored(p: Projection, items: NDArray[np.int64], q: Any, tables: Tables) -> NDArray[np.int64]:
    """Where synapses (post, pre) lie among those of their projection, which are stored by their pre."""
    post, pre = items.T
    if not p.sparse:
        return np.asarray(pre * int(q["n_post"]) + post)
    starts = tables.rows[q["rows"] : q["rows"] + p.weight.shape[1] + 1]
    columns = tables.columns[q["column"] : q["column"] + p.weight.nnz]
    found = [starts[i] + np.searchsorted(columns[starts[i] : starts[i + 1]], j) for j, i in zip(post, pre)]
    return np.array(found, np.int64)
