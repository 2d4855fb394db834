"""Dead neurons of kinds whose equations no bound is known for: tried with inputs as large as they can be.

Unlike the bounds of `excitation` this proves nothing: another input than those that are tried might make them send.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neurohw.diagnosis.excitation import LONGEST, Synapses
from neurohw.diagnosis.facts import Facts
from neurohw.diagnosis.finding import Cause, Mask
from neurohw.ir.network import Population
from neurohw.microcode.vector import Neurons

Sums = dict[str, NDArray[np.int64]]  # by port, [neurons]
LIMIT = (1 << 31) - 1


def tried(facts: Facts, population: Population, dead: Mask) -> Iterator[Cause]:
    """Those that do not send either when the largest possible inputs arrive in every step, and those that then do."""
    steps = min(facts.steps if facts.rests else LONGEST, LONGEST)
    would = np.any([_sends(population, sums, steps) for sums in _extremes(facts, population)], axis=0)
    names = ", ".join(p.name for p in facts.network.into(population.name))
    look = f"nh.trace_neuron(..., '{population.name}', {int(np.flatnonzero(dead)[0])}) shows one step by step"
    text = f"even the largest possible inputs, in each of {steps:,} steps, do not make them send"
    yield Cause(dead & ~would, text, f"change their parameters, or raise the exponent of {names}; {look}")
    text = "the inputs of this run never made them send, although the largest possible ones would"
    yield Cause(dead & would, text, f"strengthen {names}; {look}")


def _extremes(facts: Facts, population: Population) -> Iterator[Sums]:
    """All ports driven up, all down, and each alone up and down."""
    synapses = Synapses(facts, population, np.arange(population.size))
    ports = population.neuron.inputs
    silence = {port: np.zeros(population.size, np.int64) for port in ports}
    for sign in (1, -1):
        largest = {port: np.clip(synapses.largest(sign, port=port), -LIMIT, LIMIT) for port in ports}
        yield largest
        if len(ports) > 1:
            yield from ({**silence, port: sums} for port, sums in largest.items())


def _sends(population: Population, sums: Sums, steps: int) -> Mask:
    """Which neurons send something while these sums arrive in every step."""
    neurons, sent = Neurons(population.neuron, (population.size,)), np.zeros(population.size, np.bool_)
    for t in range(1, steps + 1):
        for messages in neurons.step(t, sums).values():
            sent |= messages != 0
        if sent.all():
            break
    return sent
