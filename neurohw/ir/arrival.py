"""When what is sent into a network reaches its populations, and what to say of samples that end before."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurohw.ir.network import Network, Projection
from neurohw.ir.neurons import is_source, responds_once


def arrivals(network: Network) -> dict[str, int]:
    """First step of a sample in which an input can reach each population through its port 'in'; sources are at 0.

    Populations that no input reaches are missing.
    """
    heard = [(p, 1 + _shortest_delay(p)) for p in network.projections if p.post_port == "in"]
    kinds = {p.name: p.neuron for p in network.populations}
    first = {p.name: 0 for p in network.sources}
    changed = True
    while changed:
        changed = False
        for p, later in heard:
            if p.pre in first:
                step = _sends(kinds[p.pre], first[p.pre]) + later
                if step < first.get(p.post, step + 1):
                    first[p.post], changed = step, True
    return first


def cut_short(network: Network, frames: int, steps: int, fix: str) -> tuple[str, ...]:
    """What to say of samples of `steps` steps that end before every population has heard all of their frames: nothing,
    or one note. `fix`: what waits for them, with {} for the number of steps."""
    first = arrivals(network)
    last = max(first, key=first.__getitem__, default="")
    needed = first.get(last, 0) + frames - 1
    return (f"the last frames reach {last} in step {needed}; {fix.format(needed)}",) if needed > steps else ()


def speaks(neuron: Any) -> int:
    """The phase in which a layer that has a schedule takes its inputs and sends its activity."""
    return int(neuron.layer) + 1


def _sends(neuron: Any, arrives: int) -> int:
    """The first step in which a population sends what has arrived."""
    if is_source(neuron):
        return 1
    return speaks(neuron) if responds_once(neuron) else arrives


def _shortest_delay(p: Projection) -> int:
    return int(np.min(p.delay, initial=63)) if np.size(p.delay) else 0
