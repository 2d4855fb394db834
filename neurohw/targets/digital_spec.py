"""The YAML of a digital many-core chip (kind `digital`): mesh, one core's capacities, synapse memory, value ranges."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from neurohw.parsing import Strict
from neurohw.targets.schema import Capacity, Count, Flag, Quantity, Share, Sizes, Tiles, Width
from neurohw.targets.units import si_unit


class MeshSpec(Strict):
    """Tiles in columns and rows, cores on each tile."""

    columns: Tiles
    rows: Tiles
    cores_per_tile: Tiles


class CoreSpec(Strict):
    """What one core holds at most."""

    compartments: Capacity
    input_axons: Capacity
    output_axons: Capacity
    synapse_bits: Capacity
    compartment_configs: Capacity
    threshold_configs: Capacity
    synapse_formats: Capacity


class MemorySpec(Strict):
    """How synapses lie in memory: entries of up to `entry_synapses` with a header, each rounded up to words.

    `shared_lists`: whether axons whose synapses differ by a shift of their targets, as in a convolution, share them.
    """

    word_bits: Capacity
    entry_synapses: Capacity
    header_bits: Share
    weight_bits: Sizes
    index_bits: Sizes
    learning_weight_bits: Width
    tag_bits: Share
    shared_lists: Flag


class LimitsSpec(Strict):
    """Ranges of the values that the hardware stores."""

    exponent_min: Count
    exponent_max: Count
    delay_max: Count
    epoch_max: Count
    decimate_max: Count
    accumulator_bits: Width
    message_bits: Share
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

    @field_validator("static_power")
    @classmethod
    def _a_power(cls, power: Quantity | None) -> Quantity | None:
        if power is not None and (si_unit(power.unit) != "W" or power.band.low < 0):
            raise ValueError(f"{power.value:g} {power.unit} is no power; give watts of 0 or more, such as 'mW'")
        return power
