"""Neurons that draw random numbers."""

from __future__ import annotations

from neurohw.microcode import Ints, clip, each, neuron, one, random, receives, scale, sends, shift, state
from neurohw.neurons.lif import HALF_RANGE, HIGH, THRESHOLD, V_MAX, integrate

ALWAYS = 1 << 24  # the rate of a spike in every step
SPREAD = 28378  # sqrt(3) 2^14: the sum of four numbers of 16 bits has a standard deviation of 2^16 / sqrt(3)


@neuron
class Poisson:
    """Spike at random with a probability of (rate + a) / 2^24 in each step, which is kept within 0 and 1.

    At most one spike a step: a Poisson process, its intervals geometric, for rates far below one spike a step. Without
    projections it is a source of `rate` alone; what arrives makes it an encoder of numbers.

    Source: Dayan & Abbott 2001.
    """

    rate: Ints = each(0, ALWAYS, default=0, writable=True)
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        self.out = random(24) < self.rate + clip(self.a, -ALWAYS, ALWAYS)


@neuron
class NoisyLif:
    """The LIF of `Lif` with noise of the standard deviation `noise` added to the voltage in each step.

        u = wrap24(dec(u, du + 1) + (a << 6))
        v = clip(dec(v, dv) + u + bias + n, +-(2^23 - 1)),  n = noise (r1 + r2 + r3 + r4 - 131070) sqrt(3) / 2^16
        spike = v > vth << 6, and then v = 0

    r1 to r4: random numbers of 16 bits, so that n, toward zero, has mean 0, is nearly normal (excess kurtosis -0.3) and
    at most 3.46 `noise`, which counts what v does. Without spikes v is an autoregressive process with the variance
    noise^2 / (1 - (1 - dv / 4096)^2).

    Source: Gerstner et al. 2014.
    """

    vth: Ints = each(-THRESHOLD, THRESHOLD, writable=True)
    noise: Ints = each(0, 65535, default=0, writable=True)
    du: int = one(0, 4095, default=0)
    dv: int = one(0, 4095, default=0)
    bias_mant: Ints = each(-HALF_RANGE, V_MAX, default=0)
    bias_exp: Ints = each(-31, 7, default=0)
    u: int = state(24, -HIGH - 1, HIGH, unit="threshold / 64", meaning="current")
    v: int = state(24, unit="threshold / 64", meaning="voltage after the reset of those that spiked")
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        drawn = random(16) + random(16) + random(16) + random(16) - 131070
        noise = scale(drawn, self.noise * SPREAD, 30)
        integrate(self, self.a, shift(self.bias_mant, self.bias_exp) + noise)
        self.out = self.v > self.vth << 6
        self.v = 0 if self.out else self.v
