"""In-memory chips that cannot be, networks that do not fit them, and what is warned of."""

from __future__ import annotations

import numpy as np
import pytest
from support.chips import CHIPS, chip, layer

from neurohw import api
from neurohw.compiler.pipeline import compile_network
from neurohw.errors import NeurohwError


@pytest.mark.parametrize(
    ("where", "value", "expected"),
    [
        (("cells", "g_min", "value"), 600, "g_min 600 uS is not below g_max 500 uS"),
        (("cells", "g_min", "value"), -1, "g_min -1 uS is impossible; it must be 0 or more"),
        (("cells", "g_max", "unit"), "Ohm", "g_max in Ohm is not in S; give it in S"),
        (("cells", "levels", "value"), 1, "cells of 1 level store nothing"),
        (("cells", "read_time", "value"), 0, "read_time 0 ns is impossible; it must be above 0"),
        (("converters", "adc_bits", "value"), 0, "adc_bits.value: 0 is not possible; must be at least 1"),
        (("converters", "dac_bits", "value"), 30, "dac_bits 30 is beyond 24"),
        (("converters", "adc_range"), "fixed", "full_scale goes with adc_range fixed"),
        (("converters", "adc_range"), "best", "adc_range"),
        (("encoding", "signs"), "pair", "flip needs the sum of the inputs, which signs: pair lacks"),
        (("encoding", "slices", "value"), 200, "an array of 128 x 128 holds no output"),
        (("imperfections", "programming", "law"), "pmc", "law 'pmc' is unknown; use one of none, constant, pcm"),
        (("imperfections", "read", "scale"), -1, "scale: -1"),
        (("accumulator_bits", "value"), 0, "accumulator_bits.value: 0 is not possible; must be at least 2"),
        (("array", "rows", "value"), 0, "rows.value: 0 is not possible; must be at least 1"),
    ],
)
def test_impossible_chips_are_refused(tmp_path, where, value, expected):
    def change(data):
        for key in where[:-1]:
            data = data[key]
        data[where[-1]] = value

    with pytest.raises(NeurohwError) as error:
        chip("xbar_rram_isaac", change, tmp_path)
    assert expected in str(error.value)


def test_wires_go_together(tmp_path):
    def change(data):
        wire = {"value": -2, "unit": "Ohm", "grade": "U", "source": "x", "conditions": "x"}
        data["imperfections"]["row_wire"] = wire

    with pytest.raises(NeurohwError, match="row_wire -2 Ohm is impossible"):
        chip("xbar_rram_isaac", change, tmp_path)


def test_weights_beyond_the_cells_are_named_with_the_limit(tmp_path):
    def change(data):
        data["encoding"]["slices"]["value"] = 3

    with pytest.raises(NeurohwError) as error:
        compile_network(layer(10, 4), chip("xbar_rram_isaac", change, tmp_path))
    assert "layer1.W: weights -100..95 in steps of their format do not fit the cells of xbar_rram_isaac" in str(
        error.value
    )
    assert "3 x 4 levels (unit) hold -32..31" in str(error.value)


def test_a_chip_that_is_too_small_says_by_how_much():
    with pytest.raises(
        NeurohwError, match=r"network: needs 65 arrays of 256 x 512; xbar_pcm_hermes has 64 \(1 too few\)"
    ):
        compile_network(layer(256, 256 * 65), chip("xbar_pcm_hermes"))


def test_ir_drop_and_clipped_inputs_are_warned_of(tmp_path):
    def change(data):
        data["imperfections"]["row_wire"]["value"] = data["imperfections"]["column_wire"]["value"] = 3
        data["converters"]["input_bits"]["value"] = 7

    program = compile_network(layer(256, 256), chip("xbar_pcm_hermes", change, tmp_path))
    assert any("loses about 72% of its current" in text and "below 6%" in text for text in program.departures)
    assert any("inputs up to 254 are clipped to 7 bits, 127" in text for text in program.departures)


def test_a_digital_run_does_not_price_arrays():
    program = compile_network(layer(10, 4), chip("xbar_sram"))
    run = api.simulate(program, inputs={"input": np.ones((1, 1, 10), int)}, steps=2, backend="emulator")
    with pytest.raises(
        NeurohwError, match="does not say what the arrays of xbar_sram did; simulate with backend crossbar"
    ):
        api.estimate(program, run)


def test_arrays_need_a_chip_with_arrays():
    program = compile_network(layer(10, 4), api.load_target("loihi2"))
    with pytest.raises(NeurohwError, match="loihi2 has cores, not arrays; compile for an in-memory chip"):
        api.simulate(program, inputs={"input": np.ones((1, 1, 10), int)}, steps=2, backend="crossbar")


def test_converters_that_clip_lossless_sums_are_warned_of(tmp_path):
    def change(data):
        data["converters"]["adc_bits"] = {**data["converters"]["dac_bits"], "value": 8}

    clipping = compile_network(layer(144, 128), chip("xbar_template", change, tmp_path)).departures
    assert any("converters of 8 bits clip sums in single steps, which can take" in text for text in clipping)
    for name in CHIPS:
        assert not any("clip sums" in text for text in compile_network(layer(144, 128), chip(name)).departures)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d["imperfections"]["read"].pop("scale"), "law relative needs scale, a fraction such as 0.01"),
        (lambda d: d["imperfections"]["programming"].pop("scale"), "law constant needs scale"),
    ],
)
def test_laws_say_how_much(tmp_path, change, expected):
    with pytest.raises(NeurohwError, match=expected):
        chip("xbar_rram_isaac", change, tmp_path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"encoding.signs": "unit", "encoding.flip": "true"}, "pulses move a flipped column the wrong way"),
        ({"converters.adc_bits": "1 bits"}, "need 2 bits or more"),
        ({"cells.levels": "4 levels", "encoding.slices": "40", "writing.method": "shadow"}, "40 slices of 4 levels"),
        ({"imperfections.read": "["}, "imperfections.read: '[' is not a value"),
    ],
)
def test_more_impossible_chips(changes, expected):
    with pytest.raises(NeurohwError) as error:
        api.load_target("xbar_template", changes=changes)
    assert expected in str(error.value)


def test_drift_needs_a_time(tmp_path):
    with pytest.raises(NeurohwError, match="drift pcm has no time to act; give time, such as 3600 s, or omit drift"):
        chip("xbar_pcm_hermes", lambda data: data["imperfections"].pop("time"), tmp_path)


def test_what_compensation_costs_is_said_to_be_left_out():
    said = {name: "factors that make up for drift" in str(chip(name).unmodelled) for name in CHIPS}
    assert said == {name: name == "xbar_pcm_hermes" for name in CHIPS}


def test_a_single_cell_needs_a_level_for_every_weight(tmp_path):
    changes = {"cells.levels": "256 levels"}
    with pytest.raises(NeurohwError, match=r"weights -128\.\..* hold -127\.\.127"):
        compile_network(layer(10, 4, top=-256), api.load_target("xbar_template", changes=changes))
