"""Izhikevich's simple model of spiking neurons."""

from __future__ import annotations

from neurohw.microcode import Ints, clip, each, mul_shift, neuron, part, receives, sends, state

POINT = 12  # v and u count 1/4096 mV
MILLIVOLT = 1 << POINT
TOP = (1 << 23) - 1  # just below 2048 mV
LEVEL = (1 << 17) - 1  # times 64 it fits 24 bits


@part
def half_step(v, u, current):
    """Half a millisecond of v' = 0.04 v^2 + 5 v + 140 - u + I, with |v| < 2048 mV; 41943 / 2^20 is 0.04."""
    slope = mul_shift(mul_shift(v, v, 16), 41943, 16) + 5 * v + 140 * MILLIVOLT - u + current
    return clip(v + (slope >> 1), -TOP, TOP)


@neuron
class Izhikevich:
    """Izhikevich's neuron in steps of 1 ms, with v in two halves as the source has it.

        v' = 0.04 v^2 + 5 v + 140 - u + I,  u' = A (B v - u)
        spike = v >= 30 mV, and then v = c, u = u + d

    A = a / 65536 and B = b / 65536; c, d and what arrives (I) count 1/64 mV; v and u, which start at -65 and -13 mV as
    in the source, count 1/4096 mV and end at +-2048 mV. A regularly spiking cell has the default parameters; others:
    bursting c = -55 * 64, d = 4 * 64; chattering c = -50 * 64, d = 2 * 64; fast a = 6554, d = 2 * 64.

    Source: Izhikevich 2003.
    """

    a: Ints = each(0, 65536, default=1311)
    b: Ints = each(-131072, 131072, default=13107)
    c: Ints = each(-LEVEL, LEVEL, default=-65 * 64)
    d: Ints = each(-LEVEL, LEVEL, default=8 * 64)
    v: int = state(24, start=-65 * MILLIVOLT, unit="mV / 4096", meaning="membrane potential")
    u: int = state(24, start=-13 * MILLIVOLT, unit="mV / 4096", meaning="recovery")
    current: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        current = clip(self.current, -LEVEL, LEVEL)
        self.count("current clipped", current != self.current)
        v = half_step(self.v, self.u, current << 6)
        v = half_step(v, self.u, current << 6)
        u = self.u + mul_shift(mul_shift(v, self.b, 16) - self.u, self.a, 16)
        self.out = v >= 30 * MILLIVOLT
        self.v = self.c << 6 if self.out else v
        self.u = clip(u + (self.d << 6 if self.out else 0), -TOP, TOP)
        self.count("recovery saturated", abs(self.u) == TOP)
