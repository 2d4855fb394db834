"""What slices of a network take of one core: axons, synapse memory, configurations.

Synapse memory of an input axon with n synapses of b bits each (nengo-loihi `SynapseConfig.bits_per_axon`): for every
entry of up to 64 synapses, n b + 4 + 6 header bits, rounded up to 64-bit words. The shared weights of a convolution are
stored once for all axons of a core whose synapses hold the same kernel entries, if the chip shares lists
(`MemorySpec.shared_lists`), otherwise once a synapse as sparse ones.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.mapping import Slice, Usage
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import Neuron, has_phases, membrane_bits, parameters_of
from neurohw.microcode.kind import declared_of, program_of
from neurohw.targets import work
from neurohw.targets.digital_spec import CoreSpec, MemorySpec


def synapse_bits(projection: Projection, neurons: int, memory: MemorySpec) -> int:
    """Bits of one stored synapse [bits] onto a slice of `neurons`: weight, index if sparse, delay and tag if used."""
    plasticity = projection.plasticity
    bits = projection.format.bits if projection.format else memory.weight_bits.value[-1]
    weight = memory.learning_weight_bits.value if plasticity else memory.weight_bits.stored(bits)
    listed = projection.sparse or projection.shared
    index = memory.index_bits.stored((neurons - 1).bit_length()) if listed else 0
    tag = memory.tag_bits.value if plasticity and plasticity.chip and plasticity.chip.has_tag else 0
    return weight + index + projection.max_delay.bit_length() + tag


def axon_bits(synapses: Any, bits: int, memory: MemorySpec) -> Any:
    """Memory [bits] of axons with `synapses` (int or array of int) stored synapses of `bits` each; 0 without any."""
    word, entry = memory.word_bits.value, memory.entry_synapses.value
    full, rest = synapses // entry, synapses % entry
    whole = -((entry * bits + memory.header_bits.value) // -word) * word
    part = -((rest * bits + memory.header_bits.value) // -word) * word
    return full * whole + (rest > 0) * part


def slice_memory(projection: Projection, start: int, stop: int, memory: MemorySpec) -> tuple[int, int]:
    """Input axons and synapse memory [bits] of one projection into neurons start..stop-1 of its target."""
    bits = synapse_bits(projection, stop - start, memory)
    if projection.shared and memory.shared_lists.value:
        axons, lists = projection.weight.shared_lists(start, stop)
        return axons, int(axon_bits(lists, bits, memory).sum())
    if not (projection.sparse or projection.shared):  # an axon in use stores a synapse for every neuron of the slice
        axons = int(np.count_nonzero(projection.reaches(start, stop)))
        return axons, axons * int(axon_bits(stop - start, bits, memory))
    csr = projection.matrix
    part = slice(csr.indptr[start], csr.indptr[stop])
    columns = csr.indices[part] if projection.plasticity else csr.indices[part][csr.data[part] != 0]
    stored = _counts(columns)
    return len(stored), int(axon_bits(stored, bits, memory).sum())


def _counts(columns: NDArray[Any]) -> NDArray[np.int64]:
    """How often each number occurs that occurs at all, in time linear in how many there are, not in how large."""
    low, high = columns.min(initial=np.iinfo(columns.dtype).max), columns.max(initial=-1)
    if int(high) - int(low) > 8 * columns.size:
        return np.asarray(np.unique(columns, return_counts=True)[1])
    counts = np.bincount(columns - low)
    return np.asarray(counts[counts > 0])


def slices_usage(network: Network, slices: tuple[Slice, ...], core: CoreSpec, memory: MemorySpec) -> Usage:
    """Resources of one core that `slices` take together; two slices never share an axon."""
    in_axons = out_axons = bits = 0
    configs: set[Hashable] = set()
    levels: set[int] = set()
    formats: set[Hashable] = set()
    for s in slices:
        population = network.population(s.population)
        out_axons += s.size * sum(p.pre == s.population for p in network.projections)
        configs.add(compartment_config(population))
        levels.update(_thresholds_of(population, s))
        for p in network.into(s.population):
            axons, memory_bits = slice_memory(p, s.start, s.stop, memory)
            in_axons, bits = in_axons + axons, bits + memory_bits
            formats.add(synapse_format(p))
    return Usage(
        (
            ("compartments", sum(s.size for s in slices), core.compartments.value),
            ("input axons", in_axons, core.input_axons.value),
            ("output axons", out_axons, core.output_axons.value),
            ("synapse bits", bits, core.synapse_bits.value),
            ("compartment configurations", len(configs), core.compartment_configs.value),
            ("threshold configurations", len(levels), core.threshold_configs.value),
            ("synapse formats", len(formats), core.synapse_formats.value),
            *_programs_usage(network, slices, core),
        )
    )


def _programs_usage(network: Network, slices: tuple[Slice, ...], core: CoreSpec) -> Iterator[tuple[str, int, int]]:
    """Memory of programs and states, of a chip that says how much of it a core has."""
    neurons = [(s.size, network.population(s.population).neuron) for s in slices]
    if core.program_words is not None:
        words = {program_of(neuron): work.size(neuron).program_words for _, neuron in neurons}
        yield "program words", sum(words.values()), core.program_words.value
    if core.state_bits is not None:
        bits = sum(size * work.size(neuron).state_bits for size, neuron in neurons)
        yield "state bits", bits, core.state_bits.value


def synapse_format(projection: Projection) -> Hashable:
    """What distinguishes two synapse formats of a core."""
    chip = projection.plasticity.chip if projection.plasticity else None
    listed = projection.sparse or projection.shared
    return projection.format, listed, projection.max_delay.bit_length(), chip


def compartment_config(population: Population) -> Hashable:
    """What distinguishes two compartment configurations of a core; microcode neurons take one a population."""
    neuron = population.neuron
    if has_phases(neuron) or not is_compartment(neuron):
        return population.name
    return type(neuron), *(getattr(neuron, name) for name in DECAYS)


def is_compartment(neuron: Neuron) -> bool:
    """Whether it keeps decays, thresholds and biases where compartments of LIF neurons do; else with its program."""
    shared = {d.name for d in declared_of(neuron).values() if d.role == "one"}
    return membrane_bits(neuron) > 0 and shared.issuperset(DECAYS)


DECAYS = ("du", "dv")  # of the current and the voltage of a compartment, in 4096ths a step
THRESHOLD = "vth"  # what the names of thresholds begin with


def thresholds(population: Population) -> NDArray[np.int64]:
    """Thresholds [size], or [1] when all neurons share one, or [0] without any; two thresholds make one number."""
    names = [name for name in parameters_of(population.neuron) if name.startswith(THRESHOLD)]
    if not names:
        return np.empty(0, np.int64)
    high, *low = np.broadcast_arrays(*(np.asarray(getattr(population.neuron, name), np.int64) for name in names))
    return np.asarray(np.atleast_1d((high << 32) + low[0] if low else high))


def _thresholds_of(population: Population, s: Slice) -> list[int]:
    """Thresholds of the neurons of one slice."""
    values = thresholds(population)
    return list((values if values.size <= 1 else values[s.start : s.stop]).tolist())
