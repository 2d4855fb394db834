"""The page about neurons of one's own: its neuron is the file beside it, and its code runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.crossbars import shadowed

import neurohw as nh
from neurohw.backends.brian2.available import why_not as no_brian2
from neurohw.backends.lava.available import why_not as no_lava
from neurohw.ir.engine import OnArrays

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "own-neuron.md").read_text()


@pytest.fixture
def work():
    return DOCS


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def test_the_neuron_of_the_page_is_the_file_of_at_most_40_lines():
    text = (DOCS / "dendritic.py").read_text()
    assert blocks("text")[0].strip() in text
    assert len(text.splitlines()) <= 40


def test_the_page_runs_on_four_backends(monkeypatch, capsys):
    monkeypatch.chdir(DOCS)
    missing = {"lava": no_lava(), "brian2": no_brian2()}
    backends = [b for b in ("lava", "brian2", "crossbar") if not missing.get(b)]
    names = {"BACKENDS": backends, "ideal": OnArrays(shadowed(0))}
    for code in blocks("python"):
        exec(compile(code, "own-neuron.md", "exec"), names)
    out = capsys.readouterr().out
    run, report = names["run"], names["report"]
    assert run.activity.populations["soma"].messages["out"].sum() > 50
    moved = run.learned["W"].weight != names["projections"][0].weight
    assert moved.mean() > 0.5
    assert {line.component for line in report.lines} >= {"soma", "W"}
    assert report.per_sample(learning=False).nominal > 0
    assert "soma[2]" in out
    assert "y1 = clip(d, +-120)" in out


def test_the_neuron_of_the_page_is_checked_and_traced(neurohw):
    code, out, err = neurohw("neuron", "check", "dendritic.py")
    assert (code, err) == (0, "")
    assert "wait  7 bits, 0..63" in out
    assert "level = min(254, floor(v / 64) - vth)" in out
    line = next(line for line in PAGE.splitlines() if "neurohw neuron trace" in line)
    arguments = re.search(r"`neurohw (neuron trace .*?)`", line)[1].split()
    code, out, err = neurohw(*arguments)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 5


def test_nothing_of_the_file_is_imported(monkeypatch):
    monkeypatch.chdir(DOCS)
    kind = nh.neuron("dendritic.py")
    assert kind.__module__ != "dendritic"
    assert np.array_equal(kind(vth=[3, 4]).vth, [3, 4])
