"""JSON of reports: golden files, schema, determinism."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from golden import digital_toy as toy

from neurohw.costs.price import estimate
from neurohw.reports.document import comparison_json, report_json

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", ["digital_cost.json", "digital_comparison.json"])
def test_json_equals_the_golden_file(name):
    """After a wanted change: python tests/golden/digital_toy.py, then read the diff."""
    assert toy.text(toy.documents()[name]) == (GOLDEN / name).read_text(encoding="utf-8")


def test_a_comparison_row_has_the_documented_keys():
    document = comparison_json(toy.comparison())
    assert document["schema"] == "neurohw.comparison/2"
    assert set(document) == {"schema", "baseline", "provenance", "rows", "context"}
    for row in document["rows"]:
        assert set(row) == {
            *("target", "backend", "accuracy", "energy_per_sample_J", "energy_per_fixation_learning_J"),
            *("energy_by_unit_J", "latency_per_sample_s", "static_power_W", "sites_used", "fill", "counts"),
            *("operations_per_joule", "area_m2", "places", "mesh", "lines", "without", "price_scope", "curves"),
            *("model", "seed", "data", "learned_on", "fixations", "rounding", "algorithm_metrics"),
            *(
                "learning",
                "price_table",
                "grades",
                "unpriced",
                "assumptions",
                "input_steps",
                "messages_per_neuron_step",
            ),
        }
        assert set(row["accuracy"]) == {
            *("raw_all", "random_all", "learned_all", "raw_few", "random_few", "learned_few"),
        }
        assert set(row["energy_per_sample_J"]) == {"low", "nominal", "high"}


def test_units_of_a_row_add_up_to_its_energies():
    for row in comparison_json(toy.comparison())["rows"]:
        units = row["energy_by_unit_J"]
        for end in ("low", "nominal", "high"):
            inference = sum(units[unit][end] for unit in ("synapse", "soma", "axon", "network") if units[unit])
            assert inference == pytest.approx(row["energy_per_sample_J"][end])
        assert units["learning"] == row["energy_per_fixation_learning_J"]


def test_learning_and_forward_pass_add_up_to_the_fixation():
    comparison = toy.comparison()
    for row, source in zip(comparison_json(comparison)["rows"], comparison.rows):
        forward = source.learning.per_sample(learning=False).nominal
        total = row["energy_per_fixation_learning_J"]["nominal"] + forward
        assert row["learning"]["energy_per_fixation_J"]["nominal"] == pytest.approx(total)


def test_what_is_not_known_is_null():
    comparison = toy.comparison()
    row = comparison.rows[0]
    report = replace(row.inference, latency_per_sample=None, static_power=None)
    frozen = replace(comparison, rows=(replace(row, inference=report, learning=None),))
    (document,) = comparison_json(frozen)["rows"]
    unknown = ("latency_per_sample_s", "static_power_W", "energy_per_fixation_learning_J", "learning")
    assert [document[key] for key in unknown] == [None] * 4
    assert document["energy_by_unit_J"]["learning"] is None
    assert document["energy_by_unit_J"]["static"] is None


def test_a_unit_without_any_price_is_null_and_a_silent_one_is_zero():
    rows = comparison_json(toy.comparison())["rows"]
    assert rows[0]["energy_by_unit_J"]["axon"] is None
    assert rows[1]["energy_by_unit_J"]["axon"]["nominal"] > 0
    silent = report_json(estimate(*toy.inference(toy.target(), rate=0)))
    assert silent["energy_by_unit_J"]["axon"] == {"low": 0, "nominal": 0, "high": 0}


def test_an_unpriced_line_has_a_null_energy():
    report = report_json(estimate(*toy.learning(toy.target(table="sanafe_nahuku_fit"))))
    lines = [line for line in report["lines"] if line["action"] == "synaptic_update"]
    assert [line["energy"] for line in lines] == [None, None]
    assert "synaptic_update" in report["unpriced"]


def test_documents_are_json_and_the_same_every_time():
    first, again = toy.documents(), toy.documents()
    assert [toy.text(d) for d in first.values()] == [toy.text(d) for d in again.values()]
    assert all(json.loads(json.dumps(document)) == document for document in first.values())
