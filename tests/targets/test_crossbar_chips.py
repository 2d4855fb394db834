"""In-memory chips: mapping of weights to arrays, counts of a run, and what reports say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.chips import CHIPS, chip, layer

from neurohw import api
from neurohw.compiler.pipeline import compile_network
from neurohw.compiler.tile import tile
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Relu, Source


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


@pytest.mark.parametrize(
    ("chip_name", "text"),
    [
        ("xbar_rram_isaac", "programming: constant, scale 0.01 (grade U; none published for ISAAC)"),
        ("xbar_rram_isaac", "the whole chip takes 85.4 mm2 and, with every part at work, 65.8 W"),
        ("xbar_pcm_hermes", "compensate"),
        ("xbar_template", "adc_conversion is priced for: 8 bits, 0.9 V, 28 nm"),
        ("xbar_template", "this chip has 256 x 256 cells, and the price is scaled by 4"),
    ],
)
def test_reports_say_what_is_not_ideal_and_what_prices_hold_for(chip_name, text):
    said = "\n".join(chip(chip_name).assumptions)
    assert (text in said) == (text != "compensate"), said


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
