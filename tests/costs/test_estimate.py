"""Counts times prices: sums that hold, prices that are missing, spreads that show."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from golden import digital_toy as toy

from neurohw.costs.price import estimate
from neurohw.ir.cost import UNITS, ZERO, Band

DAVIES, SANAFE = "davies2018_presilicon", "sanafe_nahuku_fit"
UNMODELLED = (
    "I/O and host",
    "weight loading",
    "chip reset",
    "embedded processors",
    "barrier energy",
    "learning traces",
)


@pytest.fixture(scope="module")
def infer():
    """Report of the frozen toy."""

    def make(table=DAVIES, chip="loihi1", rate=1):
        return estimate(*toy.inference(toy.target(chip, table), rate))

    return make


@pytest.fixture(scope="module")
def learn():
    """Report of the toy that learns."""

    def make(table=DAVIES, chip="loihi2"):
        return estimate(*toy.learning(toy.target(chip, table)))

    return make


def same(a: Band, b: Band):
    return all(math.isclose(x, y, rel_tol=1e-12) for x, y in ((a.low, b.low), (a.nominal, b.nominal), (a.high, b.high)))


def summed(bands):
    total = ZERO
    for band in bands:
        total = total + band
    return total


def test_energy_by_hand(infer):
    report = infer()
    assert report.energy(unit="synapse").nominal == pytest.approx(25 * 23.6e-12)
    assert report.energy(unit="soma").nominal == pytest.approx(18 * 81e-12 + 18 * 52e-12)
    assert report.energy(unit="network").nominal == pytest.approx(8 * 3e-12 + 4 * 4e-12)
    assert report.per_sample().nominal == pytest.approx(report.energy().nominal / 2)


@pytest.mark.parametrize("table", [DAVIES, SANAFE])
def test_energy_adds_up_over_units_components_and_phases(learn, table):
    report = learn(table)
    priced = [line for line in report.lines if line.energy]
    assert same(report.energy(), summed(report.energy(unit=unit) for unit in UNITS))
    assert same(report.energy(), report.energy(learning=True) + report.energy(learning=False))
    by_component = [summed(x.energy for x in priced if x.component == c) for c in {x.component for x in priced}]
    assert same(report.energy(), summed(by_component))


@pytest.mark.parametrize("table", [DAVIES, SANAFE])
def test_energy_adds_up_over_time(table):
    """A run twice as long with the same activity costs twice as much, and the same a sample."""
    chip = toy.target("loihi1", table)
    program, activity = toy.inference(chip)
    once = estimate(program, activity)

    def twice(p):
        return replace(p, events=2 * p.events, synaptic_ops=2 * p.synaptic_ops, dense_ops=2 * p.dense_ops)

    def doubled(p):
        messages = {port: 2 * sent for port, sent in p.messages.items()}
        counts = {name: 2 * getattr(p, name) for name in ("updates", "active_updates", "sending_updates")}
        return replace(p, messages=messages, **counts)

    longer = replace(
        activity,
        samples=4,
        steps=12,
        projections={n: twice(p) for n, p in activity.projections.items()},
        populations={n: doubled(p) for n, p in activity.populations.items()},
    )
    both = estimate(program, longer)
    assert same(both.energy(), once.energy().scaled(2))
    assert same(both.per_sample(), once.per_sample())
    assert both.latency_per_sample == once.latency_per_sample


@pytest.mark.parametrize("table", [DAVIES, SANAFE])
def test_silence_costs_no_synapse_axon_or_network_energy(infer, table):
    report = infer(table, rate=0)
    assert [report.energy(unit=unit) for unit in ("synapse", "axon", "network", "learning")] == [ZERO] * 4
    assert report.energy(unit="soma").low > 0
    assert report.unpriced == UNMODELLED


@pytest.mark.parametrize("table", [DAVIES, SANAFE])
def test_bands_of_totals_are_in_order(learn, infer, table):
    for report in (learn(table), infer(table)):
        for band in (report.energy(), report.latency_per_sample, report.static_power):
            assert band.low <= band.nominal <= band.high


def test_learning_is_priced_by_davies(learn):
    lines = [line for line in learn(DAVIES).lines if line.action == "synaptic_update"]
    assert [line.energy for line in lines] == [
        Band(*(pytest.approx(n * 120e-12) for n in counts)) for counts in ((16, 16, 32), (6, 6, 12))
    ]
    assert {(line.grade, line.learning) for line in lines} == {("S", True)}
    assert "synaptic_update" not in learn(DAVIES).unpriced


def test_learning_is_listed_without_a_price_by_sanafe_and_never_zero(learn):
    report = learn(SANAFE)
    assert "synaptic_update" in report.unpriced
    assert [line.energy for line in report.lines if line.action == "synaptic_update"] == [None, None]


def test_the_two_tables_disagree_and_each_names_itself(infer):
    davies, sanafe = infer(DAVIES), infer(SANAFE)
    assert (davies.price_table, sanafe.price_table) == (DAVIES, SANAFE)
    assert sanafe.energy(unit="synapse").nominal / davies.energy(unit="synapse").nominal == pytest.approx(35.5 / 23.6)
    assert sanafe.energy(unit="synapse").low > davies.energy(unit="synapse").nominal
    assert davies.counts == sanafe.counts


def test_what_happened_without_a_price_is_listed_before_what_is_never_modelled(infer):
    assert infer(DAVIES).unpriced == ("axon_in", "axon_out", "soma_spike", *UNMODELLED)
    assert infer(SANAFE).unpriced == UNMODELLED


def test_an_unknown_time_and_power_are_listed_too():
    chip = toy.target("loihi1")
    chip = replace(chip, prices=replace(chip.prices, prices={}))
    report = estimate(*toy.inference(chip))
    assert (report.latency_per_sample, report.static_power) == (None, None)
    assert report.energy() == ZERO
    assert report.unpriced == (
        *("synaptic_op", "axon_in", "axon_out", "hop_x", "hop_y", "soma_active", "soma_inactive", "soma_spike"),
        *("latency", "static power", *UNMODELLED),
    )


def test_latency_of_a_sample_is_its_steps_times_the_mean_step():
    chip = toy.target("loihi1")
    program, activity = toy.inference(chip)
    assert estimate(program, activity).latency_per_sample == chip.latency(program, activity).scaled(3)


def test_loihi2_reports_say_loihi_1_prices_and_what_the_chip_lacks(learn):
    report = learn()
    assert any(text.startswith("Loihi 1 prices") for text in report.assumptions)
    assert report.assumptions[0].startswith("whether loihi2 has negative learning traces")
    assert any("does not define active and inactive" in text for text in report.assumptions)


def test_usage_is_the_sum_of_all_cores_of_the_whole_chip(infer):
    report = infer()
    assert report.sites_used == 3
    assert report.usage["compartments"] == (6, 1024 * 128)
    assert report.usage["synapse bits"] == (64 * (6 + 3 + 3), 1048576 * 128)
    assert report.fill == (1 / 16, 1 / 16, 1 / 16)  # one synapse format of 16


def test_counts_of_a_learning_run(learn):
    assert learn().counts == {
        "events": 17,
        "synaptic_ops": 30,
        "dense_ops": 56,
        "layer_macs": 2 * 24,
        "spikes": 7,
        "neuron_updates": 40,
        "active_updates": 20,
        "hops": 18,
        "learning_updates_written": 22,
        "learning_updates_gated_off": 22,
        "inference_weights": 24,
        "learning_only_weights": 16 + 4 + 4 + 1,
        "plastic_weights": 24 + 16,
        "tag_bits": 9 * 40,
        "overflows": 0,
    }
