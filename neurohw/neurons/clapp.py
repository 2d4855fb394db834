"""Layers that learn with CLAPP, in graded messages and in spikes, and the hinge that broadcasts their third factor.

Source: Illing et al. 2021; the spiking form with a window surrogate as in Zenke and Ganguli 2018 (SuperSpike).
"""

from __future__ import annotations

from neurohw.microcode import (
    bit_length,
    choice,
    clip,
    mul_shift,
    neuron,
    one,
    part,
    phase,
    receives,
    sends,
    spikes_back,
    state,
    trace,
)
from neurohw.neurons.graded import PAYLOAD_MAX
from neurohw.neurons.lif import THRESHOLD, integrate

HIGH = (1 << 31) - 1
FAR = 1 << 16  # beyond what will be clipped anyway, and its products with 8 bits do not wrap


@part
def eighth(halves):
    """Nearest multiple of 8 within +-120 of a number of halves, ties away from zero."""
    size = (abs(halves) + 8) >> 4 << 3
    return clip(size if halves >= 0 else -size, -120, 120)


@part
def post_factors(n, gate, z, engaged):
    """The factors g p [engaged] and g z as traces that a three-factor rule reads."""
    if n.mapping == "carry":
        g = clip(gate, -FAR, FAR)
        n.y1 = eighth(2 * g * n.p + (n.growth if g != 0 else 0)) if engaged else 0
        n.y2 = eighth(2 * g * z)
    elif n.mapping == "signed":
        n.y1 = gate * n.p if engaged else 0
        n.y2 = gate * z
        n.y3 = n.rate
    else:
        s = 8 - bit_length(n.rate)
        n.y1 = max(0, mul_shift(gate, n.p, s)) if engaged else 0
        n.y2 = max(0, mul_shift(-gate, n.p, s)) if engaged else 0
        n.y3 = mul_shift(abs(gate), z, s)
        n.bap = gate > 0


@neuron
class Clapp:
    """CLAPP layer l as microcode: activity z, prediction p, and the post factors as third-factor traces.

    With T = `period` steps per fixation and phase = (t - 1) % T + 1:
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

    Source: Illing et al. 2021.
    """

    layer: int = one(0, HIGH)
    period: int = one(1, HIGH)
    shift: int = one(0, 31)
    prediction_shift: int = one(0, 31)
    score_shift: int = one(0, 31)
    mapping: str = choice("carry", "signed", "unsigned", default="carry")
    growth: float = one(0, 32, default=0.5, unit=0.5)
    rate: int = one(1, 127, default=16)
    z: int = state(
        8, 0, PAYLOAD_MAX, unit="payload", meaning="activity of this fixation, from phase l + 1 on that of the next"
    )
    p: int = state(8, -127, 127, unit="prediction", meaning="what the layer predicts from its context")
    y1: int = trace()
    y2: int = trace()
    y3: int = trace()
    bap: int = spikes_back()
    a: int = receives("in")
    prediction: int = receives("prediction")
    gate: int = receives("gate")
    out: int = sends(0, PAYLOAD_MAX)
    context: int = sends(0, PAYLOAD_MAX)
    score: int = sends(-32258, 32258)

    def step(self, t):
        now = phase(t, self.period)
        if now == 1:
            self.y1 = self.y2 = self.y3 = 0
        if now == self.layer:
            self.context = self.z
        if now == self.layer + 1:
            z = max(0, self.a) >> self.shift
            self.z = min(PAYLOAD_MAX, z)
            self.count("payload clipped", z > PAYLOAD_MAX)
            p = self.prediction >> self.prediction_shift
            self.p = clip(p, -127, 127)
            self.count("prediction clipped", self.p != p)
            self.out = self.z
            self.score = (self.z * self.p) >> self.score_shift
        if now == self.layer + 3:
            post_factors(self, self.gate, self.z >> 1, self.z > 0)


@neuron
class ClappLif:
    """Spiking CLAPP layer l: LIF neurons that count their spikes over a fixation, then the post factors of `Clapp`.

    With T = `steps` of spikes, P = `period` steps per fixation and phase = (t - 1) % P + 1:
        phase 1           u = v = n = near = p = 0;  y1 = y2 = y3 = 0
        phase l           context out: 2 c, where c = z of the previous fixation
        phase l + 1       p = clip(prediction >> prediction_shift, +-127)
        l + 1 .. l + T    u, v and spike as in `Lif` without bias; out: the spike; n counts them;
                          near = 1 if v > (vth << 6) >> 1 before the reset in any of them
        phase l + T + 1   z = min(127, n << count_shift);  out: 2 z;  score out: (z p) >> score_shift
        phase l + T + 3   g = gate in; the traces of `Clapp` for g p rho and g z, by `mapping`
    rho = near (`window`: the derivative of the spike is one in a window below the threshold), else [n > 0].
    The last message of a fixation is the count: its half overwrites the presynaptic trace x1 (`overwrite`), a spike's
    half rounds to zero; layers above ignore that phase. What arrives outside l + 1 .. l + T is ignored.
    `delayed`: the prediction travels in spikes, as chips without payloads need it. The context port sends the spikes as
    they are and then, at phase l + T + 1, 2 c for the presynaptic trace; its projection has a delay of P steps, so that
    the spikes of the last fixation arrive at l + 2 .. l + T + 1, where the prediction adds them up:
        phase l + T + 1   p = clip((sum << (count_shift + 1)) >> prediction_shift, +-127)
    the same number wherever no count was clipped, with the weights of the fixation before.

    Sources: Illing et al. 2021; Zenke and Ganguli 2018.
    """

    layer: int = one(0, HIGH)
    period: int = one(1, HIGH)
    steps: int = one(1, HIGH)
    vth: int = one(-THRESHOLD, THRESHOLD, writable=True)
    du: int = one(0, 4095)
    dv: int = one(0, 4095)
    count_shift: int = one(0, 31)
    prediction_shift: int = one(0, 31)
    score_shift: int = one(0, 31)
    window: bool = choice(True, False, default=True)
    mapping: str = choice("carry", "signed", "unsigned", default="carry")
    growth: float = one(0, 32, default=0.5, unit=0.5)
    rate: int = one(1, 127, default=16)
    delayed: bool = choice(False, True, default=False)
    u: int = state(24, -HIGH - 1, HIGH, unit="threshold / 64", meaning="current")
    v: int = state(24, unit="threshold / 64", meaning="voltage after the reset of those that spiked")
    n: int = state(8, -HIGH - 1, HIGH, unit="spikes", meaning="spikes of this fixation so far")
    near: int = state(1, 0, 1, unit="flag", meaning="whether v came near the threshold in this fixation")
    z: int = state(7, 0, 127, unit="half payload", meaning="activity of the last fixation whose count is over")
    p: int = state(
        24, -HIGH - 1, HIGH, unit="prediction", meaning="0 from phase 1 until it arrives; `delayed`: its sum so far"
    )
    y1: int = trace()
    y2: int = trace()
    y3: int = trace()
    bap: int = spikes_back()
    a: int = receives("in")
    prediction: int = receives("prediction")
    gate: int = receives("gate")
    out: int = sends(0, PAYLOAD_MAX)
    context: int = sends(0, PAYLOAD_MAX)
    score: int = sends(-16129, 16129)

    def step(self, t):
        now = phase(t, self.period)
        end = self.layer + self.steps
        if now == 1:
            self.u = self.v = self.n = self.near = self.p = 0
            self.y1 = self.y2 = self.y3 = 0
        if self.delayed:
            if self.layer + 2 <= now <= end + 1:
                self.p += self.prediction  # the spikes of the last fixation, added up
            if now == end + 1:
                self.context = 2 * self.z
                p = self.p << self.count_shift << 1 >> self.prediction_shift
                self.p = clip(p, -127, 127)
                self.count("prediction clipped", self.p != p)
        else:
            if now == self.layer:
                self.context = 2 * self.z
            if now == self.layer + 1:
                p = self.prediction >> self.prediction_shift
                self.p = clip(p, -127, 127)
                self.count("prediction clipped", self.p != p)
        if self.layer < now <= end:
            integrate(self, self.a, 0)
            if self.v > self.vth << 6 >> 1:
                self.near = 1
            self.out = self.v > self.vth << 6
            if self.out:
                self.v = 0
            self.n += self.out
            if self.delayed:
                self.context = self.out
        if now == end + 1:
            most = 127 >> self.count_shift  # spikes that do not clip
            self.count("payload clipped", self.n > most)
            self.z = clip(self.n << self.count_shift, 0, 127) if self.n <= most else 127
            self.out = 2 * self.z
            self.score = (self.z * self.p) >> self.score_shift
        if now == end + 3:
            post_factors(self, self.gate, self.z, self.near if self.window else self.n > 0)


@neuron
class Hinge:
    """The hinge of layer l: latch sameness y at phase 2; at phase l + 2, with u = the summed score,

    margin = theta - y u;  gamma = y if margin > 0 else 0;  loss = max(0, margin) if y != 0 else 0.
    `gamma` is broadcast to the layer; `loss` is read by the host only. Layer l of `ClappLif` neurons with T steps of
    spikes has the hinge of layer l + T.

    Source: Illing et al. 2021.
    """

    layer: int = one(0, HIGH)
    period: int = one(1, HIGH)
    theta: int = one(writable=True)
    y: int = state(2, -1, 1, unit="sign", meaning="latched sameness")
    u: int = receives("score")
    sameness: int = receives("sameness")
    gamma: int = sends(-1, 1)
    loss: int = sends(-HIGH - 1, HIGH)

    def step(self, t):
        now = phase(t, self.period)
        if now == 2:
            self.y = self.sameness
        if now == self.layer + 2 and self.theta > self.y * self.u:
            self.gamma = self.y
            if self.y != 0:
                self.loss = self.theta - self.y * self.u
