"""In-memory chips: what their files say, tables that add up, what fits, and what is said about what does not."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from neurohw import api
from neurohw.compiler.pipeline import compile_network
from neurohw.compiler.tile import tile
from neurohw.errors import NeurohwError
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Relu, Source
from neurohw.targets.load import load_prices, load_target

CONFIGS = Path(__file__).parents[2] / "hw_configs"
PRICES = CONFIGS / "prices"
CHIPS = ("xbar_rram_isaac", "xbar_pcm_hermes", "xbar_rram_neurram", "xbar_sram")


def chip(name, change=None, tmp_path=None):
    if change is None:
        return load_target(CONFIGS / f"{name}.yaml", PRICES)
    data = copy.deepcopy(yaml.safe_load((CONFIGS / f"{name}.yaml").read_text()))
    change(data)
    path = tmp_path / "chip.yaml"
    path.write_text(yaml.safe_dump(data))
    return load_target(path, PRICES)


def layer(inputs, outputs, bits=8, top=None, high=254):
    form = Format(bits, 0, "mixed")
    rng = np.random.default_rng(0)
    weights = rng.integers(-100, 101, (outputs, inputs)) * (1 << form.truncated)
    if top is not None:
        weights[0, 0] = top
    populations = (Population("input", inputs, Source(0, high)), Population("layer1", outputs, Relu(1, 2, 8)))
    return Network(populations, (Projection("layer1.W", "input", "layer1", weights, form),), 2)


def test_isaacs_table_adds_up():
    """24.08 mW an IMA, 289 mW for 12, 330 mW a tile, 65.8 W a chip (Shafiee et al. 2016, table I)."""
    isaac = chip("xbar_rram_isaac")
    totals = isaac.totals
    ima, tile_power, whole = (totals[level].power.nominal for level in ("group", "tile", "chip"))
    assert ima == pytest.approx(24.08e-3, abs=0.005e-3)
    assert 12 * ima == pytest.approx(289e-3, abs=0.5e-3)
    assert tile_power == pytest.approx(330e-3, rel=2e-3)
    assert whole == pytest.approx(65.8, rel=2e-3)
    assert whole - 10.4 == pytest.approx(55.4, rel=2e-3)
    assert totals["tile"].area.nominal == pytest.approx(0.372e-6, rel=0.01)
    assert totals["chip"].area.nominal == pytest.approx(85.4e-6, rel=0.01)


@pytest.mark.parametrize(("table", "energy", "area"), [
    ("isaac_2016", 1.5625e-12, 1200e-12),
    ("isaac_adc_zigzag28", 0.7e-12, 2085e-12),
    ("isaac_adc_accelergy", 1.93e-12, 6469e-12),
])  # fmt: skip
def test_converters_of_three_tools_are_named_tables(table, energy, area):
    prices = load_prices(PRICES / f"{table}.yaml").prices
    assert prices["adc_conversion_energy"].value.nominal == pytest.approx(energy)
    assert prices["adc_area"].value.nominal == pytest.approx(area)
    assert prices["adc_power"].value.nominal == pytest.approx(energy * 1.28e9)
    assert prices["crossbar_power"].value.nominal == pytest.approx(0.3e-3)


def test_hermes_takes_its_measured_energy_and_time_for_one_product():
    """13.4 nJ and 133 ns for 256 x 256 (63.1 TOPS and 9.76 TOPS/W on 64 cores)."""
    program = compile_network(layer(256, 256), chip("xbar_pcm_hermes"))
    samples = 5
    run = api.simulate(program, inputs={"input": np.full((samples, 1, 256), 200)}, steps=2)
    report = api.estimate(program, run)
    assert report.sites_used == 1
    assert report.energy(unit="cell").nominal / samples == pytest.approx(13.4e-9, rel=0.02)
    assert report.latency_per_sample.nominal == pytest.approx(133e-9, rel=0.02)
    assert not {"dac_drive", "adc_conversion", "array_read"} & set(report.unpriced)


@pytest.mark.parametrize("name", CHIPS)
def test_every_weight_is_on_exactly_one_array(name):
    for inputs, outputs in ((1, 1), (300, 70), (144, 128)):
        network = layer(inputs, outputs)
        design = chip(name).design
        held = np.zeros((inputs, outputs), int)
        for block in tile(network, design):
            (part,) = block.weights
            held[slice(*part.inputs), slice(*part.outputs)] += 1
            assert part.shape[0] * design.rows_per_input <= design.rows
            assert part.shape[1] * design.columns_per_output + design.shared_columns <= design.columns
        assert (held == 1).all()


def test_a_convolution_is_written_once_and_read_at_every_position():
    kernel = np.ones((4, 2, 3, 3), int) * 2
    shared = Convolution(kernel, (2, 8, 8), padding=(1, 1))
    populations = (Population("input", 128, Source()), Population("layer1", 256, Relu(1, 2, 4)))
    network = Network(populations, (Projection("c", "input", "layer1", shared, Format(8, 0, "mixed")),), 2)
    program = compile_network(network, chip("xbar_pcm_hermes"))
    run = api.simulate(program, inputs={"input": np.full((3, 1, 128), 9)}, steps=2)
    assert [b.weights[0].shape for b in program.blocks] == [(18, 4)]
    assert run.activity.arrays["c"].vectors == 3 * 64


def test_cells_converters_and_tiles_in_use_are_reported():
    program = compile_network(layer(144, 128), chip("xbar_rram_isaac"))
    report = api.estimate(program, api.simulate(program, inputs={"input": np.full((1, 1, 144), 1)}, steps=2))
    arrays = 2 * 6  # 72 of 128 rows; 25 of 25 outputs fit in 128 columns: 5 digits each and the ones and the dummy
    cells = 144 * (128 * 5 + 6 * 2)
    assert (report.sites_used, report.tiles_used) == (arrays, 1)
    assert report.usage["cells"] == (cells, 128 * 128 * 16128)
    assert report.usage["learning-only cells"][0] == 0
    assert report.usage["DACs"][0] == 144 * 6
    assert report.usage["ADCs"] == (arrays, 16128)
    assert report.area.nominal == pytest.approx(2 * chip("xbar_rram_isaac").totals["group"].area.nominal)


def test_counts_of_a_run_are_those_of_its_inputs():
    """One input of 3 = two bits: two bit planes with one row each, the others silent but read."""
    program = compile_network(layer(10, 4), chip("xbar_rram_isaac"))
    x = np.zeros((2, 1, 10), int)
    x[0, 0, 3] = 3
    did = api.simulate(program, inputs={"input": x}, steps=2).activity.arrays["layer1.W"]
    assert (did.vectors, did.reads, did.active_rows) == (1, 8, 2)
    assert did.conversions == 8 * (4 * 5 + 1)


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


def test_a_table_may_change_prices_of_another(tmp_path):
    (tmp_path / "base.yaml").write_text((PRICES / "isaac_2016.yaml").read_text())
    own = yaml.safe_load((PRICES / "isaac_adc_zigzag28.yaml").read_text())
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({**own, "extends": "base"}))
    assert len(load_prices(tmp_path / "own.yaml").prices) == len(load_prices(tmp_path / "base.yaml").prices)
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({**own, "extends": "bace"}))
    with pytest.raises(NeurohwError, match=r"extends: no table 'bace' in .*; did you mean 'base'"):
        load_prices(tmp_path / "own.yaml")


def test_programs_and_runs_survive_a_file(tmp_path):
    from neurohw import artifacts
    from neurohw.ir.mapping import Program
    from neurohw.ir.run import Run

    program = compile_network(layer(10, 4), chip("xbar_sram"))
    artifacts.save(tmp_path / "p.nhw", program)
    again = artifacts.load(tmp_path / "p.nhw", Program)
    assert repr(again) == repr(program)
    run = api.simulate(again, inputs={"input": np.ones((1, 1, 10), int)}, steps=2)
    artifacts.save(tmp_path / "r.nhw", run)
    loaded = artifacts.load(tmp_path / "r.nhw", Run)
    assert loaded.activity.arrays == run.activity.arrays
    assert api.estimate(replace(again), loaded).energy() == api.estimate(program, run).energy()


def test_a_table_of_ones_own_may_lie_beside_the_chip(tmp_path):
    """By name or path, alone or changing a table that ships; tables do not go around in circles."""
    data = yaml.safe_load((CONFIGS / "xbar_template.yaml").read_text())
    own = yaml.safe_load((PRICES / "isaac_adc_zigzag28.yaml").read_text())
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**own, "name": "mine"}))
    for name in ("mine", "mine.yaml"):
        (tmp_path / "chip.yaml").write_text(yaml.safe_dump({**data, "price_table": name}))
        assert load_target(tmp_path / "chip.yaml", PRICES).prices.name == "mine"
    assert api.load_target(str(tmp_path / "chip.yaml"), str(tmp_path / "mine.yaml")).prices.name == "mine"
    for a, b in (("one", "two"), ("two", "one")):
        (tmp_path / f"{a}.yaml").write_text(yaml.safe_dump({**own, "name": a, "extends": b}))
    with pytest.raises(NeurohwError, match="extends: 'one' extends this table; name another one"):
        load_prices(tmp_path / "one.yaml")


@pytest.mark.parametrize(
    ("chip_name", "text"),
    [
        ("xbar_rram_isaac", "programming: constant, scale 0.01 (grade U; none published for ISAAC)"),
        ("xbar_rram_isaac", "the whole chip takes 85.4 mm2 and, with every part at work, 65.8 W"),
        ("xbar_pcm_hermes", "compensate"),
        ("xbar_template", "adc_conversion is priced for: 8 bits, 0.9 V, 28 nm"),
        ("xbar_template", "this chip has 256 x 256 cells, and the price is not scaled"),
    ],
)
def test_reports_say_what_is_not_ideal_and_what_prices_hold_for(chip_name, text):
    said = "\n".join(chip(chip_name).assumptions)
    assert (text in said) == (text != "compensate"), said


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


def test_what_a_price_covers_costs_nothing_more():
    program = compile_network(layer(10, 4), chip("xbar_pcm_hermes"))
    report = api.estimate(program, api.simulate(program, inputs={"input": np.ones((1, 1, 10), int)}, steps=2))
    lines = {line.action: line for line in report.lines}
    assert lines["adc_conversion"].energy.nominal == 0
    assert "covered" in lines["adc_conversion"].source
    assert lines["buffer_bit"].energy is None


def test_a_run_that_was_not_metered_has_no_price_for_its_reads():
    program = compile_network(layer(10, 4), chip("xbar_sram"))
    prices = {n: p for n, p in program.target.prices.prices.items() if n != "array_read_energy"}
    target = replace(program.target, prices=replace(program.target.prices, prices=prices))
    frames = {"input": np.ones((1, 1, 10), int)}
    run = api.simulate(program, inputs=frames, steps=2)
    assert "cell_read" in api.estimate(replace(program, target=target), run).unpriced
    metered = api.simulate(replace(program, target=target), inputs=frames, steps=2)
    assert api.estimate(replace(program, target=target), metered).energy(unit="cell").nominal > 0


def test_neurram_takes_its_measured_energy_and_throughput():
    """15.95 TOPS/W and 0.744 TOPS on 48 cores with 4-bit inputs; a core of 256 rows holds 128 inputs."""
    program = compile_network(layer(128, 256, high=15), chip("xbar_rram_neurram"))
    target = replace(program.target, spec=program.target.spec)
    run = api.simulate(replace(program, target=target), inputs={"input": np.full((5, 1, 128), 15)}, steps=2)
    report = api.estimate(program, run)
    one_digit = report.energy(unit="cell").nominal / 5 / 2  # 8-bit inputs are read as two digits
    assert 2 * 128 * 256 / one_digit == pytest.approx(15.954e12, rel=0.01)
    assert 48 * 2 * 128 * 256 / (report.latency_per_sample.nominal / 2) == pytest.approx(0.744e12, rel=0.01)


def test_buffers_and_time_of_a_convolution_are_those_of_its_patches():
    """64 patches of 18 inputs of 8 bits, 256 sums of 16 bits; groups work side by side."""
    latency = {}
    for groups in (1, 2):
        kernel = np.ones((4, 2 // groups, 3, 3), int) * 2
        shared = Convolution(kernel, (2, 8, 8), padding=(1, 1), groups=groups)
        populations = (Population("input", 128, Source()), Population("layer1", 256, Relu(1, 2, 4)))
        network = Network(populations, (Projection("c", "input", "layer1", shared, Format(8, 0, "mixed")),), 2)
        program = compile_network(network, chip("xbar_pcm_hermes"))
        report = api.estimate(program, api.simulate(program, inputs={"input": np.full((1, 1, 128), 9)}, steps=2))
        lines = {line.action: line.count for line in report.lines}
        assert lines["buffer_bit"] == 64 * 18 * 8 + 256 * 16
        latency[groups] = report.latency_per_sample.nominal
    assert latency[1] == latency[2]


def test_a_layer_of_zeros_takes_no_array_and_costs_nothing(tmp_path):
    from neurohw.reports.pictures.sites import site_map

    network = layer(10, 4)
    zero = replace(network, projections=(replace(network.projections[0], weight=np.zeros((4, 10), int)),))
    program = compile_network(zero, chip("xbar_sram"))
    report = api.estimate(program, api.simulate(program, inputs={"input": np.ones((1, 1, 10), int)}, steps=2))
    assert program.blocks == ()
    assert report.energy().nominal == report.latency_per_sample.nominal == 0
    site_map(program, "nothing")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"encoding.signs": "unit", "encoding.flip": "true"}, "pulses move a flipped column the wrong way"),
        ({"converters.adc_bits": "1 bits"}, "need 2 bits or more"),
        ({"cells.levels": "4 levels", "encoding.slices": "40", "writing.method": "shadow"}, "40 slices of 4 levels"),
        ({"imperfections.read": "["}, "imperfections.read: '[' is no value"),
    ],
)
def test_more_impossible_chips(changes, expected):
    with pytest.raises(NeurohwError) as error:
        api.load_target("xbar_template", changes=changes)
    assert expected in str(error.value)


def test_a_single_cell_needs_a_level_for_every_weight(tmp_path):
    changes = {"cells.levels": "256 levels"}
    with pytest.raises(NeurohwError, match=r"weights -128\.\..* hold -127\.\.127"):
        compile_network(layer(10, 4, top=-256), api.load_target("xbar_template", changes=changes))
