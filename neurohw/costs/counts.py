"""A run in numbers, before any price: the part of a report that no table can change."""

from __future__ import annotations

from collections.abc import Iterable

from neurohw.costs.metrics import products
from neurohw.ir.cost import ActionCount
from neurohw.ir.mapping import serves_learning
from neurohw.ir.network import Network, Projection
from neurohw.ir.plasticity import FACTOR_BITS
from neurohw.ir.run import Activity


def run_counts(network: Network, activity: Activity, actions: tuple[ActionCount, ...]) -> dict[str, float]:
    """Counts over the whole run, in a fixed order.

    events: non-zero messages over all projections; synaptic_ops, dense_ops: events x non-zero and x full fan-out;
    layer_macs: multiply-accumulates of one dense pass of each sample through the layers, zeros included (the operations
    of TOPS/W are two each; the steps of spiking networks are not multiplied);
    spikes, neuron_updates, active_updates: of neurons on the chip; hops: tiles crossed; learning_updates_*: synapses
    changed, and looked at but left alone; weights: stored synapses, apart by what they serve; overflows: values that
    left their range; conversions, and those that were clipped, on crossbars.
    """
    ran = activity.projections.values()
    sources = {p.name for p in network.sources}
    neurons = [done for name, done in activity.populations.items() if name not in sources]
    return {
        "events": sum(int(p.events.sum()) for p in ran),
        "synaptic_ops": sum(p.synaptic_ops for p in ran),
        "dense_ops": sum(p.dense_ops for p in ran),
        "layer_macs": activity.samples * sum(products(p) for p in network.projections if not serves_learning(p)),
        "spikes": sum(int(sent.sum()) for done in neurons for sent in done.messages.values()),
        "neuron_updates": sum(done.updates for done in neurons),
        "active_updates": sum(done.active_updates for done in neurons),
        "hops": sum(a.count for a in actions if a.action.startswith("hop_")),
        "learning_updates_written": sum(p.learning_written for p in ran),
        "learning_updates_gated_off": sum(p.learning_gated_off for p in ran),
        "inference_weights": _weights(p for p in network.projections if not serves_learning(p)),
        "learning_only_weights": _weights(p for p in network.projections if serves_learning(p)),
        "plastic_weights": _weights(p for p in network.projections if p.plasticity),
        "tag_bits": FACTOR_BITS["t"] * _weights(p for p in network.projections if _has_tag(p)),
        "overflows": sum(activity.overflows.values()),
        **_conversions(activity),
    }


def message_rates(network: Network, activity: Activity) -> dict[str, float]:
    """Messages of each layer a neuron and step, of all its ports: spikes, where the network speaks in spikes."""
    sources = {p.name for p in network.sources}
    return {
        name: sum(int(sent.sum()) for sent in done.messages.values()) / done.updates
        for name, done in activity.populations.items()
        if name not in sources and done.updates
    }


def _conversions(activity: Activity) -> dict[str, float]:
    """Conversions of crossbars, and those that left the converters' range; nothing where there are no arrays."""
    arrays = activity.arrays.values()
    if not arrays:
        return {}
    return {"conversions": sum(a.conversions for a in arrays), "conversions_clipped": sum(a.clipped for a in arrays)}


def _weights(projections: Iterable[Projection]) -> int:
    """Stored weights: all of a dense matrix, the listed ones of a sparse matrix, the kernel of shared ones."""
    return sum(int(p.values.size) for p in projections)


def _has_tag(p: Projection) -> bool:
    return p.plasticity is not None and p.plasticity.chip is not None and p.plasticity.chip.has_tag
