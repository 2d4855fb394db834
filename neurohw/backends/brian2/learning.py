"""Learning rules as Brian2 code: the end of an epoch of a plastic projection. Equations: `neurohw.ir.plasticity`.

It runs before the first step of the next epoch. Three-factor traces decay by stochastic rounding with one random number
an epoch: a value v moves one step towards zero a time step while |v| > k, with the k of that number (`still_levels`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2.programs import variable_of
from neurohw.ir.plasticity import FACTOR_BITS, LearningRule, Product
from neurohw.ir.randoms import TRACE_LEVELS

LOW, HIGH = -32769, 32767
TAG_LOW, TAG_HIGH = -257, 255
_DECAY = float(np.exp(-1 / np.array([65535.0]))[0])  # of the traces that a neuron sends (Lava 0.10.0)
_LEVELS = np.arange(TRACE_LEVELS + 1)  # a product of the post factors stays within


def still_levels(numbers: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Largest positive values, and sizes of negative ones, [n] that decay leaves alone, by random number [n]."""
    kept = _DECAY * _LEVELS
    up = (numbers[:, None] < kept - np.floor(kept)) | (_LEVELS == 0)  # rounded back up to the value
    fallen = -_DECAY * _LEVELS
    down = ~(numbers[:, None] < fallen - np.floor(fallen)) | (_LEVELS == 0)
    return tuple(np.where(ok.all(axis=1), TRACE_LEVELS, ok.argmin(axis=1) - 1) for ok in (up, down))  # type: ignore[return-value]


def traces_used(rule: LearningRule) -> tuple[str, ...]:
    """Postsynaptic traces that a rule reads."""
    return tuple(y for y in ("y1", "y2", "y3") if rule.uses(y))


@dataclass(frozen=True)
class Names:
    """What the code of one projection calls things: presynaptic trace and spike time, and arrays over epochs.

    `flag` is 1 at the end of the epochs that the code is for; `number` rounds; `above`, `below` are `still_levels`.
    """

    x1: str
    when: str
    flag: str
    number: str
    above: str
    below: str


def update_code(rule: LearningRule, span: tuple[int, int], names: Names, *, beats: bool) -> str:
    """Change w and tag by all products (`beats`: for the epochs in which u is 1) or by those without u."""
    code, written = "", ""
    for variable, products, low, high in (("w", rule.dw, *span), ("tag", rule.dt, TAG_LOW, TAG_HIGH)):
        chosen = [p for p in products if beats or p.dependency != "u"]
        if not chosen:
            continue
        code += f"acc = {variable}*128\n" + _sum(chosen, names)
        shared = f"int({names.number}(t))"
        rounding = f"(dither + {shared}) % 128" if rule.rounding == "per_synapse" else shared
        code += f"new_{variable} = (acc + {rounding})//128\nnew_{variable} = clip(new_{variable}, {low}, {high})\n"
        written += f"{variable} = {variable} + (new_{variable} - {variable})*int({names.flag}(t))\n"
    return _traces_seen(rule, names) + code + written if written else ""


def _traces_seen(rule: LearningRule, names: Names) -> str:
    """Post traces as each synapse sees them: decayed up to the last presynaptic message of the epoch."""
    return "".join(
        f"fall = {variable_of(y)}_post - int({names.above}(t))\nfall = clip(fall, 0, {names.when}_pre)\n"
        f"rise = -{variable_of(y)}_post - int({names.below}(t))\nrise = clip(rise, 0, {names.when}_pre)\n"
        f"{y}_seen = {variable_of(y)}_post - fall + rise\n"
        for y in traces_used(rule)
    )


def _sum(products: Sequence[Product], names: Names) -> str:
    return "".join(
        f"mac = {_product(p, names)}\nmac = clip(mac, {LOW}, {HIGH})\nacc = acc + mac\nacc = clip(acc, {LOW}, {HIGH})\n"
        for p in products
    )


def _product(p: Product, names: Names) -> str:
    """mantissa * dependency * factors, shifted."""
    spiked = f"int({names.when}_pre > 0)"
    known = {"x0": spiked, "x1": f"{names.x1}_pre", "y0": "bapped_post", "t": "tag", "w": "w", "C": "0"}
    parts = [] if p.dependency == "u" else [spiked]
    for f in p.factors:
        value = known.get(f.var, f"{f.var}_seen")
        value = f"({value} + {f.const})" if f.const else value
        parts.append(f"(int({value} > 0) - int({value} < 0))" if f.sign else _clipped(value, FACTOR_BITS[f.var]))
    return f"(({'*'.join([str(p.mantissa), *parts])})//{2**p.shift})*{2 ** (p.exponent + 7)}"


def _clipped(value: str, bits: int) -> str:
    """A factor clipped to [-2^bits, 2^bits - 1], where it can leave it: a tag of -257, or a constant added."""
    low, high = -(2**bits), 2**bits - 1
    if "+" not in value:
        return value
    return f"({value} - ({value} - {high})*int({value} > {high}) - ({value} + {-low})*int({value} < {low}))"
