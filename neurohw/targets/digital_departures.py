"""What a digital chip lacks but the emulation assumes, in words: payloads, microcode, third factors, wide sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from neurohw.ir.network import Network, Projection
from neurohw.ir.neurons import Lif, is_source, message_range, parameters_of
from neurohw.targets import work
from neurohw.targets.digital_spec import DigitalSpec

SCORE = "score"  # a port whose sums are taken as wide as they come


def departures(network: Network, spec: DigitalSpec) -> list[str]:
    """One sentence for each thing that this chip could not do as emulated, naming the layers."""
    return [*_payloads(network, spec), *_neurons(network, spec), *_learning(network, spec), *_sums(network, spec)]


def payload(network: Network, projection: Projection) -> tuple[int, int] | None:
    """Smallest and largest value of a projection's messages; None when the neuron does not bound them."""
    if not projection.graded:
        return 0, 1
    if projection.pre_port == SCORE:
        return None
    return message_range(network.population(projection.pre).neuron, projection.pre_port)


def _payloads(network: Network, spec: DigitalSpec) -> Iterator[str]:
    """Messages wider than the chip's, projections of one width together."""
    available = spec.limits.message_bits.value
    wide: dict[int, list[str]] = defaultdict(list)
    for p in network.projections:
        span = payload(network, p)
        bits = max(span[1], -span[0] - 1).bit_length() + (span[0] < 0) if span else 0
        if (span is None and not available) or bits > max(available, 1):
            wide[bits].append(p.name)
    can = f"payloads of {available} bits" if available else "binary spikes"
    for bits, names in sorted(wide.items()):
        carry = f"{_list(names)} {'carries' if len(names) == 1 else 'carry'} {f'{bits}-bit ' if bits else ''}payloads"
        yield f"{spec.name} sends {can} only; {carry}, priced as one spike each"


def _neurons(network: Network, spec: DigitalSpec) -> Iterator[str]:
    """Neuron kinds that need microcode."""
    layers = [p for p in network.populations if not is_source(p.neuron)]
    names = [f"{p.name} ({type(p.neuron).__name__})" for p in layers if not isinstance(p.neuron, Lif)]
    if names and not spec.features.microcode.value:
        yield f"{spec.name} has no microcode neurons; {_list(names)} priced as one compartment update a neuron"
    updates = {p.name: work.longest_update(p.neuron) for p in layers}
    if long := [f"{name} at most as {times:.2g}" for name, times in updates.items() if times > 1]:
        which = _list(long)
        yield f"no price of one operation is published; neurons priced as one LIF update each, {which} (estimate, U)"


def _learning(network: Network, spec: DigitalSpec) -> Iterator[str]:
    """Third factors, and post traces below zero."""
    rules = [(p, p.plasticity.chip) for p in network.projections if p.plasticity and p.plasticity.chip]
    third = [p for p, rule in rules if rule.third_factor]
    if third and not spec.features.third_factor.value:
        yield f"{spec.name} takes no third factor from a neuron; the rule of {_list([p.name for p in third])} needs one"
    neurons = [(p, network.population(p.post).neuron) for p in third]
    signed = [p.name for p, neuron in neurons if "mapping" not in parameters_of(neuron) or neuron.mapping != "unsigned"]
    if signed and not spec.features.signed_traces.value:
        doubt = f"whether {spec.name} has negative learning traces is not documented"
        yield f"{doubt}; the rule of {_list(signed)} needs them"


def _sums(network: Network, spec: DigitalSpec) -> Iterator[str]:
    """Inputs that could leave the synaptic accumulator with the present weights."""
    accumulator = spec.limits.accumulator_bits.value
    wide = []
    for p in network.projections:
        span = payload(network, p)
        if span and p.format:
            sums = abs(p.matrix).sum(axis=1)
            worst = int(np.max(sums, initial=0)) * max(span[1], -span[0])
            if worst.bit_length() + 1 > accumulator:
                wide.append(f"{p.name} ({worst.bit_length() + 1})")
    if wide:
        yield f"{spec.name} adds inputs up in {accumulator} bits; here they are exact and can need more: {_list(wide)}"


def _list(names: list[str]) -> str:
    return ", ".join(names)
