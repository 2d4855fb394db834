"""Sigma-delta neurons: they send what changes, and add up what arrives."""

from __future__ import annotations

from neurohw.microcode import Ints, choice, each, neuron, one, part, receives, sends, state

LEVEL = (1 << 16) - 1  # times 2^14 it fits 32 bits
MESSAGE = 1 << 23


@part
def change(n, act):
    """The change to send, large enough for the threshold; what is not sent stays as residue."""
    delta = act - n.act + n.residue
    n.act = act
    error = delta
    if n.cumulative:
        error = n.error + delta
    sent = delta if abs(error) >= n.vth << n.spike_exp + n.state_exp else 0
    if n.cumulative:
        n.error = 0 if sent != 0 else error
    n.residue = delta - sent
    return sent >> n.state_exp


@neuron
class Delta:
    """Encoder: send the change of what arrives once it is as large as the threshold.

        x = a << (spike_exp + state_exp),  delta = x - x before + residue
        error = delta, or (`cumulative`) error + delta, from 0 after a message
        sent = delta if |error| >= vth << (spike_exp + state_exp) else 0,  residue = delta - sent
        message = sent >> state_exp

    Source: Lava 0.10.0, PyDeltaModelFixed.
    """

    vth: Ints = each(0, LEVEL, writable=True)
    spike_exp: int = one(0, 7, default=0)
    state_exp: int = one(0, 7, default=0)
    cumulative: bool = choice(False, True, default=False)
    act: int = state(24, unit="message", meaning="what arrived last")
    residue: int = state(24, unit="message", meaning="change that was not sent yet")
    error: int = state(24, unit="message", meaning="changes since the last message, summed up")
    a: int = receives("in")
    out: int = sends(-MESSAGE, MESSAGE - 1)

    def step(self, t):
        self.out = change(self, self.a << self.spike_exp + self.state_exp)


@neuron
class SigmaDelta:
    """Sigma-delta unit: add up the changes that arrive, rectify, and send the change of that as `Delta` does.

        sigma = sigma + a,  x = max(0, sigma + b), or sigma + b without `rectify`;  b = bias << (spike_exp + state_exp)
        then as in `Delta`

    Source: Lava 0.10.0, PySigmaDeltaModelFixed.
    """

    vth: Ints = each(0, LEVEL, writable=True)
    bias: Ints = each(-LEVEL, LEVEL, default=0)
    spike_exp: int = one(0, 7, default=0)
    state_exp: int = one(0, 7, default=0)
    cumulative: bool = choice(False, True, default=False)
    rectify: bool = choice(True, False, default=True)
    sigma: int = state(24, unit="message", meaning="what arrived, summed up")
    act: int = state(24, unit="message", meaning="activity")
    residue: int = state(24, unit="message", meaning="change that was not sent yet")
    error: int = state(24, unit="message", meaning="changes since the last message, summed up")
    a: int = receives("in")
    out: int = sends(-MESSAGE, MESSAGE - 1)

    def step(self, t):
        self.sigma += self.a
        act = self.sigma + (self.bias << self.spike_exp + self.state_exp)
        if self.rectify:
            act = max(0, act)
        self.out = change(self, act)


@neuron
class Sigma:
    """Decoder: send the sum of all changes that arrived, in every step.

        sigma = sigma + a,  message = sigma

    Source: Lava 0.10.0, PySigmaModelFixed.
    """

    sigma: int = state(24, unit="message", meaning="what arrived, summed up")
    a: int = receives("in")
    out: int = sends(-MESSAGE, MESSAGE - 1)

    def step(self, t):
        self.sigma += self.a
        self.out = self.sigma
