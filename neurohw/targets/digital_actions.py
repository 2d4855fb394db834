"""What a digital many-core chip did in a run, counted: synaptic operations, neuron updates, spikes, hops, learning.

A message leaves its core once for every core it goes to (`axon_out`), crosses the mesh (`hop_x`, `hop_y`, `chip_link`
between chips, or `spike_within_tile`) and is looked up there (`axon_in`). Messages of sources come from
outside: only `axon_in`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.axons import OUTSIDE, by_block
from neurohw.ir.cost import ActionCount
from neurohw.ir.mapping import Program, serves_learning
from neurohw.ir.network import Population, Projection
from neurohw.ir.neurons import is_source, only_teaches
from neurohw.ir.run import Activity, PopulationActivity, ProjectionActivity
from neurohw.targets import work

ACTIONS = (
    *("synaptic_op", "soma_active", "soma_inactive", "soma_spike", "axon_out", "axon_in"),
    *("spike_within_tile", "hop_x", "hop_y", "chip_link", "synaptic_update", "host_write"),
)


def count_actions(program: Program, activity: Activity) -> tuple[ActionCount, ...]:
    """All actions that happened, by projection and then by population; counts are over the whole run."""
    network = program.network
    found: list[ActionCount] = []
    for p in network.projections:
        if (done := activity.projections.get(p.name)) is not None:
            found += _synaptic(p, done)
            found += _messages(program, p, done.events)
    for population in network.populations:
        if not is_source(population.neuron) and (ran := activity.populations.get(population.name)):
            found += _updates(program, population, ran)
    found += _host_writes(program, activity)
    return tuple(a for a in found if a.count or a.low or a.high)


def _host_writes(program: Program, activity: Activity) -> Iterator[ActionCount]:
    """Writes of parameters by the host: one for each core that holds some of the population, or of the postsynaptic
    neurons of the projection, as a core has one register for all its neurons of a kind and one program for its rule."""
    posts = {p.name: p.post for p in program.network.projections}
    for name, times in activity.host_writes.items():
        population = posts.get(name, name)
        cores = sum(any(part.population == population for part in block.slices) for block in program.blocks)
        yield ActionCount(name, "host", "host_write", times * cores, times * cores, times * cores, True)


def _synaptic(p: Projection, done: ProjectionActivity) -> Iterator[ActionCount]:
    """Operations (high: dense storage processes zeros too) and learning updates (high: all that were looked at)."""
    dearest = done.synaptic_ops if p.sparse or p.shared else done.dense_ops
    yield ActionCount(
        p.name, "synapse", "synaptic_op", done.synaptic_ops, done.synaptic_ops, dearest, serves_learning(p)
    )
    written = done.learning_written
    yield ActionCount(p.name, "learning", "synaptic_update", written, written, done.learning_visited, True)


def _messages(program: Program, p: Projection, events: NDArray[np.int64]) -> Iterator[ActionCount]:
    """Spikes of one projection on their way."""
    learning = serves_learning(p)
    arrived = by_block(p, program.blocks, events)
    sent = within = hops_x = hops_y = links = 0
    for route in program.routes:
        if route.projection == p.name and route.source != OUTSIDE:
            messages = arrived.get((route.source, route.target), 0)
            sent += messages
            within += messages if route.hops_x + route.hops_y + route.links == 0 else 0
            hops_x += messages * route.hops_x
            hops_y += messages * route.hops_y
            links += messages * route.links
    received = sum(arrived.values())
    counts = {
        "axon_out": sent, "axon_in": received, "spike_within_tile": within, "hop_x": hops_x, "hop_y": hops_y,
        "chip_link": links,
    }  # fmt: skip
    for action, count in counts.items():
        unit = "axon" if action.startswith("axon") else "network"
        yield ActionCount(p.name, unit, action, count, count, count, learning)


def _updates(program: Program, population: Population, ran: PopulationActivity) -> Iterator[ActionCount]:
    """Neuron updates and spikes. Cheapest reading of active: the neurons that send; dearest: all of them, and of a
    kind of one's own each as often as its program is longer than a LIF's."""
    learning = only_teaches(population.neuron)
    feeds = {p.pre_port for p in program.network.projections if p.pre == population.name} | {"out"}
    sent = {port: int(messages.sum()) for port, messages in ran.messages.items() if port in feeds}  # no host-only ports
    fewest = ran.sending_updates
    name, idle = population.name, ran.updates - ran.active_updates
    dearest = round(ran.updates * work.longest_update(population.neuron))
    yield ActionCount(name, "soma", "soma_active", ran.active_updates, fewest, dearest, learning)
    yield ActionCount(name, "soma", "soma_inactive", idle, ran.updates - fewest, 0, learning)
    for_learning = sum(count for port, count in sent.items() if learning or _feeds_learning(program, name, port))
    for count, flag in ((sum(sent.values()) - for_learning, False), (for_learning, True)):
        yield ActionCount(name, "soma", "soma_spike", count, count, count, flag)


def _feeds_learning(program: Program, population: str, port: str) -> bool:
    """Whether all that a port feeds exists for learning only."""
    fed = [p for p in program.network.projections if (p.pre, p.pre_port) == (population, port)]
    return bool(fed) and all(map(serves_learning, fed))
