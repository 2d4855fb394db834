"""Neurons that send numbers, and the source of what a run is given."""

from __future__ import annotations

from neurohw.microcode import Ints, choice, each, given, neuron, one, phase, receives, sends

PAYLOAD_MAX = 254  # largest payload whose half, rounded, still fits a 7-bit trace
HIGH = (1 << 31) - 1


@neuron
class Source:
    """Send one row of the run's input per step: frame f of a sample at step f + 1 of that sample, then silence.

    `low`, `high`: the smallest and largest payload it may send (binary spikes: 0, 1).
    """

    low: int = one(default=0)
    high: int = one(default=PAYLOAD_MAX)
    out: int = given("low", "high")

    def step(self, t):
        pass


@neuron
class Graded:
    """Threshold without memory, Lava's GradedVec and GradedReluVec: send a if |a| > vth (`rectify`: a > vth).

    Source: Lava 0.10.0, fixed point models.
    """

    vth: Ints = each(default=0, writable=True)
    rectify: bool = choice(False, True, default=False)
    a: int = receives("in")
    out: int = sends(-HIGH - 1, HIGH)

    def step(self, t):
        if self.a > self.vth or (not self.rectify and abs(self.a) > self.vth):
            self.out = self.a


@neuron
class Relu:
    """Graded ReLU layer: z = min(254, max(0, a + bias) >> shift), sent at step `layer` + 1 of each `period` steps.

    The input of layer l arrives in that step only, so a bias does not make the layer send in the others.
    `bias` has the scale of a; `shift` is None until the network is quantised.

    Source: Lava 0.10.0, fixed point models.
    """

    layer: int = one(0, HIGH)
    period: int = one(1, HIGH)
    shift: int = one(0, 31, default=None)
    bias: Ints = each(default=0)
    a: int = receives("in")
    out: int = sends(0, PAYLOAD_MAX)

    def step(self, t):
        if phase(t, self.period) == self.layer + 1:
            z = max(0, self.a + self.bias) >> self.shift
            self.count("payload clipped", z > PAYLOAD_MAX)
            self.out = min(PAYLOAD_MAX, z)
