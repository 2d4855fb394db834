"""What the Brian2 backend can do: which networks it runs exactly. Never imports Brian2."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import numpy as np

from neurohw.errors import Problem
from neurohw.ir.network import Network, Projection
from neurohw.ir.neurons import is_unscaled
from neurohw.ir.plasticity import LearningRule
from neurohw.microcode.kind import has_traces

NEVER = 2.0**50  # a trace with a longer time constant does not decay


def why_not() -> str | None:
    """Return why Brian2 cannot run here and what to do about it; None when it can."""
    if importlib.util.find_spec("brian2") is None:
        return 'Brian2 is not installed: pip install "brian2>=2.8"'
    return None


def unsupported(network: Network) -> list[Problem]:
    """Return everything in `network` that Brian2 cannot run exactly; empty when it can run all of it."""
    found = [
        Problem(p.name, "has no shift yet", fix="quantise the network first")
        for p in network.populations
        if is_unscaled(p.neuron)
    ]
    found += [
        Problem(p.name, "has no neurons", "Brian2's groups have one or more", "use the emulator")
        for p in network.populations
        if not p.size
    ]
    for p in network.projections:
        if p.format is None:
            found.append(Problem(p.name, "has float weights", "exact mode runs integers", "quantise, or use ideal"))
        elif p.plasticity is not None:
            rule = p.plasticity.chip
            if rule is None:
                found.append(Problem(p.name, "has a rule without its integer form", fix="quantise the network first"))
            else:
                found += [
                    Problem(p.name, what, "not in Brian2", "use the emulator or lava")
                    for what in _missing(network, p, rule)
                ]
    return found


def _missing(network: Network, p: Projection, rule: LearningRule) -> Iterator[str]:
    """What a learning rule needs and the Brian2 code does not have."""
    if not rule.third_factor or not has_traces(network.population(p.post).neuron):
        yield "learns without third factors"
    if rule.graded != "overwrite":
        yield f"graded spikes {rule.graded} their trace"
    if rule.uses("x1") and rule.x1.tau < NEVER:
        yield "has a presynaptic trace that decays"
    if rule.uses("x2"):
        yield "reads the trace x2"
    if rule.dd or rule.uses("d"):
        yield "has a second tag"
    if any(q.dependency == "y0" for q in rule.products()):
        yield "has products that depend on y0"
    if any(q.dependency == "u" and any(f.var[0] in "xy" for f in q.factors) for q in rule.products()):
        yield "has products of u with traces"
    if p.max_delay and np.ndim(p.delay):
        yield "learns with a delay of its own for each synapse"
    if network.period % rule.epoch:
        yield f"has an epoch of {rule.epoch} steps that does not divide the period {network.period}"
