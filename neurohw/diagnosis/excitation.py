"""How far inputs can carry a neuron: its largest voltage against its threshold, as it is and with one thing changed.

The largest possible input takes every excitatory synapse at its largest payload and no inhibitory one, in every step.
The equations of `neurohw.ir.neurons` never fall when an input rises, so what this does not carry over the threshold
nothing does. Units are those of the threshold in `Membrane`: v (64 times vth) with memory, else the summed input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.diagnosis.facts import Facts
from neurohw.ir.network import Population, Projection
from neurohw.ir.neurons import (
    Clapp,
    ClappLif,
    Graded,
    Lif,
    Relu,
    TernaryLif,
    counts_spikes,
    has_phases,
    parameters_of,
    responds_once,
)
from neurohw.neurons.adaptive import Alif
from neurohw.neurons.refractory import LifRefractory

V_MAX = 2**23 - 1
LONGEST = 4096  # steps that are gone through one by one; beyond, the limit of the voltage is taken
HALF = 2048  # of a decay, which forgets half of a value within a step
# Kinds whose equation `sides` knows; the last two are LIF until their first spike.
BOUNDED = frozenset({Lif, TernaryLif, ClappLif, Graded, Relu, Clapp, LifRefractory, Alif})
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Membrane:
    """What decides whether neurons send something: v > threshold, with v integrated (`memory`) or the input itself.

    `sign` -1: the other side of a neuron that has two, all values negated. `interval` 0: never reset.
    """

    threshold: Ints
    bias: Ints
    memory: bool
    du: int = 0
    dv: int = 0
    interval: int = 0
    offset: int = 0
    sign: int = 1

    def at(self, neurons: NDArray[np.intp]) -> Membrane:
        """The same for some of the neurons."""
        return replace(self, threshold=self.threshold[neurons], bias=self.bias[neurons])


def is_bounded(population: Population) -> bool:
    """Whether `sides` knows its equation."""
    return type(population.neuron) in BOUNDED


def sides(population: Population) -> tuple[Membrane, ...]:
    """The thresholds of a population: one, or two where messages have a sign; none of kinds that are not `BOUNDED`."""
    n: Any = population.neuron
    if not is_bounded(population):
        return ()

    def spread(values: Any) -> Ints:
        return np.asarray(np.broadcast_to(np.asarray(values, np.int64), (population.size,)))

    nothing = spread(0)
    names = parameters_of(n)
    if "rectify" in names:
        one = Membrane(spread(n.vth), nothing, memory=False)
        return (one,) if n.rectify else (one, replace(one, sign=-1))
    if responds_once(n):
        bias = spread(n.bias) if "bias" in names else nothing
        return (Membrane(spread((1 << n.shift) - 1), bias, memory=False),)
    if counts_spikes(n):
        return (Membrane(spread(n.vth << 6), nothing, True, n.du, n.dv, n.period, 1),)
    mantissa, exponent = np.broadcast_arrays(spread(n.bias_mant), spread(n.bias_exp))
    bias = np.where(exponent >= 0, mantissa << np.maximum(exponent, 0), mantissa >> np.maximum(-exponent, 0))
    if "vth_lo" in names:
        high = Membrane(spread(n.vth_hi) << 6, bias, True, n.du, n.dv)
        return high, replace(high, threshold=-(spread(n.vth_lo) << 6), bias=-bias, sign=-1)
    reset = (n.reset_interval, n.reset_offset) if "reset_interval" in names else ()
    return (Membrane(spread(n.vth) << 6, bias, True, n.du, n.dv, *reset),)


def decay(x: Ints, d: int) -> Ints:
    """x (4096 - d) / 4096, towards zero."""
    return np.asarray(np.sign(x) * ((np.abs(x) * (4096 - d)) >> 12), np.int64)


def highest(membrane: Membrane, drive: Ints, first: int = 1) -> Ints:
    """The largest v of each neuron [n] under summed inputs [samples, steps, n] that arrive from step `first` on, each
    sample from rest."""
    inputs = membrane.sign * drive
    if not membrane.memory:
        return np.asarray((inputs + membrane.bias).max(axis=(0, 1)))
    u, v, best = np.zeros((3, *inputs[:, 0].shape), np.int64)
    for t, a in enumerate(inputs.swapaxes(0, 1), first):
        if membrane.interval and t % membrane.interval == membrane.offset % membrane.interval:
            u, v = np.zeros((2, *a.shape), np.int64)
        u = decay(u, membrane.du + 1) + (a << 6)
        v = np.clip(decay(v, membrane.dv) + u + membrane.bias, -V_MAX, V_MAX)
        best = np.maximum(best, v) if t > first else v
    return np.asarray(best.max(axis=0), np.int64)


def ceiling(membrane: Membrane, most: Ints, steps: int | None) -> Ints:
    """The largest v of each neuron if the input `most` [n] arrived in every one of `steps` steps (None: for ever)."""
    between = min(filter(None, (membrane.interval, steps)), default=None)
    if not membrane.memory or (between and between <= LONGEST):
        rows = np.broadcast_to(membrane.sign * most, (1, between or 1, len(most)))
        return highest(replace(membrane, sign=1, interval=0), rows)
    u = membrane.sign * most.astype(float) * 64 * 4096 / (membrane.du + 1) + membrane.bias
    settled = u * 4096 / membrane.dv if membrane.dv else np.where(u > 0, V_MAX, u)
    once = membrane.sign * most * 64 + membrane.bias
    return np.asarray(np.clip(np.maximum(settled, once), -V_MAX, V_MAX), np.int64)


@dataclass(frozen=True)
class Synapses:
    """What arrives at some neurons of a population. `scaled` False: without negative exponents; `inhibited` False:
    without what lowers the sum."""

    facts: Facts
    population: Population
    neurons: NDArray[np.intp]

    def weights(self, p: Projection) -> Any:
        """Weights [neurons, n_pre] of a projection."""
        return p.matrix[self.neurons].astype(np.int64)

    def largest(self, sign: int, scaled: bool = True, port: str = "in") -> Ints:
        """The largest possible sum [neurons] at a port in the direction of `sign`."""
        total = np.zeros(len(self.neurons), np.int64)
        for p in self.facts.into(self.population, port):
            (low, high), w = self.facts.payload(p), self.weights(p) * sign
            up, down = np.asarray((w * (w > 0)).sum(axis=1)), np.asarray((w * (w < 0)).sum(axis=1))
            total += _shifted(up.ravel() * max(0, high) + down.ravel() * min(0, low), p, scaled)
        return sign * total

    def arrived(self, scaled: bool = True, inhibited: bool = True) -> tuple[Ints, int] | None:
        """The sums [samples, steps, neurons] that arrived in the recorded steps, and the number of the first step; None
        if not all messages were recorded."""
        total, steps, first = np.zeros((0, len(self.neurons)), np.int64), self.facts.steps, 1
        for p in self.facts.into(self.population):
            messages = self.facts.messages(p)
            if messages is None or (self.facts.rests and len(messages) < steps):
                return None
            kept = messages[len(messages) % steps :] if self.facts.rests else messages
            total = total if len(total) else np.zeros((len(kept), len(self.neurons)), np.int64)
            total = total[-len(kept) :]
            first = 1 if self.facts.rests else self.facts.run.activity.steps - len(kept) + 1
            for delay, w in self._by_delay(p):
                w = w if inhibited else w * (w > 0)
                late = _later(kept, 1 + delay, steps if self.facts.rests else len(kept))
                total += _shifted(_products(w, late), p, scaled)[-len(total) :]
        block = steps if self.facts.rests else len(total)
        return (total.reshape(-1, block, len(self.neurons)), first) if len(total) else None

    def _by_delay(self, p: Projection) -> Iterator[tuple[int, Any]]:
        """The weights of each delay."""
        w = self.weights(p)
        if not np.ndim(p.delay):
            yield int(p.delay), w
            return
        delays = np.asarray(p.delay)[self.neurons]
        for delay in np.unique(delays):
            yield int(delay), w * (delays == delay)


def _products(weights: Any, messages: NDArray[Any]) -> Ints:
    """Sums [steps, neurons]: weights [neurons, n_pre] times messages [steps, n_pre]; floats hold them exactly, and are
    multiplied faster."""
    if not isinstance(weights, np.ndarray):
        return np.asarray((weights @ messages.T.astype(np.int64)).T)
    return (messages.astype(np.float64) @ weights.T.astype(np.float64)).astype(np.int64)


def _shifted(sums: Ints, p: Projection, scaled: bool) -> Ints:
    """Sums times 2^exponent."""
    exponent = p.format.exponent if p.format else 0
    return sums << exponent if exponent >= 0 else sums >> (-exponent if scaled else 0)


def _later(messages: NDArray[Any], delay: int, steps: int) -> NDArray[Any]:
    """Messages `delay` steps later; what a sample of `steps` steps does not last for is lost."""
    late = np.zeros_like(messages)
    for start in range(0, len(messages), steps):
        late[start + delay : start + steps] = messages[start : max(start, start + steps - delay)]
    return late


def listening(population: Population, first: int, steps: int) -> NDArray[np.bool_]:
    """In which of the steps `first`, first + 1, ... a population takes its inputs, [steps]."""
    n: Any = population.neuron
    if not has_phases(n):
        return np.ones(steps, np.bool_)
    phase = (np.arange(first, first + steps) - 1) % n.period + 1
    last = n.layer + (n.steps if counts_spikes(n) else 1)
    return np.asarray((phase > n.layer) & (phase <= last))
