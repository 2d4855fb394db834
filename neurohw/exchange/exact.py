"""What our own exports write beside the floats of a NIR graph: the integers, so that they come back as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from neurohw.errors import NeurohwError, Problem
from neurohw.exchange.floats import FloatPopulation, FloatProjection
from neurohw.exchange.linear import plain
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Population, Projection
from neurohw.ir.neurons import Lif, Neuron, Source, is_source

KEY = "neurohw"  # of the metadata of a node or graph
KINDS = {"Source": Source, "Lif": Lif}
CHANGED = "the numbers of the node are not those that were exported"
FIX = f"give the dt of the export, or delete '{KEY}' from the metadata of what was changed"


def metadata(exact: Mapping[str, Any]) -> dict[str, str]:
    """The metadata of a node or graph that says `exact`."""
    return {KEY: json.dumps(exact)}


def exact_of(where: str, found: Any) -> Mapping[str, Any] | None:
    """What our own export wrote into the metadata `found` of a node or graph, if it did."""
    text = found.get(KEY) if isinstance(found, Mapping) else None
    if text is None:
        return None
    try:
        exact = json.loads(text.decode() if isinstance(text, bytes) else str(text))
    except ValueError:
        exact = None
    if not isinstance(exact, dict):
        raise NeurohwError(Problem(where, f"'{KEY}' in its metadata is damaged", fix=FIX))
    return exact


def exact_population(p: FloatPopulation) -> Population:
    """The population that was exported; a NeurohwError if its floats were changed since."""
    assert p.exact is not None
    try:
        kept = {k: np.asarray(v, np.int64) if isinstance(v, list) else v for k, v in p.exact["parameters"].items()}
        neuron: Neuron = KINDS[p.exact["neuron"]](**kept)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise NeurohwError(Problem(p.name, f"'{KEY}' in its metadata is damaged", fix=FIX)) from None
    if not is_source(neuron) and not all(_close(a, b) for a, b in _floats(p, neuron)):
        raise NeurohwError(Problem(p.name, CHANGED, fix=FIX))
    return Population(p.name, p.size, neuron)


def _floats(p: FloatPopulation, neuron: Lif) -> Iterator[tuple[Any, Any]]:
    """Each parameter of a population beside what the integers make of it, in units of the synaptic input."""
    bias = np.ldexp(np.asarray(neuron.bias_mant, np.float64), np.asarray(neuron.bias_exp)) / 64
    if neuron.reset_interval == 1:  # a Threshold node, which has no bias of its own
        yield p.threshold, np.asarray(neuron.vth) - bias
        return
    yield p.threshold, np.asarray(neuron.vth)
    yield p.bias, bias
    yield p.leak_u, (neuron.du + 1) / 4096
    yield p.leak_v, neuron.dv / 4096
    yield p.gain, 1.0


def _close(found: Any, expected: Any) -> bool:
    return bool(np.allclose(found, expected, rtol=1e-6, atol=1e-9))


def exact_projection(q: FloatProjection) -> Projection:
    """The projection that was exported; a NeurohwError if its weights were changed since."""
    assert q.exact is not None
    try:
        form = Format(q.exact["bits"], q.exact["exponent"], q.exact["sign"])
        graded, listed, step = q.exact["graded"], q.exact["sparse"], 2.0**form.exponent
    except (KeyError, TypeError):
        raise NeurohwError(Problem(q.name, f"'{KEY}' in its metadata is damaged", fix=FIX)) from None
    shared = isinstance(q.weight, Convolution)
    values = np.asarray(q.weight.kernel if shared else _dense(q.weight), np.float64) / step
    stored = np.rint(values).astype(np.int32)
    if not _close(values, stored):
        raise NeurohwError(Problem(q.name, CHANGED, fix=FIX))
    weight = replace(q.weight, kernel=stored) if shared else sparse.csr_array(stored) if listed else stored
    return Projection(q.name, q.pre, q.post, weight, form, graded, q.delay)


def _dense(weight: Any) -> Any:
    matrix = plain(weight)
    return matrix.toarray() if sparse.issparse(matrix) else matrix
