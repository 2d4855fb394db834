"""A crossbar as the compiler and the emulator see it: cells, how weights and inputs are written on them, converters,
wires, and what is not ideal about them. Every imperfection is off unless it is set. `ir.crossbar_ranges` has what is
possible; `ir.engine.OnArrays` looks at it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

LAWS = {  # by what they are about; formulas are those of `backends.crossbar.devices`
    "programming": ("none", "constant", "pcm", "hermes", "milo", "wan", "sonos"),
    "read": ("none", "constant", "relative", "pcm"),
    "drift": ("none", "constant", "pcm"),
}
Signs = Literal["pair", "offset", "unit"]
CONTINUOUS_LEVELS = 256  # that count for the bits of a lossless sum: weights of 8 bits
Range = Literal["lossless", "max", "calibrated", "fixed"]


@dataclass(frozen=True)
class Law:
    """A named law of `backends.crossbar.devices`; `scale` is its parameter where it has one, else a factor."""

    name: str = "none"
    scale: float = 1.0


NONE = Law()


@dataclass(frozen=True)
class Cells:
    """One memory cell: conductances [S], levels (None: continuous), read voltage [V] of a full input, read time [s]."""

    g_min: float
    g_max: float
    levels: int | None
    read_voltage: float
    read_time: float


@dataclass(frozen=True)
class Encoding:
    """How signed weights of several digits lie on cells.

    signs: `pair` (positive and negative part on cells of their own, side by side on columns or on rows),
    `offset` (weight + B on one cell; an array-wide reference column at B is subtracted), `unit` (the same, but the
    reference is a column of ones, whose sum the digital side multiplies by B). `slices`: digits of a weight, each of
    as many values as a cell has levels, on columns of their own. `subtract`: currents before the converter or numbers
    after it. `flip` (with `unit`): a column whose digits are mostly large stores their complement, as ISAAC does,
    which saves a bit of the converter.
    """

    signs: Signs = "pair"
    pair_on: Literal["columns", "rows"] = "columns"
    subtract: Literal["analog", "digital"] = "analog"
    slices: int = 1
    flip: bool = False


@dataclass(frozen=True)
class Converters:
    """Inputs of `input_bits` arrive as digits of `dac_bits`; sums leave through converters of `adc_bits`.

    adc_range: `lossless` (one step is one unit of input and weight digit, as many bits as that takes), `max` (the
    largest possible sum fits), `calibrated` (the largest sum of the first inputs fits), `fixed` (`full_scale` [A]).
    `columns_per_adc`: columns that share a converter, one after the other.
    """

    input_bits: int = 8
    dac_bits: int = 8
    adc_bits: int | None = None
    adc_range: Range = "lossless"
    full_scale: float = 0.0
    columns_per_adc: int = 1


@dataclass(frozen=True)
class Imperfections:
    """What real arrays do. Fractions are of g_max (`device_spread`: of the programmed step from g_min).

    programming, read, drift: laws of the deviation at programming, of each read, and of the decay with time;
    `time` [s] since programming, `drift_start` [s] the time at which the programmed values hold; `compensate`: one
    digital factor an array, from a read of all rows: a floating-point number that multiplies the array's sums after
    the converters, before the sums of all arrays are added up and rounded to an integer. stuck_low, stuck_high:
    fractions of cells that stay at g_min or g_max; device_spread: standard deviation of the devices' gain; wires [Ohm]
    between neighbouring cells.

    Arrays are read at `drift_start` at the earliest: a smaller `time` is that time (as t_0 of aihwkit).
    """

    programming: Law = NONE
    read: Law = NONE
    drift: Law = NONE
    drift_start: float = 1.0
    time: float = 0.0
    compensate: bool = False
    stuck_low: float = 0.0
    stuck_high: float = 0.0
    device_spread: float = 0.0
    row_wire: float = 0.0
    column_wire: float = 0.0

    @property
    def read_at(self) -> float:
        """Time of reads [s] since programming."""
        return max(self.time, self.drift_start)

    @property
    def wires(self) -> bool:
        """Whether IR drop is on."""
        return self.row_wire > 0 or self.column_wire > 0


IDEAL = Imperfections()


@dataclass(frozen=True)
class Writing:
    """How arrays learn.

    method: `pulses` (each unit of a weight update is one pulse to a cell) or `shadow` (weights are kept in digital
    memory; every `every` fixations the cells whose digit has changed are programmed anew). Pulse of a cell, in units of
    one weight step:
        up:   dw = step (1 + asymmetry / 2) (1 - slope x) (1 + spread n),  x in 0..1 from g_min to g_max
        down: dw = step (1 - asymmetry / 2) (1 - slope (1 - x)) (1 + spread n)
    with n a standard normal number a pulse; cells end at g_min and g_max. slope 0: linear with hard bounds, 1: soft
    bounds. One cell a weight (offset, unit) takes pulses up and down; of a pair each cell takes only those up, and
    every `every` fixations crowded pairs are written anew. `zero`: where on a single cell a weight of 0 lies, in the
    `middle` of the range or at the `symmetric` point, at which pulses up and down are equally large.
    Source: soft-bounds device of aihwkit (Rasch et al. 2021); symmetric point: Gokmen and Haensch 2020.
    """

    method: Literal["pulses", "shadow"] = "shadow"
    step: float = 1.0
    asymmetry: float = 0.0
    slope: float = 0.0
    spread: float = 0.0
    every: int = 100
    zero: Literal["middle", "symmetric"] = "middle"

    @property
    def symmetric_point(self) -> float:
        """x at which pulses up and down are equally large; outside 0..1 there is none."""
        if self.slope == 0:
            return 0.5 if self.asymmetry == 0 else float("inf")
        return 0.5 + self.asymmetry / (2 * self.slope) - self.asymmetry / 4


@dataclass(frozen=True)
class Crossbar:
    """Arrays of `rows` x `columns` cells and everything on their way in and out."""

    rows: int
    columns: int
    cells: Cells
    encoding: Encoding = Encoding()
    converters: Converters = Converters()
    imperfections: Imperfections = IDEAL
    writing: Writing = field(default_factory=Writing)

    @property
    def inputs(self) -> int:
        """Most inputs of one array."""
        return self.rows // self.rows_per_input

    @property
    def rows_per_input(self) -> int:
        """Rows that one input drives."""
        return 2 if self._pairs_rows else 1

    @property
    def dummy(self) -> bool:
        """Whether arrays have a column at g_min that is taken off currents which are converted one by one."""
        e = self.encoding
        return self.cells.g_min > 0 and (e.signs == "unit" or (e.subtract == "digital" and not self._pairs_rows))

    @property
    def shared_columns(self) -> int:
        """Columns of an array that serve all its outputs: references, ones, the dummy."""
        e = self.encoding
        return {"pair": 0, "offset": e.slices, "unit": 1}[e.signs] + self.dummy

    @property
    def columns_per_output(self) -> int:
        """Columns that one output takes."""
        e = self.encoding
        return e.slices * (2 if e.signs == "pair" and e.pair_on == "columns" else 1)

    @property
    def outputs(self) -> int:
        """Most outputs of one array."""
        return (self.columns - self.shared_columns) // self.columns_per_output

    def converted(self, outputs: int) -> int:
        """Currents that are converted in one read of an array with so many outputs in use."""
        e = self.encoding
        apart = e.subtract == "digital"
        if e.signs == "pair":
            return outputs * e.slices * (2 if apart and not self._pairs_rows else 1)
        return outputs * e.slices + (1 if e.signs == "unit" else e.slices if apart else 0)

    @property
    def signed(self) -> bool:
        """Whether currents that are converted can have both signs."""
        e = self.encoding
        return self._pairs_rows or (e.signs != "unit" and e.subtract == "analog")

    @property
    def _pairs_rows(self) -> bool:
        return self.encoding.signs == "pair" and self.encoding.pair_on == "rows"

    @property
    def properties(self) -> dict[str, float]:
        """What prices may grow with: bits of a converter and of a driver, cells of an array."""
        c = self.converters
        digit = min(c.dac_bits, c.input_bits)
        top = (self.cells.levels or CONTINUOUS_LEVELS) - 1
        lossless = (self.rows * (2**digit - 1) * top).bit_length() + self.signed
        return {"adc_bits": c.adc_bits or lossless, "dac_bits": digit, "cells": self.rows * self.columns}

    @property
    def weight_range(self) -> tuple[float, float]:
        """Smallest and largest weight, in steps of the weight's format; continuous cells take any."""
        if self.cells.levels is None:
            return float("-inf"), float("inf")
        values = self.cells.levels**self.encoding.slices
        if self.encoding.signs == "pair":
            return -(values - 1), values - 1
        if self.encoding.slices == 1:  # a digit of its own is stretched over the levels, the same on both sides
            return -((values - 1) // 2), (values - 1) // 2
        return -(values // 2), values - 1 - values // 2
