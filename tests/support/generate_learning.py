"""Random networks that learn, one a seed: CLAPP layers in all mappings, and STDP-like LIF networks.

Even seeds are CLAPP networks, odd ones have two-factor rules. Both alternate between rules that are used in earnest
and random sums of products, which reach every factor, dependency and saturation.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, Hinge, Lif, Source
from neurohw.ir.plasticity import FACTOR_BITS, SYNAPTIC, Factor, LearningRule, Plasticity, Product, Trace
from neurohw.ir.rule_text import parse_rule
from support.generate import SIGNS, Case

MAPPINGS = ("carry", "signed", "unsigned")
GRADED_SPIKES = ("impulse", "overwrite", "add", "add_wrap")
NO_DECAY = 2.0**60  # exp(-1 / 2^60) is 1 exactly
DECAY_SEEDS = (228, 416, 1596, 738, 3680)  # rule seeds whose numbers move post traces in the first 20 epochs of 5 steps
DECAY_PERIOD = 5
WIDTH_MAX = 27  # bits of all factors: with more, Lava's int32 product could wrap


def random_learning_network(seed: int) -> Case:
    """A learning network, its inputs and the steps of a fixation (CLAPP) or sample."""
    rng = np.random.default_rng([seed, 2])
    return clapp_case(rng, seed // 2) if seed % 2 == 0 else stdp_case(rng, seed // 2)


def clapp_case(rng: Any, number: int) -> Case:
    """One or two CLAPP layers on two noisy prototypes; `number` chooses mapping, rule and decay seed."""
    mapping = MAPPINGS[number % len(MAPPINGS)]
    decays = number % 5 != 4
    exponent = (0, 1, -3, -5)[number // len(MAPPINGS) % 4]
    rule_seed = int(rng.choice(DECAY_SEEDS) if decays else rng.integers(0, 2000))
    layers = int(rng.integers(1, 3))
    period = DECAY_PERIOD if decays else layers + int(rng.integers(3, 6))
    sizes = [int(n) for n in rng.integers(4, 11, layers + 1)]
    rails = number // 2 % 2 == 1
    populations = [Population("x", sizes[0], Source()), Population("same", 1, Source(-1, 1))]
    projections: list[Projection] = []
    for layer in range(1, layers + 1):
        rules = _clapp_rules(rng, mapping, exponent, period, rule_seed, earnest=number % 4 != 3)
        neuron = _clapp_neuron(rng, layer, period, mapping)
        populations += [Population(f"layer{layer}", sizes[layer], neuron)]
        populations += [Population(f"hinge{layer}", 1, Hinge(layer, period, int(rng.integers(50, 500))))]
        pre = "x" if layer == 1 else f"layer{layer - 1}"
        projections += _clapp_projections(rng, layer, pre, sizes[layer - 1], sizes[layer], rules, rails)
    network = Network(tuple(populations), tuple(projections), period)
    return Case(network, _fixations(rng, sizes[0], int(rng.integers(50, 80))), period)


def _fixations(rng: Any, size: int, fixations: int) -> dict[str, NDArray[np.int64]]:
    """Noisy views of two objects, and whether each is of the same object as the one before."""
    objects = rng.integers(0, 2, (2, size)) * 160
    label = rng.integers(0, 2, fixations)
    views = np.clip(objects[label] + rng.integers(0, 64, (fixations, size)), 0, 254)
    same = np.where(np.diff(label, prepend=1 - label[0]) == 0, 1, -1)
    same[0] = 0
    return {"x": views[:, None, :].astype(np.int64), "same": same[:, None, None].astype(np.int64)}


def _clapp_neuron(rng: Any, layer: int, period: int, mapping: Any) -> Clapp:
    shift, prediction_shift, score_shift = (int(s) for s in rng.integers(5, 9, 3))
    growth, rate = float(rng.choice([0, 0.5, 0.5, 3, 4.5])), int(rng.choice([1, 8, 16, 100, 127]))
    return Clapp(layer, period, shift, prediction_shift, score_shift, mapping, growth, rate)


def _clapp_rules(rng: Any, mapping: str, e: int, epoch: int, seed: int, earnest: bool) -> tuple[Plasticity, Plasticity]:
    """Rules of the forward and of the prediction weights."""
    common: dict[str, Any] = {"epoch": epoch, "seed": seed, "x1": Trace(0, NO_DECAY), "rounding": "lava"}
    if not earnest:
        common |= {"graded": str(rng.choice(GRADED_SPIKES)), "x1": _trace(rng), "x2": _trace(rng)}
        return plasticity(**random_rule(rng), **common), plasticity(**random_rule(rng), **common)
    if mapping == "carry":
        k = int(rng.integers(1, 5))
        carry = f"2^0*u{k}*sgn(t+64) + 2^0*u{k}*sgn(t-64)"
        dts = [f"2^{e}*x0*x1*{y} - 2^6*u{k}*sgn(t+64) - 2^6*u{k}*sgn(t-64)" for y in ("y1", "y2")]
        forward, lateral = (plasticity(dw=parse_rule(carry), dt=parse_rule(dt), decimate=k, **common) for dt in dts)
        return forward, lateral
    if mapping == "signed":
        texts = [f"2^{e}*x0*x1*{y}*y3" for y in ("y1", "y2")]
    else:
        texts = [f"2^{e}*x0*x1*y1 - 2^{e}*x0*x1*y2", f"2^{e + 2}*x0*y0*x1*y3 - 2^{e}*x0*x1*y3"]
    forward, lateral = (plasticity(dw=parse_rule(text), **common) for text in texts)
    return forward, lateral


def plasticity(**rule: Any) -> Plasticity:
    """A rule that exists in its integer form only."""
    return Plasticity("", (), LearningRule(**rule))


def _clapp_projections(
    rng: Any, layer: int, pre: str, n_pre: int, n: int, rules: tuple[Plasticity, Plasticity], rails: bool
) -> list[Projection]:
    name = f"layer{layer}"

    def weights(n_in: int) -> NDArray[np.int64]:
        ordinary = rng.integers(-60, 61, (n, n_in))
        extreme = rng.choice([-256, 255], ordinary.shape)
        return np.where(rng.random(ordinary.shape) < 0.7, extreme, ordinary) if rails else ordinary

    mixed, ones = Format(8, 0, "mixed"), Format(8, 0, "excitatory")
    forward: Any = weights(n_pre)
    if rng.random() < 0.3:
        forward = sparse.csr_array(forward * (rng.random((n, n_pre)) < 0.7))
    return [
        Projection(f"w{layer}", pre, name, forward, mixed, plasticity=rules[0]),
        Projection(f"p{layer}", name, name, weights(n), mixed, True, 0, rules[1], "context", "prediction"),
        Projection(f"sum{layer}", name, f"hinge{layer}", np.ones((1, n), int), ones, True, 0, None, "score", "score"),
        Projection(f"same{layer}", "same", f"hinge{layer}", np.ones((1, 1), int), ones, post_port="sameness"),
        Projection(f"gate{layer}", f"hinge{layer}", name, np.ones((n, 1), int), ones, True, 0, None, "gamma", "gate"),
    ]


def stdp_case(rng: Any, number: int) -> Case:
    """A source and two LIF populations, all projections between them plastic with two-factor rules."""
    graded = GRADED_SPIKES[number % len(GRADED_SPIKES)]
    sizes = rng.integers(3, 9, 3)
    top = 1 if number % 5 == 4 else 254
    populations = [Population("x", int(sizes[0]), Source(0, top))]
    projections: list[Projection] = []
    for k in (1, 2):
        vth, du, dv, bias = (int(v) for v in rng.integers((20, 0, 0, 500), (1000, 4096, 1000, 4096)))
        neuron = Lif(vth, du, dv, bias, int(rng.integers(0, 4)))
        populations.append(Population(f"lif{k}", int(sizes[k]), neuron))
        for pre in populations if k == 2 else populations[:1]:
            rule = _two_factor_rule(rng, graded if pre.name == "x" else "impulse", earnest=number % 3 == 0)
            bound = top if pre.name == "x" else 1
            projections.append(_plastic_projection(rng, pre, populations[-1], rule, bound))
    steps, samples = int(rng.integers(20, 40)), int(rng.integers(3, 6))
    values = rng.integers(0, top + 1, (samples, steps, int(sizes[0])))
    values *= rng.random(values.shape) < rng.uniform(0.2, 0.8)
    return Case(Network(tuple(populations), tuple(projections)), {"x": values}, steps)


def _two_factor_rule(rng: Any, graded: str, earnest: bool) -> Plasticity:
    traces = {name: _trace(rng) for name in ("x1", "x2", "y1", "y2", "y3")}
    if earnest:
        products = {"dw": parse_rule("2^0*y0*x1 - 2^0*x0*y1 - 2^-5*y0*w"), "dt": parse_rule("2^-2*y0*x2 - 2^-2*x0*y2")}
    else:
        products = random_rule(rng, third_factor=False)
    epoch, seed = int(rng.integers(1, 9)), int(rng.integers(0, 2000))
    return plasticity(**products, **traces, epoch=epoch, seed=seed, third_factor=False, graded=graded, rounding="lava")


def _plastic_projection(rng: Any, pre: Population, post: Population, rule: Plasticity, bound: int) -> Projection:
    """Weights of any sign, some at the rails; the exponent keeps the current small enough for one wrap a step."""
    sign, bits = SIGNS[rng.integers(3)], int(rng.choice([8, 8, rng.integers(2, 9)]))
    low, high = Format(bits, 0, sign).range
    weight: Any = rng.integers(low, high + 1, (post.size, pre.size))
    weight = np.where(rng.random(weight.shape) < 0.3, rng.choice([low, high], weight.shape), weight)
    if rng.random() < 0.3:
        weight = sparse.csr_array(weight * (rng.random(weight.shape) < 0.6))
    graded = bool(rng.random() < 0.8)
    exponent = int(np.floor(np.log2(2**15 / (256 * pre.size * (bound if graded else 1)))))
    form = Format(bits, max(-8, min(7, exponent)), sign)
    return Projection(f"{pre.name}_to_{post.name}", pre.name, post.name, weight, form, graded, plasticity=rule)


def _trace(rng: Any) -> Trace:
    impulse = float(rng.choice([0, 16, 40.25, 0.125, 100.7, 127]))
    return Trace(impulse, float(rng.choice([0, 1.5, 4, 20, 300, NO_DECAY])))


def random_rule(rng: Any, third_factor: bool = True) -> dict[str, Any]:
    """Random sums of products for w, t and d, and the decimation they share."""
    decimate = int(rng.integers(0, 4)) if rng.random() < 0.7 else None
    dependencies = ["x0", "y0"] + ["u"] * (decimate is not None)
    rule: dict[str, Any] = {}
    for name, most in (("dw", 4), ("dt", 3), ("dd", 3)):
        rule[name] = tuple(_product(rng, dependencies) for _ in range(rng.integers(1 if name == "dw" else 0, most)))
    used = any(p.dependency == "u" for products in rule.values() for p in products)
    return {**rule, "decimate": decimate if used else None}


def _product(rng: Any, dependencies: list[str]) -> Product:
    mantissa = int(rng.choice([-7, -6, -3, -1, 1, 2, 3, 5, 7]))
    factors: list[Factor] = []
    for _ in range(rng.integers(0, 4)):
        factor = _factor(rng)
        if sum(FACTOR_BITS[f.var] for f in (*factors, factor)) <= WIDTH_MAX:
            factors.append(factor)
    # of about 2^5 to 2^12 in units of 1/128: from a fraction of a weight's last bit to half its range
    bits = 2 + sum(5 for f in factors if not f.sign and FACTOR_BITS[f.var] > 1)
    draft = Product(mantissa, 0, str(rng.choice(dependencies)), tuple(factors))
    exponent = int(np.clip(rng.integers(5, 13) - 7 - (bits - draft.shift), -7, 8))
    return replace(draft, exponent=exponent)


def _factor(rng: Any) -> Factor:
    var = str(rng.choice(["x0", "y0", "x1", "x1", "x2", "y1", "y1", "y2", "y3", "w", "t", "d"]))
    const = int(rng.integers(-70, 71)) if var not in ("x0", "y0") and rng.random() < 0.3 else 0
    return Factor(var, const, var in SYNAPTIC and bool(rng.random() < 0.4))
