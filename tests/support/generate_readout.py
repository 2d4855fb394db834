"""Random networks with a readout, one a seed: with a critic (even seeds) or with targets; some with ties and rails."""

from typing import Any

import numpy as np
from scipy import sparse

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Critic, Readout, Relu, Source
from neurohw.ir.plasticity import Trace
from neurohw.ir.rule_text import parse_rule
from support.generate import Case
from support.generate_learning import DECAY_SEEDS, NO_DECAY, plasticity, random_rule

ONES, MIXED = Format(8, 0, "excitatory"), Format(8, 0, "mixed")


def random_readout(seed: int) -> Case:
    """A readout on the input or on one ReLU layer that sees noisy prototypes; every third rule is a random one."""
    rng = np.random.default_rng([seed, 8])
    supervised, layer = seed % 2 == 1, 1 + seed // 2 % 2
    classes, inputs, hidden = (int(n) for n in rng.integers((2, 4, 4), (9, 12, 12)))
    few = seed % 5 == 4  # too few rounds to tell all neurons apart: several may act
    rounds = 8 + max(0, (classes - 1).bit_length() - few)
    period = layer + rounds + 3 + int(rng.integers(0, 3))
    neuron = Readout(layer, period, int(rng.integers(4, 9)), rounds, supervised)
    rule = _rule(rng, period, earnest=seed % 3 != 2)
    populations = [Population("x", inputs, Source()), Population("readout", classes, neuron)]
    projections: list[Projection] = []
    below, n_pre = "x", inputs
    if layer == 2:
        populations.insert(1, Population("layer1", hidden, Relu(1, period, int(rng.integers(5, 8)))))
        weight = rng.integers(-60, 61, (hidden, inputs)) * 2
        projections.append(Projection("w1", "x", "layer1", weight, MIXED))
        below, n_pre = "layer1", hidden
    start = rng.integers(-40, 41, (classes, n_pre)) if seed % 4 else rng.choice([-256, 0, 255], (classes, n_pre))
    contest = np.ones((classes, classes), int)
    projections += [
        Projection("readout.W", below, "readout", start, MIXED, plasticity=rule),
        Projection("contest", "readout", "readout", contest, ONES, pre_port="contest", post_port="contest"),
    ]
    outside, wires = _supervised(classes) if supervised else _rewarded(rng, classes, layer + rounds, period)
    network = Network((*populations, *outside), (*projections, *wires), period)
    return Case(network, _presentations(rng, network, classes, supervised), period)


def _rule(rng: Any, epoch: int, earnest: bool) -> Any:
    common: dict[str, Any] = {"epoch": epoch, "x1": Trace(0, NO_DECAY), "rounding": "lava"}
    common["seed"] = int(rng.choice(DECAY_SEEDS))
    if not earnest:
        return plasticity(**random_rule(rng), **common)
    k, e = int(rng.integers(0, 4)), int(rng.integers(-5, 2))
    carry = f"2^0*u{k}*sgn(t+64) + 2^0*u{k}*sgn(t-64)"
    main = f"2^{e}*x0*x1*y1 - 2^6*u{k}*sgn(t+64) - 2^6*u{k}*sgn(t-64)"
    return plasticity(dw=parse_rule(carry), dt=parse_rule(main), decimate=k, **common)


def _supervised(classes: int) -> tuple[list[Population], list[Projection]]:
    targets = Population("label", classes, Source(-127, 127))
    return [targets], [Projection("target", "label", "readout", _identity(classes), ONES, post_port="gate")]


def _rewarded(rng: Any, classes: int, layer: int, period: int) -> tuple[list[Population], list[Projection]]:
    critic = Critic(layer, period, int(rng.integers(1, 128)), int(rng.integers(-127, 1)))
    numbers, ones = np.arange(1, classes + 1)[None, :], np.ones((classes, 1), int)
    return [
        Population("label", classes, Source(0, 1)),
        Population("noise", classes, Source(-127, 127)),
        Population("critic", 1, critic),
    ], [
        Projection("explore", "noise", "readout", _identity(classes), ONES, post_port="gate"),
        Projection("label_number", "label", "critic", numbers, ONES, post_port="label"),
        Projection("action_number", "readout", "critic", numbers, ONES, post_port="action"),
        Projection("reward", "critic", "readout", ones, ONES, pre_port="reward", post_port="gate"),
    ]


def _identity(size: int) -> Any:
    return sparse.csr_array(np.eye(size, dtype=int))


def _presentations(rng: Any, network: Network, classes: int, supervised: bool) -> dict[str, Any]:
    """Noisy views of one prototype a class; now and then without a label."""
    count = int(rng.integers(40, 70))
    inputs = network.population("x").size
    label = rng.integers(0, classes, count)
    views = rng.integers(0, 2, (classes, inputs))[label] * 160 + rng.integers(0, 64, (count, inputs))
    hot = np.eye(classes, dtype=np.int64)[label] * (rng.random((count, 1)) < 0.9)
    frames = {"x": views[:, None, :].astype(np.int64), "label": (hot * 128 - 64 if supervised else hot)[:, None, :]}
    if not supervised:
        frames["noise"] = np.rint(rng.normal(0, 16, (count, 1, classes))).clip(-127, 127).astype(np.int64)
    return frames
