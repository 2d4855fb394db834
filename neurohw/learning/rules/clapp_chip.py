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

Why a little growth helps. y1 is gamma p plus `growth` (0.5 unless set otherwise) before it is rounded: in active units,
whenever the gate is open, synapses grow by a constant times x. Rounding ties up, where this came from, has the same
effect; nothing else about rounding matters, for the rule in floats gains as much from it. Without it activity decays.
The reason is not that the hinge passes more pairs that depress (on average it opens as often for gamma = +1 as for -1)
but, as far as the controls below tell, noise: W moves by gamma p with a p that earlier gammas made. If Wpred followed a
single direction, p ~ S = sum gamma and so W ~ sum gamma_t S_(t-1) = (S^2 - n) / 2: on average nothing, but the hinge
shuts when p is right and large and so bounds S^2, while -n / 2 goes on: a drift of second order in the step.
Measured on moved digits (validation split, 3 seeds where not said; activity: share of active units, layer 1 / 2):

    chip, 160k fixations, growth 0.5 | 0         all labels 69.2 / 68.4 | 64.7 / 62.8    activity .36 / .68 | .23 / .46
    moved Fashion-MNIST, 240k, 10 labels a class (test split; random 40.8 / 38.7)
                                                 48.3 / 54.3 | 46.8 / 51.7    activity .16 / .52 | .12 / .38
    diphones, 160k, dt 5, least squares: held out  43.4 / 45.5 | 39.4 / 41.7    activity .18 / .62 | .13 / .46
                         the other speaker       28.6 / 28.5 | 27.5 / 27.5
    floats, 80k, growth 0 | .25 | .5             60.3 / 59.7 | 63.8 / 62.7 | 62.7 / 63.1            activity of layer 1
    floats, 80k, growth 1 | 2 (2 seeds)          59.4 / 58.6 | 48.9 / 49.7                         .27 .38 .46 .64 .87
    1.0 at gamma = -1 only | at +1 only          62.5 / 63.4 | 63.6 / 62.9: the sign does not matter
    a coin for sameness, 20k, no growth          mean of W1 falls by 0.9 to 1.5 in each of 10 seeds, activity .50 -> .29
      the same without hinge (theta infinite)    -3.4 .. +3.1: the spread of S^2 - n, no longer the same in every seed
    p without its mean over the active units     62.9 / 60.8, activity stays (.53 / .45): the drift is common to a layer
    a quarter of the step, four times as long (2 seeds), growth 0 | .125 | .5
                                                 66.5 / 63.6 | 67.2 / 65.6 | 60.2 / 61.5: growth goes with the step
    growth 4 (rate target - own rate), .5        63.4 / 61.5, few labels as with .5: no better, and needs a rate a unit
    growth z / 64                                64.1 / 64.0, the same within noise

A smaller step therefore asks for less growth.
"""

from __future__ import annotations

from neurohw.ir.plasticity import LearningRule, Trace
from neurohw.ir.rule_text import decimate_of, parse_rule
from neurohw.spec import ChipSpec

MAPPING = {  # what `Clapp` neurons make of their post factors, by rule
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
