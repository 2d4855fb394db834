"""Leaky integrate-and-fire neurons that rest after a spike."""

from __future__ import annotations

from neurohw.microcode import Ints, each, neuron, one, receives, sends, shift, state
from neurohw.neurons.lif import HALF_RANGE, HIGH, THRESHOLD, V_MAX, charge, decay, flow

REST = 255  # steps


@neuron
class LifRefractory:
    """The LIF of `Lif` whose voltage stays 0 for `rest` steps after a spike, while its current goes on.

        u = wrap24(dec(u, du + 1) + (a << 6))
        v = clip(dec(v, dv) + u + bias, +-(2^23 - 1)), or as it is while it rests
        spike = v > vth << 6, and then v = 0, and it rests for the next `rest` steps

    Lava's LIFRefractory, which is in floats, in the integers of Loihi's LIF; `rest` may differ between neurons.

    Source: Lava 0.10.0, PyLifRefractoryModelFloat and PyLifModelBitAcc.
    """

    vth: Ints = each(0, THRESHOLD, writable=True)
    du: int = one(0, 4095, default=0)
    dv: int = one(0, 4095, default=0)
    rest: Ints = each(0, REST, default=1)
    bias_mant: Ints = each(-HALF_RANGE, V_MAX, default=0)
    bias_exp: Ints = each(-31, 7, default=0)
    u: int = state(24, -HIGH - 1, HIGH, unit="threshold / 64", meaning="current")
    v: int = state(24, unit="threshold / 64", meaning="voltage after the reset of those that spiked")
    wait: int = state(8, 0, REST, unit="steps", meaning="how long it still rests")
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        flow(self, decay(self.u, self.du + 1) + (self.a << 6))
        if self.wait > 0:
            self.wait = max(0, self.wait - 1)
        else:
            charge(self, decay(self.v, self.dv) + self.u + shift(self.bias_mant, self.bias_exp))
        self.out = self.v > self.vth << 6
        if self.out:
            self.wait = self.rest
            self.v = 0
