"""What changes from step to step of a run and is known before it: time, input, and the random numbers of learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2.learning import still_levels
from neurohw.backends.brian2.programs import Draw, randoms_of
from neurohw.ir.inputs import Inputs
from neurohw.ir.network import Network
from neurohw.ir.plasticity import LearningRule
from neurohw.ir.probe import Probed
from neurohw.ir.randoms import decay_numbers, rounding_numbers
from neurohw.microcode.hashing import draw as hashed
from neurohw.microcode.hashing import key
from neurohw.microcode.kind import program_of

Arrays = dict[str, tuple[NDArray[np.float64], int]]


@dataclass(frozen=True)
class Timeline:
    """A run: `samples` of `steps` steps, afresh with `reset`; recorded `ports`, u and v with `states`, and `probes`;
    `seed`: of the random numbers of neurons."""

    network: Network
    steps: int
    samples: int
    reset: bool
    ports: Sequence[str]
    states: bool
    probes: Sequence[Probed] = ()
    seed: int = 0

    @property
    def gap(self) -> int:
        """Idle steps between samples that start afresh, until nothing is on its way."""
        return max([p.max_delay for p in self.network.projections], default=0) if self.reset else 0

    @property
    def stride(self) -> int:
        """Steps from one sample to the next."""
        return self.steps + self.gap

    @property
    def rules(self) -> tuple[LearningRule, ...]:
        """The learning rules of the network."""
        return tuple(p.plasticity.chip for p in self.network.projections if p.plasticity and p.plasticity.chip)

    def arrays(self, inputs: Inputs, first: int, size: int) -> Arrays:
        """Values over time of a part of `size` samples, name -> (values, steps that each holds).

        `inputs`: the samples of this part, from number `first` of the run; if they are fewer, idle ones follow.
        """
        real = len(next(iter(inputs.values())))
        now = np.zeros((size, self.stride))
        start = np.zeros(real, np.int64) if self.reset else (first + np.arange(real)) * self.steps
        now[:real, : self.steps] = start[:, None] + np.arange(1, self.steps + 1)
        numbers = range(first, first + size) if self.reset else [0] * size
        found: Arrays = {"now": (now.ravel(), 1)}
        for k, p in enumerate(self.network.populations):
            if p.name in inputs:
                frames = np.asarray(inputs[p.name])
                sent = np.zeros((size, self.stride, p.size))
                sent[:real, : frames.shape[1]] = frames
                found[f"frames_{k}"] = (sent.reshape(-1, p.size), 1)
            for draw in randoms_of(program_of(p.neuron)):
                found[f"{draw.name}_{k}"] = (drawn(draw, k, p.size, now, numbers, self.seed), 1)
        for k, q in enumerate(self.network.projections):
            if q.plasticity and q.plasticity.chip:
                rule = q.plasticity.chip
                past, ended = first * self.steps // rule.epoch, (first + real) * self.steps // rule.epoch
                values = _epochs(rule, past, ended, size * self.steps // rule.epoch)
                found |= {f"{name}_{k}": (array, rule.epoch) for name, array in values.items()}
        return found


def drawn(
    draw: Draw, population: int, size: int, now: NDArray[Any], samples: Sequence[int], seed: int = 0
) -> NDArray[np.float64]:
    """The random numbers of a population [steps, size] at the steps `now` [samples, steps], 0 for none.

    `samples`: the number of each sample, by which numbers differ.
    """
    found = np.zeros((*now.shape, size))
    for s, k in np.argwhere(now):
        number = key(seed, population, samples[s], int(now[s, k]), draw.place)
        found[s, k] = hashed(number, np.arange(size), draw.bits)
    return found.reshape(-1, size)


def _epochs(rule: LearningRule, past: int, ended: int, count: int) -> Mapping[str, NDArray[Any]]:
    """Values at the end of epochs past .. past + count - 1 (0: none ended); those after `ended` do nothing."""
    epochs = past + np.arange(count)
    done = (epochs > 0) & (epochs <= ended)
    beat = done & (epochs % (1 << rule.decimate) == 0) if rule.decimate is not None else np.zeros_like(done)
    draws = slice(2 * rule.epoch * past, 2 * rule.epoch * (past + count - 1) + 1, 2 * rule.epoch)
    above, below = still_levels(decay_numbers(rule.seed + 2, draws))
    return {
        "plain": (done & ~beat).astype(float),
        "beat": beat.astype(float),
        "number": rounding_numbers(slice(past, past + count)).astype(float),
        "above": above.astype(float),
        "below": below.astype(float),
    }
