"""A spiking network in floats and discrete time, as it comes from another tool: what quantisation starts from.

A population of LIF neurons computes, once a step of dt, with W s the sum over its projections:
    u = u (1 - leak_u) + gain (W s + offset)        v = v (1 - leak_v) + u + bias        spike if v > threshold; v = 0
leak_u = 1 is a neuron without memory of its current. `threshold` neurons are 1 where W s + bias > threshold, without
memory; a `readout` sends W s; an `input` sends what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FloatPopulation:
    """`size` neurons; the parameters are those of the equation above, arrays [size]. `exact`: our own integers."""

    name: str
    size: int
    kind: Literal["lif", "threshold", "readout", "input"]
    leak_u: Floats = field(default_factory=lambda: np.ones(1))
    leak_v: Floats = field(default_factory=lambda: np.zeros(1))
    gain: Floats = field(default_factory=lambda: np.ones(1))
    threshold: Floats = field(default_factory=lambda: np.full(1, np.inf))
    bias: Floats = field(default_factory=lambda: np.zeros(1))
    exact: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FloatProjection:
    """Weights [n_post, n_pre] (array, csr_array or Convolution), delay in steps (one, or one a synapse)."""

    name: str
    pre: str
    post: str
    weight: Any
    delay: Any = 0
    exact: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FloatNetwork:
    """Populations and projections; `dt` [s] is the step; `exact`: what our own export wrote about the network."""

    populations: tuple[FloatPopulation, ...]
    projections: tuple[FloatProjection, ...]
    dt: float
    exact: Mapping[str, Any] = field(default_factory=dict)

    @property
    def inputs(self) -> list[str]:
        """Names of the populations that are given from outside."""
        return [p.name for p in self.populations if p.kind == "input"]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(from, to) of each projection."""
        return [(p.pre, p.post) for p in self.projections]
