"""Figures of other machines, for orientation beside chips that are modelled: never part of a total.

A figure of scope `per operation` is what one operation takes, without what surrounds it; one of scope `all in` covers
a whole chip or board. Neither can be compared line by line with the priced terms of a report: a row keeps its scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neurohw.ir.cost import Band

Scope = Literal["per operation", "all in"]
# what a figure is about: a multiply-accumulate, an accumulate for a synaptic event, an inference of the machine's own
# task, or the time that it runs (a power alone)
Per = Literal["mac", "ac", "inference", "time"]


@dataclass(frozen=True)
class Figure:
    """One number of a machine in SI units, with where it is from."""

    value: Band
    unit: str
    grade: str
    source: str
    conditions: str


@dataclass(frozen=True)
class ContextEntry:
    """What is known about one machine: energy [J] `per` something, latency [s] and power [W] of an inference.

    `task`: what it did, for figures that are not those of one operation.
    """

    name: str
    title: str
    scope: Scope
    per: Per
    task: str
    energy: Figure | None
    latency: Figure | None = None
    power: Figure | None = None


@dataclass(frozen=True)
class Operations:
    """What one sample takes a network, on average.

    `dense_macs`: multiply-accumulates of one pass through all layers, zeros included. `synaptic_events`: one for each
    message and non-zero weight. `payloads`: messages carry numbers, so that a machine of bare spikes could not run them
    as they are.
    """

    dense_macs: float
    synaptic_events: float
    payloads: bool = False


@dataclass(frozen=True)
class ContextRow:
    """One machine beside a network: `count` operations a sample of the kind `multiplied`, and their energy [J].

    Of a machine's own task the figures are those of that task, `multiplied` is 'own task: ...' and `count` is None.
    """

    entry: ContextEntry
    multiplied: str
    count: float | None
    energy: Band | None

    @property
    def scope(self) -> Scope:
        """Whether the energy is of bare operations or of all that the machine did."""
        return self.entry.scope

    @property
    def own_task(self) -> bool:
        """Whether the figures are of another task than the network's."""
        return self.count is None
