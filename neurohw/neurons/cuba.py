"""Leaky integrate-and-fire neurons with parameters of each neuron's own, as NIR and Lava-DL have them."""

from __future__ import annotations

from neurohw.microcode import Ints, choice, clip, each, neuron, receives, sends, state
from neurohw.neurons.lif import HALF_RANGE, HIGH, LEVEL, V_MAX, charge, decay, flow
from neurohw.neurons.refractory import REST


@neuron
class CubaLif:
    """LIF with a decay, rest voltage, bias, threshold, reset and refractory period for each neuron.

        dec(x, d) = sign(x) ((|x| (4096 - d)) >> 12)
        u = wrap24(dec(u, du) + (a << 6)), or a << 6 without `current`
        v = clip(l + dec(v - l, dv) + u + bias, +-(2^23 - 1)),  l = v_leak << 6; as it is while it rests
        spike = v > vth << 6 and it does not rest; then it rests for the next `rest` steps, and
        v = v_reset << 6 (`reset` "value") or v - (vth << 6) ("subtract")

    du and dv are what is lost of 4096 parts in a step: 4096 dt / tau for NIR's time constants, 0 keeps all. NIR's
    CubaLIF is this; its LIF has no `current`, and its IF neither that nor dv. Factors r and w_in belong to the weights.
    With v_leak = v_reset = rest = 0, du one more than there and a bias that is shifted, it is `Lif`.
    Steps are NIR's by forward Euler, rounded as Loihi's.

    Sources: Pedersen et al. 2024; Lava 0.10.0, PyLifModelBitAcc.
    """

    vth: Ints = each(-LEVEL - 1, LEVEL, writable=True)
    du: Ints = each(0, 4096, default=4096)
    dv: Ints = each(0, 4096, default=0)
    bias: Ints = each(-HALF_RANGE, V_MAX, default=0)
    v_leak: Ints = each(-LEVEL - 1, LEVEL, default=0)
    v_reset: Ints = each(-LEVEL, LEVEL, default=0)
    rest: Ints = each(0, REST, default=0)
    reset: str = choice("value", "subtract", default="value")
    current: bool = choice(True, False, default=True)
    u: int = state(24, -HIGH - 1, HIGH, unit="threshold / 64", meaning="current")
    v: int = state(24, unit="threshold / 64", meaning="voltage after the reset of those that spiked")
    wait: int = state(8, 0, REST, unit="steps", meaning="how long it still rests")
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        arrived = self.a << 6
        if self.current:
            flow(self, decay(self.u, self.du) + arrived)
            arrived = self.u
        if self.wait > 0:
            self.wait = max(0, self.wait - 1)
            self.out = 0
        else:
            leak = self.v_leak << 6
            charge(self, leak + decay(self.v - leak, self.dv) + arrived + self.bias)
            self.out = self.v > self.vth << 6
        if self.out:
            self.wait = self.rest
            if self.reset == "subtract":
                self.v = clip(self.v - (self.vth << 6), -V_MAX, V_MAX)
            else:
                self.v = self.v_reset << 6
