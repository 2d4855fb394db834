"""Leaky integrate-and-fire neurons of Loihi, as Lava 0.10.0 has them in fixed point (`proc/lif`)."""

from __future__ import annotations

from neurohw.microcode import Ints, clip, due, each, neuron, one, part, receives, scale, sends, shift, state

HALF_RANGE = 1 << 23
V_MAX = HALF_RANGE - 1
HIGH = (1 << 31) - 1
THRESHOLD = (1 << 25) - 1  # times 64 it still has 32 bits
LEVEL = (1 << 17) - 1  # times 64 it fits 24 bits


@part
def decay(x, d):
    """What is left of x when d of 4096 parts are lost, toward zero: sign(x) ((|x| (4096 - d)) >> 12)."""
    return scale(x, 4096 - d, 12)


@part
def flow(n, u):
    """Set the current, which wraps once at 24 bits."""
    n.count("current wrapped", u > HALF_RANGE or u <= -HALF_RANGE)
    n.u = u - 2 * HALF_RANGE if u > HALF_RANGE else u + 2 * HALF_RANGE if u <= -HALF_RANGE else u


@part
def charge(n, v):
    """Set the voltage, which saturates at 24 bits."""
    n.v = clip(v, -V_MAX, V_MAX)
    n.count("voltage saturated", n.v != v)


@part
def integrate(n, a, bias):
    """Current and voltage of a neuron with one decay each for the population."""
    flow(n, decay(n.u, n.du + 1) + (a << 6))
    charge(n, decay(n.v, n.dv) + n.u + bias)


@neuron
class Lif:
    """Loihi's leaky integrate-and-fire neuron with current u and voltage v; binary spikes.

        dec(x, d) = sign(x) ((|x| (4096 - d)) >> 12)
        u = wrap24(dec(u, du + 1) + (a << 6))
        v = clip(dec(v, dv) + u + bias, +-(2^23 - 1))        bias = bias_mant shifted left by bias_exp
        spike = v > vth << 6, and then v = 0

    `reset_interval` > 0: u = v = 0 before step t when t % reset_interval == reset_offset % reset_interval.

    Source: Lava 0.10.0, fixed point models.
    """

    vth: Ints = each(-THRESHOLD, THRESHOLD, writable=True)
    du: int = one(0, 4095, default=0)
    dv: int = one(0, 4095, default=0)
    bias_mant: Ints = each(-HALF_RANGE, V_MAX, default=0)
    bias_exp: Ints = each(-31, 7, default=0)
    reset_interval: int = one(0, HIGH, default=0)
    reset_offset: int = one(default=0)
    u: int = state(24, -HIGH - 1, HIGH, unit="threshold / 64", meaning="current")
    v: int = state(24, unit="threshold / 64", meaning="voltage after the reset of those that spiked")
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        if due(t, self.reset_interval, self.reset_offset):
            self.u = self.v = 0
        integrate(self, self.a, shift(self.bias_mant, self.bias_exp))
        self.out = self.v > self.vth << 6
        if self.out:
            self.v = 0


@neuron
class TernaryLif:
    """The LIF of `Lif` with two thresholds: -1 if v < vth_lo << 6, +1 if v > vth_hi << 6, and then v = 0.

    Source: Lava 0.10.0, fixed point models.
    """

    vth_hi: Ints = each(-THRESHOLD, THRESHOLD, writable=True)
    vth_lo: Ints = each(-THRESHOLD, THRESHOLD, writable=True)
    du: int = one(0, 4095, default=0)
    dv: int = one(0, 4095, default=0)
    bias_mant: Ints = each(-HALF_RANGE, V_MAX, default=0)
    bias_exp: Ints = each(-31, 7, default=0)
    u: int = state(24, -HIGH - 1, HIGH, unit="threshold / 64", meaning="current")
    v: int = state(24, unit="threshold / 64", meaning="voltage after the reset of those that spiked")
    a: int = receives("in")
    out: int = sends(-1, 1)

    def step(self, t):
        integrate(self, self.a, shift(self.bias_mant, self.bias_exp))
        self.out = (self.v > self.vth_hi << 6) - (self.v < self.vth_lo << 6)
        if self.out != 0:
            self.v = 0
