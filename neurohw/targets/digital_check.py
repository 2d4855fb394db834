"""Limits of a digital chip that no partition can mend; each message says where, by how much and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurohw.errors import Problem
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import is_source, parameters_of
from neurohw.targets import work
from neurohw.targets.digital_memory import axon_bits, is_compartment, synapse_bits, synapse_format
from neurohw.targets.digital_spec import CoreSpec, DigitalSpec


def problems(network: Network, spec: DigitalSpec, cores: int) -> list[Problem]:
    """Everything about `network` that no placement on `cores` cores of this chip can mend."""
    found: list[Problem] = []
    for p in network.projections:
        found += _format(p, spec)
        found += _learning(p, spec)
    for population in network.populations:
        if not is_source(population.neuron):
            found += _fan_in(network, population, spec)
            found += _neuron(population, spec)
    return found + list(_demand(network, spec, cores))


def _outside(where: str, what: str, value: Any, low: int, high: int, chip: str, fix: str) -> Iterator[Problem]:
    """A Problem if a number, or any of an array, leaves low..high; the furthest fills the gap in `what`."""
    smallest, largest = int(np.min(value)), int(np.max(value))
    if largest > high and largest - high >= low - smallest:
        limit = f"{chip} takes {low}..{high}: {largest - high} too high"
        yield Problem(where, what.format(largest), limit, fix)
    elif smallest < low:
        yield Problem(where, what.format(smallest), f"{chip} takes {low}..{high}: {low - smallest} too low", fix)


def _format(p: Projection, spec: DigitalSpec) -> Iterator[Problem]:
    """Weight bits, exponent and delay of one projection."""
    limits, chip = spec.limits, spec.name
    if p.format:
        bits, exponents = spec.memory.weight_bits.value[-1], (limits.exponent_min.value, limits.exponent_max.value)
        fix = f"quantise {p.post} to at most {bits} bits"
        yield from _outside(p.name, "weights of {} bits", p.format.bits, 1, bits, chip, fix)
        fix = f"rescale the weights of {p.post}"
        yield from _outside(p.name, "weight exponent {}", p.format.exponent, *exponents, chip, fix)
    longest = limits.delay_max.value
    fix = f"shorten the delays into {p.post} or put a population between"
    yield from _outside(p.name, "delay of {} steps", p.max_delay, 0, longest, chip, fix)


def _learning(p: Projection, spec: DigitalSpec) -> Iterator[Problem]:
    """Epoch and decimation of a plastic projection."""
    rule = p.plasticity.chip if p.plasticity else None
    if rule is None:
        return
    limits, chip = spec.limits, spec.name
    fix = f"give {p.post} fewer steps a fixation or fewer layers before it"
    yield from _outside(p.name, "learning epoch of {} steps", rule.epoch, 1, limits.epoch_max.value, chip, fix)
    if rule.decimate is not None:
        top = limits.decimate_max.value
        fix = f"set decimate of {p.post} to 0..{top}"
        yield from _outside(p.name, "decimation u{}", rule.decimate, 0, top, chip, fix)


def _fan_in(network: Network, population: Population, spec: DigitalSpec) -> Iterator[Problem]:
    """Axons, memory and synapse formats that a single neuron needs: it cannot be divided over cores."""
    into = network.into(population.name)
    axons = bits = np.zeros(population.size, np.int64)
    for p in into:
        stored = np.diff(p.matrix.indptr) if p.sparse or p.shared else p.weight.shape[1]
        axons = axons + stored
        bits = bits + stored * axon_bits(1, synapse_bits(p, 1, spec.memory), spec.memory)
    core, chip, name = spec.core, spec.name, population.name
    fewer = f"give {name} fewer inputs, or store its weights sparse"
    needs = (
        ("input axons", int(axons.max(initial=0)), core.input_axons.value, fewer),
        ("bits of synapse memory", int(bits.max(initial=0)), core.synapse_bits.value, fewer),
        (
            "synapse formats",
            len(set(map(synapse_format, into))),
            core.synapse_formats.value,
            f"share formats in {name}",
        ),
    )
    for resource, need, has, fix in (*needs, *_program(population, core)):
        if need > has:
            limit = f"a core of {chip} has {has}: {need - has} too many"
            yield Problem(name, f"one neuron needs {need} {resource}", limit, fix)


def _program(population: Population, core: CoreSpec) -> Iterator[tuple[str, int, int, str]]:
    """Memory that the program and the state of a neuron take, of a chip that says how much of it a core has."""
    fix = f"choose a smaller kind of neuron for {population.name}"
    if core.program_words is not None:
        yield "program words", work.size(population.neuron).program_words, core.program_words.value, fix
    if core.state_bits is not None:
        yield "bits of state", work.size(population.neuron).state_bits, core.state_bits.value, fix


def _neuron(population: Population, spec: DigitalSpec) -> Iterator[Problem]:
    """Decay, threshold and bias ranges of compartments."""
    neuron, limits = population.neuron, spec.limits
    if not is_compartment(neuron):
        return
    threshold, decay = limits.threshold_max.value, (0, limits.decay_max.value)
    mantissas = limits.bias_mantissa_min.value, limits.bias_mantissa_max.value
    ranges = {
        "du": decay, "dv": decay, "vth_hi": (-threshold, threshold), "vth_lo": (-threshold, threshold),
        "vth": (0, threshold), "bias_mant": mantissas, "bias_exp": (0, limits.bias_exponent_max.value),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        if name in parameters_of(neuron):
            value, fix = getattr(neuron, name), f"rescale {population.name}"
            yield from _outside(population.name, name + " {}", value, low, high, spec.name, fix)


def _demand(network: Network, spec: DigitalSpec, cores: int) -> Iterator[Problem]:
    """Too few cores, judged by lower bounds: what all layers need together, perfectly packed."""
    layers = [p for p in network.populations if not is_source(p.neuron)]
    demands = (
        ("compartments", {p.name: p.size for p in layers}, spec.core.compartments.value),
        ("output axons", {p.name: p.size * _outgoing(network, p) for p in layers}, spec.core.output_axons.value),
        ("bits of synapse memory", {p.name: _bits(network, p, spec) for p in layers}, spec.core.synapse_bits.value),
    )
    needed, resource, demand = max(
        ((-(sum(d.values()) // -limit), name, d) for name, d, limit in demands), key=lambda found: found[0]
    )
    if needed > cores:
        layer = max(demand, key=lambda name: demand[name])
        share = demand[layer] / sum(demand.values())
        yield Problem(
            "network",
            f"needs at least {needed} cores for {sum(demand.values())} {resource}",
            f"{spec.name} has {cores}: {needed - cores} too few",
            f"make {layer} smaller: it takes {share:.0%} of them",
        )


def _outgoing(network: Network, population: Population) -> int:
    return sum(p.pre == population.name for p in network.projections)


def _bits(network: Network, population: Population, spec: DigitalSpec) -> int:
    """Synapses of a population in memory without headers [bits]: less than any partition takes."""
    return sum(_stored(p, spec) * synapse_bits(p, 1, spec.memory) for p in network.into(population.name))


def _stored(p: Projection, spec: DigitalSpec) -> int:
    """Synapses of a projection that some core must store."""
    if p.plasticity:
        return int(p.values.size)
    unrolled = p.shared and not spec.memory.shared_lists.value
    return int(p.matrix.nnz if unrolled else np.count_nonzero(p.values))
