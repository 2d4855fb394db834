"""Inputs of a run: source -> payloads [samples, frames, neurons]; frame f is sent at step f + 1 of its sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, did_you_mean
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Source

Inputs = Mapping[str, NDArray[Any]]


def input_problems(network: Network, inputs: Inputs, steps: int) -> list[Problem]:
    """Missing or unknown sources, wrong shapes, more frames than the `steps` of a sample, payloads out of range."""
    sources = network.sources
    if len(inputs) == len(sources) == 1 and sources[0].name in inputs:  # a check should not outlast a small run
        (p,) = sources
        array = np.asarray(inputs[p.name])
        if _shaped(array, p, steps) and not _beyond(array, p):
            return []
    names = [p.name for p in sources]
    found = [
        Problem(f"inputs.{name}", "is not a source of the network", fix=did_you_mean(name, names))
        for name in inputs
        if name not in names
    ]
    for p in sources:
        if p.name not in inputs:
            found.append(Problem(f"inputs.{p.name}", "is missing", fix=f"give an array {_expected(p, steps)}"))
            continue
        array, neuron = np.asarray(inputs[p.name]), p.neuron
        if not _shaped(array, p, steps):
            found.append(Problem(f"inputs.{p.name}", f"has shape {array.shape}", f"needs {_expected(p, steps)}"))
        elif isinstance(neuron, Source) and _beyond(array, p):
            found.append(
                Problem(
                    f"inputs.{p.name}",
                    f"payloads {array.min()}..{array.max()}",
                    f"allowed {neuron.low}..{neuron.high}",
                    "scale the data",
                )
            )
    lengths = {name: len(inputs[name]) for name in names if name in inputs}
    if len(set(lengths.values())) > 1:
        found.append(Problem("inputs", f"different numbers of samples: {lengths}", fix="give each source as many"))
    return found


def _expected(source: Population, steps: int) -> str:
    return f"[samples, at most {steps} frames, {source.size} neurons]"


def _shaped(array: NDArray[Any], source: Population, steps: int) -> bool:
    return array.ndim == 3 and array.shape[1] <= steps and array.shape[2] == source.size


def _beyond(array: NDArray[Any], source: Population) -> bool:
    """Whether a number is outside the source's range; numbers below 0 are large ones without a sign."""
    low, high = source.neuron.low, source.neuron.high  # type: ignore[union-attr]
    if not array.size:
        return False
    if low == 0 and high <= 127 and array.dtype == np.int8:
        return bool(np.maximum.reduce(array.view(np.uint8), axis=None) > high)
    return bool(array.min() < low or array.max() > high)
