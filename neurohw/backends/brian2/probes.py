"""Probes as Brian2 monitors.

A monitor reads in every so many steps from the first of a part on, and so perhaps more often than its probe asks for.
Synapses learn at the start of the step after an epoch; they are read then, one step late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2.engine import brian2
from neurohw.backends.brian2.pieces import synapses_of
from neurohw.backends.brian2.programs import BACK, variable_of
from neurohw.backends.brian2.timeline import Timeline
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import Population
from neurohw.ir.probe import LIMIT, SYNAPTIC, Probed

SYNAPSES = {"weight": "w", "tag": "tag"}  # the networks that Brian2 runs have no second tag: it stays 0
VALUE = 8  # bytes


@dataclass(frozen=True)
class Watched:
    """A monitor of one variable, which reads in every `every`-th step, at its end or `late` steps later.

    `items`: which of the elements that it reads, one for each that the probe asks for.
    """

    monitor: Any
    variable: str
    every: int
    late: int
    items: NDArray[np.int64]

    def values(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Values [times, items], and the steps of the part that they are of."""
        values = np.asarray(getattr(self.monitor, self.variable)).T[:, self.items]
        return values, np.arange(len(values)) * self.every - self.late


def watch(p: Probed, name: str, timeline: Timeline, part: int, objects: Mapping[str, Any]) -> Watched | None:
    """A monitor for a probe, of the Brian2 objects by population and plastic projection, or None if there is nothing.

    `part`: steps that Brian2 runs at once.
    """
    late = _late(p)
    owner, variable = _variable(p, objects)
    if variable is None or owner is None or not len(p.items):
        return None
    places = _places(p) if late else p.items
    distinct, items = np.unique(places, return_inverse=True)
    every = _every(p, timeline, part)
    when, order = ("start", 5) if late else ("end", 0)
    monitor = brian2.StateMonitor(
        owner, variable, record=distinct, dt=every * brian2.ms, when=when, order=order, name=name
    )  # fmt: skip
    return Watched(monitor, variable, every, late, items)


def require_room_to_watch(timeline: Timeline, part: int) -> None:
    """A NeurohwError if the monitors fill more memory than a run has for probes before their values are thinned."""
    needed = sum(VALUE * len(p.items) * (part // _every(p, timeline, part)) for p in timeline.probes)
    if needed > LIMIT:
        what = f"need {needed / 2**20:,.0f} MiB in Brian2, which does not begin and end within a run"
        fix = "record fewer neurons or samples, take a multiple of `every` as `start`, or the emulator"
        raise NeurohwError(Problem("probes", what, f"a run has {LIMIT / 2**20:,.0f} MiB for them", fix))


def _late(p: Probed) -> int:
    return int(p.probe.what in SYNAPTIC and not isinstance(p.part, Population))


def _every(p: Probed, timeline: Timeline, part: int) -> int:
    """The longest stride from the first step of each part that meets all that a probe asks for."""
    several = part < timeline.samples * timeline.stride
    return 1 if timeline.gap else gcd(p.probe.every, p.probe.start + _late(p), part if several else 0)


def _variable(p: Probed, objects: Mapping[str, Any]) -> tuple[Any, str | None]:
    """The object and the variable that a probe is of."""
    what = p.probe.what
    if isinstance(p.part, Population):
        if p.is_message:
            return objects[p.part.name], f"m_{what}"
        group, variable = objects[p.part.name], BACK if what == "y0" else variable_of(what)
        return group, variable if variable in group.variables else None
    if what in SYNAPTIC:
        return objects.get(p.part.name), SYNAPSES.get(what)
    rule = p.part.plasticity.chip if p.part.plasticity else None
    assert rule is not None  # or there are no traces
    return objects[p.part.pre], f"{what}_{p.part.pre_port}_{rule.epoch}"


def _places(p: Probed) -> NDArray[np.int64]:
    """Numbers of synapses (post, pre) in Brian2."""
    assert not isinstance(p.part, Population)
    n_post = p.part.weight.shape[0]
    pre, post, _ = synapses_of(p.part)  # in order of pre, then post
    return np.asarray(np.searchsorted(pre * n_post + post, p.items[:, 1] * n_post + p.items[:, 0]))
