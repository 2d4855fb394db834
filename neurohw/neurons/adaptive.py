"""Leaky integrate-and-fire neurons whose threshold adapts."""

from __future__ import annotations

from neurohw.microcode import Ints, clip, each, neuron, one, receives, sends, shift, state
from neurohw.neurons.lif import HALF_RANGE, HIGH, LEVEL, V_MAX, decay, integrate


@neuron
class Alif:
    """LIF whose threshold rises by `jump` with each spike and decays back; a spike takes vth off the voltage.

        u = wrap24(dec(u, du + 1) + (a << 6))
        v = clip(dec(v, dv) + u + bias - (vth << 6) z, +-(2^23 - 1)),  z: whether it spiked in the step before
        b = clip(dec(b, db) + (jump << 6) z, 0, 2^23 - 1)
        spike = v > (vth << 6) + b

    du is 4095 where inputs reach the voltage at once, as in the source; db = 4096 (1 - rho), jump = beta.

    Sources: Bellec et al. 2018; Bellec et al. 2020.
    """

    vth: Ints = each(0, LEVEL, writable=True)
    du: int = one(0, 4095, default=4095)
    dv: int = one(0, 4095, default=0)
    db: int = one(0, 4096, default=20)
    jump: Ints = each(0, LEVEL, default=64)
    bias_mant: Ints = each(-HALF_RANGE, V_MAX, default=0)
    bias_exp: Ints = each(-31, 7, default=0)
    u: int = state(24, -HIGH - 1, HIGH, unit="threshold / 64", meaning="current")
    v: int = state(24, unit="threshold / 64", meaning="voltage, from which the next step takes the threshold off")
    b: int = state(24, 0, V_MAX, unit="threshold / 64", meaning="what the threshold has risen by")
    z: int = state(1, 0, 1, unit="spike", meaning="whether it spiked in this step")
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        taken = self.vth << 6 if self.z else 0
        integrate(self, self.a, shift(self.bias_mant, self.bias_exp) - taken)
        self.b = clip(decay(self.b, self.db) + (self.jump << 6 if self.z else 0), 0, V_MAX)
        self.z = self.out = self.v > (self.vth << 6) + self.b
