"""Marks, ratios, names, sensitivity, differences, Markdown and LaTeX of comparisons."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from golden import digital_toy as toy

from neurohw.errors import NeurohwError
from neurohw.experiments.comparison import with_baseline
from neurohw.ir.cost import Band
from neurohw.reports.cells import ratio
from neurohw.reports.difference import difference, read_report
from neurohw.reports.document import comparison_json, report_json
from neurohw.reports.facts import row_names, sections
from neurohw.reports.marks import heading, marks
from neurohw.reports.page.charts import charts
from neurohw.reports.papers import latex, markdown
from neurohw.reports.sensitivity import swings


@pytest.fixture(scope="module")
def comparison():
    return toy.comparison()


def with_rows(comparison, *rows):
    return replace(comparison, rows=rows)


# marks, names, ratios


def test_rows_that_differ_in_data_seed_or_scope_are_marked(comparison):
    first, second, _ = comparison.rows
    assert [text.split(":")[0] for text in marks(with_rows(comparison, first, first))] == []
    other = replace(second, seed=3, data="diphones", inference=replace(first.inference, scope="all in"))
    found = marks(with_rows(comparison, first, other))
    assert [text.split(":")[0] for text in found] == ["Different data", "Different seeds", "Different scopes of prices"]
    assert "0 (loihi1 (seed 0)); 3 (loihi1 (seed 3))" in found[1]


def test_an_all_in_figure_has_a_line_of_its_own(comparison):
    first, second, _ = comparison.rows
    mixed = with_rows(comparison, first, replace(second, inference=replace(second.inference, scope="all in")))
    facts = {fact.name: [fact.cell(row).text for row in mixed.rows] for fact in dict(sections(mixed))["inference"]}
    assert (facts["energy / sample"][1], facts["energy / sample, all in"][0]) == ("-", "-")
    assert "J" in facts["energy / sample"][0]
    assert "J" in facts["energy / sample, all in"][1]
    assert facts["  x baseline"] == ["1", "-"]
    figure = next(chart.figure for chart in charts(mixed) if chart.key == "energy")
    points = {trace["name"]: trace["y"] for trace in figure["data"]}
    assert points["inference, a sample, all in"] == [row_names(mixed.rows)[1]]
    assert points["inference, a sample"] == [row_names(mixed.rows)[0]]


def test_names_tell_rows_apart_with_as_little_as_it_takes(comparison):
    first, second, third = comparison.rows
    assert row_names([first, third]) == ["loihi1", "loihi2"]
    assert row_names([first, second, third]) == [
        "loihi1 with davies2018_presilicon", "loihi1 with sanafe_nahuku_fit", "loihi2",
    ]  # fmt: skip
    assert row_names([first, replace(first, seed=1)]) == ["loihi1 (seed 0)", "loihi1 (seed 1)"]
    other = replace(first, inference=replace(first.inference, model="other"))
    assert row_names([first, other, third]) == ["toy on loihi1", "other on loihi1", "toy on loihi2"]
    assert row_names([first, first]) == ["loihi1 #1", "loihi1 #2"]


def test_a_ratio_says_on_which_side_a_price_is_missing(comparison):
    whole = replace(comparison.rows[1].inference)
    lines = tuple(replace(x, energy=x.energy or Band(1e-12, 1e-12, 1e-12)) for x in whole.lines)
    whole, gap = replace(whole, lines=lines), comparison.rows[0].inference
    texts = [ratio(a, b, False).text for a, b in ((whole, whole), (gap, whole), (whole, gap), (gap, replace(gap)))]
    assert texts[0] == "1"
    assert [text[:2] for text in texts[1:3]] == [">=", "<="]
    assert texts[3] == "~1"


def test_the_heading_says_what_all_rows_share(comparison):
    rows = [replace(r, learned="chip", fixations=80_000, rounding="lava") for r in comparison.rows]
    assert heading(with_rows(comparison, *rows)) == "toy, seed 0, 80,000 fixations learned, lava rounding"
    assert heading(with_rows(comparison, rows[0], replace(rows[1], seed=1, fixations=5))) == "toy, lava rounding"


# sensitivity


def test_a_swing_goes_from_low_to_high_of_one_action_alone(comparison):
    for swing in swings(comparison.rows, most=9):
        report = dict(zip(row_names(comparison.rows), comparison.rows))[swing.row].inference
        lines = [x for x in report.lines if x.action == swing.action and not x.learning]
        low, nominal, high = (sum(getattr(x.energy, end) for x in lines) / report.samples
                              for end in ("low", "nominal", "high"))  # fmt: skip
        total = report.per_sample(learning=False).nominal
        assert swing.total.nominal == pytest.approx(total)
        if swing.published:
            assert (swing.total.low, swing.total.high) == pytest.approx((total - nominal + low, total - nominal + high))
        else:
            assert (swing.total.low, swing.total.high) == pytest.approx((total - nominal / 2, total + nominal))


def test_a_swing_says_at_what_factor_two_chips_are_even(comparison):
    found = [s for s in swings(comparison.rows[:2]) if s.even is not None]
    assert found
    for swing in found:
        rows = dict(zip(row_names(comparison.rows[:2]), comparison.rows[:2]))
        report, rival = rows[swing.row].inference, rows[swing.rival].inference
        moved = sum(x.energy.nominal * (swing.even if x.action == swing.action else 1)
                    for x in report.lines if x.energy and not x.learning)  # fmt: skip
        assert moved / report.samples == pytest.approx(rival.per_sample(learning=False).nominal)


# differences


def test_a_report_does_not_differ_from_itself(comparison):
    document = comparison_json(comparison)
    assert difference(document, document) == []


def test_a_difference_names_the_term_the_factor_and_the_cause(comparison):
    before = comparison_json(comparison)
    row = comparison.rows[0]
    lines = list(row.inference.lines)
    k = next(i for i, line in enumerate(lines) if line.energy and line.count)
    lines[k] = replace(lines[k], count=2 * lines[k].count, energy=lines[k].energy.scaled(6))
    after = comparison_json(
        with_rows(comparison, replace(row, inference=replace(row.inference, lines=tuple(lines))), *comparison.rows[1:])
    )
    found = {change.term: change for change in difference(before, after)}
    totals = {"energy / sample", "energy / sample, low", "energy / sample, high"}
    assert set(found) == {*totals, f"{lines[k].component}: {lines[k].action}"}
    change = found[f"{lines[k].component}: {lines[k].action}"]
    assert change.factor == pytest.approx(6)
    assert change.because == "count x 2, price x 3"


def test_another_table_is_named_and_explains_the_terms():
    tables = [report_json(toy.estimate(*toy.inference(toy.target("loihi1", table)))) for table in toy.TABLES]
    found = difference(*tables)
    assert found[0].because == "davies2018_presilicon -> sanafe_nahuku_fit"
    assert any("price x" in change.because for change in found)
    assert any("no price in the first" in change.because for change in found)


def test_rows_of_one_report_only_are_said(comparison):
    fewer = comparison_json(with_rows(comparison, *comparison.rows[:2]))
    (change,) = difference(fewer, comparison_json(comparison))
    assert (change.row, change.term) == ("toy on loihi2 emulator", "only in the second")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "no such file; write one"),
        ("{", "is not JSON"),
        ("[]", "has no schema; neurohw.cost/1 or neurohw.comparison/2"),
        ('{"schema": "neurohw.comparison/1"}', "has schema neurohw.comparison/1; neurohw.cost/1 or"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path, text, expected):
    path = tmp_path / "a.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(NeurohwError) as error:
        read_report(path)
    assert expected in str(error.value)


def test_everything_that_a_row_says_may_differ(comparison):
    """Counts, metrics, spreads, sites, seed and the random network too."""
    before = json.loads(json.dumps(comparison_json(comparison)))
    after = json.loads(json.dumps(before))
    row = after["rows"][0]
    row["counts"]["spikes"] *= 3
    row["algorithm_metrics"]["footprint"] *= 2
    row["energy_per_sample_J"]["high"] *= 5
    row["sites_used"], row["seed"], row["accuracy"]["random_all"] = 9, 7, [0.0]
    found = {change.term: change for change in difference(before, after)}
    assert set(found) == {
        "spikes", "footprint", "energy / sample, high", "sites", "seed", "accuracy, random (all labels), layer 1",
    }  # fmt: skip
    assert (found["spikes"].factor, found["seed"].because) == (3, "0 -> 7")


def test_rows_of_one_chip_are_told_apart_by_their_tables_not_by_their_order(comparison):
    first, second, _ = comparison.rows
    ways = [comparison_json(with_rows(comparison, *rows)) for rows in ((first, second), (second, first))]
    assert difference(*ways) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"schema": "neurohw.cost/1"}', '{"schema": "neurohw.comparison/2", "rows": [{}]}',
        '{"schema": "neurohw.comparison/2", "rows": null}', '{"schema": "neurohw.cost/1", "samples": 0, "lines": [1]}',
    ],
)  # fmt: skip
def test_a_report_that_is_not_whole_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    report = read_report(tmp_path / "a.json")
    with pytest.raises(NeurohwError, match="report: is not whole"):
        difference(report, report)


def test_rows_of_equal_totals_are_no_rivals(comparison):
    first, second, _ = comparison.rows
    twin = replace(first, inference=replace(first.inference, target="twin"))
    assert {s.rival for s in swings((first, twin, second)) if s.row == "loihi1"} <= {
        row_names([first, twin, second])[2],
        "",
    }
    assert all("twin" not in s.passes for s in swings((first, twin, second)) if s.row.startswith("loihi1"))


def test_two_kinds_of_reports_do_not_subtract(comparison):
    one = report_json(comparison.rows[0].inference)
    with pytest.raises(NeurohwError, match="both must have one schema"):
        difference(one, comparison_json(comparison))


# papers


def test_markdown_holds_the_summary_the_marks_and_the_assumptions(comparison):
    text = markdown(comparison, "neurohw compare toy")
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({line.count("|") for line in table[:5]}) == 1
    assert table[2].startswith(r"| loihi1 with davies2018\_presilicon | emulator |")
    assert "- Different price tables: " in text
    assert "**Assumed (loihi2)**" in text
    assert text.endswith("by `` neurohw compare toy ``\n")


def test_latex_escapes_what_latex_would_read(comparison):
    text = latex(comparison)
    assert r"loihi1 with davies2018\_presilicon & emulator &" in text
    assert r"71.1 \%" in text
    assert r"$\geq$\,1.32 - 1.51 - 1.97 nJ" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 2
    body = text.replace(r"\_", "").replace(r"\%", "").replace(r"\#", "").replace(r"\&", "")
    assert "_" not in "".join(line for line in body.splitlines() if not line.startswith("%"))


def test_papers_keep_all_in_figures_apart(comparison):
    mixed = with_baseline(comparison, "loihi2")
    assert mixed.baseline == 2
    text = markdown(mixed)
    assert text.index("## Bare operations") < text.index("## All in") < text.index("## Tasks of their own")
    assert latex(mixed).count(r"\begin{tabular}") == 5


def test_metrics_of_neurobench_are_those_of_the_network(comparison):
    """6 x 4 and 4 x 2 weights of 8 bits, of which 10 and 3 are zero."""
    metrics = comparison.rows[0].inference.metrics
    activity = toy.inference(toy.target())[1]
    ops = sum(p.synaptic_ops for p in activity.projections.values())
    assert metrics["footprint"] == 32
    assert metrics["connection_sparsity"] == pytest.approx(13 / 32)
    assert (metrics["dense"], metrics["effective_macs"], metrics["effective_acs"]) == (32, ops / 2, 0)
    assert metrics["membrane_updates"] == 0
    assert json.loads(json.dumps(comparison_json(comparison)))["rows"][0]["algorithm_metrics"] == metrics
