"""What numbers the parameters of a network may hold: what the integer arithmetic of every backend can compute.

Chips have less, and say so when a network is compiled for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np

from neurohw.errors import Problem
from neurohw.ir.checks import (
    FLAG,
    Allowed,
    Kind,
    Ranges,
    Real,
    Several,
    Whole,
    field_problems,
    is_ragged,
    value_problems,
)
from neurohw.ir.neurons import Neuron
from neurohw.ir.plasticity import FACTOR_BITS, Factor, GradedSpikes, LearningRule, Product, Rounding, Trace
from neurohw.microcode.kind import declared_of
from neurohw.microcode.language import Declared

COUNT, LAYER = Whole(1, (1 << 31) - 1), Whole(0, (1 << 31) - 1)
INT32 = Whole(-(1 << 31), (1 << 31) - 1)
TRACES = ("x1", "x2", "y1", "y2", "y3")
RULE_PARTS: Ranges = {
    **dict.fromkeys(("dw", "dd", "dt"), Several(Product, "products in a tuple", 'such as (Product(1, 0, "x0"),)')),
    **dict.fromkeys(TRACES, Kind((Trace,), "a Trace")),
}
RULE: Ranges = {
    "epoch": COUNT, "decimate": Whole(0, 31, none=True), "seed": Whole(0, 1 << 31), "graded": get_args(GradedSpikes),
    "rounding": get_args(Rounding), "third_factor": FLAG,
}  # fmt: skip
TRACE: Ranges = {"impulse": Real(0, 127), "tau": Real(0, float("inf"))}
PRODUCT: Ranges = {
    "mantissa": Whole(-(1 << 7), 1 << 7), "exponent": Whole(-31, 31), "dependency": ("x0", "y0", "u"),
    "factors": Several(Factor, "factors in a tuple", 'such as (Factor("y1"),)'),
}  # fmt: skip
FACTOR: Ranges = {"var": tuple(FACTOR_BITS), "const": INT32, "sign": FLAG}


def neuron_problems(where: str, neuron: Neuron, size: int) -> Iterator[Problem]:
    """Parameters out of range, and arrays that are not one value a neuron."""
    ranges = ranges_of(neuron)
    later = [d.name for d in declared_of(neuron).values() if d.default is None and getattr(neuron, d.name) is None]
    if later:  # not quantised: what else each neuron has are floats
        ranges = {name: allowed for name, allowed in ranges.items() if name not in later and not _many(allowed)}
    yield from field_problems(where, neuron, ranges)
    for name, allowed in ranges.items():
        value = getattr(neuron, name)
        if not _many(allowed) or is_ragged(value):
            continue
        if np.size(value) not in (1, size) or np.ndim(value) > 1:
            what = f"has shape {np.shape(value)}" if np.ndim(value) > 1 else f"holds {np.size(value)} values"
            yield Problem(f"{where}.{name}", what, f"needs one for all, or one for each of {size} neurons")


def ranges_of(neuron: Any) -> Ranges:
    """What each parameter of a neuron, or of a kind, may hold: what its class declares."""
    return {d.name: _allowed(d) for d in declared_of(neuron).values() if d.role in ("one", "each", "choice")}


def _allowed(d: Declared) -> Allowed:
    if d.role == "choice":
        return FLAG if isinstance(d.choices[0], bool) else tuple(map(str, d.choices))
    if d.unit != 1:
        return Real(d.low * d.unit, d.high * d.unit, step=d.unit)
    return Whole(d.low, d.high, many=d.role == "each")


def _many(allowed: Allowed) -> bool:
    return isinstance(allowed, Whole) and allowed.many


def rule_problems(where: str, rule: LearningRule) -> Iterator[Problem]:
    """Parts of a rule that are of another kind, and its numbers that are out of range."""
    found = value_problems(where, rule, Kind((LearningRule,), "a LearningRule"))
    found = found or list(field_problems(where, rule, RULE_PARTS))
    if found:
        yield from found
        return
    yield from field_problems(where, rule, RULE)
    for name in TRACES:
        yield from field_problems(f"{where}.{name}", getattr(rule, name), TRACE)
    for product in rule.products():
        yield from (wrong := list(field_problems(f"{where}: product", product, PRODUCT)))
        for factor in () if any(problem.where.endswith(".factors") for problem in wrong) else product.factors:
            yield from field_problems(f"{where}: product: factor", factor, FACTOR)
