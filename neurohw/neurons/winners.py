"""Winners of a competition: neurons that ask how many are above a threshold, and one that answers all of them.

`neurohw.ir.winners` makes populations and projections of them.
"""

from __future__ import annotations

from neurohw.microcode import clip, neuron, one, phase, receives, sends, state

HIGH = (1 << 31) - 1
BITS = 24  # of a score, most
ROUNDS = 30  # of a search, most


@neuron
class Contender:
    """One of the neurons of which the k with the largest scores win: it searches for the threshold that k are above.

        score: what arrives at steps 2 to `window` of each period, summed up, within 0..2^bits - 1
        key = 2^index_bits score + 2^index_bits - 1 - index: no two are equal, the lower index is ahead of a tie
        ask, every other step from `window` on: key > threshold
        threshold, a step of bisection up or down by what the `verdict` says; it starts at 2^(rounds - 1) - 1
        out, from step window + 2 rounds to the end of the period: key > threshold;  rounds = bits + index_bits

    The threshold is the state variable of the source, of which every contender holds the same copy.

    Source: Wang 2010.
    """

    period: int = one(1, HIGH)
    window: int = one(1, HIGH)
    bits: int = one(1, BITS)
    index_bits: int = one(0, BITS)
    score: int = state(24, 0, (1 << BITS) - 1, unit="input", meaning="what arrived in this period, summed up")
    threshold: int = state(30, 0, (1 << ROUNDS) - 1, unit="key", meaning="what winners are above")
    a: int = receives("in")
    verdict: int = receives("verdict")
    ask: int = sends(0, 1)
    out: int = sends(0, 1)

    def step(self, t):
        p = phase(t, self.period)
        rounds = self.bits + self.index_bits
        if p == 1:
            self.score = 0
            self.threshold = (1 << clip(rounds - 1, 0, ROUNDS - 1)) - 1
        elif p <= self.window:
            top = (1 << self.bits) - 1
            self.score = clip(self.score + clip(self.a, -top, top), 0, top)
        done = p - self.window >> 1
        if self.verdict != 0:
            down = 1 << clip(rounds - done, 0, ROUNDS) >> 1
            change = max(1, down) if self.verdict > 0 else -down
            self.threshold = clip(self.threshold + change, 0, (1 << ROUNDS) - 1)
        key = (self.score << self.index_bits) + ((1 << self.index_bits) - 1 - self.index)
        above = 1 if key > self.threshold else 0
        if p >= self.window + 2 * rounds:
            self.out = above
        elif p >= self.window and (p - self.window) % 2 == 0:
            self.ask = above


@neuron
class Referee:
    """The neuron that tells contenders whether more than k of them are above their threshold (1) or not (-1).

    It answers every other step, from `window` + 1 on, `rounds` times in each period.

    Source: Wang 2010.
    """

    k: int = one(1, HIGH)
    period: int = one(1, HIGH)
    window: int = one(1, HIGH)
    rounds: int = one(1, ROUNDS)
    votes: int = receives("in")
    out: int = sends(-1, 1)

    def step(self, t):
        since = phase(t, self.period) - self.window
        if since > 0 and since < 2 * self.rounds and since % 2 == 1:
            self.out = 1 if self.votes > self.k else -1
