"""What a crossbar may be: numbers of each part, what does not go together, and arrays that hold no output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

from neurohw.errors import Problem
from neurohw.ir.checks import FLAG, Kind, Ranges, Real, Whole, field_problems
from neurohw.ir.crossbar import LAWS, Cells, Converters, Crossbar, Encoding, Imperfections, Law, Range, Signs, Writing

INF = float("inf")
COUNT, POSITIVE, UP = Whole(1, (1 << 31) - 1), Real(0, INF, above=True), Real(0, INF)
BITS = Whole(1, 24)  # as far as sums stay exact
MOST_VALUES = 1 << 40  # of a weight: what stays exact in sums
LAW, SCALE = Kind((Law,), "a law", 'such as Law("constant", 0.01)'), {"scale": UP}
CROSSBAR: Ranges = {
    "rows": COUNT, "columns": COUNT, "cells": Kind((Cells,), "Cells"), "encoding": Kind((Encoding,), "an Encoding"),
    "converters": Kind((Converters,), "Converters"), "imperfections": Kind((Imperfections,), "Imperfections"),
    "writing": Kind((Writing,), "a Writing"),
}  # fmt: skip
PARTS: dict[str, Ranges] = {
    "cells": {
        "g_min": UP, "g_max": POSITIVE, "levels": Whole(2, (1 << 31) - 1, none=True), "read_voltage": POSITIVE,
        "read_time": POSITIVE,
    },
    "encoding": {
        "signs": get_args(Signs), "pair_on": ("columns", "rows"), "subtract": ("analog", "digital"), "slices": COUNT,
        "flip": FLAG,
    },
    "converters": {
        "input_bits": BITS, "dac_bits": BITS, "adc_bits": Whole(1, BITS.high, none=True), "adc_range": get_args(Range),
        "full_scale": UP, "columns_per_adc": COUNT,
    },
    "imperfections": {
        "programming": LAW, "read": LAW, "drift": LAW, "drift_start": POSITIVE, "time": UP, "compensate": FLAG,
        "stuck_low": Real(0, 1), "stuck_high": Real(0, 1), "device_spread": UP, "row_wire": UP, "column_wire": UP,
    },
    "writing": {
        "method": ("pulses", "shadow"), "step": POSITIVE, "asymmetry": Real(-2, 2, above=True, below=True),
        "slope": Real(0, 1), "spread": UP, "every": COUNT, "zero": ("middle", "symmetric"),
    },
}  # fmt: skip


def crossbar_problems(where: str, design: Crossbar) -> list[Problem]:
    """Everything that is wrong with a design; what does not go together is looked for where all else is right."""
    found = list(field_problems(where, design, CROSSBAR))
    wrong = {problem.where for problem in found}
    for name, ranges in PARTS.items():
        if f"{where}.{name}" not in wrong:
            found += _part_problems(f"{where}.{name}", getattr(design, name), name, ranges)
    return found or list(together_problems(where, design))


def _part_problems(where: str, part: Any, name: str, ranges: Ranges) -> Iterator[Problem]:
    found = list(field_problems(where, part, ranges))
    for law, names in LAWS.items() if isinstance(part, Imperfections) else ():
        if isinstance(getattr(part, law), Law):
            found += field_problems(f"{where}.{law}", getattr(part, law), {"name": names, **SCALE})
    yield from found or TOGETHER[name](where, part)


def cell_problems(where: str, cells: Cells) -> Iterator[Problem]:
    """Conductances that leave nothing between them."""
    if cells.g_min >= cells.g_max:
        what = f"g_min {cells.g_min:g} S is not below g_max {cells.g_max:g} S"
        yield Problem(where, what, "a cell stores nothing between them", "swap them or check the units")


def encoding_problems(where: str, encoding: Encoding) -> Iterator[Problem]:
    """Complements without the sum of the inputs that makes up for them."""
    if encoding.flip and encoding.signs != "unit":
        what = f"flip needs the sum of the inputs, which signs: {encoding.signs} lacks"
        yield Problem(where, what, fix="set signs to unit")


def converter_problems(where: str, converters: Converters) -> Iterator[Problem]:
    """Ranges without the bits or the full scale that they need, and a full scale that nothing reads."""
    if converters.adc_range != "lossless" and converters.adc_bits is None:
        what = f"adc_range {converters.adc_range} needs adc_bits"
        yield Problem(where, what, fix="give them, or set adc_range to lossless")
    if (converters.adc_range == "fixed") != (converters.full_scale > 0):
        yield Problem(where, "full_scale goes with adc_range fixed", fix="give both or neither")


def flaw_problems(where: str, flaws: Imperfections) -> Iterator[Problem]:
    """More stuck cells than there are, and wires in one direction only."""
    if flaws.stuck_low + flaws.stuck_high > 1:
        yield Problem(where, "stuck_low and stuck_high are fractions of all cells", "together they exceed 1")
    if (flaws.row_wire > 0) != (flaws.column_wire > 0):
        yield Problem(where, "row_wire and column_wire go together", fix="give the better one a small resistance")


def writing_problems(where: str, writing: Writing) -> Iterator[Problem]:
    """A symmetric point that there is not."""
    if writing.zero == "symmetric" and not 0 <= writing.symmetric_point <= 1:
        what = f"pulses of asymmetry {writing.asymmetry:g} and slope {writing.slope:g} are nowhere equal up and down"
        yield Problem(where, what, fix="use a larger slope, or set zero to middle")


TOGETHER: dict[str, Callable[[str, Any], Iterator[Problem]]] = {
    "cells": cell_problems, "encoding": encoding_problems, "converters": converter_problems,
    "imperfections": flaw_problems, "writing": writing_problems,
}  # fmt: skip


def together_problems(where: str, design: Crossbar) -> Iterator[Problem]:
    """Parts that do not go together, and arrays too small for an output."""
    levels, slices = design.cells.levels, design.encoding.slices
    pulses = design.writing.method == "pulses"
    if slices > 1 and levels is None:
        yield Problem(where, f"{slices} slices need cells with levels", fix="give cells.levels or set slices to 1")
    if slices > 1 and pulses:
        what = f"a weight on {slices} slices cannot learn by pulses: a carry would move several cells"
        yield Problem(where, what, fix="set writing.method to shadow or encoding.slices to 1")
    if design.encoding.flip and pulses:
        what, fix = (
            "pulses move a flipped column the wrong way",
            "set writing.method to shadow or encoding.flip to false",
        )
        yield Problem(where, what, fix=fix)
    if design.converters.adc_bits == 1 and design.signed:
        what = "converters of currents of both signs need 2 bits or more"
        yield Problem(where, what, fix="give adc_bits of 2 or more")
    if design.inputs < 1 or design.outputs < 1:
        what = f"an array of {design.rows} x {design.columns} holds no output: it takes {design.columns_per_output} "
        what += f"columns and all outputs share {design.shared_columns}"
        yield Problem(where, what, fix="use larger arrays or fewer slices")
    if levels is not None and levels ** min(slices, 64) > MOST_VALUES:
        what = f"{slices} slices of {levels} levels hold more than 2^40 values"
        yield Problem(where, what, fix="use fewer slices")
