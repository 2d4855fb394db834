"""What numbers the parameters of a network may hold: what the integer arithmetic of every backend can compute.

Chips have less, and say so when a network is compiled for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np

from neurohw.errors import Problem
from neurohw.ir.checks import FLAG, Allowed, Ranges, Real, Whole, field_problems
from neurohw.ir.neurons import (
    Clapp,
    ClappLif,
    Critic,
    Graded,
    Hinge,
    Lif,
    Mapping,
    Neuron,
    Readout,
    Relu,
    Source,
    TernaryLif,
)
from neurohw.ir.plasticity import FACTOR_BITS, GradedSpikes, LearningRule, Rounding
from neurohw.microcode.kind import kind_of
from neurohw.microcode.language import Declared

COUNT, LAYER = Whole(1, (1 << 31) - 1), Whole(0, (1 << 31) - 1)
INT32 = Whole(-(1 << 31), (1 << 31) - 1)
SHIFT = Whole(0, 31)
DECAY = Whole(0, 4095)
THRESHOLD = (1 << 25) - 1  # times 64 it still has 32 bits
THRESHOLDS = Whole(-THRESHOLD, THRESHOLD, many=True)
BIAS: Ranges = {"bias_mant": Whole(-(1 << 23), (1 << 23) - 1, many=True), "bias_exp": Whole(-31, 7, many=True)}
FLOAT_RELU: Ranges = {"layer": LAYER, "period": COUNT}
MICROCODE: Ranges = {
    "layer": LAYER, "period": COUNT, "prediction_shift": SHIFT, "score_shift": SHIFT, "mapping": get_args(Mapping),
    "growth": Real(0, 16, step=0.5), "rate": Whole(1, 127),
}  # fmt: skip
NEURONS: dict[type, Ranges] = {
    Source: {"low": INT32, "high": INT32},
    Lif: {
        "vth": THRESHOLDS, "du": DECAY, "dv": DECAY, **BIAS,
        "reset_interval": Whole(0, INT32.high), "reset_offset": INT32,
    },
    TernaryLif: {"vth_hi": THRESHOLDS, "vth_lo": THRESHOLDS, "du": DECAY, "dv": DECAY, **BIAS},
    Graded: {"vth": Whole(INT32.low, INT32.high, many=True), "rectify": FLAG},
    Relu: {**FLOAT_RELU, "shift": SHIFT, "bias": Whole(INT32.low, INT32.high, many=True)},
    Clapp: {**MICROCODE, "shift": SHIFT},
    ClappLif: {
        **MICROCODE, "steps": COUNT, "vth": Whole(-THRESHOLD, THRESHOLD), "du": DECAY, "dv": DECAY,
        "count_shift": SHIFT, "window": FLAG, "delayed": FLAG,
    },
    Hinge: {"layer": LAYER, "period": COUNT, "theta": INT32},
    Readout: {"layer": LAYER, "period": COUNT, "shift": SHIFT, "rounds": Whole(8, 31), "supervised": FLAG},
    Critic: {"layer": LAYER, "period": COUNT, "right": INT32, "wrong": INT32},
}  # fmt: skip
RULE: Ranges = {
    "epoch": COUNT, "decimate": Whole(0, 31, none=True), "seed": Whole(0, 1 << 31), "graded": get_args(GradedSpikes),
    "rounding": get_args(Rounding), "third_factor": FLAG,
}  # fmt: skip
TRACE: Ranges = {"impulse": Real(0, 127), "tau": Real(0, float("inf"))}
PRODUCT: Ranges = {
    "mantissa": Whole(-(1 << 7), 1 << 7), "exponent": Whole(-31, 31), "dependency": ("x0", "y0", "u"),
}  # fmt: skip
FACTOR: Ranges = {"var": tuple(FACTOR_BITS), "const": INT32, "sign": FLAG}


def ranges_of(neuron: Any) -> Ranges:
    """What each parameter of a neuron, or of a kind of neuron, may hold: what its class declares."""
    return {d.name: _allowed(d) for d in kind_of(neuron).declared.values() if d.role in ("one", "each", "choice")}


def _allowed(d: Declared) -> Allowed:
    if d.role == "choice":
        return FLAG if isinstance(d.choices[0], bool) else tuple(map(str, d.choices))
    if d.unit != 1:
        return Real(d.low * d.unit, d.high * d.unit, step=d.unit)
    return Whole(d.low, d.high, many=d.role == "each")


def neuron_problems(where: str, neuron: Neuron, size: int) -> Iterator[Problem]:
    """Parameters out of range, and arrays that are not one value a neuron."""
    ranges = FLOAT_RELU if isinstance(neuron, Relu) and neuron.shift is None else NEURONS[type(neuron)]
    yield from field_problems(where, neuron, ranges)
    for name, allowed in ranges.items():
        if isinstance(allowed, Whole) and allowed.many and np.size(getattr(neuron, name)) not in (1, size):
            what = f"holds {np.size(getattr(neuron, name))} values"
            yield Problem(f"{where}.{name}", what, f"needs one for all, or one for each of {size} neurons")


def rule_problems(where: str, rule: LearningRule) -> Iterator[Problem]:
    """Numbers of a rule that are out of range."""
    yield from field_problems(where, rule, RULE)
    for name in ("x1", "x2", "y1", "y2", "y3"):
        yield from field_problems(f"{where}.{name}", getattr(rule, name), TRACE)
    for product in rule.products():
        yield from field_problems(f"{where}: product", product, PRODUCT)
        for factor in product.factors:
            yield from field_problems(f"{where}: product: factor", factor, FACTOR)
