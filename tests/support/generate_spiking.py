"""Random spiking CLAPP networks, one a seed: LIF layers that count, context, hinge, three-factor rules."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import ClappLif, Hinge, Source
from neurohw.ir.plasticity import Trace
from neurohw.ir.rule_text import parse_rule
from support.generate import Case
from support.generate_learning import DECAY_SEEDS, MAPPINGS, NO_DECAY, plasticity

FIXATIONS = 25


def random_spiking_network(seed: int, delayed: bool = False) -> Case:
    """One or two layers on two noisy prototypes in spikes; `seed` chooses mapping, rule and kind of surrogate.

    `delayed`: predictions travel in spikes that come back a fixation later.
    """
    rng = np.random.default_rng([seed, 5])
    layers, steps = int(rng.integers(1, 3)), int(rng.choice([3, 4, 8, 16]))
    period = steps + layers + 3 + int(rng.integers(0, 3))
    sizes = [int(n) for n in rng.integers(5, 13, layers + 1)]
    shift = max(0, 7 - int(np.log2(steps)))
    populations = [Population("x", sizes[0], Source()), Population("same", 1, Source(-1, 1))]
    projections: list[Projection] = []
    for layer in range(1, layers + 1):
        mapping = MAPPINGS[seed % 3]
        neuron = ClappLif(
            layer, period, steps, vth=int(rng.integers(40, 200)), du=int(rng.choice([4095, 1000, 0])),
            dv=int(rng.choice([0, 128, 512])), count_shift=shift, prediction_shift=int(rng.integers(4, 9)),
            score_shift=int(rng.integers(4, 8)), window=bool(seed % 2), mapping=mapping,
            growth=float(rng.choice([0, 0.5, 0.5, 3, 4.5])), rate=int(rng.choice([1, 16, 127])), delayed=delayed,
        )  # fmt: skip
        hinge = Hinge(layer + steps, period, int(rng.integers(50, 400)))
        populations += [Population(f"layer{layer}", sizes[layer], neuron), Population(f"hinge{layer}", 1, hinge)]
        pre = "x" if layer == 1 else f"layer{layer - 1}"
        rules = _rules(rng, seed, mapping, period)
        projections += _projections(rng, layer, pre, (sizes[layer - 1], sizes[layer]), rules, delayed * period)
    network = Network(tuple(populations), tuple(projections), period)
    return Case(network, _fixations(rng, sizes[0], steps, shift), period)


def _rules(rng: Any, seed: int, mapping: str, epoch: int) -> tuple[Any, Any]:
    """Tag carry; tags that move into the weight and start again; weights at once."""
    common: dict[str, Any] = {"epoch": epoch, "x1": Trace(0, NO_DECAY), "rounding": "lava"}
    common["seed"] = int(rng.choice(DECAY_SEEDS)) if seed % 4 else int(rng.integers(0, 2000))
    k, e = int(rng.integers(1, 4)), int(rng.integers(-5, 0))
    if mapping == "carry":
        moves = f"2^0*u{k}*sgn(t+64) + 2^0*u{k}*sgn(t-64)"
        texts = [(moves, f"2^{e}*x0*x1*{y} - 2^6*u{k}*sgn(t+64) - 2^6*u{k}*sgn(t-64)") for y in ("y1", "y2")]
    elif mapping == "signed":
        texts = [(f"2^-3*u{k}*t", f"2^{e}*x0*x1*{y} - 2^0*u{k}*t") for y in ("y1", "y2")]
    else:
        texts = [(f"2^{e}*x0*x1*y1 - 2^{e}*x0*x1*y2", ""), (f"2^{e}*x0*y0*x1*y3 - 2^{e}*x0*x1*y3", "")]
    made = []
    for dw, dt in texts:
        products = {"dw": parse_rule(dw), **({"dt": parse_rule(dt)} if dt else {})}
        made.append(plasticity(**products, decimate=k if dt else None, **common))
    return made[0], made[1]


def _projections(
    rng: Any, layer: int, pre: str, sizes: tuple[int, int], rules: tuple[Any, Any], delay: int
) -> list[Projection]:
    n_pre, n = sizes
    name, hinge = f"layer{layer}", f"hinge{layer}"
    mixed, ones = Format(8, 0, "mixed"), Format(8, 0, "excitatory")
    forward, lateral = rng.integers(-100, 161, (n, n_pre)), rng.integers(-40, 41, (n, n))
    return [
        Projection(f"w{layer}", pre, name, forward, mixed, plasticity=rules[0]),
        Projection(f"p{layer}", name, name, lateral, mixed, True, delay, rules[1], "context", "prediction"),
        Projection(f"sum{layer}", name, hinge, np.ones((1, n), int), ones, True, 0, None, "score", "score"),
        Projection(f"same{layer}", "same", hinge, np.ones((1, 1), int), ones, post_port="sameness"),
        Projection(f"gate{layer}", hinge, name, np.ones((n, 1), int), ones, True, 0, None, "gamma", "gate"),
    ]


def _fixations(rng: Any, size: int, steps: int, shift: int) -> dict[str, NDArray[np.int64]]:
    """Spikes of noisy views of two objects, then twice the shifted count; and the sameness."""
    objects = rng.random((2, size)) < 0.5
    label = rng.integers(0, 2, FIXATIONS)
    spikes = (rng.random((FIXATIONS, steps, size)) < np.where(objects[label], 0.7, 0.1)[:, None, :]).astype(np.int64)
    counts = 2 * np.minimum(127, spikes.sum(axis=1, keepdims=True) << shift)
    same = np.where(np.diff(label, prepend=1 - label[0]) == 0, 1, -1)
    same[0] = 0
    return {"x": np.concatenate([spikes, counts], axis=1), "same": same[:, None, None].astype(np.int64)}
