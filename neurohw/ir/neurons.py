"""Neuron kinds: one frozen dataclass each; the docstring is the integer equation that every exact backend computes.

Conventions: all values are integers, `>>` is the arithmetic (floor) shift, t is the time step from 1, and a neuron
sees at step t what its projections computed at step t - 1. `a` is the summed input of the port of that name.
Scalar parameters hold for the whole population; an array holds one value a neuron.
Source of the LIF, ternary and graded equations: Lava 0.10.0 `proc/lif`, `proc/graded` (fixed point models).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Union

import numpy as np
from numpy.typing import NDArray

Mapping = Literal["carry", "signed", "unsigned"]
Ints = Union[int, NDArray[np.int64], Sequence[int]]

LAVA = "Lava 0.10.0, fixed point models"
SOURCES = {  # of the equations, by class; those that are not here are our own
    "Lif": (LAVA,),
    "TernaryLif": (LAVA,),
    "Graded": (LAVA,),
    "Relu": (LAVA,),
    "Clapp": ("Illing et al. 2021",),
    "ClappLif": ("Illing et al. 2021", "Zenke and Ganguli 2018"),
    "Hinge": ("Illing et al. 2021",),
    "Readout": ("Rescorla & Wagner 1972", "Fremaux & Gerstner 2016", "Widrow & Hoff 1960"),
    "Critic": ("Rescorla & Wagner 1972", "Fremaux & Gerstner 2016", "Widrow & Hoff 1960"),
}
PAYLOAD_MAX = 254  # largest payload whose half, rounded, still fits a 7-bit trace
TRACE_MAX = 127


class State(NamedTuple):
    """A number that every neuron of a kind keeps from step to step, by its letter in the equations."""

    name: str
    unit: str
    meaning: str


CURRENT = State("u", "threshold / 64", "current")
VOLTAGE = State("v", "threshold / 64", "voltage after the reset of those that spiked")
POST_FACTORS = (
    State("y1", "trace", "first post factor, held to the end of the fixation"),
    State("y2", "trace", "second post factor"),
    State("y3", "trace", "third post factor, of the mappings that have one"),
    State("y0", "spike", "back-propagated spike of the mapping 'unsigned', for one step"),
)


@dataclass(frozen=True)
class Source:
    """Emit one row of the run's input a step: frame f of a sample at step f + 1 of that sample, then silence.

    `low`, `high`: the smallest and largest payload it may send (binary spikes: 0, 1).
    """

    low: int = 0
    high: int = PAYLOAD_MAX
    inputs: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    states: ClassVar[tuple[State, ...]] = ()


@dataclass(frozen=True)
class Lif:
    """Loihi's leaky integrate-and-fire neuron with current u and voltage v; binary spikes.

        dec(x, d) = sign(x) ((|x| (4096 - d)) >> 12)
        u = wrap24(dec(u, du + 1) + (a << 6))
        v = clip(dec(v, dv) + u + bias, +-(2^23 - 1))        bias = bias_mant shifted left by bias_exp
        spike = v > vth << 6, and then v = 0

    `reset_interval` > 0: u = v = 0 before step t when t % reset_interval == reset_offset % reset_interval.
    Ranges: du, dv 0..4095; those of Loihi: bias_mant -4096..4095; bias_exp 0..7; vth 0..131071 (`ir.ranges` has what
    can be computed, targets what chips take).
    """

    vth: Ints
    du: int = 0
    dv: int = 0
    bias_mant: Ints = 0
    bias_exp: Ints = 0
    reset_interval: int = 0
    reset_offset: int = 0
    inputs: ClassVar[tuple[str, ...]] = ("in",)
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    states: ClassVar[tuple[State, ...]] = (CURRENT, VOLTAGE)


@dataclass(frozen=True)
class TernaryLif:
    """The LIF of `Lif` with two thresholds: -1 if v < vth_lo << 6, +1 if v > vth_hi << 6, and then v = 0."""

    vth_hi: Ints
    vth_lo: Ints
    du: int = 0
    dv: int = 0
    bias_mant: Ints = 0
    bias_exp: Ints = 0
    inputs: ClassVar[tuple[str, ...]] = ("in",)
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    states: ClassVar[tuple[State, ...]] = (CURRENT, VOLTAGE)


@dataclass(frozen=True)
class Graded:
    """Threshold without memory, Lava GradedVec and GradedReluVec: send a if |a| > vth (`rectify`: a > vth)."""

    vth: Ints = 0
    rectify: bool = False
    inputs: ClassVar[tuple[str, ...]] = ("in",)
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    states: ClassVar[tuple[State, ...]] = ()


@dataclass(frozen=True)
class Relu:
    """Graded ReLU layer: z = min(254, max(0, a + bias) >> shift), sent at step `layer` + 1 of each `period` steps.

    The input of layer l arrives in that step only, so a bias does not make the layer speak in the others.
    `bias` has the scale of a; `shift` is None until the network is quantised.
    """

    layer: int
    period: int
    shift: int | None = None
    bias: Any = 0
    inputs: ClassVar[tuple[str, ...]] = ("in",)
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    states: ClassVar[tuple[State, ...]] = ()


@dataclass(frozen=True)
class Clapp:
    """CLAPP layer l as microcode: activity z, prediction p = Wpred c, and the post factors as third-factor traces.

    With T = `period` steps a fixation and phase = (t - 1) % T + 1:
        phase 1      y1 = y2 = y3 = 0
        phase l      context out: c = z of the previous fixation
        phase l + 1  z = min(254, max(0, a) >> shift);  p = clip(prediction >> prediction_shift, +-127)
                     out: z;  score out: (z p) >> score_shift
        phase l + 3  g = gate in; the traces below, held to the end of the fixation (= learning epoch)
    `mapping` of the post factors g p [z > 0] (for W) and g (z >> 1) (for Wpred):
        carry     y1, y2 = those factors, for y1 plus `growth` where |g| [z > 0], at the nearest multiple of 8 (ties
                  away from zero), clipped to +-120, so that (x1 y) >> 3 is exact
        signed    y1, y2 = those factors, y3 = `rate` (a learning-rate trace)
        unsigned  y1, y2 = positive and negative part of the first factor, y3 = |g| (z >> 1), each >> s, and a
                  back-propagated spike (y0, sent at phase l + 3 only) where g > 0; s = 7 - bit_length(rate) + 1
    `growth`: 0..16 in halves, so that twice the sum is an integer; 0.5 is the same as ties of y1 that go up.
    """

    layer: int
    period: int
    shift: int
    prediction_shift: int
    score_shift: int
    mapping: Mapping = "carry"
    growth: float = 0.5
    rate: int = 16
    inputs: ClassVar[tuple[str, ...]] = ("in", "prediction", "gate")
    outputs: ClassVar[tuple[str, ...]] = ("out", "context", "score")
    states: ClassVar[tuple[State, ...]] = (
        State("z", "payload", "activity of this fixation, from phase l + 1 on that of the next"),
        State("p", "prediction", "what the layer predicts from its context"),
        *POST_FACTORS,
    )


@dataclass(frozen=True)
class ClappLif:
    """Spiking CLAPP layer l: LIF neurons that count their spikes over a fixation, then the post factors of `Clapp`.

    With T = `steps` of spikes, P = `period` steps a fixation and phase = (t - 1) % P + 1:
        phase 1           u = v = n = near = p = 0;  y1 = y2 = y3 = 0
        phase l           context out: 2 c, where c = z of the previous fixation
        phase l + 1       p = clip(prediction >> prediction_shift, +-127)
        l + 1 .. l + T    u, v and spike as in `Lif` without bias; out: the spike; n counts them;
                          near = 1 if v > (vth << 6) >> 1 before the reset in any of them
        phase l + T + 1   z = min(127, n << count_shift);  out: 2 z;  score out: (z p) >> score_shift
        phase l + T + 3   g = gate in; the traces of `Clapp` for g p rho and g z, by `mapping`
    rho = near (`window`: the derivative of the spike is one in a window below the threshold), else [n > 0].
    The last message of a fixation is the count: its half overwrites the presynaptic trace x1 (`overwrite`), a spike's
    half rounds to zero; layers above do not listen in that phase. What arrives outside l + 1 .. l + T is ignored.
    `delayed`: the prediction travels in spikes, as chips without payloads need it. The context port sends the spikes as
    they are and then, at phase l + T + 1, 2 c for the presynaptic trace; its projection has a delay of P steps, so that
    the spikes of the last fixation arrive at l + 2 .. l + T + 1, where the prediction adds them up:
        phase l + T + 1   p = clip((sum << (count_shift + 1)) >> prediction_shift, +-127)
    the same number wherever no count was clipped, with the weights of the fixation before.
    Source of the recipe: count-based spiking form of CLAPP, Illing et al. 2021, with a window surrogate as in Zenke
    and Ganguli 2018 (SuperSpike).
    """

    layer: int
    period: int
    steps: int
    vth: int
    du: int
    dv: int
    count_shift: int
    prediction_shift: int
    score_shift: int
    window: bool = True
    mapping: Mapping = "carry"
    growth: float = 0.5
    rate: int = 16
    delayed: bool = False
    inputs: ClassVar[tuple[str, ...]] = ("in", "prediction", "gate")
    outputs: ClassVar[tuple[str, ...]] = ("out", "context", "score")
    states: ClassVar[tuple[State, ...]] = (
        CURRENT,
        VOLTAGE,
        State("n", "spikes", "spikes of this fixation so far"),
        State("near", "flag", "whether v came near the threshold in this fixation"),
        State("z", "half payload", "activity of the last fixation whose count is over"),
        State("p", "prediction", "0 from phase 1 until it arrives; `delayed`: its sum so far"),
        *POST_FACTORS,
    )


@dataclass(frozen=True)
class Hinge:
    """The hinge of layer l, one neuron: latch sameness y at phase 2; at phase l + 2, with u = the summed score,

    margin = theta - y u;  gamma = y if margin > 0 else 0;  loss = max(0, margin) if y != 0 else 0.
    `gamma` is broadcast to the layer; `loss` is read by the host only. Layer l of `ClappLif` neurons with T steps of
    spikes has the hinge of layer l + T.
    """

    layer: int
    period: int
    theta: int
    inputs: ClassVar[tuple[str, ...]] = ("score", "sameness")
    outputs: ClassVar[tuple[str, ...]] = ("gamma", "loss")
    states: ClassVar[tuple[State, ...]] = (State("y", "sign", "latched sameness"),)


@dataclass(frozen=True)
class Readout:
    """Readout of layer l - 1, one neuron a class: a contest in spikes says which one acts, and that one learns.

    With T = `period` steps a presentation, R = `rounds`, k = R - 8 and phase = (t - 1) % T + 1, neuron j of n:
        phase 1            y1 = 0
        phase 2            n = gate in: noise that explores; `supervised`: its target g instead, and no noise
        phase l + 1        q = clip(in >> shift, +-127), the reward it expects if it acts;  it is in the contest with
                           v = ((clip(q + n, -128, 127) + 128) << k) + max(0, 2^k - 1 - j)
        l + 1 .. l + R     contest out: the bits of v from the highest down, of those that are in the contest
        l + 2 .. l + R + 1 it drops out if its bit was 0 and contest in > 0: somebody sent 1
        phase l + R + 1    out: 1 if it is still in, which is the largest v alone as long as n <= 2^k
        phase l + R + 3    y1 = g - q if it acted (`supervised`: always), else 0, at the nearest multiple of 8, ties
                           away from zero, within +-120; g = gate in, the reward that all of them hear
    The bits are compared by lateral connections of ones, so that no neuron sees another's v. y1 is held to the end of
    the presentation (= learning epoch). Sources: the three-factor form of bandit learning with an expectation,
    Rescorla & Wagner 1972, Fremaux & Gerstner 2016; `supervised` is the delta rule, Widrow & Hoff 1960.
    """

    layer: int
    period: int
    shift: int
    rounds: int
    supervised: bool = False
    inputs: ClassVar[tuple[str, ...]] = ("in", "contest", "gate")
    outputs: ClassVar[tuple[str, ...]] = ("out", "contest")
    states: ClassVar[tuple[State, ...]] = (
        State("n", "reward", "noise that explores, or the target"),
        State("q", "reward", "reward it expects"),
        State("v", "contest", "what it enters the contest with"),
        State("inside", "flag", "whether it is still in the contest"),
        POST_FACTORS[0],
    )


@dataclass(frozen=True)
class Critic:
    """The world's answer, one neuron: latch `label` at phase 2; at phase `layer` + 2, with the number of the action,

    reward = `right` if action = label else `wrong`; nothing without a label (0). Actions and labels count from 1. The
    reward is broadcast to a `Readout` of layer l with R rounds, whose critic has layer l + R.
    """

    layer: int
    period: int
    right: int
    wrong: int
    inputs: ClassVar[tuple[str, ...]] = ("action", "label")
    outputs: ClassVar[tuple[str, ...]] = ("reward",)
    states: ClassVar[tuple[State, ...]] = (State("label", "label", "latched label; 0: none"),)


SINGLE = (Hinge, Critic)  # kinds of which a population has one neuron
Neuron = Union[Source, Lif, TernaryLif, Graded, Relu, Clapp, ClappLif, Hinge, Readout, Critic]


def states_of(neuron: Neuron) -> tuple[State, ...]:
    """The states of a kind of neuron, as they are at the end of a step, in the order of its equations."""
    return neuron.states
