"""The learning engine of one plastic projection. Equations: `neurohw.ir.plasticity`; order of events: Lava."""

import math
from typing import Any

import numpy as np

from neurohw.ir.network import Format
from neurohw.ir.plasticity import FACTOR_BITS, LearningRule, Product, Trace
from neurohw.ir.randoms import dither
from support.reference.integers import Ints, wrap32

THIRD_FACTOR_TAU = 65535.0  # Lava decays the traces that a neuron sends
ROUNDING_SEED = 2
LOW, HIGH = -32769, 32767


class TraceNumbers:
    """Random numbers of the traces of one side: drawn when made and twice a step."""

    def __init__(self, seed: int) -> None:
        self.decays, self.impulses = np.random.default_rng(seed), np.random.default_rng(seed + 1)
        self.draw()

    def draw(self) -> None:
        self.decay = self.decays.random(1)[0]
        self.impulse = self.impulses.integers(0, 128, size=1, dtype=int)[0]


class Learning:
    """Traces, spike times and synaptic variables (w, t, d) of a projection [n_post, n_pre]."""

    def __init__(self, rule: LearningRule, form: Format, weight: Ints, synapses: Any) -> None:
        self.rule, self.form, self.synapses = rule, form, synapses
        n_post, n_pre = weight.shape
        self.w, self.t, self.d = weight, np.zeros_like(weight), np.zeros_like(weight)
        self.x, self.tx = np.zeros((2, n_pre), np.int64), np.zeros(n_pre, np.int64)
        self.y, self.ty = np.zeros((3, n_post), np.int64), np.zeros(n_post, np.int64)
        x1 = rule.x1 if rule.graded == "impulse" else Trace(0, rule.x1.tau)
        self.pre_traces = (x1, rule.x2)
        self.post_traces = (Trace(0, THIRD_FACTOR_TAU),) * 3 if rule.third_factor else (rule.y1, rule.y2, rule.y3)
        self.pre_numbers, self.post_numbers = TraceNumbers(rule.seed), TraceNumbers(rule.seed + 2)
        self.rounding = np.random.default_rng(ROUNDING_SEED)
        self.rounding.random(1)
        self.dither = dither(rule.seed, weight.shape).astype(np.int64) if rule.rounding == "per_synapse" else None

    def step(self, time: int, payload: Ints, bap: Ints, sent: Ints | None) -> None:
        """Take in one step: messages of the pre neurons, spikes of the post neurons, traces y1..y3 they sent."""
        when = (time - 1) % self.rule.epoch + 1
        self._pre_spikes(payload, when)
        self._draw()
        self._post_spikes(bap != 0, when)
        if sent is not None:
            self.y = sent.copy()
        self._draw()
        if time % self.rule.epoch == 0:
            self._learn(time // self.rule.epoch)

    def _draw(self) -> None:
        self.pre_numbers.draw()
        self.post_numbers.draw()

    def _pre_spikes(self, payload: Ints, when: int) -> None:
        spike = payload != 0
        half = np.array([round(p / 2) % 256 for p in payload.tolist()], np.int64)  # round: half to even
        counts, again = spike, spike & (self.tx > 0)
        if self.rule.graded == "impulse":
            self.x[0, again] = add_impulse(self.x[0, again], self.pre_traces[0], 0)
        elif self.rule.graded == "overwrite":
            self.x[0, spike] = half[spike]
        else:
            total = (self.x[0] + half) % 256
            if self.rule.graded == "add":
                self.x[0] = np.minimum(total, 127)
            else:
                over = total > 127
                counts, again = counts & over, again & over
                self.x[0] = np.where(over, total - 127, total)
        self.x[1, again] = add_impulse(self.x[1, again], self.pre_traces[1], 0)
        self.tx[counts] = when

    def _post_spikes(self, spike: Any, when: int) -> None:
        again = spike & (self.ty > 0)
        for y, trace in zip(self.y, self.post_traces):
            y[again] = add_impulse(y[again], trace, self.post_numbers.impulse)
        self.ty[spike] = when

    def _learn(self, epoch: int) -> None:
        """End of epoch number `epoch`, counted from 1."""
        x = [history(v, self.tx, trace, self.pre_numbers, self.rule.epoch) for v, trace in zip(self.x, self.pre_traces)]
        y = [
            history(v, self.ty, trace, self.post_numbers, self.rule.epoch) for v, trace in zip(self.y, self.post_traces)
        ]
        self.x = np.stack([h[-1] for h in x])
        if not self.rule.third_factor:
            self.y = np.stack([h[-1] for h in y])
        beat = self.rule.decimate is not None and epoch % 2**self.rule.decimate == 0
        values = {"x1": x[0], "x2": x[1], "y1": y[0], "y2": y[1], "y3": y[2]}
        r = 127 - math.floor(128 * self.rounding.random(1)[0])
        numbers = np.full(self.w.shape, r) if self.dither is None else (self.dither + r) % 128
        w = self._update(self.w, self.rule.dw, values, beat, numbers, *self.form.range)
        d = self._update(self.d, self.rule.dd, values, beat, numbers, 0, 255)
        t = self._update(self.t, self.rule.dt, values, beat, numbers, -257, 255)
        self.w, self.d, self.t = w, d, t
        self.tx[:] = self.ty[:] = 0

    def _update(self, v: Ints, products: Any, values: Any, beat: bool, numbers: Ints, low: int, high: int) -> Ints:
        if not products:
            return v
        acc = v << 7
        for product in products:
            acc = np.clip(acc + self._evaluate(product, values, beat), LOW, HIGH)
        return np.where(self.synapses, np.clip((acc + numbers) >> 7, low, high), 0)

    def _evaluate(self, product: Product, values: Any, beat: bool) -> Ints:
        """One product for all synapses, scaled and saturated, in units of 1/128."""
        x0, y0 = (self.tx > 0)[None, :], (self.ty > 0)[:, None]
        mac = {"x0": x0, "y0": y0, "u": beat}[product.dependency] * np.ones(self.w.shape, np.int64)
        for factor in product.factors:
            value = {"x0": x0, "y0": y0, "w": self.w, "d": self.d, "t": self.t, "C": 0}.get(factor.var)
            if value is None:
                value = self._trace(values[factor.var], factor.var[0] == "x", product.dependency)
            value = value + factor.const
            bits = FACTOR_BITS[factor.var]
            mac = wrap32(mac * np.clip(np.sign(value) if factor.sign else value, -(2**bits), 2**bits - 1))
        mac = wrap32(mac * product.mantissa) >> product.shift
        return np.clip(wrap32(mac << (product.exponent + 7)), LOW, HIGH)

    def _trace(self, past: Ints, is_pre: bool, dependency: str) -> Ints:
        """A trace's value at each synapse at the spike the product depends on, or at the end of the epoch.

        `past` [epoch + 1, n]: the trace of each neuron after each step. The result broadcasts to [n_post, n_pre].
        """
        if dependency == "u":
            return past[-1][None, :] if is_pre else past[-1][:, None]
        if dependency == "x0":
            at_pre_spikes = past[self.tx]  # [n_pre, n]
            return at_pre_spikes.diagonal()[None, :] if is_pre else at_pre_spikes.T
        at_post_spikes = past[self.ty]  # [n_post, n]
        return at_post_spikes if is_pre else at_post_spikes.diagonal()[:, None]


def add_impulse(values: Ints, trace: Trace, number: int) -> Ints:
    """Add a trace's impulse; its fraction, in 256ths, counts as 1 if it exceeds `number` (0..127)."""
    whole = math.floor(trace.impulse)
    fraction = round((trace.impulse - whole) * 256)
    return np.clip(values + whole + (number < fraction), 0, 127)


def history(start: Ints, times: Ints, trace: Trace, numbers: TraceNumbers, epoch: int) -> Ints:
    """Values of a trace [epoch + 1, n] after 0, 1, ... steps: decay, rounded stochastically, and the last spike."""
    past = [start]
    for step in range(1, epoch + 1):
        value = np.zeros_like(start)
        if trace.tau != 0:
            exact = np.exp(-1 / np.array([trace.tau])) * past[-1]
            value = np.floor(exact).astype(np.int64) + (numbers.decay < exact % 1)
        now = times == step
        value[now] = add_impulse(value[now], trace, numbers.impulse)
        past.append(value)
    return np.stack(past)
