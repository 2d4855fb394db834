"""A population alone, given what arrives in each step: its messages and states, to hold against other simulations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.microcode.vector import Neurons

Arrays = dict[str, NDArray[Any]]


def run_alone(neuron: Any, inputs: Arrays, *, port: str = "out", seed: int = 0) -> tuple[NDArray[Any], Arrays]:
    """Messages of a port and states by name, [steps, size] each; `inputs`: [steps, size] by port."""
    (steps, size), *_ = (values.shape for values in inputs.values())
    arrays = Neurons(neuron, (size,), seed=seed)
    sent, kept = [], []
    for t in range(steps):
        sent.append(arrays.step(t + 1, {name: values[t] for name, values in inputs.items()})[port])
        kept.append(arrays.states())
    assert not arrays.beyond
    return np.array(sent), {name: np.array([states[name] for states in kept]) for name in kept[0]}


def assert_decided_alike(spikes: NDArray[Any], distance: NDArray[Any], tolerance: NDArray[Any] | float) -> None:
    """That neurons spike where a simulation says so; `distance`: how far it is beyond the threshold, in floats.

    Where it is within the tolerance either may be right: that has to be rare, and both sides have to be common.
    """
    certain = np.abs(distance) > tolerance
    np.testing.assert_array_equal(spikes[certain] != 0, distance[certain] > 0)
    assert certain.mean() > 0.99
    assert 0.005 < (spikes != 0).mean() < 0.9
