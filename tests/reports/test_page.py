"""The comparison page in a browser: nothing is fetched, tables answer, numbers are those of the JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from time import perf_counter

import pytest
from golden import digital_toy as toy
from plotly.offline import get_plotlyjs
from support.browser import chromium

from neurohw.experiments.comparison import with_baseline
from neurohw.ir.comparison import Comparison
from neurohw.ir.cost import Band
from neurohw.reports.document import comparison_json
from neurohw.reports.facts import row_names
from neurohw.reports.page import render
from neurohw.reports.page.charts import front

ROWS = 20
MEGABYTE = 1 << 20


def many():
    """Rows with different energies, latencies and accuracies, in no order."""
    base = toy.comparison().rows
    rows = []
    for k in range(ROWS):
        row, factor = base[k % 3], 1 + (7 * k % ROWS) / 4
        lines = tuple(replace(x, energy=x.energy and x.energy.scaled(factor)) for x in row.inference.lines)
        latency = Band(1e-6 * factor, 2e-6 * factor, 3e-6 * factor)
        report = replace(row.inference, target=f"chip {k}", lines=lines, latency_per_sample=latency)
        scores = replace(row.accuracy, learned_all=(0.5 + (11 * k % ROWS) / 50,))
        curves = {"layer 1 gate open": tuple((k + i % 7) / 50 for i in range(50))}
        rows.append(
            replace(
                row, target=f"chip {k}", inference=report, accuracy=scores, curves=curves, learned="chip", fixations=9
            )
        )
    return with_baseline(Comparison(tuple(rows), provenance={"neurohw": "0", "numpy": "1"}), "chip 1")


@pytest.fixture(scope="module")
def comparison():
    return many()


@pytest.fixture(scope="module")
def path(comparison, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(render(comparison, "neurohw compare <toy> --on 'chip 1'"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def opened(browser, path):
    """The page, with what it said on the console and asked for on the network."""
    page = browser.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    page.close()


def draw_all(page):
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("[...document.querySelectorAll('.chart')].every(c => c.querySelector('svg.main-svg'))")


def column(page, index):
    return page.eval_on_selector_all(
        "#summary tbody tr",
        f"rows => rows.map(row => row.cells[{index}].dataset.value ?? row.cells[{index}].textContent)",
    )


def headings(page):
    return page.eval_on_selector_all("#summary thead th", "cells => cells.map(cell => cell.textContent)")


def test_the_page_of_20_rows_is_small(path):
    assert path.stat().st_size < 6 * MEGABYTE


def test_nothing_is_fetched_and_nothing_is_complained_about(opened, path):
    draw_all(opened)
    assert opened.said == []
    assert opened.asked == [path.as_uri()]


def test_the_page_answers_within_two_seconds(browser, path):
    """Opened and sorted; once in eight tries, since machines are shared."""
    times = []
    while len(times) < 8 and min(times, default=2) >= 2:
        times.append(_answer(browser, path))
    assert min(times) < 2, times


@pytest.mark.slow
def test_its_first_chart_takes_little_longer_than_plotly_alone(browser, path, tmp_path):
    """A ratio, since most of it is the browser reading plotly.js, in one second or in three as the machine is."""
    alone = tmp_path / "alone.html"
    chart = "Plotly.newPlot('pareto', [{x: [1, 2], y: [3, 4]}])"
    alone.write_text(f"<div id=pareto></div><script>{get_plotlyjs()}</script><script>{chart}</script>")
    ours, least = (min(_drawn(browser, file) for _ in range(4)) for file in (path, alone))
    assert ours < 2 * least, (ours, least)


def _answer(browser, path):
    """Seconds until the table was sorted."""
    page = browser.new_page()
    started = perf_counter()
    page.goto(path.as_uri(), wait_until="commit")
    page.click("#summary thead th:nth-child(2) button")
    assert page.get_attribute("#summary thead th:nth-child(2)", "aria-sort") == "ascending"
    spent = perf_counter() - started
    page.close()
    return spent


def _drawn(browser, path):
    """Seconds until the first chart was there."""
    page = browser.new_page()
    started = perf_counter()
    page.goto(path.as_uri(), wait_until="commit")
    page.locator("#pareto").scroll_into_view_if_needed()
    page.wait_for_selector("#pareto svg.main-svg")
    spent = perf_counter() - started
    page.close()
    return spent


def test_a_heading_sorts_by_number_up_and_then_down(opened, comparison):
    at = headings(opened).index("energy / sample")
    energies = [row.inference.per_sample(learning=False).nominal for row in comparison.rows]
    button = opened.locator("#summary thead th").nth(at).locator("button")
    button.click()
    assert [float(value) for value in column(opened, at)] == pytest.approx(sorted(energies), rel=1e-12)
    button.press("Enter")
    assert [float(value) for value in column(opened, at)] == pytest.approx(sorted(energies, reverse=True), rel=1e-12)


def test_tooltips_show_on_hover_and_on_focus_and_go_with_escape(opened):
    tip, box = opened.locator("#summary thead .tip").nth(1), opened.locator("#tooltip")
    assert box.is_hidden()
    tip.hover()
    assert box.inner_text() == tip.get_attribute("data-tip") != ""
    opened.keyboard.press("Escape")
    assert box.is_hidden()
    other = opened.locator("#all .tip").nth(3)
    other.focus()
    assert box.inner_text() == other.get_attribute("data-tip") != ""


def test_points_of_charts_say_their_numbers(opened):
    draw_all(opened)
    opened.locator("#pareto").scroll_into_view_if_needed()
    box = opened.locator("#pareto .point").nth(4).bounding_box()
    opened.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    opened.wait_for_selector("#pareto .hoverlayer text")
    assert "J a sample" in opened.text_content("#pareto .hoverlayer")


def test_the_numbers_of_the_page_are_those_of_the_json(opened, comparison):
    document = comparison_json(comparison)
    assert json.loads(opened.text_content("#document")) == json.loads(json.dumps(document))
    names, titles = row_names(comparison.rows), headings(opened)
    assert column(opened, 0) == names
    paths = {
        "energy / sample": lambda row: row["energy_per_sample_J"]["nominal"],
        "learning / fixation": lambda row: row["energy_per_fixation_learning_J"]["nominal"],
        "latency": lambda row: row["latency_per_sample_s"]["nominal"],
        "accuracy, %": lambda row: row["accuracy"]["learned_all"][-1],
        "sites": lambda row: row["sites_used"],
    }
    for title, value in paths.items():
        shown = [float(x) for x in column(opened, titles.index(title))]
        assert shown == pytest.approx([value(row) for row in document["rows"]], rel=1e-12), title
    figures = json.loads(opened.text_content("#figures"))
    dots = figures["energy"]["data"][0]
    assert dict(zip(dots["y"], dots["x"])) == pytest.approx(
        {name: row["energy_per_sample_J"]["nominal"] for name, row in zip(names, document["rows"])}
    )


def test_the_page_fits_a_phone_and_changes_its_theme(opened):
    opened.set_viewport_size({"width": 360, "height": 700})
    draw_all(opened)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360

    def ground():
        return opened.evaluate("getComputedStyle(document.body).backgroundColor")

    light = ground()
    opened.click("#theme")
    assert ground() != light
    opened.click("#theme")
    assert ground() == light


def test_the_system_may_ask_for_dark(browser, path):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    context.close()


def test_the_keyboard_reaches_everything_in_order(opened):
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.className") == "skip"
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.id") == "theme"
    assert opened.evaluate("[...document.querySelectorAll('.wide')].every(e => e.tabIndex === 0)")


def test_names_are_escaped_and_the_command_stands_at_the_end(opened):
    assert opened.text_content("#made code") == "neurohw compare <toy> --on 'chip 1'"


def test_footnotes_lead_to_their_sources(opened, comparison):
    opened.click("#lines summary >> nth=0")
    note = opened.locator("#lines a.note").first
    source = opened.locator(note.get_attribute("href"))
    assert source.text_content() == comparison.rows[0].inference.lines[0].source


def test_figures_of_other_machines_stand_apart_by_what_they_cover(opened, comparison):
    """Bare operations, all-in figures and tasks of their own are tables of their own, and none joins the summary."""
    titles = opened.locator("#context h3").all_text_contents()
    assert [title.split(":")[0] for title in titles] == ["Bare operations", "All in", "Tasks of their own"]
    rows = [t.locator("tbody tr").count() for t in opened.locator("#context table").all()]
    assert sum(rows) == len(comparison.context)
    machines = set(opened.locator("#context tbody th").all_text_contents())
    assert not machines & set(column(opened, 0))
    assert any("TrueNorth" in name for name in machines)


def test_the_front_has_the_points_that_none_beats():
    points = [(3, 0.9), (1, 0.5), (2, 0.4), (2, 0.7), (4, 0.9)]
    assert front(points) == [1, 3, 0]
