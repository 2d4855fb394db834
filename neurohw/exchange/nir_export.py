"""Networks of LIF neurons as NIR graphs: floats that compute the same, and our integers in the metadata.

Everything is measured in units of the synaptic input a, in steps of dt: a LIF population has tau = 4096 dt / dv and
R = tau / dt (IF without a leak, CubaLIF with memory of its current), so that v of NIR is v of the chip / 64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from neurohw.errors import Problem, raise_if_any
from neurohw.exchange.alignment import skew_problems
from neurohw.exchange.exact import metadata as exact_metadata
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import Lif, given_range, is_source

LONG = 2.0**40  # membrane time constant [steps] of a CubaLIF whose voltage does not leak: NIR has no infinite one


def graph_of(network: Network, dt: float = 1e-3, accept_skew: bool = False) -> Any:
    """The NIR graph of a quantised network; a NeurohwError names all that NIR cannot say. `dt` [s]: one step.

    `accept_skew`: also when paths of different length meet, which NIR takes for equally long.
    """
    import nir

    problems = list(_problems(network))
    if not accept_skew:
        inputs = [p.name for p in network.sources]
        problems += skew_problems(inputs, [(p.pre, p.post) for p in network.projections])
    raise_if_any(problems)
    shapes = {p.name: (_shapes(network, p.name) or [(p.size,)])[0] for p in network.populations}
    nodes: dict[str, Any] = {p.name: _population(p, shapes[p.name], dt) for p in network.populations}
    edges: list[tuple[str, str]] = []
    for p in network.projections:
        way = [p.pre]
        if p.max_delay:
            way.append(f"{p.name}.delay")
            nodes[way[-1]] = nir.Delay(np.full(shapes[p.pre], p.max_delay * dt))
        if not p.shared and len(shapes[p.pre]) > 1:
            way.append(f"{p.name}.flatten")
            nodes[way[-1]] = nir.Flatten({"input": np.array(shapes[p.pre])}, 0, -1)
        nodes[p.name] = _weights(p)
        edges += pairwise([*way, p.name, p.post])
    for last in _last(network):
        nodes[f"{last.name}.output"] = nir.Output({"output": np.array(shapes[last.name])})
        edges.append((last.name, f"{last.name}.output"))
    exact = {
        "period": network.period,
        "populations": [p.name for p in network.populations],
        "projections": [p.name for p in network.projections],
    }
    return nir.NIRGraph(nodes, edges, metadata={**exact_metadata(exact), "dt": dt}, type_check=False)


def _shapes(network: Network, population: str) -> list[tuple[int, ...]]:
    """The shapes (channels, rows, columns) in which convolutions take and give a population; none if it is flat."""
    taken = [p.weight.input_shape for p in network.projections if p.shared and p.pre == population]
    given = [p.weight.output_shape for p in network.projections if p.shared and p.post == population]
    return list(dict.fromkeys([*taken, *given]))


def _last(network: Network) -> list[Population]:
    """Populations that nothing else hears, else the last one: the outputs."""
    heard = {p.pre for p in network.projections if p.pre != p.post}
    return [p for p in network.populations if p.name not in heard] or [network.populations[-1]]


def _problems(network: Network) -> Iterator[Problem]:
    where_to = "NIR has LIF neurons only"
    for population in network.populations:
        if not (is_source(population.neuron) or isinstance(population.neuron, Lif)):
            yield Problem(population.name, f"is a {type(population.neuron).__name__}", where_to)
        elif not is_source(population.neuron) and population.neuron.reset_interval > 1:
            what = f"is reset every {population.neuron.reset_interval} steps"
            yield Problem(population.name, what, "NIR has no resets", "import the network without them")
        shapes = _shapes(network, population.name)
        if len(shapes) > 1:
            what = f"has several shapes: {', '.join(map(str, shapes))}"
            yield Problem(population.name, what, "NIR nodes have one", "use convolutions that agree")
    for p in network.projections:
        if p.plasticity is not None:
            yield Problem(p.name, "learns", "NIR has no learning rules", "compile with mode infer")
        if np.ndim(p.delay):
            yield Problem(p.name, "has a delay of its own for each synapse", "NIR delays neurons")
        if p.format is None:
            yield Problem(p.name, "has float weights", "an export is in integers", "quantise the network first")
        source = network.population(p.pre).neuron
        if not p.graded and is_source(source) and given_range(source) != (0, 1):
            yield Problem(p.name, "counts messages, whatever they say", "NIR multiplies", "let its input be spikes")
        if not p.shared and _shapes(network, p.post):
            what = f"leads all to all into '{p.post}', which convolutions shape"
            yield Problem(p.name, what, "NIR cannot reshape what is flat", "write that convolution out as a matrix")


def _population(p: Population, shape: tuple[int, ...], dt: float) -> Any:
    import nir

    neuron: Any = p.neuron
    parameters = {f.name: _plain(getattr(neuron, f.name)) for f in fields(neuron)}
    metadata = exact_metadata({"neuron": type(neuron).__name__, "parameters": parameters})
    if is_source(neuron):
        return nir.Input({"input": np.array(shape)}, metadata=metadata)

    def spread(values: Any) -> Any:
        return np.broadcast_to(np.asarray(values, np.float64), (p.size,)).reshape(shape).copy()

    threshold = spread(neuron.vth)
    bias = spread(np.ldexp(np.asarray(neuron.bias_mant, np.float64), np.asarray(neuron.bias_exp)) / 64)
    if neuron.reset_interval == 1:
        return nir.Threshold(threshold - bias, metadata=metadata)
    common = {"v_reset": spread(0.0), "v_threshold": threshold, "metadata": metadata}
    if neuron.du == 4095 and neuron.dv == 0 and not np.any(bias):
        return nir.IF(r=spread(1 / dt), **common)
    tau = dt * 4096 / neuron.dv if neuron.dv else dt * LONG
    leak = bias * tau / dt
    if neuron.du == 4095:
        return nir.LIF(tau=spread(tau), r=spread(tau / dt), v_leak=leak, **common)
    tau_syn = dt * 4096 / (neuron.du + 1)
    return nir.CubaLIF(
        tau_syn=spread(tau_syn),
        tau_mem=spread(tau),
        r=spread(tau / dt),
        v_leak=leak,
        w_in=spread(tau_syn / dt),
        **common,
    )


def _weights(p: Projection) -> Any:
    """The weights of a projection on the scale of the input: stored integers times 2^exponent."""
    import nir

    form = p.format
    assert form is not None  # `_problems` was asked before
    exact = {"bits": form.bits, "exponent": form.exponent, "sign": form.sign, "graded": p.graded, "sparse": p.sparse}
    scale = 2.0**form.exponent
    if p.shared:
        c = p.weight
        return nir.Conv2d(
            c.input_shape[1:], c.kernel * scale, c.stride, c.padding, c.dilation, c.groups,
            np.zeros(c.kernel.shape[0]), metadata=exact_metadata(exact),
        )  # fmt: skip
    matrix = p.weight.toarray() if sparse.issparse(p.weight) else np.asarray(p.weight)
    return nir.Linear(matrix * scale, metadata=exact_metadata(exact))


def _plain(value: Any) -> Any:
    """A parameter as JSON takes it."""
    return np.asarray(value).tolist() if np.ndim(value) else int(value)
