"""What quantisation and discrete time do to a spiking network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FidelityRow:
    """One way to run a spiking network, by layer: accuracy of a linear classifier, spikes a neuron and step, and the
    correlation of its spike counts with those in floats and discrete time."""

    name: str
    accuracy: tuple[float, ...]
    rates: tuple[float, ...]
    correlation: tuple[float, ...]


@dataclass(frozen=True)
class Fidelity:
    """The same network in floats, in integers and in continuous time; `steps`: of an input."""

    model: str
    seed: int
    steps: int
    rows: tuple[FidelityRow, ...]
