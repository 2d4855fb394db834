"""The digital neurons beside the arrays, many samples at a time; the equations are those of `ir.neurons`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.neurons import PAYLOAD_MAX, Graded, Lif, Relu, TernaryLif

Ints = NDArray[np.int64]
HALF_RANGE = 1 << 23


class Cells:
    """State of one population in `samples` samples, and what left its range."""

    def __init__(self, neuron: Any, samples: int, size: int) -> None:
        self.neuron = neuron
        self.u, self.v = (np.zeros((samples, size), np.int64) for _ in range(2))
        self.overflows: dict[str, int] = {}

    def step(self, a: Ints, t: int) -> Ints:
        """Messages [samples, size] at step t for summed inputs a."""
        if isinstance(self.neuron, Relu):
            return self._relu(self.neuron, a, t)
        if isinstance(self.neuron, Graded):
            passes = a > self.neuron.vth if self.neuron.rectify else np.abs(a) > self.neuron.vth
            return np.where(passes, a, 0)
        return self._lif(self.neuron, a, t)

    def _relu(self, n: Relu, a: Ints, t: int) -> Ints:
        if (t - 1) % n.period != n.layer:
            return np.zeros_like(a)
        z = np.maximum(0, a + np.asarray(n.bias, np.int64)) >> (n.shift or 0)
        self._count("payload clipped", z > PAYLOAD_MAX)
        return np.minimum(PAYLOAD_MAX, z)

    def _lif(self, n: Lif | TernaryLif, a: Ints, t: int) -> Ints:
        if isinstance(n, Lif) and n.reset_interval and t % n.reset_interval == n.reset_offset % n.reset_interval:
            self.u[:] = self.v[:] = 0
        current = (_decayed(self.u, n.du + 1) + (a << 6)).astype(np.int32).astype(np.int64)
        over = (current > HALF_RANGE).astype(np.int64) - (current <= -HALF_RANGE)
        self.u = current - over * 2 * HALF_RANGE  # once, as Lava does, however far it is
        self._count("current wrapped", self.u != current)
        mantissa, exponent = np.asarray(n.bias_mant, np.int64), np.asarray(n.bias_exp, np.int64)
        bias = np.where(exponent >= 0, mantissa << np.maximum(exponent, 0), mantissa >> np.maximum(-exponent, 0))
        voltage = _decayed(self.v, n.dv) + self.u + bias
        self.v = np.clip(voltage, 1 - HALF_RANGE, HALF_RANGE - 1)
        self._count("voltage saturated", self.v != voltage)
        high, low = (n.vth, None) if isinstance(n, Lif) else (n.vth_hi, n.vth_lo)
        spikes = (self.v > np.asarray(high, np.int64) << 6).astype(np.int64)
        if low is not None:
            spikes -= self.v < np.asarray(low, np.int64) << 6
        self.v[spikes != 0] = 0
        return spikes

    def _count(self, what: str, where: NDArray[np.bool_]) -> None:
        if times := int(np.count_nonzero(where)):
            self.overflows[what] = self.overflows.get(what, 0) + times


def _decayed(x: Ints, decay: int) -> Ints:
    """dec(x, d) = sign(x) ((|x| (4096 - d)) >> 12)."""
    return np.asarray(np.sign(x) * ((np.abs(x) * (4096 - decay)) >> 12))
