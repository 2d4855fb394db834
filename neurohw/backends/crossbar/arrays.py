"""One array: weights as conductances with all that is not ideal about them, ready to be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar.devices import Devices, read_sigma
from neurohw.backends.crossbar.irdrop import effective_conductance, input_admittance
from neurohw.backends.crossbar.levels import NOWHERE, Levels, write_levels
from neurohw.backends.crossbar.reads import ROOM, Codes, Digits, Tally, convert, cut, places
from neurohw.ir.crossbar import Cells, Crossbar

Floats = NDArray[np.float64]
TINY = 1e-300
EXACT = 1 << 24  # integers below this are exact in float32


@dataclass
class Array:
    """Cells of one array and what reading them gives.

    `matrix` [inputs, converters]: current of each converter for an input digit of one, in steps of weight x input;
    `noise` [inputs, columns]: variance of a read in the same units, None without read noise; `power` [inputs] or
    [inputs, inputs]: energy [J] of one read for squared digits, or for products of digits where wires make rows
    share currents; `factor`: of drift compensation, by which the digital side multiplies what converters say.
    """

    design: Crossbar
    levels: Levels
    matrix: NDArray[Any]
    noise: NDArray[Any] | None
    power: Floats
    factor: float
    codes: Codes
    digits: Digits
    tally: Tally
    rng: np.random.Generator
    uncalibrated: bool = False
    reads: int = 0
    energy: float = 0.0

    def read(self, x: NDArray[np.int32], out: Floats) -> None:
        """Add the outputs for non-negative inputs x [n, inputs] to out [n, outputs]."""
        planes = self.digits.planes
        height = max(1, ROOM // (planes * max(self.matrix.shape)))
        found = out if self.factor == 1 else np.zeros_like(out)
        kind = self.matrix.dtype
        room, counts = np.empty(self.matrix.shape[1], kind if planes == 1 else float), places(self.digits, kind)
        for start in range(0, len(x), height):
            part = x[start : start + height]
            digits = np.empty((len(part) * planes, part.shape[1]), kind)
            cut(part, planes, self.digits.bits, digits, self.tally.active, self.tally.squares)
            z = digits @ self.matrix
            if self.noise is not None:
                self._disturb(z, digits)
            if self.uncalibrated:
                self._calibrate(z)
            if self.power.ndim == 2:
                self.energy += float(np.einsum("bi,bi->", digits @ self.power, digits))
            convert(
                z, counts, *self.codes, self.levels.coefficients, self.levels.shared, room,
                found[start : start + height], self.tally.clipped,
            )  # fmt: skip
        if found is not out:
            out += self.factor * found
        self.reads += len(x) * planes

    def _calibrate(self, z: NDArray[Any]) -> None:
        """Let the largest current so far fill the converters' range: one range for the outputs, one for the rest."""
        step, own = self.codes.step, self.levels.coefficients.size
        for part in (slice(0, own), slice(own, None)):
            if z[:, part].size:
                step[part] = np.maximum(step[part], float(np.abs(z[:, part]).max()) / self.codes.high[part])
        self.codes.inverse[:] = 1 / step

    def forget(self) -> None:
        """Start counting anew."""
        self.reads, self.energy = 0, 0.0
        for counts in self.tally:
            counts[:] = 0

    def _disturb(self, z: NDArray[Any], digits: NDArray[Any]) -> None:
        """Read noise of every column: the sum of independent normal deviations of its cells is normal itself."""
        assert self.noise is not None
        deviation = np.sqrt((digits * digits) @ self.noise)
        deviation *= self.rng.standard_normal(deviation.shape, np.float32)
        z += deviation[:, self.levels.plus]
        taken = self.levels.minus != NOWHERE
        if taken.any():
            z[:, taken] -= deviation[:, self.levels.minus[taken]]

    @property
    def read_energy(self) -> float:
        """Energy [J] that all reads have drawn from the rows."""
        return self.energy if self.power.ndim == 2 else float(self.tally.squares @ self.power)


def make_array(
    weights: NDArray[Any], design: Crossbar, top: int, digits: Digits, seeds: np.random.SeedSequence,
    metered: bool = True,
) -> Array:  # fmt: skip
    """Write `weights` [inputs, outputs], in steps of their format, of a matrix whose largest is `top`.

    `metered`: find the energy that reads draw, which with wires takes longer than all the rest.
    """
    made, written, read = (np.random.default_rng(s) for s in seeds.spawn(3))
    design = frozen(design)
    levels = write_levels(weights, design, top)
    devices = Devices(design.cells, design.imperfections, levels.digits.shape, made, written)
    fresh = devices.program(targets(levels, design))
    g = devices.age(fresh)
    flaws = design.imperfections
    transfer = effective_conductance(g, flaws.row_wire, flaws.column_wire) if flaws.wires else g
    matrix, noise = sense(g, transfer, levels, design)
    kind = width(levels, digits)
    inputs = len(weights)
    return Array(
        design, levels, np.ascontiguousarray(matrix, kind), None if noise is None else noise.astype(kind),
        _power(g, design, levels, digits) if metered else np.zeros(inputs), compensation(fresh, g, design),
        codes(design, levels, digits, kind), digits,
        Tally(np.zeros(inputs, np.int64), np.zeros(inputs), np.zeros(1, np.int64)), read,
        design.converters.adc_range == "calibrated",
    )  # fmt: skip


def frozen(design: Crossbar) -> Crossbar:
    """The same arrays for weights that do not learn, whose zero is the middle of the range wherever pulses want it."""
    return replace(design, writing=replace(design.writing, zero="middle"))


def one_step(levels: Levels, cells: Cells) -> float:
    """Conductance [S] of one step of weight."""
    return (cells.g_max - cells.g_min) * levels.step


def targets(levels: Levels, design: Crossbar) -> Floats:
    """Conductances [S] that the digits of an array ask for."""
    return design.cells.g_min + one_step(levels, design.cells) * levels.digits


def compensation(fresh: Floats, aged: Floats, design: Crossbar) -> float:
    """The digital factor that undoes the mean drift of an array, from a read of all its rows.

    It multiplies what converters say, so currents that have drifted take fewer codes, and the error of each counts as
    much more (`GlobalDriftCompensation` of aihwkit).
    """
    return float(fresh.sum() / aged.sum()) if design.imperfections.compensate and aged.sum() > 0 else 1.0


def width(levels: Levels, digits: Digits) -> Any:
    """Floats in which all sums of an array are exact, those of the outputs too."""
    own = levels.coefficients.size
    parts = np.abs(levels.coefficients) * levels.largest[:own].reshape(levels.coefficients.shape)
    shared = np.abs(levels.shared) * levels.largest[own:, None]
    sums = parts.sum(axis=0) + shared.sum(axis=0)
    most = max(float(sums.max(initial=0)), float(levels.largest.max(initial=0)))
    return np.float32 if most * digits.largest < EXACT else np.float64


def sense(g: Floats, transfer: Floats, levels: Levels, design: Crossbar) -> tuple[Floats, Floats | None]:
    """What conductances g [rows, columns], of which the wires leave `transfer`, give when they are read.

    Current of each converter for a digit of one [inputs, converters], and variance of a read [inputs, columns] (None
    without read noise), both in steps of weight x input.
    """
    cells, flaws, one = design.cells, design.imperfections, one_step(levels, design.cells)
    noise = None
    if flaws.read.name != "none":
        sigma = read_sigma(flaws.read, g, cells.g_max, flaws.read_at)
        noise = _joined(np.square(sigma * share(transfer, g) / one), levels, np.add)
    sensed = _joined(transfer, levels, np.subtract)
    matrix = sensed[:, levels.plus] * (1 / one)
    taken = levels.minus != NOWHERE
    matrix[:, taken] -= sensed[:, levels.minus[taken]] * (1 / one)
    return matrix, noise


def share(transfer: Floats, g: Floats) -> Floats:
    """How much of a small change of each cell of g [S] the wires let through, when they leave `transfer` of it.

    Product of what they leave of the cell's row and of its column: a cell's own quotient says nothing where it is
    nearly off, as currents that come around through others are part of its transfer.
    """
    if transfer is g:
        return np.ones_like(g)

    def left(axis: int | None) -> Any:
        return transfer.sum(axis, keepdims=True) / np.maximum(g.sum(axis, keepdims=True), TINY)

    return np.asarray(left(0) * left(1) / np.maximum(left(None), TINY))


def _joined(cells: Floats, levels: Levels, join: Any) -> Floats:
    """Rows of one input together: the second of a pair is driven with the opposite voltage."""
    return np.asarray(join(cells[0::2], cells[1::2])) if levels.pairs_rows else cells


def _power(g: Floats, design: Crossbar, levels: Levels, digits: Digits) -> Floats:
    """Energy [J] of one read, sum V_i I_i t: V^2 G t of each input, or with wires the circuit's quadratic form."""
    flaws, volt = design.imperfections, design.cells.read_voltage / digits.largest
    scale = volt**2 * design.cells.read_time
    if not flaws.wires:
        drawn = np.asarray(g.sum(axis=1) * scale)
        return np.asarray(drawn[0::2] + drawn[1::2]) if levels.pairs_rows else drawn
    form = input_admittance(g, flaws.row_wire, flaws.column_wire) * scale
    if levels.pairs_rows:
        form = form[0::2, 0::2] + form[1::2, 1::2] - form[0::2, 1::2] - form[1::2, 0::2]
    return np.asarray(form)


def codes(design: Crossbar, levels: Levels, digits: Digits, kind: Any) -> Codes:
    """Converters of an array by the rule of its range, before any calibration."""
    c = design.converters
    bound = levels.largest * digits.largest
    if c.adc_bits is None:
        top = np.floor(bound + 0.5)
    else:
        top = np.full(len(bound), float((1 << (c.adc_bits - levels.signed)) - 1))
    low = -top - (c.adc_bits is not None) if levels.signed else np.zeros(len(bound))
    step = np.ones(len(bound))
    if c.adc_range == "max":
        step = np.maximum(bound / top, 1.0)
    if c.adc_range == "calibrated":
        step = 1e-6 / top  # until currents have been seen
    elif c.adc_range == "fixed":
        step[:] = c.full_scale / top / (one_step(levels, design.cells) * design.cells.read_voltage / digits.largest)
    return Codes(*(np.asarray(v, kind) for v in (step, 1 / step, low, top)))
