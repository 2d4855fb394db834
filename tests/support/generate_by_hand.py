"""Random populations of kinds whose kernels are written by hand, with what arrives in them up to 2^31, one a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Neuron, Source
from neurohw.ir.ranges import ranges_of

HIGH = (1 << 31) - 1
SIZES = (0, 1, 2, 15, 16, 17, 63, 64, 65, 128, 200)


class Populations(NamedTuple):
    """A network of a source, which sends spikes or numbers, and two populations of a kind, of which one hears itself.

    `inputs`: the samples in chunks, [samples, frames, n] of the source; `reset`: each sample starts from rest.
    """

    network: Network
    inputs: tuple[NDArray[np.int64], ...]
    steps: int
    reset: bool


def lif(rng: Any, size: int) -> Lif:
    """Parameters from all of their ranges, most of them so that something happens."""
    ranges: Any = ranges_of(Lif)

    def each(name: str, low: int, high: int) -> Any:
        if rng.random() < 0.2:
            low, high = ranges[name].low, ranges[name].high
        shape = size if size and rng.random() < 0.5 else None
        return rng.integers(low, high, shape, endpoint=True) if shape else int(rng.integers(low, high, endpoint=True))

    def decay() -> int:
        return int(rng.choice([0, 4095, rng.integers(0, 4096)]))

    interval = int(rng.choice([0, 1, rng.integers(2, 20), HIGH], p=[0.5, 0.1, 0.3, 0.1]))
    bias = (each("bias_mant", -5000, 5000), each("bias_exp", -7, 7)) if rng.random() < 0.6 else (0, 0)
    offset = int(rng.choice([0, rng.integers(-30, 30), -HIGH - 1, HIGH]))
    return Lif(each("vth", -10, 4000), decay(), decay(), *bias, interval, offset)


MAKE: dict[type, Callable[[Any, int], Neuron]] = {Lif: lif}


def random_populations(kind: type, seed: int) -> Populations:
    """Of all sizes, with dense or sparse weights, delays, several samples, from rest or one after the other."""
    rng = np.random.default_rng([seed, 272])
    first, second, sources = int(rng.choice(SIZES)), int(rng.choice(SIZES)), int(rng.integers(1, 40))
    spikes = bool(rng.random() < 0.5)
    largest = 1 if spikes else int(rng.choice([1, 127, 1 << 16, HIGH]))
    populations = (
        Population("source", sources, Source(0 if spikes else -largest - (largest == HIGH), largest)),
        Population("first", first, MAKE[kind](rng, first)),
        Population("second", second, MAKE[kind](rng, second)),
    )
    loops = bool(rng.random() < 0.4)  # populations without run through many steps at once
    ends = (("source", "first"), ("first", "second"), ("source", "second"), *([("second", "second")] * loops))
    sizes = {p.name: p.size for p in populations}
    wires = tuple(_projection(rng, pre, post, sizes, spikes) for pre, post in ends)
    low, steps = populations[0].neuron.low, int(rng.integers(1, 40))
    chunks = []
    for samples in rng.integers(1, 5, int(rng.integers(1, 4))):
        values = rng.integers(low, largest, (samples, steps, sources), endpoint=True)
        chunks.append(values * (rng.random(values.shape) < rng.uniform(0.05, 0.9)))
    return Populations(Network(populations, wires), tuple(chunks), steps, bool(rng.random() < 0.5))


def _projection(rng: Any, pre: str, post: str, sizes: dict[str, int], spikes: bool) -> Projection:
    weight: Any = 2 * rng.integers(-128, 128, (sizes[post], sizes[pre]))
    plain = spikes and rng.random() < 0.7  # binary spikes through dense weights without delay
    if not plain and rng.random() < 0.4:
        weight = sparse.csr_array(weight * (rng.random(weight.shape) < 0.3))
    delay = 0 if plain or rng.random() < 0.6 else int(rng.integers(1, 6))
    return Projection(f"{pre}_{post}", pre, post, weight, Format(8, int(rng.integers(-6, 8))), not plain, delay)
