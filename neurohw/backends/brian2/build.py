"""A quantised network as Brian2 objects: one group a population, one Synapses a projection, events for messages.

A step of ours is 1 ms of Brian2: `groups` updates the neurons, `thresholds` finds who sends something on which port,
`synapses` adds it to the inputs, which the next `groups` reads: one step a projection, plus its delay. What an epoch
has taught is written at its end, before the first step of the next (`start`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from neurohw.backends.brian2.engine import brian2
from neurohw.backends.brian2.functions import functions
from neurohw.backends.brian2.learning import Names, traces_used, update_code
from neurohw.backends.brian2.pieces import Piece, longest_memory, past, pieces
from neurohw.backends.brian2.probes import Watched, require_room_to_watch, watch
from neurohw.backends.brian2.programs import BACK, Code, neuron_code, variable_of
from neurohw.backends.brian2.timeline import Arrays, Timeline
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.plasticity import LearningRule
from neurohw.ir.randoms import dither

MEMBRANE = ("u", "v")


@dataclass
class Built:
    """The Brian2 objects of a network.

    `monitors`: port -> its messages; `voltages`: population -> u and v; `watched`: what probes read, by their names;
    `plastic`: projection -> Synapses; `arrays`: name -> TimedArray, to be filled anew for each part of a run; `state`:
    variables that go on from part to part; `counted`: owner, variable and what it counts, '<population>: <what>', and
    `broken` the same of messages that break a promise, 'layer1.out'.
    """

    network: Any
    monitors: dict[str, Any] = field(default_factory=dict)
    voltages: dict[str, Any] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)
    plastic: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Any] = field(default_factory=dict)
    state: list[tuple[Any, str]] = field(default_factory=list)
    counted: list[tuple[Any, str, str]] = field(default_factory=list)
    broken: list[tuple[Any, str, str]] = field(default_factory=list)


def build(arrays: Arrays, timeline: Timeline) -> Built:
    """Make all objects of a network in which `available.unsupported` finds nothing; `arrays`: of the first part."""
    network, part = timeline.network, len(arrays["now"][0])
    require_room_to_watch(timeline, part)
    brian2.start_scope()
    brian2.defaultclock.dt = 1 * brian2.ms
    built = Built(brian2.Network())
    built.arrays = {k: brian2.TimedArray(v, dt=step * brian2.ms, name=f"array_{k}") for k, (v, step) in arrays.items()}
    parts = {p.name: pieces(p, network.population(p.pre), k) for k, p in enumerate(network.projections)}
    groups = {p.name: _group(network, k, parts, built, timeline) for k, p in enumerate(network.populations)}
    for k, p in enumerate(network.projections):
        for n, piece in enumerate(parts[p.name]):
            if not len(piece.pre):
                continue
            synapses = _synapses(p, piece, f"projection{k}_{n}", groups)
            if p.plasticity and p.plasticity.chip:
                _learn(p, p.plasticity.chip, k, piece, synapses, built)
            built.network.add(synapses)
    for name in timeline.ports:
        population, port = name.rsplit(".", 1)
        group = groups[population]
        built.monitors[name] = brian2.EventMonitor(group, f"send_{port}", f"m_{port}", name=f"sent_{group.name}_{port}")
    if timeline.states:
        membranes = [name for name, group in groups.items() if all(variable_of(s) in group.variables for s in MEMBRANE)]
        built.voltages = {name: _voltmeter(groups[name]) for name in membranes}
    for k, probe in enumerate(timeline.probes):
        if watched := watch(probe, f"probe{k}", timeline, part, {**groups, **built.plastic}):
            built.watched[probe.probe.key] = watched
            built.network.add(watched.monitor)
    built.network.add(*built.monitors.values(), *built.voltages.values())
    return built


def _group(network: Network, k: int, parts: dict[str, list[Piece]], built: Built, timeline: Timeline) -> Any:
    """The NeuronGroup of population number `k`: its step, and the traces that plastic synapses read."""
    p = network.populations[k]
    code = neuron_code(p.neuron, p.size)
    wide = [f"a_{port}" for port in p.neuron.inputs]
    wide += [name for q in network.into(p.name) for piece in parts[q.name] if piece.own for name in piece.held]
    memory = {port: longest_memory(p, network.projections, port) for port in p.neuron.outputs}
    ports = [past(port, delay) for port, longest in memory.items() for delay in range(longest + 1)]
    epochs = _epochs_of(network, p)
    traces = [f"{x}_{port}_{epoch}" for port, epoch in epochs for x in ("x1", "when")]
    heard = _epochs_of_spikes_back(network, p)
    traces += ["bapped"] if heard else []
    names = [*dict.fromkeys(wide), *code.start, *ports, *traces, *code.counts, *code.broken]
    group = brian2.NeuronGroup(
        p.size,
        "".join(f"{name} : integer\n" for name in [*names, *code.constants]),
        events={f"send_{port}": f"m_{port} != 0" for port in p.neuron.outputs},
        dtype=dict.fromkeys([*names, *code.constants], np.int64),
        namespace=_namespace(k, code, built),
        name=f"population{k}",
    )
    for name, values in {**code.constants, **code.start}.items():
        setattr(group, name, values)
    group.run_regularly(
        _remember(memory) + _step(network, p, code, parts, timeline) + _notice(epochs, heard),
        when="groups",
        name=f"step{k}",
    )
    for port, epoch in epochs:
        _forget(group, f"when_{port}_{epoch}", epoch)
    for epoch in heard:
        _forget(group, "bapped", epoch)
    built.network.add(group)
    built.state += [(group, name) for name in names]
    built.counted += [(group, variable, f"{p.name}: {what}") for variable, what in code.counts.items()]
    built.broken += [(group, variable, f"{p.name}.{port}") for variable, port in code.broken.items()]
    return group


def _namespace(k: int, code: Code, built: Built) -> dict[str, Any]:
    """What the step of population number `k` reads beside its variables."""
    found = {**functions(), "now": built.arrays["now"], "frames": built.arrays.get(f"frames_{k}")}
    return found | {draw.name: built.arrays[f"{draw.name}_{k}"] for draw in code.randoms}


def _step(network: Network, p: Population, code: Code, parts: dict[str, list[Piece]], timeline: Timeline) -> str:
    """One step: inputs together, the neurons' equations, inputs emptied; afresh at the start of a sample."""
    own: dict[str, list[Piece]] = {q.post_port: [] for q in network.into(p.name)}
    for q in network.into(p.name):
        own[q.post_port] += [piece for piece in parts[q.name] if piece.own]
    inputs = [f"a_{port}" for port in p.neuron.inputs]
    held = [name for group in own.values() for piece in group for name in piece.held]
    afresh = dict.fromkeys([*inputs, *held], 0) | dict(code.start) if timeline.reset else {}
    step = "".join(f"{name} = {name} + ({n} - {name})*int(int(now(t)) == 1)\n" for name, n in afresh.items())
    for port, group in own.items():
        step += "".join(f"a_{port} = a_{port} + {piece.sum}\n" for piece in group)
    step += code.step
    if timeline.gap:
        step += "".join(f"m_{port} = m_{port}*int(now(t) > 0)\n" for port in p.neuron.outputs)
    for piece in (piece for group in own.values() for piece in group):
        step += (
            "".join(f"{new} = {old}\n" for old, new in reversed([*pairwise(piece.held)])) + f"{piece.variable} = 0\n"
        )
    return step + "".join(f"{name} = 0\n" for name in inputs)


def _remember(memory: dict[str, int]) -> str:
    """Move what was sent one step into the past."""
    return "".join(
        f"{past(port, delay)} = {past(port, delay - 1)}\n"
        for port, longest in memory.items()
        for delay in range(longest, 0, -1)
    )


def _notice(epochs: list[tuple[str, int]], heard: set[int]) -> str:
    """What plastic synapses will read of a message: half its payload, and its step within the epoch; spikes back."""
    text = ""
    for port, epoch in epochs:
        half = f"((m_{port}//2 + int(m_{port} % 4 == 3)) % 256)"  # the nearest, ties to even
        x1, when = f"x1_{port}_{epoch}", f"when_{port}_{epoch}"
        text += f"{x1} = {x1} + ({half} - {x1})*int(m_{port} != 0)\n"
        text += f"{when} = {when} + (((int(now(t)) - 1) % {epoch} + 1) - {when})*int(m_{port} != 0)\n"
    return text + (f"bapped = bapped + (1 - bapped)*{BACK}\n" if heard else "")


def _forget(group: Any, name: str, epoch: int) -> None:
    """Take a variable back to 0 after each epoch, when synapses have learned from it."""
    options = {"dt": epoch * brian2.ms, "when": "start", "order": 9, "name": f"forget{epoch}_{group.name}_{name}"}
    group.run_regularly(f"{name} = 0", **options)


def _epochs_of_spikes_back(network: Network, p: Population) -> set[int]:
    """Epochs of the plastic projections into a population that read its spikes back."""
    rules = [q.plasticity.chip for q in network.into(p.name) if q.plasticity]
    return {rule.epoch for rule in rules if rule and rule.uses("y0")}


def _epochs_of(network: Network, p: Population) -> list[tuple[str, int]]:
    """(port, epoch) of the plastic projections that leave a population."""
    plastic = [(q.pre_port, q.plasticity.chip) for q in network.projections if q.pre == p.name and q.plasticity]
    return sorted({(port, rule.epoch) for port, rule in plastic if rule})


def _voltmeter(group: Any) -> Any:
    variables = [variable_of(state) for state in MEMBRANE]
    return brian2.StateMonitor(group, variables, record=True, when="end", name=f"voltage_{group.name}")


def _synapses(p: Projection, piece: Piece, name: str, groups: dict[str, Any]) -> Any:
    """The Synapses of one piece; messages add their payload times the weight, or the weight alone."""
    payload = f"*{piece.payload}_pre" if piece.payload else ""
    rule = p.plasticity.chip if p.plasticity else None
    names = ["w"]
    if rule is not None:
        names += ["tag", "acc", "mac", "new_w", "new_tag", "fall", "rise", "dither"]
        names += [f"{y}_seen" for y in traces_used(rule)]
    synapses = brian2.Synapses(
        groups[p.pre],
        groups[p.post],
        "".join(f"{n} : integer\n" for n in names),
        on_pre=f"{piece.variable}_post += w{payload}",
        on_event=f"send_{p.pre_port}",
        dtype=dict.fromkeys(names, np.int32),
        name=name,
    )
    synapses.connect(i=piece.pre, j=piece.post)
    synapses.w = piece.weight
    if np.any(piece.delay):
        synapses.delay = np.asarray(piece.delay) * brian2.ms
    return synapses


def _learn(p: Projection, rule: LearningRule, number: int, piece: Piece, synapses: Any, built: Built) -> None:
    """Write what an epoch taught; products of u are looked at in their epochs only."""
    assert p.format is not None
    if rule.rounding == "per_synapse":
        synapses.dither = dither(rule.seed, p.weight.shape)[piece.post, piece.pre].astype(np.int32)
    trace = f"{p.pre_port}_{rule.epoch}"
    arrays = {name: f"{name}_{number}" for name in ("number", "above", "below", "plain", "beat")}
    synapses.namespace.update({array: built.arrays[array] for array in arrays.values()})
    for flag, stride in (("plain", 1), ("beat", 1 << (rule.decimate or 0))):
        names = Names(f"x1_{trace}", f"when_{trace}", arrays[flag], arrays["number"], arrays["above"], arrays["below"])
        code = update_code(rule, p.format.range, names, beats=flag == "beat")
        if code and (flag == "plain" or rule.decimate is not None):
            name = f"{synapses.name}_{flag}"
            synapses.run_regularly(code, dt=stride * rule.epoch * brian2.ms, when="start", order=0, name=name)
    built.plastic[p.name] = synapses
    built.state += [(synapses, "w"), (synapses, "tag")]
