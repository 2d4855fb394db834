"""A neuron with a soma that spikes and a dendrite that teaches: see own-neuron.md."""

from neurohw.microcode import Ints, clip, each, neuron, one, receives, sends, state, trace
from neurohw.neurons.lif import V_MAX, decay


@neuron
class Dendritic:
    """Leaky soma with a refractory period; what its dendrite receives is the third factor of the soma's synapses.

        v = clip(dec(v, dv) + (a << 6), +-(2^23 - 1));  y1 = clip(d, +-120)
        spike = v > vth << 6, `rest` steps after the last one at the earliest; its level is how far v was above

    Sources: Lava 0.10.0, fixed point models; Illing et al. 2021.
    """

    vth: Ints = each(1, 131071, writable=True)
    rest: Ints = each(0, 63, default=2)
    dv: int = one(0, 4095, default=256)
    v: int = state(24, unit="threshold / 64", meaning="voltage of the soma")
    wait: int = state(7, 0, 63, unit="steps", meaning="until it may spike again")
    y1: int = trace()
    a: int = receives("in")
    d: int = receives("dendrite")
    out: int = sends(0, 1)
    level: int = sends(0, 254)

    def step(self, t):
        self.v = clip(decay(self.v, self.dv) + (clip(self.a, -131071, 131071) << 6), -V_MAX, V_MAX)
        self.y1 = clip(self.d, -120, 120)
        if self.wait > 0:
            self.wait = self.wait - 1
        elif self.v > self.vth << 6:
            self.out = 1
            self.level = min(254, (self.v >> 6) - self.vth)
            self.v = 0
            self.wait = self.rest
