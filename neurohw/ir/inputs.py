"""Inputs of a run: source -> payloads [samples, frames, neurons]; frame f is sent at step f + 1 of its sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, did_you_mean
from neurohw.ir.checks import UNEQUAL, Kind, is_ragged, value_problems
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import given_range

Inputs = Mapping[str, NDArray[Any]]
INPUTS = Kind((Mapping,), "{source: payloads [samples, frames, neurons]}")
_BOOL, _INT8, _UINT8 = np.dtype(np.bool_), np.dtype(np.int8), np.dtype(np.uint8)


def mapping_problems(where: str, inputs: Any) -> list[Problem]:
    """What keeps `inputs` from being arrays by source at all: no mapping, or lists of unequal length."""
    if found := value_problems(where, inputs, INPUTS):
        return found
    limit, fix = "needs an array of integers", "pad the shorter ones with 0"
    return [Problem(f"{where}.{name}", UNEQUAL, limit, fix) for name, values in inputs.items() if is_ragged(values)]


def input_problems(network: Network, inputs: Inputs, steps: int) -> list[Problem]:
    """Missing or unknown sources, wrong shapes, more frames than the `steps` of a sample, payloads out of range."""
    sources = network.sources
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
        array = np.asarray(inputs[p.name])
        if not _shaped(array, p, steps):
            found.append(Problem(f"inputs.{p.name}", f"has shape {array.shape}", f"needs {_expected(p, steps)}"))
        elif array.dtype.kind not in "biu" and array.size:
            what, fix = f"holds {array.dtype} numbers", "round them: x.round().astype(int)"
            found.append(Problem(f"inputs.{p.name}", what, "payloads are integers, or truth values for spikes", fix))
        elif _beyond(array, p):
            found.append(
                Problem(
                    f"inputs.{p.name}",
                    f"payloads {array.min()}..{array.max()}",
                    "allowed {}..{}".format(*given_range(p.neuron)),
                    "scale the data",
                )
            )
    lengths = {name: len(inputs[name]) for name in names if name in inputs and np.ndim(inputs[name])}
    if len(set(lengths.values())) > 1:
        found.append(Problem("inputs", f"different numbers of samples: {lengths}", fix="give each source as many"))
    return found


def only_array(network: Network, inputs: Inputs, steps: int) -> NDArray[np.int8] | None:
    """The input of the only source as int8, if it is an array of that or of bool with no `input_problems`, else None:
    to look for these takes as long as a small network runs.
    """
    sources = network.sources
    if len(sources) != 1 or len(inputs) != 1:
        return None
    source = sources[0]
    array = inputs.get(source.name)
    if type(array) is not np.ndarray:
        return None
    if array.dtype is _BOOL:
        array = array.view(_INT8)
    if array.dtype is not _INT8 or not _shaped(array, source, steps) or _beyond(array, source):
        return None
    return array


def _expected(source: Population, steps: int) -> str:
    return f"[samples, at most {steps} frames, {source.size} neurons]"


def _shaped(array: NDArray[Any], source: Population, steps: int) -> bool:
    shape = array.shape
    return len(shape) == 3 and shape[1] <= steps and shape[2] == source.size


def _beyond(array: NDArray[Any], source: Population) -> bool:
    """Whether a number is outside the source's range; numbers below 0 are large ones without a sign."""
    low, high = given_range(source.neuron)
    if not array.size:
        return False
    if low == 0 and high <= 127 and array.dtype is _INT8:
        return int(np.maximum.reduce(array.view(_UINT8), axis=None)) > high
    return bool(array.min() < low or array.max() > high)
