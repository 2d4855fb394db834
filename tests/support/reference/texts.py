"""Cells of the kinds that have no hand-written ones: their text on numpy's arrays, within the reference's network.

The oracles of these kinds are the simulations of `tests/neurons`; what is shown with these cells is that networks, and
other forms of the text, do the same.
"""

from typing import Any

import numpy as np

from neurohw.ir.network import Population
from neurohw.microcode.kind import declared_of
from neurohw.microcode.vector import Neurons


class TextCells:
    """A population that runs the text of its kind; random numbers are of its number in the network and of a sample."""

    def __init__(self, population: Population, number: int, sample: int) -> None:
        self.neurons = Neurons(population.neuron, (population.size,), population=number)
        self.neurons.samples = [sample]
        states = [d for d in declared_of(population.neuron).values() if d.role == "state"]
        self.resting = {d.name: np.full(population.size, d.start) for d in states}  # also those a choice leaves out

    def step(self, t: int, inputs: Any) -> Any:
        return self.neurons.step(t, inputs)

    def __getattr__(self, name: str) -> Any:
        states = self.resting | self.neurons.states()
        if name not in states:
            raise AttributeError(name)
        return states[name]
