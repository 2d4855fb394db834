"""A neuron's bias as the chip stores it: 13 bits and an exponent, rounded so that a silent neuron keeps its rhythm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurohw.compiler.quantise import LIF_SHIFT

MANTISSA_MAX, EXPONENT_MAX = 4095, 7
BIAS_MAX = MANTISSA_MAX * 2.0 ** (EXPONENT_MAX - LIF_SHIFT)  # largest bias, in units of the synaptic input
LOOKED_AT = 1000  # steps: what takes longer to spike is rounded to the nearest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def stored_bias(bias: Floats, leak: Floats, threshold: Floats, scale: float, vth: Ints, dv: int) -> tuple[Ints, int]:
    """Mantissas [n] and the exponent 0..7 that they share, of a `bias` [n] in floats times `scale`.

    Of the nearest mantissa and its two neighbours that one is taken with which a neuron without input (`leak`,
    `threshold` in floats; `dv`, `vth` on the chip, dv = 4096 for no memory) first spikes in the same step as in floats;
    the nearest if all do or none does. So bias and threshold in a simple ratio, such as 1 : 5, stay in it.
    """
    wanted = bias * scale * 2.0**LIF_SHIFT
    exponent = int(np.clip(np.ceil(np.log2(max(np.abs(wanted).max() / MANTISSA_MAX, 1e-300))), 0, EXPONENT_MAX))
    exact = np.stack(np.broadcast_arrays(bias, leak, threshold, wanted / 2.0**exponent, vth), axis=1)
    kinds, which = np.unique(exact, axis=0, return_inverse=True)
    bias, leak, threshold, mantissa, vth = kinds.T
    nearest = np.clip(np.rint(mantissa), -MANTISSA_MAX - 1, MANTISSA_MAX).astype(np.int64)
    right = _first_spikes_in_floats(bias, leak, threshold)
    chosen = nearest.copy()
    for change in (-1, 1, 0):  # the nearest comes last, so that it wins
        tried = np.clip(nearest + change, -MANTISSA_MAX - 1, MANTISSA_MAX)
        same = _first_spikes(tried << exponent, dv, vth.astype(np.int64) << LIF_SHIFT) == right
        chosen = np.where(same, tried, chosen)
    return chosen[which.ravel()], exponent


def _first_spikes_in_floats(bias: Floats, leak: Floats, threshold: Floats) -> Ints:
    """The step of the first spike of neurons without input; 0: none in the steps looked at."""
    v, first = np.zeros(len(bias)), np.zeros(len(bias), np.int64)
    for step in range(1, LOOKED_AT + 1):
        v = v * (1 - leak) + bias
        first[(v > threshold) & (first == 0)] = step
    return first


def _first_spikes(bias: Ints, dv: int, threshold: Ints) -> Ints:
    """The same for the integers of `ir.neurons.Lif`."""
    v, first = np.zeros(len(bias), np.int64), np.zeros(len(bias), np.int64)
    for step in range(1, LOOKED_AT + 1):
        v = np.sign(v) * ((np.abs(v) * (4096 - dv)) >> 12) + bias
        first[(v > threshold) & (first == 0)] = step
    return first
