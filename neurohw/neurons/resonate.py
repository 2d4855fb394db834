"""Resonate-and-fire neurons: a state that turns in the complex plane."""

from __future__ import annotations

from neurohw.microcode import Ints, clip, each, neuron, one, receives, scale, sends, state

Z_MAX = (1 << 23) - 1


@neuron
class Resonator:
    """Resonate-and-fire neuron: z = real + i imag turns and shrinks; a spike where it crosses the real axis far out.

        real = clip(c real - s imag + (a << state_exp), +-(2^23 - 1))
        imag = clip(s real + c imag + (b << state_exp), +-(2^23 - 1))
        spike = real >= vth and imag >= 0 and imag was < 0 in the step before

    c = cos / 2^decay_bits and s = sin / 2^decay_bits, products toward zero. For a period of p steps and a loss of alpha
    a step: sin = trunc((1 - alpha) sin(2 pi / p) 2^decay_bits), cos likewise. vth has the scale of the state: Lava's
    times 2^state_exp. The ports "in" and "imaginary" bring a and b.
    As Lava's, and unlike Izhikevich's, it spikes by its phase and keeps its state.

    Sources: Izhikevich 2001; Lava 0.10.0, PyRFModelFixed.
    """

    vth: Ints = each(0, Z_MAX, writable=True)
    sin: Ints = each(-32768, 32768)
    cos: Ints = each(-32768, 32768)
    decay_bits: int = one(9, 15, default=12)
    state_exp: int = one(0, 7, default=0)
    real: int = state(24, unit="threshold", meaning="real part")
    imag: int = state(24, unit="threshold", meaning="imaginary part")
    a: int = receives("in")
    b: int = receives("imaginary")
    out: int = sends(0, 1)

    def step(self, t):
        n = self.decay_bits
        before = self.imag
        real = scale(self.real, self.cos, n) - scale(before, self.sin, n) + (self.a << self.state_exp)
        imag = scale(self.real, self.sin, n) + scale(before, self.cos, n) + (self.b << self.state_exp)
        self.real = clip(real, -Z_MAX, Z_MAX)
        self.imag = clip(imag, -Z_MAX, Z_MAX)
        self.count("state saturated", self.real != real or self.imag != imag)
        self.out = 1 if self.real >= self.vth and self.imag >= 0 and before < 0 else 0
