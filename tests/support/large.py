"""Layered networks of any size: each neuron hears some of its nearest in the layer before, as on a retina."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source

FAN_IN, WINDOW = 100, 256
THRESHOLDS = (2550, 2780, 3080, 3350, 3650, 3950, 4250, 4550)  # by layer: keep a volley from growing on its way


def layered(neurons: int, seed: int = 0) -> Network:
    """`neurons` LIF neurons in eight layers with FAN_IN synapses each, on a source as large as a layer."""
    rng, size = np.random.default_rng(seed), neurons // len(THRESHOLDS)
    populations = [Population("input", size, Source(0, 1))]
    projections = []
    for number, threshold in enumerate(THRESHOLDS, 1):
        before, name = populations[-1].name, f"layer{number}"
        populations.append(Population(name, size, Lif(vth=threshold, du=4095, dv=128)))
        weights = _near(size, rng)
        projections.append(Projection(f"{name}.W", before, name, weights, Format(8, 0), graded=False))
    return Network(tuple(populations), tuple(projections))


def _near(size: int, rng: np.random.Generator) -> sparse.csr_array:
    """Even weights 40..118 from FAN_IN of the WINDOW nearest neurons, on a ring: [size, size]; from all, if fewer."""
    window, fan_in = min(WINDOW, size), min(FAN_IN, size)
    chosen = rng.random((size, window), dtype=np.float32).argsort(axis=1)[:, :fan_in]
    columns = np.sort((np.arange(size)[:, None] + chosen - window // 2) % size, axis=1).astype(np.int32)
    weights = (2 * rng.integers(20, 60, size * fan_in)).astype(np.int16)
    return sparse.csr_array((weights, columns.ravel(), np.arange(size + 1) * fan_in), shape=(size, size))
