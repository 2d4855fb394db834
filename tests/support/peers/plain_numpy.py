"""Plain numpy: one matrix product a layer for all steps of all samples, then the neurons step by step."""

import numpy as np

from neurohw.ir.network import Network


def run(network: Network, frames: np.ndarray) -> np.ndarray:
    """Spikes [samples, steps, n] of the last layer of a `support.workload` network for spikes [samples, steps, n]."""
    spikes = frames
    for p, population in zip(network.projections, network.populations[1:]):
        samples, steps, n_pre = spikes.shape
        flat = spikes.reshape(-1, n_pre).astype(np.float32)
        arriving = (flat @ p.weight.T.astype(np.float32)).astype(np.int32).reshape(samples, steps, -1)
        spikes = _lif(arriving, population.neuron.vth << 6, 4096 - population.neuron.dv)
    return spikes


def _lif(arriving: np.ndarray, threshold: int, keep: int) -> np.ndarray:
    """Spikes of neurons whose current lasts one step; inputs arrive a step after they are sent."""
    samples, steps, n = arriving.shape
    v = np.zeros((samples, n), np.int64)
    spikes = np.zeros(arriving.shape, np.int8)
    for t in range(1, steps):
        v = np.sign(v) * (np.abs(v) * keep >> 12) + (arriving[:, t - 1].astype(np.int64) << 6)
        spikes[:, t] = v > threshold
        v[v > threshold] = 0
    return spikes
