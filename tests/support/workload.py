"""The spiking workload that speeds are compared on: dense LIF layers at 7.5 % activity, int8 even weights, T = 128."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.ir.plasticity import Factor, LearningRule, Plasticity, Product, Rounding, Term, Trace
from neurohw.machine.machine import Machine

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


def learning_workload(name: str, samples: int, rounding: Rounding = "lava") -> tuple[Network, dict[str, np.ndarray]]:
    """The same, and every weight changes after every step: by -x1 (y1 - 6) / 1024, from two traces of spikes.

    What fires together is driven apart, so that the activity stays where it is while the weights wander.
    """
    network, inputs = workload(name, samples)
    trace = Trace(impulse=8, tau=10)  # 6 on average at 7.5 % activity
    product = Product(-1, -7, "u", (Factor("x1"), Factor("y1", -6)))
    rule = LearningRule(
        dw=(product,), epoch=1, decimate=0, third_factor=False, graded="impulse", x1=trace, y1=trace, seed=1,
        rounding=rounding,
    )  # fmt: skip
    plasticity = Plasticity("dw = -x1 (y1 - 6)", (Term("1", ("y1",), ("x1",)),), rule)
    return replace(network, projections=tuple(replace(p, plasticity=plasticity) for p in network.projections)), inputs


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
