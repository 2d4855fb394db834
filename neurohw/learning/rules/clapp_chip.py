"""CLAPP for Loihi's learning engine: the products of the rules in `clapp`; a fixation is an epoch of T = L + 3 steps.

tag_carry   The tag t is the low-order part of the weight, value = w + t / 64. Every fixation adds the product to t;
            every 2^k-th moves whole steps from t to w. The product is exact (the post factors are multiples of 8) and
            nothing is rounded away; both were needed for learning (measured: without either, accuracy ends at or
            below that of a random network).
tag_reset   The tag gathers the products; every 2^k-th fixation it is rounded into the weight, times 2^s, and starts
            again. Learns where each synapse rounds with a number of its own.
naive       Weights change every fixation; the learning rate is a third trace. Products round down whatever their
            sign, so weights drift.
naive_unsigned  The same with unsigned traces: positive and negative parts apart, the sign of gamma in y0.
Wpred reads the trace of g z, W that of g p relu'(a).
"""

from __future__ import annotations

from neurohw.ir.neurons import Mapping
from neurohw.ir.plasticity import LearningRule, Trace
from neurohw.ir.rule_text import decimate_of, parse_rule
from neurohw.spec import ChipSpec

MAPPING: dict[str, Mapping] = {
    "tag_carry": "carry",
    "tag_reset": "carry",
    "naive": "signed",
    "naive_unsigned": "unsigned",
}
CARRY_TAG = 64  # tag units of one weight step
NO_DECAY = Trace(tau=2.0**60)  # exp(-1 / 2^60) is 1.0 in float64


def rule_strings(chip: ChipSpec, part: str) -> dict[str, str]:
    """The rule of W (`part` 'feedforward') or Wpred ('prediction') in Loihi's grammar, by the variable it changes."""
    own = part == "prediction"
    e, k, main = _exponent(chip.exponent, chip.prediction_exponent, own), chip.decimate, "y2" if own else "y1"
    if chip.rule == "tag_carry":
        return carry_strings(f"2^{e}*x0*x1*{main}", k)
    if chip.rule == "tag_reset":
        move = _exponent(chip.move_exponent, chip.prediction_move_exponent, own)
        return {"dw": f"2^{move}*u{k}*t", "dt": f"2^{e}*x0*x1*{main} - 2^0*u{k}*t"}
    if chip.rule == "naive":
        return {"dw": f"2^{e}*x0*x1*{main}*y3"}
    if part == "feedforward":
        return {"dw": f"2^{e}*x0*x1*y1 - 2^{e}*x0*x1*y2"}
    # 2 y0 - 1 is the sign of gamma; the 1-bit factor y0 costs one bit of shift more
    return {"dw": f"2^{min(e + 2, 8)}*x0*y0*x1*y3 - 2^{e}*x0*x1*y3"}


def carry_strings(product: str, decimate: int) -> dict[str, str]:
    """The rule that gathers `product` in the tag and carries whole steps to the weight every 2^decimate epochs."""
    steps = f"u{decimate}*sgn(t+{CARRY_TAG})", f"u{decimate}*sgn(t-{CARRY_TAG})"
    bits = CARRY_TAG.bit_length() - 1
    return {
        "dw": f"2^0*{steps[0]} + 2^0*{steps[1]}",
        "dt": f"{product} - 2^{bits}*{steps[0]} - 2^{bits}*{steps[1]}",
    }


def _exponent(common: int, own: int | None, prediction: bool) -> int:
    """The exponent of one matrix: Wpred may have its own."""
    return own if prediction and own is not None else common


def chip_rule(chip: ChipSpec, part: str, layer: int, epoch: int) -> LearningRule:
    """The learning rule of one matrix of `layer` (from 1); every matrix has its own random seed."""
    texts = rule_strings(chip, part)
    products = {target: parse_rule(text, f"{part} rule") for target, text in texts.items()}
    return LearningRule(
        dw=products["dw"],
        dt=products.get("dt", ()),
        decimate=decimate_of(" ".join(texts.values())),
        epoch=epoch,
        x1=NO_DECAY,
        seed=chip.rng_seed + 16 * (layer - 1) + (8 if part == "prediction" else 0),
        rounding=chip.rounding,
    )
