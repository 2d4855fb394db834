"""The YAML of an in-memory chip (kind `crossbar`): arrays, converters, what is not ideal, and what is on the chip."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from neurohw.ir import crossbar
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.crossbar_ranges import BITS, converter_problems, encoding_problems, together_problems
from neurohw.parsing import Strict
from neurohw.targets.crossbar_sections import (
    ImperfectionSpec,
    InventorySpec,
    WritingSpec,
    nominal,
    positive,
    refuse,
)
from neurohw.targets.schema import (
    EXTENDS,
    KIND,
    SCHEMA,
    About,
    Capacity,
    ChipName,
    Notes,
    Quantity,
    Sourced,
    TableName,
    Tiles,
    Width,
)


class ArraySpec(Strict):
    """Cells of one array."""

    rows: Capacity = Field(description="rows of cells of one array; inputs go in along them")
    columns: Capacity = Field(description="columns of cells of one array; sums come out of them")


class ChipSpec(Strict):
    """Arrays on the chip: so many in a group that shares periphery, groups on a tile, tiles in columns and rows."""

    arrays_per_group: Capacity = Field(description="arrays that share periphery; area is reported by whole groups")
    groups_per_tile: Capacity = Field(description="groups of arrays on one tile")
    tile_columns: Tiles = Field(description="tiles from west to east")
    tile_rows: Tiles = Field(description="tiles from north to south")

    @property
    def arrays_per_tile(self) -> int:
        """Arrays on one tile."""
        return self.arrays_per_group.value * self.groups_per_tile.value

    @property
    def tiles(self) -> int:
        """Tiles on the chip."""
        return self.tile_columns.value * self.tile_rows.value


class CellSpec(Strict):
    """One cell; without `levels` its conductance is continuous."""

    g_min: Quantity = Field(description="smallest conductance of a cell (S, mS, uS or nS); 0 or more")
    g_max: Quantity = Field(description="largest conductance of a cell, above g_min")
    levels: Capacity | None = Field(
        None, description="values that one cell can hold; without it conductances are continuous"
    )
    read_voltage: Quantity = Field(
        description="voltage on a row at a full input; feeds the energy of a read and IR drop"
    )
    read_time: Quantity = Field(
        description="time to read an array with one digit of the inputs; feeds latency and the energy of a read"
    )

    @model_validator(mode="after")
    def _possible(self) -> CellSpec:
        for name, unit in (("g_min", "S"), ("g_max", "S"), ("read_voltage", "V"), ("read_time", "s")):
            positive(name, getattr(self, name), unit, zero=name == "g_min")
        if self.g_min.band.nominal >= self.g_max.band.nominal:
            raise ValueError(
                f"g_min {self.g_min.value:g} {self.g_min.unit} is not below g_max {self.g_max.value:g} "
                f"{self.g_max.unit}; a cell stores nothing between them, swap them or check the units"
            )
        if self.levels is not None and self.levels.value < 2:
            raise ValueError("cells of 1 level store nothing; give 2 levels or more, or none for continuous cells")
        return self


class EncodingSpec(Sourced):
    """How signed weights lie on cells: see `ir.crossbar.Encoding`."""

    signs: crossbar.Signs = Field(
        description="pair (positive and negative part on two cells), offset (one cell, a reference column is taken off)"
        " or unit (one cell, a column of ones, the rest is digital)"
    )
    pair_on: Literal["columns", "rows"] = Field(
        "columns", description="where the two cells of a pair lie, on columns or on rows"
    )
    subtract: Literal["analog", "digital"] = Field(
        "analog", description="where the two parts are subtracted, analog (before the converter) or digital (after it)"
    )
    slices: Capacity = Field(
        description="cells that share the digits of a weight; more than one needs cells.levels, and cannot take pulses"
    )
    flip: bool = Field(
        False, description="with signs unit, whether columns that are mostly large store their complement"
    )

    @model_validator(mode="after")
    def _possible(self) -> EncodingSpec:
        return refuse(self, encoding_problems("encoding", self.encoding))

    @property
    def encoding(self) -> crossbar.Encoding:
        """The same for the compiler and the emulator."""
        return crossbar.Encoding(self.signs, self.pair_on, self.subtract, self.slices.value, self.flip)


class ConverterSpec(Strict):
    """Converters: see `ir.crossbar.Converters`; without adc_bits they have as many as their range takes."""

    input_bits: Capacity = Field(description="bits of an input; larger inputs are clipped")
    dac_bits: Capacity = Field(
        description="bits of an input that go in at once; fewer than input_bits go in digit by digit"
    )
    adc_bits: Capacity | None = Field(
        None, description="bits of the converter of a sum; without it as many as its range takes"
    )
    adc_range: crossbar.Range = Field(
        "lossless",
        description="largest sum of the converter, lossless, max, calibrated or fixed (with full_scale); all but "
        "lossless need adc_bits",
    )
    full_scale: Quantity | None = Field(
        None, description="current at which a converter of adc_range fixed is at its end (A, uA, ...)"
    )
    columns_per_adc: Capacity = Field(description="columns that share one converter, one after the other")
    conversion_time: Quantity = Field(description="time of one conversion; feeds latency")

    @model_validator(mode="after")
    def _complete(self) -> ConverterSpec:
        if self.full_scale is not None:
            positive("full_scale", self.full_scale, "A")
        positive("conversion_time", self.conversion_time, "s", zero=True)
        for name in ("input_bits", "dac_bits", "adc_bits"):
            bits = getattr(self, name)
            if bits is not None and bits.value > BITS.high:
                raise ValueError(f"{name} {bits.value} is beyond {BITS.high}, which is as far as sums stay exact")
        return refuse(self, converter_problems("converters", self.converters))

    @property
    def converters(self) -> crossbar.Converters:
        """The same for the compiler and the emulator."""
        return crossbar.Converters(
            self.input_bits.value, self.dac_bits.value, self.adc_bits.value if self.adc_bits else None, self.adc_range,
            nominal(self.full_scale), self.columns_per_adc.value,
        )  # fmt: skip


class CrossbarSpec(Strict):
    """One chip. `notes` become assumptions of every report."""

    schema_: Literal["neurohw.target/1"] = Field(alias="schema", description=SCHEMA)
    name: ChipName
    kind: Literal["crossbar"] = Field(description=KIND)
    extends: str = Field("", description=EXTENDS)
    about: About = ""
    price_table: TableName
    notes: Notes = ()
    array: ArraySpec = Field(description="cells of one array; feeds how a network is divided over arrays")
    chip: ChipSpec = Field(
        description="where the arrays are: in groups that share periphery, on tiles that form a mesh"
    )
    cells: CellSpec = Field(description="one memory cell")
    encoding: EncodingSpec = Field(description="how signed weights lie on cells")
    converters: ConverterSpec = Field(description="how inputs go in and sums come out")
    imperfections: ImperfectionSpec = Field(
        ImperfectionSpec(), description="what is not ideal; what is left out is off"
    )
    writing: WritingSpec = Field(description="how arrays learn")
    accumulator_bits: Width = Field(
        description="width of the digital sums, sign included; wider sums are counted as overflows"
    )
    inventory: InventorySpec = Field(
        InventorySpec(),
        description="parts of a group, a tile and the chip; the price table's power and area of each (NAME_power, "
        "NAME_area) add up to the reported area",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> CrossbarSpec:
        return refuse(self, together_problems("", self.design))

    @property
    def design(self) -> Crossbar:
        """The arrays in SI units."""
        c, size = self.cells, (self.array.rows.value, self.array.columns.value)
        cells = crossbar.Cells(
            nominal(c.g_min), nominal(c.g_max), c.levels.value if c.levels else None,
            nominal(c.read_voltage), nominal(c.read_time),
        )  # fmt: skip
        encoding, converters = self.encoding.encoding, self.converters.converters
        return Crossbar(*size, cells, encoding, converters, self.imperfections.imperfections, self.writing.writing)
