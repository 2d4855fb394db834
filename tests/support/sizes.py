"""One population of a kind of neuron, of any size, with a source of its own size at each of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import ClappLif, Source
from support.generate import Case
from support.some import some

SIZES = (0, 1, 2, 63, 64, 65, 1000)
STEPS, SAMPLES = 22, 2
SIGNS = ("gate", "sameness")  # ports where -1, 0 and 1 arrive; at the input of spiking layers 0 and 1
LIMIT = 100  # of what sources send


def population_of(kind: type, size: int) -> Case:
    """The network, and two samples of what its sources send."""
    rng = np.random.default_rng([size, *kind.__name__.encode()])
    populations = [Population("x", size, Source(-LIMIT, LIMIT) if kind is Source else some(rng, size, kind))]
    projections = []
    for port in kind.inputs:  # type: ignore[attr-defined]
        low, high = (-1, 1) if port in SIGNS else (0, 1) if (kind, port) == (ClappLif, "in") else (-LIMIT, LIMIT)
        weight = np.ones(size, int) if port in SIGNS else 2 * rng.integers(1, 128, size)
        populations.insert(0, Population(f"to_{port}", size, Source(low, high)))
        wires: Any = sparse.csr_array(sparse.diags_array(weight, dtype=int, shape=(size, size)))
        form = Format(8, 0, "excitatory")
        projections.append(Projection(f"w_{port}", f"to_{port}", "x", wires, form, post_port=port))
    inputs = {}
    for p in populations:
        if isinstance(p.neuron, Source):
            values = rng.integers(p.neuron.low, p.neuron.high + 1, (SAMPLES, STEPS - 1, size))
            inputs[p.name] = values * (rng.random(values.shape) < 0.9)
    return Case(Network(tuple(populations), tuple(projections)), inputs, STEPS)
