"""The spiking workload that speeds are compared on: dense LIF layers at 7.5 % activity, int8 even weights, T = 128."""

from itertools import pairwise

import numpy as np

from neurohw.backends.emulator.run import Machine
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source

SIZES = {"tiny": (64, 64, 32), "small": (784, 512, 256, 128), "medium": (1024, 2048, 2048, 1024)}
STEPS, ACTIVITY = 128, 0.075


def workload(name: str, samples: int, seed: int = 0) -> tuple[Network, dict[str, np.ndarray]]:
    """A calibrated network and Bernoulli inputs [samples, 128, n] for it."""
    rng = np.random.default_rng(seed)
    sizes = SIZES[name]
    inputs = {"input": (rng.random((samples, STEPS, sizes[0])) < ACTIVITY).astype(np.int8)}
    weights = [2 * rng.integers(-64, 64, (n, m)) for m, n in pairwise(sizes)]
    thresholds: list[int] = []
    for layer in range(len(weights)):
        thresholds.append(_calibrate(weights[: layer + 1], thresholds, {"input": inputs["input"][:1]}))
    return _network(weights, thresholds), inputs


def _network(weights, thresholds) -> Network:
    populations = [Population("input", weights[0].shape[1], Source(0, 1))]
    projections = []
    for k, (w, vth) in enumerate(zip(weights, thresholds), 1):
        populations.append(Population(f"layer{k}", len(w), Lif(vth, du=4095, dv=128)))
        projections.append(Projection(f"w{k}", populations[-2].name, f"layer{k}", w, Format(), graded=False))
    return Network(tuple(populations), tuple(projections), period=STEPS)


def _calibrate(weights, thresholds, inputs) -> int:
    """Threshold of the last layer, by bisection."""
    low, high = 0, 131071
    while high - low > 1:
        middle = (low + high) // 2
        network = _network(weights, [*thresholds, middle])
        machine = Machine(network, steps=STEPS, record=[f"layer{len(weights)}.out"])
        (counts,) = machine.advance(inputs).values()
        low, high = (middle, high) if counts.mean() / STEPS > ACTIVITY else (low, middle)
    return high
