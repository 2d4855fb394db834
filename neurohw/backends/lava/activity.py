"""Counts of a run from the messages that were recorded in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Network, Projection
from neurohw.ir.run import Activity, PopulationActivity, ProjectionActivity

Messages = Mapping[str, NDArray[np.int32]]


def activity_from_messages(network: Network, messages: Messages, *, samples: int, window: int = 0) -> Activity:
    """Count events, operations and active neurons in `messages` ('layer1.out' -> [steps, n], every output port).

    Two counts are estimates: a neuron counts as fed when an event reaches it through a non-zero weight, even if its
    inputs cancel; weights are those of `network`, so synaptic operations of a plastic projection take the fan-out
    before learning. What learning wrote is not in the messages: it is left at 0.
    """
    steps = len(next(iter(messages.values())))
    events = {p.name: messages[f"{p.pre}.{p.pre_port}"] != 0 for p in network.projections}
    projections = {p.name: _projection(p, events[p.name], steps) for p in network.projections}
    populations = {}
    for p in network.populations:
        sent = {port: messages[f"{p.name}.{port}"] != 0 for port in p.neuron.outputs}
        active = np.any(list(sent.values()), axis=0)
        senders = int(active.sum())
        for q in network.into(p.name):
            active |= _reached(q, events[q.name])
        counts = {port: m.sum(axis=0, dtype=np.int64) for port, m in sent.items()}
        populations[p.name] = PopulationActivity(p.size * steps, int(active.sum()), senders, counts)
    return Activity(samples, steps, projections, populations, {name: m[:window] for name, m in events.items()})


def _projection(p: Projection, events: NDArray[np.bool_], steps: int) -> ProjectionActivity:
    count = events.sum(axis=0, dtype=np.int64)
    synaptic_ops = int(count @ p.nonzero().sum(axis=0, dtype=np.int64))
    rule = p.plasticity.chip if p.plasticity else None
    dense_ops = int(count.sum()) * p.weight.shape[0]
    return ProjectionActivity(count, synaptic_ops, dense_ops, learning_epochs=steps // rule.epoch if rule else 0)


def _reached(p: Projection, events: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mask [steps, n_post] of neurons that an event of the projection arrives at in that step."""
    nonzero = p.nonzero()
    delays = np.broadcast_to(np.asarray(p.delay), nonzero.shape)
    reached = np.zeros((len(events), nonzero.shape[0]), bool)
    for delay in np.unique(delays[nonzero]):
        arrives: NDArray[Any] = events.astype(np.float32) @ (nonzero & (delays == delay)).astype(np.float32).T
        reached[delay + 1 :] |= arrives[: len(events) - delay - 1] > 0
    return reached
