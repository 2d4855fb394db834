"""A readout that learns from reward or from targets, and the critic that answers it.

Sources: the three-factor form of bandit learning with an expectation, Rescorla & Wagner 1972, Fremaux & Gerstner 2016;
`supervised` is the delta rule, Widrow & Hoff 1960.
"""

from __future__ import annotations

from neurohw.microcode import choice, clip, neuron, one, phase, receives, sends, state, trace
from neurohw.neurons.clapp import FAR, HIGH, eighth


@neuron
class Readout:
    """Readout of layer l - 1, one neuron per class: a contest in spikes says which one acts, and that one learns.

    With T = `period` steps per presentation, R = `rounds`, k = R - 8 and phase = (t - 1) % T + 1, neuron j of n:
        phase 1            y1 = 0
        phase 2            n = gate in: noise that explores; `supervised`: its target g instead, and no noise
        phase l + 1        q = clip(in >> shift, +-127), the reward it expects if it acts;  it is in the contest with
                           v = ((clip(q + n, -128, 127) + 128) << k) + max(0, 2^k - 1 - j)
        l + 1 .. l + R     contest out: the bits of v from the highest down, of those that are in the contest
        l + 2 .. l + R + 1 it drops out if its bit was 0 and contest in > 0: another one sent 1
        phase l + R + 1    out: 1 if it is still in, which is the largest v alone as long as n <= 2^k
        phase l + R + 3    y1 = g - q if it acted (`supervised`: always), else 0, at the nearest multiple of 8, ties
                           away from zero, within +-120; g = gate in, the reward that all of them receive
    The bits are compared by lateral connections of ones, so that no neuron sees another's v. y1 is held to the end of
    the presentation (= learning epoch).

    Sources: Rescorla & Wagner 1972; Fremaux & Gerstner 2016; Widrow & Hoff 1960.
    """

    layer: int = one(0, HIGH)
    period: int = one(1, HIGH)
    shift: int = one(0, 31)
    rounds: int = one(8, 31)
    supervised: bool = choice(False, True, default=False)
    n: int = state(8, -HIGH - 1, HIGH, unit="reward", meaning="noise that explores, or the target")
    q: int = state(8, -127, 127, unit="reward", meaning="reward it expects")
    v: int = state(24, -HIGH - 1, HIGH, unit="contest", meaning="what it enters the contest with")
    inside: int = state(1, 0, 1, unit="flag", meaning="whether it is still in the contest")
    y1: int = trace()
    a: int = receives("in")
    others: int = receives("contest")
    gate: int = receives("gate")
    out: int = sends(0, 1)
    contest: int = sends(0, 1)

    def step(self, t):
        now = phase(t, self.period)
        done = now - self.layer - 1  # rounds of the contest that are over
        if now == 1:
            self.y1 = 0
        if now == 2:
            self.n = self.gate
        if done == 0:
            q = self.a >> self.shift
            self.q = clip(q, -127, 127)
            self.count("prediction clipped", self.q != q)
            tie = 1 << self.rounds - 8
            noise = 0 if self.supervised else clip(self.n, -256, 256)
            self.v = (clip(self.q + noise, -128, 127) + 128) * tie + max(0, tie - 1 - self.index)
            self.inside = 1
        if 0 < done <= self.rounds and self.others > 0:
            self.inside &= self.v >> clip(self.rounds - done, 0, 31)
        if 0 <= done < self.rounds:
            self.contest = self.inside & self.v >> clip(self.rounds - 1 - done, 0, 31)
        if done == self.rounds:
            self.out = self.inside
        if done == self.rounds + 2:
            goal = clip(self.n if self.supervised else self.gate, -2 * FAR, 2 * FAR)
            error = clip(goal - self.q, -FAR, FAR)
            if self.supervised:
                self.y1 = eighth(2 * error)
            else:
                self.y1 = eighth(2 * error) if self.inside else 0


@neuron
class Critic:
    """The world's answer: latch `label` at phase 2; at phase `layer` + 2, with the number of the action,

    reward = `right` if action = label else `wrong`; nothing without a label (0). Actions and labels count from 1. The
    reward is broadcast to a `Readout` of layer l with R rounds, whose critic has layer l + R.

    Sources: Rescorla & Wagner 1972; Fremaux & Gerstner 2016; Widrow & Hoff 1960.
    """

    layer: int = one(0, HIGH)
    period: int = one(1, HIGH)
    right: int = one()
    wrong: int = one()
    label: int = state(8, -HIGH - 1, HIGH, unit="label", meaning="latched label; 0: none")
    action: int = receives("action")
    told: int = receives("label")
    reward: int = sends(-HIGH - 1, HIGH)

    def step(self, t):
        now = phase(t, self.period)
        if now == 2:
            self.label = self.told
        if now == self.layer + 2 and self.label != 0:
            self.reward = self.right if self.action == self.label else self.wrong
