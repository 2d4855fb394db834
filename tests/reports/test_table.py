"""Tables as people see them at 100 columns."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from golden import digital_toy as toy
from rich.console import Console

from neurohw.costs.price import estimate
from neurohw.reports.table import comparison_table, cost_table


def rendered(renderable, width=100):
    file = StringIO()
    Console(width=width, file=file).print(renderable)
    return file.getvalue()


@pytest.fixture(scope="module")
def side_by_side():
    return rendered(comparison_table(toy.comparison()))


def row(text, name):
    """Cells of the first line that starts with `name`."""
    line = next(line for line in text.splitlines() if line.strip().startswith(name))
    return [cell.strip() for cell in line.strip().removeprefix(name).split("  ") if cell.strip()]


def test_three_chips_fit_100_columns_without_a_broken_cell(side_by_side):
    assert max(map(len, side_by_side.splitlines())) <= 100
    assert row(side_by_side, "energy / sample") == [
        ">=1.32 - 1.51 - 1.97 nJ", "1.60 - 1.98 - 2.77 nJ", ">=1.32 - 1.51 - 1.97 nJ",
    ]  # fmt: skip
    assert row(side_by_side, "learning / fixation") == [
        ">=1.73 - 1.76 - 3.28 nJ", ">=1.20 - 1.40 - 1.85 nJ", ">=1.73 - 1.76 - 3.28 nJ",
    ]  # fmt: skip


def test_accuracy_latency_cores_prices_and_grades_are_shown(side_by_side):
    assert row(side_by_side, "all labels: raw") == ["85.0 %"] * 3
    assert row(side_by_side, "learned, by layer") == ["71.1 %"] * 3
    assert row(side_by_side, "latency / sample")[0] == "420 - 466 - 1518 ns"
    assert row(side_by_side, "sites: inference") == ["3, fullest 6.2 %"] * 3
    assert row(side_by_side, "prices") == ["davies2018_presilicon", "sanafe_nahuku_fit", "davies2018_presilicon"]
    assert row(side_by_side, "price grades") == ["S", "M, S, C", "S"]


def test_what_has_no_price_is_named_and_has_no_number(side_by_side):
    assert row(side_by_side, "axon")[0] == "no price"
    notes = side_by_side.split("No price (loihi1 with sanafe_nahuku_fit):")[1]
    assert notes.splitlines()[1].strip() == "synaptic_update, spike_within_tile"


def test_assumptions_stand_under_the_chips_they_are_true_of(side_by_side):
    heads = [line for line in side_by_side.splitlines() if line.startswith("Assumed")]
    assert heads == [
        "Assumed:",
        "Assumed (loihi1):",
        "Assumed (loihi1 with davies2018_presilicon, loihi2):",
        "Assumed (loihi1 with sanafe_nahuku_fit):",
        "Assumed (loihi2):",
    ]
    assert "- Loihi 1 prices" in side_by_side.split("Assumed (loihi2):")[1]


def test_more_chips_than_fit_go_into_a_second_table():
    comparison = toy.comparison()
    text = rendered(comparison_table(replace(comparison, rows=comparison.rows + comparison.rows[:1])))
    assert text.count("toy, seed 0") == 2
    assert text.count("No price:") == 1


@pytest.mark.parametrize(("width", "tables"), [(80, 2), (100, 1), (40, 3)])
def test_a_narrow_terminal_gets_more_tables_and_no_broken_number(width, tables):
    text = rendered(comparison_table(toy.comparison(), width), width)
    assert text.count("toy, seed 0") == tables
    assert max(map(len, text.splitlines())) <= width
    if width >= 80:
        assert text.count(">=1.32 - 1.51 - 1.97 nJ") == 2


def test_a_chip_that_does_not_learn_has_dashes():
    comparison = toy.comparison()
    rows = tuple(replace(r, learning=None) for r in comparison.rows)
    text = rendered(comparison_table(replace(comparison, rows=rows)))
    assert row(text, "learning / fixation") == ["-"] * 3
    assert row(text, "synapses changed") == ["-"] * 3


def test_layers_stand_in_one_cell():
    comparison = toy.comparison()
    accuracy = replace(comparison.rows[0].accuracy, learned_all=(0.711, 0.709))
    text = rendered(comparison_table(replace(comparison, rows=(replace(comparison.rows[0], accuracy=accuracy),))))
    assert row(text, "learned, by layer") == ["71.1 / 70.9 %"]


def test_a_cost_table_lists_every_action_with_inference_before_learning():
    report = estimate(*toy.learning(toy.target()))
    text = rendered(cost_table([report]))
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith("toy on loihi2 (learn), per fixation, prices: davies2018_presilicon")
    assert text.index("all inference") < text.index("synaptic_update") < text.index("all learning")
    for line in report.lines:
        assert any(line.component in shown and line.action in shown for shown in text.splitlines())
    assert row(text, "latency") == ["552 - 616 - 2029 ns"]


def test_unknown_times_are_called_not_known():
    report = replace(estimate(*toy.inference(toy.target())), latency_per_sample=None)
    text = rendered(cost_table([report]))
    assert row(text, "latency") == ["not known"]
    assert row(text, "static energy (power x latency)") == ["not known"]


def test_several_reports_share_their_footnotes():
    reports = [estimate(*run(toy.target())) for run in (toy.inference, toy.learning)]
    text = rendered(cost_table(reports))
    assert text.count("toy on loihi2") == 2
    assert text.count("Loihi 1 prices") == 1
