"""The compare verb: chips, finished runs and reports; the files it writes; what cannot be compared."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support import toys

from neurohw import api, artifacts
from neurohw.cli import compare
from neurohw.experiments import comparison
from neurohw.ir.mapping import Program
from neurohw.reports.document import comparison_json

TIMEOUT = 300


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a tiny model."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "tiny.yaml").write_text(toys.TINY)
    return folder


@pytest.fixture(scope="module")
def comparisons(work):
    """The same comparison twice, as text."""
    texts = []
    for name in ("first.json", "second.json"):
        command = ["compare", str(work / "tiny.yaml"), "--on", "loihi1", "loihi2", "--fixations", "200"]
        done = subprocess.run(
            [sys.executable, "-m", "neurohw.cli", *command, "--seed", "4", "--json", name],
            cwd=work, capture_output=True, text=True, timeout=TIMEOUT,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        texts.append((work / name).read_text())
    return texts


def test_the_same_comparison_gives_the_same_bytes(comparisons):
    assert comparisons[0] == comparisons[1]


def test_a_comparison_has_the_documented_keys(comparisons):
    document = json.loads(comparisons[0])
    assert set(document) == {"schema", "baseline", "provenance", "rows", "context"}
    assert document["schema"] == "neurohw.comparison/2"
    assert {(row["model"], row["seed"], row["fixations"]) for row in document["rows"]} == {("tiny", 4, 200)}
    assert [row["target"] for row in document["rows"]] == ["loihi1", "loihi2"]
    for row in document["rows"]:
        assert set(row) >= {
            *("target", "backend", "accuracy", "energy_per_sample_J", "energy_per_fixation_learning_J"),
            *("energy_by_unit_J", "latency_per_sample_s", "static_power_W", "sites_used", "fill", "counts"),
            *("price_table", "unpriced"),
        }
        for band in ("energy_per_sample_J", "energy_per_fixation_learning_J", "latency_per_sample_s", "static_power_W"):
            assert set(row[band]) == {"low", "nominal", "high"}
        assert row["backend"] == "emulator"
        assert isinstance(row["unpriced"], list)
        assert row["counts"]["synaptic_ops"] > 0
        assert len(row["fill"]) == row["sites_used"]


def test_accuracies_are_fractions_one_a_layer(comparisons):
    first, second = (row["accuracy"] for row in json.loads(comparisons[0])["rows"])
    assert first == second
    assert set(first) == {f"{what}_{labels}" for what in ("raw", "random", "learned") for labels in ("all", "few")}
    for name, value in first.items():
        values = [value] if name.startswith("raw") else value
        assert len(values) == (1 if name.startswith("raw") else 2)
        assert all(0 <= v <= 1 for v in values)


def test_the_json_is_what_the_api_gives(comparisons, work):
    model = api.load_model(str(work / "tiny.yaml"))
    targets = [api.load_target(name) for name in ("loihi1", "loihi2")]
    document = comparison_json(comparison.compare(model, targets, seed=4, fixations=200))
    assert json.loads(comparisons[0]) == json.loads(json.dumps(document))


@pytest.fixture
def report_of(neurohw, work):
    """What compare gives for given arguments, and the JSON it wrote."""

    def run(name, *arguments):
        result = neurohw("compare", *arguments, "--json", name)
        return result, json.loads((work / name).read_text()) if result[0] == 0 else None

    return run


def test_finished_runs_stand_beside_chips(neurohw, work, report_of):
    """A run that learned on one seed, and a fresh comparison with another: the same numbers as compare, and a mark."""
    traffic = ("--placement", "traffic")
    assert neurohw("compile", "tiny.yaml", "--on", "loihi2", "--seed", "4", *traffic, "-o", "four.nhw")[0] == 0
    assert artifacts.load(work / "four.nhw", Program).placement == "traffic"
    assert neurohw("simulate", "four.nhw", "--fixations", "200", "-o", "four")[0] == 0
    (_, out, _), document = report_of(
        "mixed.json", "tiny.yaml", "four", "--on", "loihi1", "--fixations", "200", "--seed", "5"
    )
    assert "Different seeds: 5 (loihi1); 4 (loihi2)." in " ".join(out.split())
    _, fresh = report_of("fresh.json", "tiny.yaml", "--on", "loihi2", "--fixations", "200", "--seed", "4", *traffic)
    assert document["rows"][1] == fresh["rows"][0]
    code, _, err = neurohw("compare", "four", "--prices", "hermes_2023", "--seed", "4")
    assert (code, err.count("has no effect on a finished run")) == (1, 2)


def test_the_baseline_may_be_any_chip(report_of):
    arguments = ("tiny.yaml", "--on", "loihi1", "loihi2", "--fixations", "100", "--baseline")
    assert report_of("base.json", *arguments, "loihi2")[1]["baseline"] == 1
    code, _, err = report_of("none.json", *arguments, "loihi3")[0]
    assert (code, "--baseline: no row of 'loihi3'; did you mean 'loihi" in err) == (1, True)


def test_page_markdown_and_latex_are_written(work, report_of):
    (_, out, _), _ = report_of(
        "page.json", "tiny.yaml", "--on", "loihi2", "xbar_sram", "--fixations", "100",
        "--html", "c.html", "--markdown", "c.md", "--latex", "c.tex",
    )  # fmt: skip
    assert "Assumed" not in out
    assert "neurohw compare tiny.yaml --on loihi2" in (work / "c.html").read_text()
    assert "| loihi2 | emulator |" in (work / "c.md").read_text()
    assert r"\toprule" in (work / "c.tex").read_text()


def test_two_reports_subtract(neurohw, comparisons, work):
    first = json.loads(comparisons[0])
    line = first["rows"][0]["lines"][0]
    line["energy"] = {end: 3 * value for end, value in line["energy"].items()}
    (work / "other.json").write_text(json.dumps(first))
    code, out, _ = neurohw("compare", "first.json", "other.json")
    assert code == 0
    assert f"{line['component']}: {line['action']}" in out
    assert "price x 3" in out
    assert "nothing changed" in neurohw("compare", "first.json", "second.json")[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("first.json",), "compare: first.json; a report goes with one other report, and no options; give two"),
        (("first.json", "tiny.yaml"), "compare: first.json, tiny.yaml; a report goes with one other"),
        (("first.json", "second.json", "--html", "x.html"), "first.json, second.json, --html; a report goes with"),
        (("tiny.yaml", "--on", "loihi1", "--html", "x", "--json", "x"), "x: is asked for twice; give each its own"),
        (("tiny.yaml",), "--on: is missing"),
        (("nothing.json", "first.json"), "nothing.json: no such file"),
        (("tiny.nhw", "--on", "loihi1"), "tiny.nhw"),
        (("tiny.yaml", "--on", "loihi1", "--html", "."), ".: is a folder; give the name of a file"),
        (("tiny.yaml", "--on", "loihi1", "--latex", "tiny.yaml/c.tex"), "tiny.yaml takes no files; write elsewhere"),
    ],
)
def test_what_cannot_be_compared_is_said(neurohw, comparisons, arguments, expected):
    code, _, err = neurohw("compare", *arguments)
    assert (code, expected in err) == (1, True), err


def test_strict_prices_refuse_a_total_and_name_the_terms(neurohw):
    strict = ("tiny.yaml", "--on", "loihi1", "--fixations", "100", "--strict-prices")
    code, out, err = neurohw("compare", *strict)
    assert (code, out) == (1, "")
    assert "loihi1: axon_out: has no price, and so there is no total; add it to the table davies2018_presilicon" in err
    code, out, _ = neurohw("compare", *strict[:-1])
    assert (code, "without" in out, "axon_out" in out) == (0, True, True)
    neurohw("compile", "tiny.yaml", "--on", "loihi1", "-o", "strict.nhw")
    neurohw("simulate", "strict.nhw", "--fixations", "100", "-o", "strict")
    code, _, err = neurohw("estimate", "strict", "--strict-prices")
    assert (code, "axon_out: has no price" in err) == (1, True)


def test_the_demo_ends_with_its_page(neurohw, work):
    code, out, _ = neurohw("demo", "--fixations", "30", "--check", "0", "--html", "demo.html")
    assert code == 0
    assert out.rstrip().endswith(f"open {(work / 'demo.html').resolve().as_uri()} in a browser")
    assert all(chip in (work / "demo.html").read_text() for chip in compare.DEMO_CHIPS)
