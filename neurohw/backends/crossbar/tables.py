"""Arrays that learn as flat tables, so that one compiled call can read and write them; see `kernels`.

Conductances are in units of one step of weight; everything is float64, so that whole numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar.arrays import codes
from neurohw.backends.crossbar.plastic import PlasticArray
from neurohw.ir.crossbar import Crossbar

WHOLE = (
    *("first_input", "inputs", "first_output", "outputs", "rows_per_input", "columns", "columns_per_output"),
    *("converters", "blocks", "shared", "planes", "bits", "base", "slices", "offset"),
    *("noisy", "calibrated", "pairs", "apart", "minus_cell", "minus_converter", "minus_sign"),
)
PLACES = ("cell", "entry", "deviation", "row", "converter", "coefficient", "common")  # where its part of each begins
REAL = ("low", "high", "factor", "joule")
ARRAY = np.dtype([*((n, "i4") for n in WHOLE), *((n, "i8") for n in PLACES), *((n, "f8") for n in REAL)])
NEVER, PULSES, SHADOW = range(3)
GROUP = 16  # rows that are added to all planes before the next: they stay in the first-level cache


class Writer(NamedTuple):
    """How the compiled call writes: not at all, by pulses, or digits of the shadow every so many samples.

    step, asymmetry, slope and spread are those of `ir.crossbar.Writing`.
    """

    method: int
    every: int
    step: float
    asymmetry: float
    slope: float
    spread: float


class Arrays(NamedTuple):
    """Arrays in the order of their projections: those of projection k are first[k] .. first[k + 1] - 1."""

    records: NDArray[Any]  # ARRAY
    first: NDArray[np.int64]
    truncated: NDArray[np.int64]  # of each projection: bits that its stored weights are shifted by
    held: NDArray[np.int16]  # weights of the plastic projections as the cells hold them, where digits are written
    cells: NDArray[np.float64]  # [rows, columns] of each array
    ratio: NDArray[np.float64]  # of each cell: how much of its conductance the wires leave
    gain: NDArray[np.float64]  # of each cell: size of its pulses, 0 if it is stuck
    power: NDArray[np.float64]  # of each input: joules of a read for a squared digit
    matrix: NDArray[Any]  # [inputs, converters]
    variance: NDArray[Any]  # [inputs, columns], where there is read noise
    step: NDArray[Any]  # of each converter, and what follows
    inverse: NDArray[Any]
    bottom: NDArray[Any]
    top: NDArray[Any]
    plus: NDArray[np.int64]
    minus: NDArray[np.int64]
    coefficients: NDArray[Any]  # [blocks, outputs]
    common: NDArray[Any]  # [shared, outputs]


class Counts(NamedTuple):
    """What arrays did: of each array, but for the last two, of each projection."""

    reads: NDArray[np.int64]
    active: NDArray[np.int64]
    clipped: NDArray[np.int64]
    pulses: NDArray[np.int64]
    written: NDArray[np.int64]
    ended: NDArray[np.int64]  # pulses after which a cell is at the end of its range
    energy: NDArray[np.float64]
    vectors: NDArray[np.int64]
    beyond: NDArray[np.int64]  # inputs larger than the drivers take


class Room(NamedTuple):
    """Space for one read of the largest array."""

    sums: NDArray[np.float64]
    part: NDArray[np.float64]
    currents: NDArray[Any]
    deviations: NDArray[Any]
    codes: NDArray[Any]  # of each converter, summed over the planes
    places: NDArray[Any]  # of each plane that drives rows: what a digit counts
    shifts: NDArray[np.int64]  # which bits it is
    driven: NDArray[np.int64]  # how many rows
    spent: NDArray[np.float64]  # joules
    entries: NDArray[np.int64]  # of each row of a group: where it begins in `matrix`
    factors: NDArray[np.float64]
    noises: NDArray[np.int64]  # and in `variance`
    squares: NDArray[np.float64]
    rows: NDArray[np.int64]
    digits: NDArray[np.int64]
    seen: NDArray[np.int64]  # [plastic, 3]: what learning had counted when it was last written


def lay_out(
    parts: Sequence[PlasticArray], first: Sequence[int], truncated: Sequence[int], held: NDArray[np.int16]
) -> Arrays:
    """The tables of `parts`, of which first[k] is the first of projection k."""
    converters = [codes(p.design, p.levels, p.digits, np.float64) for p in parts]
    variances = [np.zeros((0, 0)) if p.variance is None else p.variance for p in parts]
    columns = {
        "cell": [p.g / p.one for p in parts], "entry": [p.matrix for p in parts], "deviation": variances,
        "row": [p.power for p in parts], "converter": [c.step for c in converters],
        "coefficient": [p.levels.coefficients for p in parts], "common": [p.levels.shared for p in parts],
    }  # fmt: skip
    records = np.zeros(len(parts), ARRAY)
    for row, part in zip(records, parts):
        for name, value in _record(part).items():
            row[name] = value
    for name, found in columns.items():
        records[name] = np.cumsum([0, *(f.size for f in found)])[:-1]
    step, inverse, bottom, top = (_flat([c[k] for c in converters]) for k in range(4))
    return Arrays(
        records, np.array(first, np.int64), np.array(truncated, np.int64), held, _flat(columns["cell"]),
        _flat([p.ratio for p in parts]), _flat([p.gain for p in parts]), _flat(columns["row"]),
        _flat(columns["entry"]), _flat(variances), step, inverse, bottom, top,
        _flat([p.levels.plus for p in parts], np.int64), _flat([p.levels.minus for p in parts], np.int64),
        _flat(columns["coefficient"]), _flat(columns["common"]),
    )  # fmt: skip


def _record(part: PlasticArray) -> dict[str, Any]:
    """The numbers of one array that do not depend on the others."""
    design, levels, r = part.design, part.levels, part.rectangle
    e, cells = design.encoding, design.cells
    pairs, apart = e.signs == "pair", e.subtract == "digital" and not levels.pairs_rows
    blocks, outputs = levels.coefficients.shape
    return {
        "first_input": r.inputs[0], "inputs": r.shape[0], "first_output": r.outputs[0], "outputs": outputs,
        "rows_per_input": design.rows_per_input, "columns": levels.digits.shape[1],
        "columns_per_output": design.columns_per_output, "converters": len(levels.plus), "blocks": blocks,
        "shared": len(levels.shared), "planes": part.digits.planes, "bits": part.digits.bits, "base": levels.base,
        "slices": e.slices, "offset": levels.offset, "noisy": part.variance is not None,
        "calibrated": design.converters.adc_range == "calibrated", "pairs": pairs, "apart": apart or e.signs == "unit",
        "minus_cell": levels.digits.shape[1] if levels.pairs_rows else 1,
        "minus_converter": outputs if apart else 0, "minus_sign": 1 if apart else -1,
        "low": cells.g_min / part.one, "high": cells.g_max / part.one, "factor": part.factor, "joule": part.joule,
    }  # fmt: skip


def counts(arrays: int, projections: int) -> Counts:
    """All zero."""
    reads, active, clipped, pulses, written, ended = np.zeros((6, arrays), np.int64)
    vectors, beyond = np.zeros((2, projections), np.int64)
    return Counts(reads, active, clipped, pulses, written, ended, np.zeros(arrays), vectors, beyond)


def room(arrays: Arrays, n_post: int, plastics: int) -> Room:
    """Room for the largest of the arrays."""
    most = {name: int(arrays.records[name].max(initial=1)) for name in ("inputs", "outputs", "columns", "converters")}
    planes = int(arrays.records["planes"].max(initial=1))
    return Room(
        np.empty(max(1, n_post)), np.empty(most["outputs"]), np.empty(planes * most["converters"]),
        np.empty(planes * most["columns"]), np.empty(most["converters"]), np.empty(planes),
        np.empty(planes, np.int64), np.empty(planes, np.int64), np.empty(planes),
        np.empty(GROUP, np.int64), np.empty(GROUP), np.empty(GROUP, np.int64), np.empty(GROUP),
        np.empty(most["inputs"], np.int64), np.empty(most["inputs"], np.int64),
        np.zeros((plastics, 3), np.int64),
    )  # fmt: skip


def writer(design: Crossbar, quick: bool, plastic: bool) -> Writer:
    """How the compiled call writes; `quick`: digits are all there is to a cell."""
    w = design.writing
    method = NEVER if not plastic else PULSES if w.method == "pulses" else SHADOW if quick else NEVER
    return Writer(method, w.every, w.step, w.asymmetry, w.slope, w.spread)


def _flat(parts: Sequence[Any], kind: Any = np.float64) -> NDArray[Any]:
    return np.asarray(np.concatenate([np.zeros(0, kind), *(np.ravel(part) for part in parts)]), kind)
