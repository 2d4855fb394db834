"""Readout rules as data: three factors (reward, action, activity), and the delta rule; with their forms on the chip.

Activity x of the layer below, expectation q = W x, one neuron a class; r the reward of the action j:
    reward   dW_ji = (r - q_j) [j acts] x_i      minus the gradient of (r - q_j)^2 / 2 of the neuron that acts
    delta    dW_ji = (g_j - q_j) x_i             minus the gradient of sum_j (g_j - q_j)^2 / 2, g the targets
Only one neuron acts, so r - q_j is one number for all synapses: the error of the predicted reward (Rescorla & Wagner
1972). Names of the signals: x [batch, n], acts, error [batch, classes], surprise and one [batch].
On the chip the post factor is y1 and the product goes through the tag (`clapp_chip`, tag_carry), without loss.
"""

from __future__ import annotations

from collections.abc import Mapping

from neurohw.ir.plasticity import LearningRule, Plasticity, Term
from neurohw.ir.rule_text import parse_rule
from neurohw.learning.rules.clapp_chip import NO_DECAY, carry_strings
from neurohw.spec import ReadoutSpec

RULES: Mapping[str, Plasticity] = {
    "reward": Plasticity("dW = (r - q) [acts] x", (Term("surprise", ("acts",), ("x",)),)),
    "delta": Plasticity("dW = (g - q) x", (Term("one", ("error",), ("x",)),)),
}


def readout_rule(settings: ReadoutSpec, epoch: int, seed: int) -> LearningRule:
    """The integer rule of the readout's weights; the neuron decides which of the two it is."""
    texts = carry_strings(f"2^{settings.exponent}*x0*x1*y1", settings.decimate)
    return LearningRule(
        dw=parse_rule(texts["dw"], "readout rule"),
        dt=parse_rule(texts["dt"], "readout rule"),
        decimate=settings.decimate,
        epoch=epoch,
        x1=NO_DECAY,
        seed=seed,
        rounding=settings.rounding,
    )
