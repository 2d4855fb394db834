"""The YAML of an in-memory chip (kind `crossbar`): arrays, converters, what is not ideal, and what is on the chip."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from neurohw.ir import crossbar
from neurohw.ir.crossbar import Crossbar
from neurohw.parsing import Strict
from neurohw.targets.crossbar_sections import ImperfectionSpec, InventorySpec, LawSpec, WritingSpec, nominal, positive
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

MOST_VALUES = 1 << 40  # of a weight: what stays exact in sums


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
    def _flips_have_a_column_of_ones(self) -> EncodingSpec:
        if self.flip and self.signs != "unit":
            raise ValueError(f"flip needs the sum of the inputs, which signs: {self.signs} lacks; set signs to unit")
        return self


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
        if self.adc_range != "lossless" and self.adc_bits is None:
            raise ValueError(f"adc_range {self.adc_range} needs adc_bits; give them, or set adc_range to lossless")
        if (self.adc_range == "fixed") != (self.full_scale is not None):
            raise ValueError("full_scale goes with adc_range fixed; give both or neither")
        if self.full_scale is not None:
            positive("full_scale", self.full_scale, "A")
        positive("conversion_time", self.conversion_time, "s", zero=True)
        for name, most in (("input_bits", 24), ("dac_bits", 24), ("adc_bits", 24)):
            bits = getattr(self, name)
            if bits is not None and bits.value > most:
                raise ValueError(f"{name} {bits.value} is beyond {most}, which is as far as sums stay exact")
        return self


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
    def _an_output_fits(self) -> CrossbarSpec:
        levels, slices = self.cells.levels, self.encoding.slices.value
        if slices > 1 and levels is None:
            raise ValueError(f"{slices} slices need cells with levels; give cells.levels or set slices to 1")
        if slices > 1 and self.writing.method == "pulses":
            raise ValueError(
                f"a weight on {slices} slices cannot learn by pulses: a carry would move several cells; set "
                "writing.method to shadow or encoding.slices to 1"
            )
        if self.encoding.flip and self.writing.method == "pulses":
            raise ValueError(
                "pulses move a flipped column the wrong way; set writing.method to shadow or encoding.flip to false"
            )
        bits = self.converters.adc_bits
        if bits is not None and bits.value < 2 and self.design.signed:
            raise ValueError("converters of currents of both signs need 2 bits or more; give adc_bits of 2 or more")
        design = self.design
        if design.inputs < 1 or design.outputs < 1:
            raise ValueError(
                f"an array of {design.rows} x {design.columns} holds no output: it takes {design.columns_per_output} "
                f"columns and all outputs share {design.shared_columns}; use larger arrays or fewer slices"
            )
        if levels is not None and levels.value**slices > MOST_VALUES:
            raise ValueError(f"{slices} slices of {levels.value} levels hold more than 2^40 values; use fewer slices")
        return self

    @property
    def design(self) -> Crossbar:
        """The arrays in SI units."""
        c, v, e = self.cells, self.converters, self.encoding
        flaws = self.imperfections
        cells = crossbar.Cells(
            nominal(c.g_min), nominal(c.g_max), c.levels.value if c.levels else None,
            nominal(c.read_voltage), nominal(c.read_time),
        )  # fmt: skip
        encoding = crossbar.Encoding(e.signs, e.pair_on, e.subtract, e.slices.value, e.flip)
        converters = crossbar.Converters(
            v.input_bits.value, v.dac_bits.value, v.adc_bits.value if v.adc_bits else None, v.adc_range,
            nominal(v.full_scale), v.columns_per_adc.value,
        )  # fmt: skip
        imperfections = crossbar.Imperfections(
            programming=_law(flaws.programming),
            read=_law(flaws.read),
            drift=_law(flaws.drift),
            drift_start=nominal(flaws.drift_start) or 1.0,
            time=nominal(flaws.time),
            compensate=flaws.compensate.value if flaws.compensate else False,
            stuck_low=nominal(flaws.stuck_low),
            stuck_high=nominal(flaws.stuck_high),
            device_spread=nominal(flaws.device_spread),
            row_wire=nominal(flaws.row_wire),
            column_wire=nominal(flaws.column_wire),
        )
        size = self.array.rows.value, self.array.columns.value
        return Crossbar(*size, cells, encoding, converters, imperfections, self.writing.writing)


def _law(spec: LawSpec | None) -> crossbar.Law:
    return crossbar.Law(spec.law, spec.scale) if spec else crossbar.NONE
