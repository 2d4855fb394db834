"""The YAML of a digital many-core chip (kind `digital`): mesh, one core's capacities, synapse memory, value ranges."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurohw.spec import Strict
from neurohw.targets.schema import Count, Flag, Quantity, Sizes


class MeshSpec(Strict):
    """Tiles in columns and rows, cores on each tile."""

    columns: Count
    rows: Count
    cores_per_tile: Count


class CoreSpec(Strict):
    """What one core holds at most."""

    compartments: Count
    input_axons: Count
    output_axons: Count
    synapse_bits: Count
    compartment_configs: Count
    threshold_configs: Count
    synapse_formats: Count


class MemorySpec(Strict):
    """How synapses lie in memory: entries of up to `entry_synapses` with a header, each rounded up to words."""

    word_bits: Count
    entry_synapses: Count
    header_bits: Count
    weight_bits: Sizes
    index_bits: Sizes
    learning_weight_bits: Count
    tag_bits: Count


class LimitsSpec(Strict):
    """Ranges of the values that the hardware stores."""

    exponent_min: Count
    exponent_max: Count
    delay_max: Count
    epoch_max: Count
    decimate_max: Count
    accumulator_bits: Count
    message_bits: Count
    decay_max: Count
    threshold_max: Count
    bias_mantissa_min: Count
    bias_mantissa_max: Count
    bias_exponent_max: Count


class FeaturesSpec(Strict):
    """Programmable neurons, third factors sent by the postsynaptic neuron, negative learning traces."""

    microcode: Flag
    third_factor: Flag
    signed_traces: Flag


class DigitalSpec(Strict):
    """One chip. `static_power` replaces that of the price table; `notes` become assumptions of every report."""

    schema_: Literal["neurohw.target/1"] = Field(alias="schema")
    name: str
    kind: Literal["digital"]
    about: str = ""
    price_table: str
    notes: tuple[str, ...] = ()
    mesh: MeshSpec
    core: CoreSpec
    memory: MemorySpec
    limits: LimitsSpec
    features: FeaturesSpec
    static_power: Quantity | None = None
