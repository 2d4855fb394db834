"""The YAML of an in-memory chip (kind `crossbar`): arrays, converters, what is not ideal, and what is on the chip."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from neurohw.ir import crossbar
from neurohw.ir.crossbar import Crossbar
from neurohw.parsing import Strict
from neurohw.targets.schema import Capacity, Flag, Quantity, Share, Sourced, Tiles
from neurohw.targets.units import si_unit

MOST_VALUES = 1 << 40  # of a weight: what stays exact in sums


def _nominal(quantity: Quantity | None) -> float:
    return quantity.band.nominal if quantity is not None else 0.0


class ArraySpec(Strict):
    """Cells of one array."""

    rows: Capacity
    columns: Capacity


class ChipSpec(Strict):
    """Arrays on the chip: so many in a group that shares periphery, groups on a tile, tiles in columns and rows."""

    arrays_per_group: Capacity
    groups_per_tile: Capacity
    tile_columns: Tiles
    tile_rows: Tiles

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

    g_min: Quantity
    g_max: Quantity
    levels: Capacity | None = None
    read_voltage: Quantity
    read_time: Quantity

    @model_validator(mode="after")
    def _possible(self) -> CellSpec:
        for name, unit in (("g_min", "S"), ("g_max", "S"), ("read_voltage", "V"), ("read_time", "s")):
            _positive(name, getattr(self, name), unit, zero=name == "g_min")
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

    signs: crossbar.Signs
    pair_on: Literal["columns", "rows"] = "columns"
    subtract: Literal["analog", "digital"] = "analog"
    slices: Capacity
    flip: bool = False

    @model_validator(mode="after")
    def _flips_have_a_column_of_ones(self) -> EncodingSpec:
        if self.flip and self.signs != "unit":
            raise ValueError(f"flip needs the sum of the inputs, which signs: {self.signs} lacks; set signs to unit")
        return self


class ConverterSpec(Strict):
    """Converters: see `ir.crossbar.Converters`; without adc_bits they have as many as their range takes."""

    input_bits: Capacity
    dac_bits: Capacity
    adc_bits: Capacity | None = None
    adc_range: crossbar.Range = "lossless"
    full_scale: Quantity | None = None
    columns_per_adc: Capacity
    conversion_time: Quantity

    @model_validator(mode="after")
    def _complete(self) -> ConverterSpec:
        if self.adc_range != "lossless" and self.adc_bits is None:
            raise ValueError(f"adc_range {self.adc_range} needs adc_bits; give them, or set adc_range to lossless")
        if (self.adc_range == "fixed") != (self.full_scale is not None):
            raise ValueError("full_scale goes with adc_range fixed; give both or neither")
        if self.full_scale is not None:
            _positive("full_scale", self.full_scale, "A")
        _positive("conversion_time", self.conversion_time, "s", zero=True)
        for name, most in (("input_bits", 24), ("dac_bits", 24), ("adc_bits", 24)):
            bits = getattr(self, name)
            if bits is not None and bits.value > most:
                raise ValueError(f"{name} {bits.value} is beyond {most}, which is as far as sums stay exact")
        return self


class LawSpec(Sourced):
    """A law of deviation by its name; `scale` multiplies it, or is the fraction that constant and relative need."""

    law: str
    scale: float = Field(1.0, ge=0)

    @model_validator(mode="after")
    def _says_how_much(self) -> LawSpec:
        if self.law in ("constant", "relative") and "scale" not in self.model_fields_set:
            raise ValueError(f"law {self.law} needs scale, a fraction such as 0.01; give it")
        return self


class ImperfectionSpec(Strict):
    """What is not ideal: see `ir.crossbar.Imperfections`; what is left out is off."""

    programming: LawSpec | None = None
    read: LawSpec | None = None
    drift: LawSpec | None = None
    drift_start: Quantity | None = None
    time: Quantity | None = None
    compensate: Flag | None = None
    stuck_low: Quantity | None = None
    stuck_high: Quantity | None = None
    device_spread: Quantity | None = None
    row_wire: Quantity | None = None
    column_wire: Quantity | None = None

    @field_validator("programming", "read", "drift")
    @classmethod
    def _known(cls, spec: LawSpec | None, info: Any) -> LawSpec | None:
        if spec is not None and spec.law not in crossbar.LAWS[info.field_name]:
            raise ValueError(f"law '{spec.law}' is unknown; use one of {', '.join(crossbar.LAWS[info.field_name])}")
        return spec

    @model_validator(mode="after")
    def _possible(self) -> ImperfectionSpec:
        units = {"drift_start": "s", "time": "s", "row_wire": "Ohm", "column_wire": "Ohm"}
        for name, unit in {**units, "stuck_low": "1", "stuck_high": "1", "device_spread": "1"}.items():
            if getattr(self, name) is not None:
                _positive(name, getattr(self, name), unit, zero=name != "drift_start")
        if _nominal(self.stuck_low) + _nominal(self.stuck_high) > 1:
            raise ValueError("stuck_low and stuck_high are fractions of all cells; together they exceed 1")
        if (_nominal(self.row_wire) > 0) != (_nominal(self.column_wire) > 0):
            raise ValueError("row_wire and column_wire go together; give the better one a small resistance")
        return self


class WritingSpec(Sourced):
    """How arrays learn: see `ir.crossbar.Writing`."""

    method: Literal["pulses", "shadow"]
    step: float = Field(1.0, gt=0)
    asymmetry: float = Field(0.0, gt=-2, lt=2)
    slope: float = Field(0.0, ge=0, le=1)
    spread: float = Field(0.0, ge=0)
    every: int = Field(100, ge=1)
    zero: Literal["middle", "symmetric"] = "middle"

    @model_validator(mode="after")
    def _has_a_zero(self) -> WritingSpec:
        if self.zero == "symmetric" and not 0 <= self.writing.symmetric_point <= 1:
            raise ValueError(
                f"pulses of asymmetry {self.asymmetry:g} and slope {self.slope:g} are nowhere equal up and down; "
                "use a larger slope, or set zero to middle"
            )
        return self

    @property
    def writing(self) -> crossbar.Writing:
        """The same for the compiler and the emulator."""
        return crossbar.Writing(self.method, self.step, self.asymmetry, self.slope, self.spread, self.every, self.zero)


class Part(Sourced):
    """So many of one component; its power and area are prices of the table."""

    value: float = Field(gt=0)
    unit: Literal["1"] = "1"


class InventorySpec(Strict):
    """What a group of arrays, a tile and the chip consist of, beside the groups and tiles themselves."""

    group: dict[str, Part] = Field(default_factory=dict)
    tile: dict[str, Part] = Field(default_factory=dict)
    chip: dict[str, Part] = Field(default_factory=dict)


class CrossbarSpec(Strict):
    """One chip. `notes` become assumptions of every report."""

    schema_: Literal["neurohw.target/1"] = Field(alias="schema")
    name: str
    kind: Literal["crossbar"]
    about: str = ""
    price_table: str
    notes: tuple[str, ...] = ()
    array: ArraySpec
    chip: ChipSpec
    cells: CellSpec
    encoding: EncodingSpec
    converters: ConverterSpec
    imperfections: ImperfectionSpec = ImperfectionSpec()
    writing: WritingSpec
    accumulator_bits: Share
    inventory: InventorySpec = InventorySpec()

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
            _nominal(c.g_min), _nominal(c.g_max), c.levels.value if c.levels else None,
            _nominal(c.read_voltage), _nominal(c.read_time),
        )  # fmt: skip
        encoding = crossbar.Encoding(e.signs, e.pair_on, e.subtract, e.slices.value, e.flip)
        converters = crossbar.Converters(
            v.input_bits.value, v.dac_bits.value, v.adc_bits.value if v.adc_bits else None, v.adc_range,
            _nominal(v.full_scale), v.columns_per_adc.value,
        )  # fmt: skip
        imperfections = crossbar.Imperfections(
            programming=_law(flaws.programming),
            read=_law(flaws.read),
            drift=_law(flaws.drift),
            drift_start=_nominal(flaws.drift_start) or 1.0,
            time=_nominal(flaws.time),
            compensate=flaws.compensate.value if flaws.compensate else False,
            stuck_low=_nominal(flaws.stuck_low),
            stuck_high=_nominal(flaws.stuck_high),
            device_spread=_nominal(flaws.device_spread),
            row_wire=_nominal(flaws.row_wire),
            column_wire=_nominal(flaws.column_wire),
        )
        size = self.array.rows.value, self.array.columns.value
        return Crossbar(*size, cells, encoding, converters, imperfections, self.writing.writing)


def _law(spec: LawSpec | None) -> crossbar.Law:
    return crossbar.Law(spec.law, spec.scale) if spec else crossbar.NONE


def _positive(name: str, quantity: Quantity, unit: str, *, zero: bool = False) -> None:
    """ValueError unless the quantity is in `unit` and above 0 (or 0 too)."""
    if si_unit(quantity.unit) != unit:
        raise ValueError(f"{name} in {quantity.unit} is not in {unit}; give it in {unit}")
    if quantity.band.low < 0 or (quantity.band.nominal <= 0 and not zero):
        raise ValueError(
            f"{name} {quantity.value:g} {quantity.unit} is impossible; it must be {'0 or more' if zero else 'above 0'}"
        )
