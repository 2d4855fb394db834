"""Arrays given in Python are possible ones, with every number in its range and parts that go together."""

from dataclasses import fields, replace

import pytest

from neurohw.errors import NeurohwError
from neurohw.ir.crossbar import Cells, Converters, Crossbar, Encoding, Imperfections, Law, Writing
from neurohw.ir.crossbar_ranges import CROSSBAR, PARTS
from neurohw.ir.engine import OnArrays

CELLS = Cells(0.0, 1e-4, None, 0.2, 1e-7)
DESIGN = Crossbar(64, 64, CELLS)
WRONG = ("x", [1], float("nan"), -3)


def problems(design=DESIGN, **options):
    with pytest.raises(NeurohwError) as error:
        OnArrays(design, **options)
    return [str(problem) for problem in error.value.problems]


NAMES = [(part, f.name) for part in PARTS for f in fields(getattr(DESIGN, part))]


@pytest.mark.parametrize(("part", "name"), NAMES)
def test_every_number_of_every_part_has_its_range(part, name):
    OnArrays(DESIGN)
    for value in WRONG:
        changed = replace(DESIGN, **{part: replace(getattr(DESIGN, part), **{name: value})})
        (found,) = problems(changed)
        assert found.startswith(f"arrays.design.{part}.{name}: is ")
        assert "; needs " in found


def test_every_field_has_a_range():
    assert set(CROSSBAR) == {f.name for f in fields(Crossbar)}
    for part, ranges in PARTS.items():
        assert set(ranges) == {f.name for f in fields(getattr(DESIGN, part))}


def test_all_that_is_wrong_with_arrays_is_named_at_once():
    cells, flaws = replace(CELLS, g_min=1.0), Imperfections(Law("pmc"), Law("constant", -1), time=-1)
    design = Crossbar(0, 64.0, cells, Encoding("pairs"), Converters(8, 8, None, "max"), flaws, Writing(every=0))
    wrong = [text.partition(":")[0] for text in problems(design, seed=-1, metered="no", calibration=3)]
    assert wrong == [
        "arrays.seed", "arrays.metered", "arrays.calibration", "arrays.design.rows", "arrays.design.columns",
        "arrays.design.cells", "arrays.design.encoding.signs", "arrays.design.converters",
        "arrays.design.imperfections.time", "arrays.design.imperfections.programming.name",
        "arrays.design.imperfections.read.scale", "arrays.design.writing.every",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cells": Cells(1e-4, 1e-5, 4, 0.2, 1e-7)}, "cells: g_min 0.0001 S is not below g_max 1e-05 S"),
        ({"encoding": Encoding(flip=True)}, "encoding: flip needs the sum of the inputs, which signs: pair lacks"),
        ({"converters": Converters(8, 8, None, "max")}, "converters: adc_range max needs adc_bits"),
        ({"converters": Converters(8, 8, None, "calibrated")}, "converters: adc_range calibrated needs adc_bits"),
        ({"converters": Converters(8, 8, 8, "fixed")}, "converters: full_scale goes with adc_range fixed"),
        ({"converters": Converters(8, 8, 8, "max", 1e-3)}, "converters: full_scale goes with adc_range fixed"),
        ({"imperfections": Imperfections(row_wire=1.0)}, "imperfections: row_wire and column_wire go together"),
        ({"imperfections": Imperfections(stuck_low=0.6, stuck_high=0.6)}, "imperfections: stuck_low and stuck_high"),
        ({"imperfections": 5}, "imperfections: is 5; needs Imperfections"),
        ({"writing": Writing(asymmetry=2.0)}, "writing.asymmetry: is 2.0; needs a finite number above -2, below 2"),
        ({"writing": Writing(zero="symmetric", asymmetry=1.0)}, "writing: pulses of asymmetry 1 and slope 0"),
        ({"encoding": Encoding(slices=2)}, ": 2 slices need cells with levels"),
        ({"converters": Converters(8, 8, 1)}, ": converters of currents of both signs need 2 bits or more"),
        ({"columns": 1}, ": an array of 64 x 1 holds no output: it takes 2 columns"),
        ({"cells": replace(CELLS, levels=4), "encoding": Encoding(slices=21)}, ": 21 slices of 4 levels hold more"),
    ],
)
def test_what_does_not_go_together_is_named(changes, text):
    (found,) = problems(replace(DESIGN, **changes))
    assert found.startswith(f"arrays.design{text if text[0] == ':' else f'.{text}'}")


def test_what_is_no_design_is_named():
    assert problems("xbar") == ["arrays.design: is 'xbar'; needs a Crossbar; give target.design"]
