"""Price tables of in-memory chips: they add up, change one another, and follow the chip's properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml
from support.chips import CONFIGS, PRICES, chip, layer

from neurohw import api
from neurohw.compiler.pipeline import compile_network
from neurohw.errors import NeurohwError
from neurohw.targets.load import load_prices, load_target


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


def test_neurram_takes_its_measured_energy_and_throughput():
    """15.95 TOPS/W and 0.744 TOPS on 48 cores with 4-bit inputs; a core of 256 rows holds 128 inputs."""
    program = compile_network(layer(128, 256, high=15), chip("xbar_rram_neurram"))
    target = replace(program.target, spec=program.target.spec)
    run = api.simulate(replace(program, target=target), inputs={"input": np.full((5, 1, 128), 15)}, steps=2)
    report = api.estimate(program, run)
    one_digit = report.energy(unit="cell").nominal / 5 / 2  # 8-bit inputs are read as two digits
    assert 2 * 128 * 256 / one_digit == pytest.approx(15.954e12, rel=0.01)
    assert 48 * 2 * 128 * 256 / (report.latency_per_sample.nominal / 2) == pytest.approx(0.744e12, rel=0.01)


def test_a_table_may_change_prices_of_another(tmp_path):
    (tmp_path / "base.yaml").write_text((PRICES / "isaac_2016.yaml").read_text())
    own = yaml.safe_load((PRICES / "isaac_adc_zigzag28.yaml").read_text())
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({**own, "extends": "base"}))
    assert len(load_prices(tmp_path / "own.yaml").prices) == len(load_prices(tmp_path / "base.yaml").prices)
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({**own, "extends": "bace"}))
    with pytest.raises(NeurohwError, match=r"extends: no table 'bace' in .*; did you mean 'base'"):
        load_prices(tmp_path / "own.yaml")


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


@pytest.mark.parametrize(
    ("table", "bits", "factor"),
    [
        ("isaac_2016", 6, 0.25),
        ("isaac_adc_zigzag28", 6, 604.096 / 865.536),
        ("isaac_adc_accelergy", 6, 1.07 / 1.93),
        ("isaac_adc_accelergy", 4, 0.92 / 1.93),
    ],
)
def test_prices_of_converters_follow_their_bits(table, bits, factor):
    changed, own = (
        api.load_target("xbar_rram_isaac", table, {"converters.adc_bits": text}).prices.prices["adc_conversion_energy"]
        for text in (str(bits), "8")
    )
    assert own.factor == 1
    assert changed.value.nominal / own.value.nominal == pytest.approx(factor, rel=2e-3)
    assert changed.grade == ("U" if table == "isaac_2016" else "C")


def test_a_price_outside_the_range_of_its_scaling_stops_at_the_end_and_says_so():
    """Of 25 bits, a lossless sum of 256 rows, 8-bit inputs and 8-bit weights: as one of 12 bits."""
    target = api.load_target("xbar_template")
    assert target.design.properties == {"adc_bits": 25, "dac_bits": 8, "cells": 65536}
    price = target.prices.prices["adc_conversion_energy"]
    assert price.factor == pytest.approx((1200 + 0.001 * 4**12) / 865.536)
    assert any("this chip has 25 bits" in text and "as far as it holds, 1 to 12" in text for text in target.assumptions)


def test_a_price_at_the_end_of_its_range_says_that_it_does_not_go_further():
    """Accelergy's three values end at 8 bits: 12 bits take the price of 8, which is too little."""
    target = api.load_target("xbar_rram_isaac", "isaac_adc_accelergy", {"converters.adc_bits": "12"})
    assert target.prices.prices["adc_conversion_energy"].factor == 1
    assert any("this chip has 12 bits" in text and "as far as it holds, 4 to 8" in text for text in target.assumptions)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"powers": {1e300: 1}}, "powers need bases above 1, up to 16"),
        ({"at": 13}, "at 13 is not between 3 and 12"),
        ({"powers": {-2: 1}}, "powers need bases above 1, up to 16"),
        ({"powers": {}}, "gives no growth"),
        ({"of": "adc_bit"}, "scaling.of"),
        ({"source": ""}, "source"),
    ],
)
def test_a_scaling_that_makes_no_sense_is_refused(tmp_path, change, expected):
    data = yaml.safe_load((PRICES / "isaac_2016.yaml").read_text())
    data["prices"]["adc_conversion_energy"]["scaling"] |= change
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(NeurohwError) as error:
        load_prices(tmp_path / "own.yaml")
    assert expected in str(error.value)
