"""Random networks without learning, one a seed: every neuron kind, sign, width, exponent and delay comes up.

Weights and exponents are chosen so that every sum stays far below 2^31 (Lava wraps there), while the 24-bit current of
LIF neurons does wrap, and so that something happens: neurons spike in nearly every network.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.network_checks import DELAY_MAX
from neurohw.ir.neurons import PAYLOAD_MAX, Graded, Lif, Neuron, Relu, Source, TernaryLif

KINDS = ("lif", "lif_bias", "lif_reset", "ternary", "graded", "rectified", "relu")
SIGNS = ("mixed", "excitatory", "inhibitory")
FAN_IN_MAX = 4  # projections into one population
GRADED_LIMIT = 2**16  # largest input of a graded population
CURRENT_LIMIT = 2**18  # of a LIF population: shifted by 6 bits, one wrap of 2^24 a step still brings it back
FAST_CURRENT_LIMIT = 2**22  # of a LIF population that forgets at least half its current a step
VTH_MAX = 131071


class Case(NamedTuple):
    """A network, its inputs (source -> int [samples, frames, n]) and the steps of a sample."""

    network: Network
    inputs: dict[str, NDArray[np.int64]]
    steps: int

    @property
    def samples(self) -> int:
        return len(next(iter(self.inputs.values())))


def random_network(seed: int) -> Case:
    """A network of 3 to 7 populations and up to 12 projections, run for 64 to 160 steps."""
    rng = np.random.default_rng([seed, 1])
    sources = [_source(rng, f"source{k}") for k in range(rng.integers(1, 3))]
    kinds = [KINDS[(seed + k) % len(KINDS)] if k < 2 else str(rng.choice(KINDS)) for k in range(rng.integers(2, 6))]
    populations = list(sources)
    projections: list[Projection] = []
    bounds = {p.name: _payload_bound(p.neuron) for p in sources}
    for k, kind in enumerate(kinds):
        name, size = f"{kind}{k}", int(rng.integers(1, 13))
        pre = _partners(rng, populations, projections)
        into, scale = _fan_in(rng, name, size, pre, bounds, _input_limit(kind, rng))
        populations.append(Population(name, size, _neuron(rng, kind, size, scale)))
        bounds[name] = _output_bound(populations[-1].neuron)
        projections += into
    projections += _recurrent(rng, populations, projections, bounds)
    steps, samples = int(rng.integers(32, 54)), int(rng.integers(2, 4))
    inputs = {p.name: _frames(rng, p, samples, int(rng.integers(steps // 2, steps + 1))) for p in sources}
    return Case(Network(tuple(populations), tuple(projections)), inputs, steps)


def _source(rng: Any, name: str) -> Population:
    low, high = ((0, 1), (-1, 1), (0, PAYLOAD_MAX), (-120, 120))[rng.integers(4)]
    return Population(name, int(rng.integers(2, 13)), Source(low, high))


def _frames(rng: Any, source: Population, samples: int, frames: int) -> NDArray[np.int64]:
    neuron: Any = source.neuron
    values = rng.integers(neuron.low, neuron.high + 1, (samples, frames, source.size))
    return values * (rng.random(values.shape) < rng.uniform(0.1, 0.9))


def _payload_bound(neuron: Neuron) -> int:
    return max(abs(neuron.low), abs(neuron.high)) if isinstance(neuron, Source) else 1


def _output_bound(neuron: Neuron) -> int:
    return {Graded: GRADED_LIMIT, Relu: PAYLOAD_MAX}.get(type(neuron), 1)


def _input_limit(kind: str, rng: Any) -> int:
    if kind in ("graded", "rectified", "relu"):
        return GRADED_LIMIT
    return FAST_CURRENT_LIMIT if rng.random() < 0.3 else CURRENT_LIMIT


def _partners(rng: Any, populations: list[Population], projections: list[Projection]) -> list[Population]:
    """One to three earlier populations, each source among them at least once in the network."""
    used = {p.pre for p in projections}
    unused = [p for p in populations if p.name not in used][:1]
    chosen = rng.choice(len(populations), size=min(len(populations), rng.integers(1, 4)), replace=False)
    others = [populations[k] for k in chosen if populations[k] not in unused]
    return (unused + others)[: FAN_IN_MAX - 1]


def _fan_in(
    rng: Any, post: str, n_post: int, pre: list[Population], bounds: dict[str, int], limit: int
) -> tuple[list[Projection], tuple[float, int]]:
    """Projections into a population, the size its input has, and the limit it keeps."""
    into, scale = [], 0.0
    for p in pre:
        projection = _projection(rng, f"{p.name}_to_{post}", p, post, n_post, bounds[p.name], limit // FAN_IN_MAX)
        into.append(projection)
        scale += _reach(projection, bounds[p.name])
    return into, (scale, limit)


def _recurrent(
    rng: Any, populations: list[Population], projections: list[Projection], bounds: dict[str, int]
) -> list[Projection]:
    """Loops: from anywhere into a LIF population; from a population that cannot run away into any other."""
    found: list[Projection] = []
    taken = {p.name for p in projections}
    neurons = [p for p in populations if not isinstance(p.neuron, Source)]
    for _ in range(rng.integers(0, 4)):
        pre, post = (neurons[k] for k in rng.integers(0, len(neurons), 2))
        name = f"{pre.name}_to_{post.name}"
        into = sum(p.post == post.name for p in [*projections, *found])
        runaway = isinstance(pre.neuron, Graded) and isinstance(post.neuron, (Graded, Relu))
        if name in taken or runaway or into == FAN_IN_MAX:
            continue
        taken.add(name)
        limit = GRADED_LIMIT if isinstance(post.neuron, (Graded, Relu)) else CURRENT_LIMIT
        found.append(_projection(rng, name, pre, post.name, post.size, bounds[pre.name], limit // FAN_IN_MAX))
    return found


def _reach(p: Projection, bound: int) -> float:
    """Largest input the projection can cause."""
    weight = abs(p.weight.toarray() if p.sparse else p.weight)
    exponent = p.format.exponent if p.format else 0
    return float(weight.sum(axis=1).max()) * (bound if p.graded else 1) * 2.0**exponent


def _projection(rng: Any, name: str, pre: Population, post: str, n_post: int, bound: int, limit: int) -> Projection:
    sign, bits, graded = SIGNS[rng.integers(3)], int(rng.integers(1, 9)), bool(rng.random() < 0.7)
    low, high = Format(bits, 0, sign).range
    if rng.random() < 0.2:  # beyond the format: clipped at the start
        low, high = low - 40, high + 40
    weight: Any = rng.integers(low, high + 1, (n_post, pre.size)) * (
        rng.random((n_post, pre.size)) < rng.uniform(0.2, 1)
    )
    delay: Any = 0
    kind = rng.integers(4)
    if kind == 1:
        delay = int(rng.integers(1, DELAY_MAX + 1))
    elif kind == 2:
        delay = rng.integers(0, int(rng.choice([2, 8, DELAY_MAX])) + 1, weight.shape)
    if kind != 2 and rng.random() < 0.4:
        weight = sparse.csr_array(weight)
    draft = Projection(name, pre.name, post, weight, Format(bits, 0, sign), graded, delay)
    return Projection(
        name, pre.name, post, weight, Format(bits, _exponent(rng, _reach(draft, bound), limit), sign), graded, delay
    )


def _exponent(rng: Any, reach: float, limit: int) -> int:
    """Any exponent that keeps the input below the limit, rarely one that leaves nothing of it."""
    highest = int(np.clip(np.floor(np.log2(limit / max(reach, 1))), -8, 7))
    lowest = -8 if rng.random() < 0.2 else int(np.clip(4 - np.log2(max(reach, 1)), -8, highest))
    return int(rng.integers(lowest, highest + 1))


def _neuron(rng: Any, kind: str, size: int, scale: tuple[float, int]) -> Neuron:
    """A neuron whose threshold is in proportion to its input."""
    reach, limit = scale

    def threshold() -> Any:
        shape = size if rng.random() < 0.3 else None
        values = np.clip(reach * 10.0 ** rng.uniform(-2.5, -0.5, shape), 0, VTH_MAX)
        return int(values) if shape is None else values.astype(np.int64)

    if kind in ("graded", "rectified"):
        return Graded(threshold() // 4, rectify=kind == "rectified")
    if kind == "relu":
        period = int(rng.integers(3, 7))
        shift = max(0, int(np.log2(max(reach, 1))) - int(rng.integers(6, 12)))
        bias = rng.integers(-int(reach) // 4 - 1, int(reach) // 4 + 1, size)
        return Relu(int(rng.integers(1, period)), period, shift, bias if rng.random() < 0.5 else int(bias[0]))
    du = int(rng.integers(2048, 4096)) if limit == FAST_CURRENT_LIMIT else int(rng.integers(0, 4096))
    leak = {"du": du, "dv": int(rng.choice([0, rng.integers(0, 4096), 4095]))}
    biased = kind == "lif_bias" or rng.random() < 0.2
    bias = {"bias_mant": rng.integers(-4096, 4096, size), "bias_exp": rng.integers(-7, 8, size)} if biased else {}
    if kind == "ternary":
        return TernaryLif(threshold(), -threshold(), **leak, **bias)
    reset = {"reset_interval": int(rng.integers(1, 20)), "reset_offset": int(rng.integers(0, 25))}
    return Lif(threshold(), **leak, **bias, **(reset if kind == "lif_reset" else {}))
