"""Balance: thresholds of spiking layers, from the bottom up, so that each speaks at the model's mean rate.

The rate falls as the threshold rises, so bisection finds the threshold. Thresholds are even: the window below one
(`ir.neurons.ClappLif`) is then the same whether half the threshold or half its 64-fold is taken.
Source: data-based threshold balancing, Diehl et al. 2015 (IJCNN), with the mean rate in place of the largest input.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import Lif, Neuron, membrane_bits, parameters_of
from neurohw.microcode.vector import Neurons

CALIBRATION = 300  # presentations, of which the first are used
THRESHOLD_MAX = 131071


def balance(network: Network, frames: NDArray[Any], rate: float) -> Network:
    """Set the thresholds of all spiking layers for the mean `rate` [spikes a neuron and step].

    `network`: quantised, layers in order, each fed by one projection; `frames` [presentations, steps, inputs]: spikes
    of the first population. Warns of a layer that speaks at less than half the rate whatever its threshold.
    """
    spikes = np.asarray(frames[:CALIBRATION], np.int64)
    populations = {p.name: p for p in network.populations}
    for projection in network.projections:
        population = populations[projection.post]
        if membrane_bits(population.neuron) and projection.post_port == "in":
            populations[population.name], spikes = _balanced(population, projection, spikes, rate)
            if spikes.mean() < rate / 2:
                what = f"{population.name} speaks at {spikes.mean():.3g} spikes a step, not at {rate:g}"
                warnings.warn(f"{what}: its weights allow no more; lower lif.rate", stacklevel=2)
    return replace(network, populations=tuple(populations.values()))


def lif_spikes(neuron: Neuron, current: NDArray[np.int64], vth: int) -> NDArray[np.int8]:
    """Spikes [N, T, n] of neurons that start at rest, for inputs [N, T, n]; they integrate as `Lif` does."""
    names = [name for name in ("du", "dv", "bias_mant", "bias_exp") if name in parameters_of(neuron)]
    neurons = Neurons(Lif(vth, **{name: getattr(neuron, name) for name in names}), current[:, 0].shape)
    steps = [neurons.step(t, {"in": arrived})["out"] for t, arrived in enumerate(current.swapaxes(0, 1), 1)]
    return np.stack(steps, axis=1).astype(np.int8)


def _balanced(
    population: Population, projection: Projection, spikes: NDArray[np.int64], rate: float
) -> tuple[Population, NDArray[np.int64]]:
    """The population with the smallest even threshold that keeps its mean rate at or below `rate`, and its spikes."""
    neuron: Any = population.neuron
    current = spikes @ np.asarray(projection.weight, np.int64).T
    low, high = 0, THRESHOLD_MAX // 2
    while low < high:
        middle = (low + high) // 2
        if lif_spikes(neuron, current, 2 * middle).mean() > rate:
            low = middle + 1
        else:
            high = middle
    return replace(population, neuron=replace(neuron, vth=2 * low)), lif_spikes(neuron, current, 2 * low).astype(
        np.int64
    )
