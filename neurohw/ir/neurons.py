"""The kinds of neurons that ship, and what the world outside sees of any kind: its ports, states and sources.

A kind is a program, `neurohw.neurons` has ours; all values are integers, t is the time step from 1, and a neuron sees
at step t what its projections computed at step t - 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from neurohw.microcode.kind import declared_of, declared_range, has_traces, sent_range
from neurohw.microcode.language import Declared, Ints
from neurohw.microcode.tree import FULL
from neurohw.neurons.clapp import Clapp, ClappLif, Hinge
from neurohw.neurons.graded import PAYLOAD_MAX, Graded, Relu, Source
from neurohw.neurons.lif import Lif, TernaryLif
from neurohw.neurons.readout import Critic, Readout

__all__ = [
    "PAYLOAD_MAX",
    "TRACE_MAX",
    "Clapp",
    "ClappLif",
    "Critic",
    "Graded",
    "Hinge",
    "Ints",
    "Lif",
    "Neuron",
    "Readout",
    "Relu",
    "Source",
    "State",
    "TernaryLif",
    "counts_spikes",
    "given_range",
    "has_phases",
    "has_traces",
    "is_layer",
    "is_source",
    "is_unscaled",
    "membrane_bits",
    "message_range",
    "only_teaches",
    "parameters_of",
    "responds_once",
    "sends_spikes",
    "states_of",
]
Neuron = Any  # an instance of a kind
TRACE_MAX = 127
MEMBRANE = "threshold / 64"  # what u and v count


class State(NamedTuple):
    """A number that every neuron of a kind keeps from step to step, by its letter in the equations."""

    name: str
    unit: str
    meaning: str


SPIKE_BACK = State("y0", "spike", "back-propagated spike of the mapping 'unsigned', for one step")
POST_FACTORS: Mapping[str, str] = {
    "y1": "first post factor, held to the end of the fixation",
    "y2": "second post factor",
    "y3": "third post factor, of the mappings that have one",
}


def states_of(neuron: Neuron) -> tuple[State, ...]:
    """The states of a kind of neuron, as they are at the end of a step, in the order of its declaration."""
    shown = (d for d in declared_of(neuron).values() if d.role in ("state", "trace", "spikes_back"))
    return tuple(_state(d) for d in shown)


def _state(d: Declared) -> State:
    if d.role == "spikes_back":
        return SPIKE_BACK
    return State(d.name, "trace", POST_FACTORS[d.name]) if d.role == "trace" else State(d.name, d.measure, d.meaning)


# ---- what a declaration says of a kind ------------------------------------------------------------------------------


def parameters_of(neuron: Neuron) -> tuple[str, ...]:
    """Names of its parameters."""
    return tuple(d.name for d in declared_of(neuron).values() if d.role in ("one", "each", "choice"))


def is_source(neuron: Neuron) -> bool:
    """Whether it sends what a run is given."""
    return any(d.role == "given" for d in declared_of(neuron).values())


def given_range(source: Neuron) -> tuple[int, int]:
    """Smallest and largest message that a source may be given."""
    return declared_range(source, source.outputs[0])


def membrane_bits(neuron: Neuron) -> int:
    """Bits of its current and voltage; 0 of neurons that have none."""
    return sum(d.bits for d in declared_of(neuron).values() if d.measure == MEMBRANE)


def has_phases(neuron: Neuron) -> bool:
    """Whether what it does depends on its layer and the step of a period."""
    return {"layer", "period"} <= set(parameters_of(neuron))


def counts_spikes(neuron: Neuron) -> bool:
    """Whether it integrates spikes over some steps of its period."""
    return has_phases(neuron) and "steps" in parameters_of(neuron) and membrane_bits(neuron) > 0


def is_layer(neuron: Neuron) -> bool:
    """Whether it responds to inputs: not a source, nor what answers with a gate or competes."""
    return "in" in neuron.inputs and "contest" not in neuron.outputs


def only_teaches(neuron: Neuron) -> bool:
    """Whether it serves learning alone: it answers others with a third factor, and has no inputs of its own."""
    return "in" not in neuron.inputs and not is_source(neuron)


def responds_once(neuron: Neuron) -> bool:
    """Whether it takes its inputs and sends its activity in one step of its period, `layer` + 1."""
    return is_layer(neuron) and has_phases(neuron) and not membrane_bits(neuron)


def is_unscaled(neuron: Neuron) -> bool:
    """Whether a parameter is None until its network is quantised."""
    return any(d.default is None and getattr(neuron, d.name) is None for d in declared_of(neuron).values())


def message_range(neuron: Neuron, port: str) -> tuple[int, int] | None:
    """Smallest and largest message of a port; None where any number of 32 bits may leave it."""
    found = sent_range(neuron, port)
    return None if found == FULL else found


def sends_spikes(neuron: Neuron, port: str = "out") -> bool:
    """Whether all messages of a port are -1, 0 or 1."""
    low, high = declared_range(neuron, port)
    return low >= -1 and high <= 1
