"""The kinds of neurons that ship, and what the world outside sees of any kind: its ports, states and sources.

A kind is a program, `neurohw.neurons` has ours; all values are integers, t is the time step from 1, and a neuron sees
at step t what its projections computed at step t - 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Union

from neurohw.microcode.kind import declared_of
from neurohw.microcode.language import Declared, Ints
from neurohw.neurons.clapp import Clapp, ClappLif, Hinge
from neurohw.neurons.graded import PAYLOAD_MAX, Graded, Relu, Source
from neurohw.neurons.lif import Lif, TernaryLif
from neurohw.neurons.readout import Critic, Readout

__all__ = [
    "PAYLOAD_MAX",
    "SHIPPED",
    "SINGLE",
    "SOURCES",
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
    "states_of",
]
Neuron = Any  # an instance of a kind
SHIPPED = Union[Source, Lif, TernaryLif, Graded, Relu, Clapp, ClappLif, Hinge, Readout, Critic]
LAVA = "Lava 0.10.0, fixed point models"
SOURCES = {  # of the equations, by class; those that are not here are our own
    "Lif": (LAVA,),
    "TernaryLif": (LAVA,),
    "Graded": (LAVA,),
    "Relu": (LAVA,),
    "Clapp": ("Illing et al. 2021",),
    "ClappLif": ("Illing et al. 2021", "Zenke and Ganguli 2018"),
    "Hinge": ("Illing et al. 2021",),
    "Readout": ("Rescorla & Wagner 1972", "Fremaux & Gerstner 2016", "Widrow & Hoff 1960"),
    "Critic": ("Rescorla & Wagner 1972", "Fremaux & Gerstner 2016", "Widrow & Hoff 1960"),
}
TRACE_MAX = 127
SINGLE = (Hinge, Critic)  # kinds of which a population has one neuron


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
