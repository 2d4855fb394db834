"""Layers of so many neurons that they go through a block of steps 64 at a time."""

import numpy as np

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source


def wide(seed):
    """Layers of many neurons, some with two inputs; frames for four samples, shorter than these; whether they reset."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 15, 63, 64, 65, 128, 200, 300], 4)
    low, high = [(0, 1), (0, 1), (-3, 7)][seed % 3]
    populations, projections = [Population("p0", int(sizes[0]), Source(low, high))], []
    for k in range(1, 4):
        n, du, every = int(sizes[k]), int(rng.choice([0, 900, 4095])), int(rng.choice([0, 0, 9]))
        layer = Lif(
            rng.integers(10, 900, n), du=du, dv=int(rng.integers(0, 4096)), bias_mant=rng.integers(-4000, 4000, n),
            bias_exp=rng.integers(-2, 4), reset_interval=every, reset_offset=int(rng.integers(0, 12)) if every else 0,
        )  # fmt: skip
        populations.append(Population(f"p{k}", n, layer))
        for pre in {k - 1, int(rng.integers(0, k))}:
            form = Format(
                int(rng.integers(1, 9)), int(rng.integers(-3, 4)), ("mixed", "excitatory", "inhibitory")[seed % 3]
            )
            first, last = form.range
            weight = form.stored(rng.integers(first, last + 1, (n, int(sizes[pre]))))
            graded = bool(rng.random() < 0.3)
            projections.append(Projection(f"{pre}to{k}", f"p{pre}", f"p{k}", weight, form, graded=graded))
    density = rng.choice([0.03, 0.5, 1.0])
    values = rng.integers(low, high + 1, (4, 17, int(sizes[0])))
    frames = np.where(rng.random(values.shape) < density, values, 0).astype(rng.choice([np.int8, np.int16]))
    return Network(tuple(populations), tuple(projections)), {"p0": frames}, bool(rng.random() < 0.5)
