"""The spiking network in floats on the host: the discrete time of the chip without its integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.weights import LayerWeights
from neurohw.spec import LifSpec


def encode_spikes(
    layers: Sequence[LayerWeights], thresholds: Sequence[float], lif: LifSpec, spikes: NDArray[Any]
) -> tuple[NDArray[np.int32], ...]:
    """Spike counts [N, n] of every layer for input spikes [N, T, D]; `thresholds` on the scale of the weights.

    u = u (1 - (du + 1) / 4096) + W s, v = v (1 - dv / 4096) + u + b, spike where v > threshold, and then v = 0: `Lif`
    without rounding, wrap and saturation; every layer hears the T steps of the one below.
    """
    counts = []
    keep_u, keep_v = 1 - (lif.du + 1) / 4096, 1 - lif.dv / 4096
    s = spikes.astype(np.float64)
    for layer, threshold in zip(layers, thresholds):
        current = s @ np.asarray(layer.feedforward, np.float64).T
        bias = 0.0 if layer.bias is None else np.asarray(layer.bias, np.float64)
        u = v = np.zeros(current[:, 0].shape)
        s = np.empty(current.shape)
        for t in range(current.shape[1]):
            u = u * keep_u + current[:, t]
            v = v * keep_v + u + bias
            s[:, t] = v > threshold
            v = np.where(s[:, t] > 0, 0.0, v)
        counts.append(s.sum(axis=1).astype(np.int32))
    return tuple(counts)
