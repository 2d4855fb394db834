"""One class for each kind of neuron; step(t, inputs) -> messages by port. Equations: `neurohw.ir.neurons`."""

import math
from typing import Any

import numpy as np

from neurohw.ir.network import Population
from neurohw.ir.neurons import Clapp, ClappLif, Critic, Graded, Hinge, Lif, Readout, Relu, Source, TernaryLif
from support.reference.integers import Ints, decay, wrap32

Messages = dict[str, Ints]
HALF_RANGE = 2**23  # u wraps once, by 24 bits, when beyond
V_MAX = 2**23 - 1  # v saturates


class SourceCells:
    """Frames of a sample, then silence."""

    def __init__(self, population: Population, frames: Any, steps_per_sample: int) -> None:
        self.size, self.frames, self.steps = population.size, np.asarray(frames, np.int64), steps_per_sample

    def step(self, t: int, inputs: Messages) -> Messages:
        sample, step = divmod(t - 1, self.steps)
        silent = step >= self.frames.shape[1]
        return {"out": np.zeros(self.size, np.int64) if silent else self.frames[sample, step]}


class LifCells:
    """Both LIF kinds; u and v."""

    def __init__(self, population: Population) -> None:
        self.neuron: Any = population.neuron
        self.u, self.v = np.zeros((2, population.size), np.int64)
        mantissa, exponent = np.broadcast_arrays(self.neuron.bias_mant, self.neuron.bias_exp)
        scaled = [int(m) << int(e) if e >= 0 else int(m) >> -int(e) for m, e in zip(mantissa.flat, exponent.flat)]
        self.bias = np.array(scaled, np.int64)

    def step(self, t: int, inputs: Messages) -> Messages:
        n = self.neuron
        if isinstance(n, Lif) and n.reset_interval > 0 and t % n.reset_interval == n.reset_offset % n.reset_interval:
            self.u[:] = self.v[:] = 0
        u = wrap32(decay(self.u, n.du + 1) + wrap32(inputs["in"] << 6))
        self.u = np.where(u > HALF_RANGE, u - 2 * HALF_RANGE, np.where(u <= -HALF_RANGE, u + 2 * HALF_RANGE, u))
        v = np.clip(wrap32(decay(self.v, n.dv) + self.u + self.bias), -V_MAX, V_MAX)
        if isinstance(n, TernaryLif):
            spike = (v > np.asarray(n.vth_hi) << 6).astype(np.int64) - (v < np.asarray(n.vth_lo) << 6)
        else:
            spike = (v > np.asarray(n.vth) << 6).astype(np.int64)
        self.v = np.where(spike != 0, 0, v)
        return {"out": spike}


class GradedCells:
    """Threshold without memory."""

    def __init__(self, population: Population) -> None:
        self.neuron: Any = population.neuron

    def step(self, t: int, inputs: Messages) -> Messages:
        a = inputs["in"]
        size = a if self.neuron.rectify else np.abs(a)
        return {"out": np.where(size > self.neuron.vth, a, 0)}


class ReluCells:
    """Speaks at phase layer + 1."""

    def __init__(self, population: Population) -> None:
        self.neuron: Any = population.neuron

    def step(self, t: int, inputs: Messages) -> Messages:
        n, a = self.neuron, inputs["in"]
        if (t - 1) % n.period + 1 != n.layer + 1:
            return {"out": np.zeros_like(a)}
        return {"out": np.minimum(254, np.maximum(0, wrap32(a + n.bias)) >> n.shift)}


class ClappCells:
    """z, p and the traces y1, y2, y3 and bap that a three-factor rule reads."""

    def __init__(self, population: Population) -> None:
        self.neuron: Any = population.neuron
        self.z, self.p, self.y1, self.y2, self.y3, self.bap = np.zeros((6, population.size), np.int64)

    def step(self, t: int, inputs: Messages) -> Messages:
        n = self.neuron
        phase = (t - 1) % n.period + 1
        silence = np.zeros_like(self.z)
        sent = {"out": silence, "context": silence, "score": silence}
        self.bap = silence
        if phase == 1:
            self.y1 = self.y2 = self.y3 = silence
        if phase == n.layer:
            sent["context"] = self.z
        if phase == n.layer + 1:
            self.z = np.minimum(254, np.maximum(0, inputs["in"]) >> n.shift)
            self.p = np.clip(inputs["prediction"] >> n.prediction_shift, -127, 127)
            sent |= {"out": self.z, "score": (self.z * self.p) >> n.score_shift}
        if phase == n.layer + 3:
            self._post_factors(inputs["gate"], self.z > 0)
        return sent

    def _post_factors(self, g: Ints, active: Ints) -> None:
        n = self.neuron
        forward, lateral = g * self.p * active, g * (self.z >> 1)
        if n.mapping == "carry":
            self.y1 = nearest_eighth([v + n.growth if e and gate else v for v, e, gate in zip(forward, active, g)])
            self.y2 = nearest_eighth(lateral)
        elif n.mapping == "signed":
            self.y1, self.y2, self.y3 = forward, lateral, np.full_like(self.z, n.rate)
        else:
            s = 7 - n.rate.bit_length() + 1
            self.y1, self.y2 = np.maximum(forward, 0) >> s, np.maximum(-forward, 0) >> s
            self.y3, self.bap = (np.abs(g) * (self.z >> 1)) >> s, (g > 0).astype(np.int64)


class ClappLifCells(ClappCells):
    """LIF neurons that count, then post factors."""

    def __init__(self, population: Population) -> None:
        super().__init__(population)
        self.u, self.v, self.count, self.near, self.kept = np.zeros((5, population.size), np.int64)

    def step(self, t: int, inputs: Messages) -> Messages:
        n = self.neuron
        phase = (t - 1) % n.period + 1
        silence = np.zeros_like(self.z)
        sent = {"out": silence, "context": silence, "score": silence}
        self.bap = silence
        if phase == 1:
            self.u = self.v = self.count = self.near = self.p = silence
            self.y1 = self.y2 = self.y3 = silence
        if phase == n.layer and not n.delayed:
            sent["context"] = 2 * self.kept
        if phase == n.layer + 1 and not n.delayed:
            self.p = np.clip(inputs["prediction"] >> n.prediction_shift, -127, 127)
        if n.delayed and n.layer + 2 <= phase <= n.layer + n.steps + 1:
            self.p = wrap32(self.p + inputs["prediction"])
        if n.layer < phase <= n.layer + n.steps:
            sent["out"] = self._integrate(inputs["in"])
            sent["context"] = sent["out"] if n.delayed else silence
        if phase == n.layer + n.steps + 1:
            if n.delayed:
                total = wrap32(self.p << (n.count_shift + 1))
                self.p = np.clip(total >> n.prediction_shift, -127, 127)
                sent["context"] = 2 * self.kept
            self.kept = np.minimum(127, self.count << n.count_shift)
            sent |= {"out": 2 * self.kept, "score": (self.kept * self.p) >> n.score_shift}
        if phase == n.layer + n.steps + 3:
            self.z = 2 * self.kept  # what `_post_factors` halves
            self._post_factors(inputs["gate"], self.near if n.window else self.count > 0)
        return sent

    def _integrate(self, a: Ints) -> Ints:
        n = self.neuron
        u = wrap32(decay(self.u, n.du + 1) + wrap32(a << 6))
        self.u = np.where(u > HALF_RANGE, u - 2 * HALF_RANGE, np.where(u <= -HALF_RANGE, u + 2 * HALF_RANGE, u))
        v = np.clip(wrap32(decay(self.v, n.dv) + self.u), -V_MAX, V_MAX)
        self.near = self.near | (v > n.vth * 32)
        spike = (v > n.vth * 64).astype(np.int64)
        self.count, self.v = self.count + spike, np.where(spike, 0, v)
        return spike


def nearest_eighth(values: Any) -> Ints:
    """Nearest multiple of 8 of integers and halves, clipped to +-120; ties away from zero."""
    rounded = []
    for v in map(float, values):
        below = math.floor(v / 8) * 8
        up = v - below > 4 or (v - below == 4 and v > 0)
        rounded.append(max(-120, min(120, below + 8 if up else below)))
    return np.array(rounded, np.int64)


class HingeCells:
    """Latches the sameness at phase 2, decides at phase layer + 2."""

    def __init__(self, population: Population) -> None:
        self.neuron: Any = population.neuron
        self.y = np.zeros(population.size, np.int64)

    def step(self, t: int, inputs: Messages) -> Messages:
        n = self.neuron
        phase = (t - 1) % n.period + 1
        if phase == 2:
            self.y = inputs["sameness"]
        if phase != n.layer + 2:
            return {"gamma": np.zeros_like(self.y), "loss": np.zeros_like(self.y)}
        margin = n.theta - self.y * inputs["score"]
        return {"gamma": np.where(margin > 0, self.y, 0), "loss": np.where(self.y != 0, np.maximum(0, margin), 0)}


class ReadoutCells:
    """A contest over `rounds` steps and the trace y1 of those that learn from it."""

    def __init__(self, population: Population) -> None:
        self.neuron: Any = population.neuron
        self.q, self.noise, self.v, self.y1, self.y2, self.y3, self.bap = np.zeros((7, population.size), np.int64)
        self.inside = np.zeros(population.size, bool)

    def step(self, t: int, inputs: Messages) -> Messages:
        n = self.neuron
        phase = (t - 1) % n.period + 1
        sent = {"out": np.zeros_like(self.q), "contest": np.zeros_like(self.q)}
        if phase == 1:
            self.y1 = np.zeros_like(self.q)
        if phase == 2:
            self.noise = inputs["gate"]
        if phase == n.layer + 1:
            self.q = np.clip(inputs["in"] >> n.shift, -127, 127)
            seen = np.clip(self.q + (0 if n.supervised else self.noise), -128, 127) + 128
            ranks = 2 ** (n.rounds - 8)
            self.v = seen * ranks + np.maximum(0, ranks - 1 - np.arange(len(seen)))
            self.inside[:] = True
        if n.layer + 2 <= phase <= n.layer + n.rounds + 1:
            self.inside &= self._bit(phase - 1) | (inputs["contest"] <= 0)
        if n.layer + 1 <= phase <= n.layer + n.rounds:
            sent["contest"] = (self.inside & self._bit(phase)).astype(np.int64)
        if phase == n.layer + n.rounds + 1:
            sent["out"] = self.inside.astype(np.int64)
        if phase == n.layer + n.rounds + 3:
            goal = self.noise if n.supervised else inputs["gate"]
            self.y1 = nearest_eighth((goal - self.q) * (self.inside | n.supervised))
        return sent

    def _bit(self, phase: int) -> Any:
        """The bit of v that is sent in a phase of the contest."""
        n = self.neuron
        return self.v // 2 ** (n.rounds - (phase - n.layer)) % 2 == 1


class CriticCells:
    """Compares the action with the label it latched."""

    def __init__(self, population: Population) -> None:
        self.neuron: Any = population.neuron
        self.label = np.zeros(population.size, np.int64)

    def step(self, t: int, inputs: Messages) -> Messages:
        n = self.neuron
        phase = (t - 1) % n.period + 1
        if phase == 2:
            self.label = inputs["label"]
        if phase != n.layer + 2:
            return {"reward": np.zeros_like(self.label)}
        answer = np.where(inputs["action"] == self.label, n.right, n.wrong)
        return {"reward": np.where(self.label == 0, 0, answer)}


CELLS = {
    Readout: ReadoutCells,
    Critic: CriticCells,
    Lif: LifCells,
    TernaryLif: LifCells,
    Graded: GradedCells,
    Relu: ReluCells,
    Clapp: ClappCells,
    ClappLif: ClappLifCells,
    Hinge: HingeCells,
    Source: SourceCells,
}
