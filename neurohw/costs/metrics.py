"""NeuroBench's algorithm metrics, under their own names: what a network asks for, whatever runs it.

Definitions: Yik et al. 2025, "The neurobench framework for benchmarking neuromorphic computing algorithms and systems",
Nature Communications 16:1545, section on algorithm-track metrics. Here they cover what serves inference.
"""

from __future__ import annotations

import numpy as np

from neurohw.ir.mapping import serves_learning
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import has_phases, membrane_bits, sends_spikes
from neurohw.ir.run import Activity

FLOAT_BITS = 32  # of a weight that has not been quantised


def algorithm_metrics(network: Network, activity: Activity) -> dict[str, float]:
    """Footprint [bytes], sparsities (fractions of zeros), and operations and updates of one sample.

    footprint: weights at their stored bits, and u and v of LIF neurons; connection_sparsity: zero weights of all that
    the layers could have; activation_sparsity: neurons x steps that sent nothing; dense: operations without skipping
    any zero; effective_macs, effective_acs: those with a non-zero input and weight, from payloads and from spikes (an
    accumulate needs no product); membrane_updates: of LIF neurons.
    """
    projections = [p for p in network.projections if not serves_learning(p)]
    neurons = [p for p in network.populations if p not in network.sources]
    spikes = {p.name: _sends_spikes(p) for p in network.populations}
    effective = {True: 0, False: 0}
    for p in projections:
        if p.name in activity.projections:
            effective[spikes[p.pre]] += activity.projections[p.name].synaptic_ops
    return {
        "footprint": sum(map(_weight_bits, projections)) / 8 + sum(map(_state_bits, neurons)) / 8,
        "connection_sparsity": _zeros(projections),
        "activation_sparsity": _silence(neurons, activity),
        "dense": sum(map(products, projections)) * activity.steps / activity.samples if any(spikes.values()) else
        float(sum(map(products, projections))),
        "effective_macs": effective[False] / activity.samples,
        "effective_acs": effective[True] / activity.samples,
        "membrane_updates": sum(
            activity.populations[p.name].updates
            for p in neurons
            if membrane_bits(p.neuron) and p.name in activity.populations
        )
        / activity.samples,
    }  # fmt: skip


def products(p: Projection) -> int:
    """Products of one pass through a projection; a convolution's kernel is used at every position."""
    return len(p.weight.taps[0]) if p.shared else int(np.prod(p.weight.shape))


def _sends_spikes(p: Population) -> bool:
    """Whether messages are -1, 0 or 1: those of sources, of membranes, and of others that work in every step."""
    ports = p.neuron.outputs
    return membrane_bits(p.neuron) > 0 or (not has_phases(p.neuron) and all(sends_spikes(p.neuron, o) for o in ports))


def _weight_bits(p: Projection) -> int:
    return int(p.values.size) * (p.format.bits if p.format else FLOAT_BITS)


def _state_bits(p: Population) -> int:
    return p.size * membrane_bits(p.neuron)


def _zeros(projections: list[Projection]) -> float:
    """Zero weights, stored or not, over all; a kernel counts once."""
    total = sum(int(p.values.size) if p.shared else int(np.prod(p.weight.shape)) for p in projections)
    return 1 - sum(int(np.count_nonzero(p.values)) for p in projections) / total if total else 0.0


def _silence(neurons: list[Population], activity: Activity) -> float:
    ran = [activity.populations[p.name] for p in neurons if p.name in activity.populations]
    updates = sum(done.updates for done in ran)
    return 1 - sum(done.sending_updates for done in ran) / updates if updates else 0.0
