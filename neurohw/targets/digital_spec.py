"""The YAML of a digital many-core chip (kind `digital`): mesh, one core's capacities, synapse memory, value ranges."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from neurohw.parsing import Strict
from neurohw.targets.schema import (
    EXTENDS,
    KIND,
    SCHEMA,
    About,
    Capacity,
    ChipName,
    Count,
    Flag,
    Notes,
    Quantity,
    Share,
    Sizes,
    TableName,
    Tiles,
    Width,
)
from neurohw.targets.units import si_unit


class MeshSpec(Strict):
    """Tiles in columns and rows, cores on each tile."""

    columns: Tiles = Field(
        description="tiles from west to east; with rows and cores_per_tile they make the cores and hops"
    )
    rows: Tiles = Field(
        description="tiles from north to south; with columns and cores_per_tile they make the cores and hops"
    )
    cores_per_tile: Tiles = Field(description="cores that share one router; messages between them cross no tile")


class BoardSpec(Strict):
    """Several chips whose meshes go on over their borders."""

    columns: Tiles = Field(description="chips from west to east; a message from one to the next crosses a link")
    rows: Tiles = Field(description="chips from north to south; a message from one to the next crosses a link")


class CoreSpec(Strict):
    """What one core holds at most."""

    compartments: Capacity = Field(
        description="neurons that one core holds at most (the state of one neuron is a compartment)"
    )
    input_axons: Capacity = Field(
        description="lists of synapses that one core holds at most, one for each neuron that sends to it"
    )
    output_axons: Capacity = Field(description="connections from the neurons of one core to other cores, at most")
    synapse_bits: Capacity = Field(description="synapse memory of one core; it limits how many weights a core holds")
    compartment_configs: Capacity = Field(
        description="different settings of neurons (decays, bias) that one core holds at most"
    )
    threshold_configs: Capacity = Field(description="different thresholds that one core holds at most")
    synapse_formats: Capacity = Field(
        description="different formats of weights (bits, exponent, signs) that one core holds at most"
    )
    program_words: Capacity | None = Field(
        None, description="instructions of neuron programs that one core holds at most; without it they are not limited"
    )
    state_bits: Capacity | None = Field(
        None, description="memory of one core for the states of its neurons; without it only compartments limit them"
    )


class MemorySpec(Strict):
    """How synapses lie in memory: entries of up to `entry_synapses` with a header, each rounded up to words.

    `shared_lists`: whether axons whose synapses differ by a shift of their targets, as in a convolution, share them.
    """

    word_bits: Capacity = Field(description="one word of synapse memory; entries are rounded up to whole words")
    entry_synapses: Capacity = Field(description="synapses that share one header, at most")
    header_bits: Share = Field(description="bits of the header that each entry of synapses begins with")
    weight_bits: Sizes = Field(
        description="sizes a stored weight can have; the largest limits what a network may be quantised to"
    )
    index_bits: Sizes = Field(
        description="sizes the stored index of a target neuron can have; only sparse weights store one"
    )
    learning_weight_bits: Width = Field(description="bits of a weight that learns, sign included")
    tag_bits: Share = Field(
        description="bits of the tag of a synapse, sign included; only weights whose rule has a tag store one"
    )
    shared_lists: Flag = Field(
        description="whether axons whose synapses differ by a shift of targets, as in a convolution, share memory"
    )


class LimitsSpec(Strict):
    """Ranges of the values that the hardware stores."""

    exponent_min: Count = Field(description="smallest weight exponent: a weight counts 2^exponent at the accumulator")
    exponent_max: Count = Field(description="largest weight exponent: a weight counts 2^exponent at the accumulator")
    delay_max: Count = Field(description="longest delay of a synapse in time steps")
    epoch_max: Count = Field(
        description="most time steps between two learning updates; it limits the steps of one input"
    )
    decimate_max: Count = Field(description="largest k with which a learning rule acts only every 2^k epochs")
    accumulator_bits: Width = Field(
        description="width of a neuron's sum of inputs, sign included; wider sums are counted as overflows"
    )
    message_bits: Share = Field(description="payload of a message; 0 for chips that send bare spikes")
    decay_max: Count = Field(description="largest decay of current and membrane (du, dv)")
    threshold_max: Count = Field(description="largest threshold of a neuron")
    bias_mantissa_min: Count = Field(description="smallest mantissa of a neuron's bias")
    bias_mantissa_max: Count = Field(description="largest mantissa of a neuron's bias")
    bias_exponent_max: Count = Field(description="largest exponent of a neuron's bias; the smallest is 0")


class FeaturesSpec(Strict):
    """Programmable neurons, third factors sent by the postsynaptic neuron, negative learning traces."""

    microcode: Flag = Field(
        description="whether neurons are programmable; without it other neurons than LIF are reported as departures"
    )
    third_factor: Flag = Field(
        description="whether the postsynaptic neuron can send a third factor to its learning synapses"
    )
    signed_traces: Flag = Field(description="whether learning traces can be negative")


class DigitalSpec(Strict):
    """One chip, or a board of several. `static_power` replaces that of the price table; `notes` become assumptions of
    every report."""

    schema_: Literal["neurohw.target/1"] = Field(alias="schema", description=SCHEMA)
    name: ChipName
    kind: Literal["digital"] = Field(description=KIND)
    extends: str = Field("", description=EXTENDS)
    about: About = ""
    price_table: TableName
    notes: Notes = ()
    mesh: MeshSpec = Field(description="where the cores are; feeds the number of cores and the price of hops")
    board: BoardSpec | None = Field(
        None, description="several chips of this kind, side by side; sites, links and static power are then the board's"
    )
    core: CoreSpec = Field(description="what one core holds at most; feeds how a network is divided over cores")
    memory: MemorySpec = Field(description="how synapses lie in the memory of a core; feeds how many of them fit")
    limits: LimitsSpec = Field(description="ranges of the values that the hardware stores")
    features: FeaturesSpec = Field(
        description="what the chip can do; what it lacks is emulated and reported as a departure"
    )
    static_power: Quantity | None = Field(
        None, description="power a whole chip draws whatever it does, in place of the price table's"
    )

    @field_validator("static_power")
    @classmethod
    def _a_power(cls, power: Quantity | None) -> Quantity | None:
        if power is not None and (si_unit(power.unit) != "W" or power.band.low < 0):
            raise ValueError(f"{power.value:g} {power.unit} is not a power; give watts of 0 or more, such as 'mW'")
        return power
