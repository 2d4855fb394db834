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


def learn(network: Network, frames: np.ndarray) -> np.ndarray:
    """Spikes [steps, n] of the last layer for spikes [steps, n], with the outer product of two traces added to every
    weight in every step: the arithmetic of `support.workload.learning_workload` with deterministic rounding."""
    layers = network.populations[1:]
    weights = [p.weight.T.astype(np.int16) for p in network.projections]
    sizes = [w.shape[0] for w in weights] + [weights[-1].shape[1]]
    sent = [np.zeros(n, np.int16) for n in sizes]
    traces = [np.zeros(n, np.int16) for n in sizes]
    voltages = [np.zeros(n, np.int32) for n in sizes[1:]]
    spikes = np.zeros((len(frames), sizes[-1]), np.int8)
    for t, frame in enumerate(frames):
        heard = [w[np.flatnonzero(s)].sum(axis=0, dtype=np.int32) for w, s in zip(weights, sent)]
        sent[0] = frame.astype(np.int16)
        for k, (population, v) in enumerate(zip(layers, voltages)):
            v[:] = np.sign(v) * (np.abs(v) * (4096 - population.neuron.dv) >> 12) + (heard[k] << 6)
            sent[k + 1] = (v > population.neuron.vth << 6).astype(np.int16)
            v[sent[k + 1] > 0] = 0
        traces = [np.minimum(x - x // 10 + 8 * s, 127) for x, s in zip(traces, sent)]
        for w, x, y in zip(weights, traces, traces[1:]):
            w += (512 - np.multiply.outer(x, y - 6)) >> 10
            np.clip(w, -256, 255, out=w)
        spikes[t] = sent[-1]
    return spikes
