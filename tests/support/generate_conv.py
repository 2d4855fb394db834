"""Random convolutional networks, one a seed: strides, padding, groups, dilation, pooling, and what else there is."""

from typing import Any

import numpy as np
from scipy import sparse

from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Neuron, Source
from support.generate import Case

STEPS, SAMPLES = 40, 5


def random_convolution(rng: Any, image: tuple[int, int, int], form: Format) -> Convolution:
    """A convolution of an image, from one of its forms: plain, depthwise, grouped, pooling."""
    kind = rng.choice(["plain", "grouped", "pool"])
    channels = image[0]
    groups = 1 if kind == "plain" else channels if kind == "pool" or rng.random() < 0.5 else int(np.gcd(channels, 2))
    made = channels if kind == "pool" else groups * int(rng.integers(1, 3))
    size = (made, channels // groups, *(int(rng.integers(1, min(3, n) + 1)) for n in image[1:]))
    stride, padding, dilation = ((int(a), int(b)) for a, b in (rng.integers(1, 4, 2), rng.integers(0, 3, 2), (1, 1)))
    if kind != "pool" and rng.random() < 0.4:
        dilation = tuple(int(d) for d in rng.integers(1, 3, 2))
    if any(image[1 + k] + 2 * padding[k] <= dilation[k] * (size[2 + k] - 1) for k in (0, 1)):
        padding = (2, 2)
    low, high = form.range
    kernel = np.ones(size, int) * (1 << form.truncated) if kind == "pool" else rng.integers(low, high + 1, size)
    if kind == "pool" and form.sign == "inhibitory":
        kernel = -kernel
    kernel = kernel * (rng.random(size) < 0.9) if kind != "pool" else kernel
    return Convolution(kernel, image, stride, padding, dilation, groups)


def random_conv_network(seed: int, delays: bool = True) -> Case:
    """Source, two or three convolutions of LIF neurons, a dense or sparse readout, sometimes a loop.

    `delays`: of convolutions too, which Lava does not have.
    """
    rng = np.random.default_rng([seed, 9])
    image = (int(rng.integers(1, 4)), int(rng.integers(3, 8)), int(rng.integers(3, 8)))
    low, high = ((0, 1), (-3, 3), (0, 200))[seed % 3]
    populations = [Population("input", int(np.prod(image)), Source(low, high))]
    projections: list[Projection] = []
    for layer in range(1, int(rng.integers(2, 4)) + 1):
        form = Format(
            int(rng.integers(2, 9)),
            int(rng.integers(0, 6)),
            _sign(rng),
        )
        convolution = random_convolution(rng, image, form)
        delay = int(rng.integers(0, 6)) if rng.random() < 0.3 and delays else 0
        below = populations[-1].name
        graded = bool(rng.random() < 0.7)
        projections.append(Projection(f"conv{layer}", below, f"layer{layer}", convolution, form, graded, delay))
        image = convolution.output_shape
        populations.append(Population(f"layer{layer}", int(np.prod(image)), _neuron(rng, projections[-1], high)))
    projections += _readout(rng, populations)
    return Case(Network(tuple(populations), tuple(projections)), {"input": _frames(rng, populations[0])}, STEPS)


def _sign(rng: Any) -> Any:
    """Mostly one that lets neurons spike."""
    return str(rng.choice(["mixed", "excitatory", "inhibitory"], p=[0.4, 0.5, 0.1]))


def _neuron(rng: Any, p: Projection, payload: int) -> Neuron:
    """A neuron whose threshold is in proportion to its input."""
    reach = np.abs(p.matrix).sum(axis=1).max() * (payload if p.graded and p.pre == "input" else 1) << p.format.exponent
    threshold = int(np.clip(reach * 10 ** rng.uniform(-2.5, -0.8), 0, 131071))
    leak = {"du": int(rng.choice([4095, rng.integers(500, 4095)])), "dv": int(rng.choice([0, 128, 1000]))}
    size = p.weight.shape[0]
    bias = {"bias_mant": rng.integers(-500, 500, size), "bias_exp": 3} if rng.random() < 0.4 else {}
    reset = {"reset_interval": int(rng.integers(5, 20)), "reset_offset": int(rng.integers(0, 9))}
    return Lif(threshold, **leak, **bias, **(reset if rng.random() < 0.4 else {}))


def _readout(rng: Any, populations: list[Population]) -> list[Projection]:
    """A readout of the last layer, and a loop back into it."""
    last = populations[-1]
    weight: Any = rng.integers(-128, 128, (4, last.size)) * 2
    if rng.random() < 0.5:
        weight = sparse.csr_array(weight * (rng.random(weight.shape) < 0.4))
    delay = 0 if sparse.issparse(weight) else rng.integers(0, 4, weight.shape)
    populations.append(Population("readout", 4, Graded() if rng.random() < 0.3 else Lif(200, 4095, 100)))
    found = [Projection("dense", last.name, "readout", weight, Format(8, 0), True, delay)]
    if rng.random() < 0.5:
        back = rng.integers(-60, 40, (last.size, last.size)) * 2
        found.append(Projection("loop", last.name, last.name, back, Format(8, 0)))
    return found


def _frames(rng: Any, source: Population) -> Any:
    neuron: Any = source.neuron
    values = rng.integers(neuron.low, neuron.high + 1, (SAMPLES, STEPS, source.size))
    return values * (rng.random(values.shape) < rng.uniform(0.1, 0.5))
