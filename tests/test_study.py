"""Studies: a chip with other numbers, points in order, what is wrong with an entry; the picture and the table."""

import csv
import io

import numpy as np
import pytest
from support import toys

from neurohw import api
from neurohw.errors import NeurohwError
from neurohw.experiments.study import study
from neurohw.ir.study import Study, StudyPoint
from neurohw.reports.document import study_csv
from neurohw.reports.pictures.sites import site_map
from neurohw.reports.pictures.study import study_picture
from neurohw.targets.changes import changed

CHIP = "xbar_template"


def design(**changes):
    return api.load_target(CHIP, changes={k.replace("__", "."): v for k, v in changes.items()}).design


def test_entries_are_set_by_their_path():
    made = design(array__rows="128", converters__adc_bits="6 bits", converters__adc_range="max", writing__slope="0.5")
    assert (made.rows, made.converters.adc_bits, made.converters.adc_range, made.writing.slope) == (128, 6, "max", 0.5)


def test_imperfections_that_were_off_can_be_set():
    made = design(imperfections__row_wire="2 Ohm", imperfections__column_wire="2 Ohm", imperfections__programming="pcm")
    assert (made.imperfections.row_wire, made.imperfections.programming.name) == (2.0, "pcm")


def test_the_scale_of_a_law_and_its_absence():
    isaac = {"imperfections.programming.scale": "0.05"}
    assert api.load_target("xbar_rram_isaac", changes=isaac).design.imperfections.programming.scale == 0.05
    gone = api.load_target("xbar_rram_isaac", changes={"imperfections.programming": "none"})
    assert gone.design.imperfections.programming.name == "none"


def test_a_varied_entry_says_so_and_loses_its_spread():
    data = {"cells": {"g_max": {"value": 1, "low": 0.5, "high": 2, "unit": "uS", "grade": "M", "source": "a chip"}}}
    found = changed(data, {"cells.g_max": "3"}, "chip")["cells"]["g_max"]
    assert found == {"value": 3, "unit": "uS", "grade": "U", "source": "varied on purpose",
                     "conditions": "in place of the chip's own"}  # fmt: skip
    assert data["cells"]["g_max"]["value"] == 1


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("converter.adc_bits", "3", "no entry 'converter.adc_bits'; did you mean 'converters'"),
        ("array.row", "3", "such as '6 bits'; did you mean 'rows'"),
        ("converters.dac_bits", "0", "dac_bits.value: 0 is not possible; must be at least 1"),
        ("writing.slop", "1", "writing.slop: unknown key; did you mean 'slope'?"),
        ("imperfections.row_wire", "3 Ohm", "row_wire and column_wire go together"),
        ("converters.conversion_time", "3 S", "conversion_time in S is not in s; give it in s"),
    ],
)
def test_entries_that_are_not_there_are_named(path, value, text):
    with pytest.raises(NeurohwError) as error:
        api.load_target(CHIP, changes={path: value})
    assert text in str(error.value)


def tiny(**sections):
    return toys.model((12, 8), data=toys.FEW_DIGITS, **sections)


@pytest.mark.parametrize("learning", ["once", "chip"])
def test_points_come_in_the_order_of_values_then_seeds(learning):
    found = study(tiny(), CHIP, ["array.rows"], ["200", "150"], seeds=(0, 1), learning=learning, fixations=200)
    assert [(p.value, p.seed) for p in found.points] == [("200", 0), ("200", 1), ("150", 0), ("150", 1)]
    for large, small in zip(found.points[:2], found.points[2:]):  # ideal arrays of any size do the same
        assert (large.learned, large.random) == (small.learned, small.random)
        assert large.energy > 0
    assert found.points[0].learned != found.points[1].learned


def test_few_converter_bits_cost_accuracy_and_are_counted():
    entries = ["converters.adc_bits"]
    found = study(tiny(), "xbar_pcm_hermes", entries, ["2", "12"], seeds=(0,), fixations=500)
    coarse, fine = found.points
    assert max(coarse.random) < max(fine.random)
    assert fine.conversions >= coarse.conversions > 0  # what 2 bits silence is not read


def test_networks_of_the_host_do_not_learn_on_chips():
    model = tiny(learns="host")
    with pytest.raises(NeurohwError, match="learning: 'toy' is trained on the host; use learning once"):
        study(model, CHIP, ["array.rows"], ["200"], learning="chip")


def points(values, seeds=3):
    rng = np.random.default_rng(0)
    return tuple(
        StudyPoint(v, s, (0.3, 0.2), (0.6 + 0.02 * rng.random(), 0.7), 1e-9, 3, 100)
        for v in values
        for s in range(seeds)
    )


@pytest.mark.parametrize("values", [("3", "6", "9"), ("0.1 Ohm", "1 Ohm", "10 Ohm"), ("lossless", "max")])
def test_a_picture_has_a_line_a_layer_with_error_bars(values):
    made = study_picture(Study("m", "c", ("converters.adc_bits",), "once", None, points(values)))
    (axis,) = made.axes
    assert [c.get_label() for c in axis.containers] == [
        "learned, layer 1", "learned, layer 2", "random, layer 1", "random, layer 2",
    ]  # fmt: skip
    heights = [np.mean([100 * p.learned[0] for p in points(values) if p.value == v]) for v in values]
    assert axis.containers[0].lines[0].get_ydata() == pytest.approx(heights)
    assert (axis.get_xscale() == "log") == (values[0] == "0.1 Ohm")
    assert ("(Ohm)" in axis.get_xlabel()) == (values[0] == "0.1 Ohm")


def test_csv_has_a_line_a_point():
    rows = list(csv.DictReader(io.StringIO(study_csv(Study("m", "c", ("a", "b"), "once", None, points(("1", "2")))))))
    assert len(rows) == 6
    assert (rows[3]["a b"], rows[3]["seed"], rows[3]["learned_layer2"]) == ("2", "0", "0.7000")
    assert float(rows[3]["energy_per_sample"]) == 1e-9


def test_the_command_writes_picture_table_and_itself(neurohw, work):
    (work / "tiny.yaml").write_text(
        "schema: neurohw.model/1\nname: tiny\ndata: {name: moved_digits, views: 2, images: {train: 300, test: 100}}\n"
        "layers: [{size: 8}]\n"
    )
    code, out, err = neurohw(
        "study", "./tiny.yaml", "--on", CHIP, "--vary", "imperfections.row_wire", "imperfections.column_wire",
        "--values", "1 Ohm", "20 Ohm", "--seeds", 1, "--fixations", 100, "--set", "array.rows=150", "-o", "wires",
    )  # fmt: skip
    assert (code, err) == (0, "")
    written = {p.name for p in (work / "wires").iterdir()}
    assert written == {"study.png", "study.csv", "command.txt", "reproduce.json", "inputs"}
    assert "'20 Ohm'" in (work / "wires" / "command.txt").read_text()
    assert "20 Ohm" in out


@pytest.fixture
def work(tmp_path):
    return tmp_path


@pytest.mark.parametrize(("chip", "patches"), [("xbar_rram_isaac", 4), ("loihi2", 2)])
def test_a_map_shows_each_site_in_use(chip, patches):
    program = api.compile(tiny(), api.load_target(chip), mode="infer")
    made = site_map(program, "map")
    shown = [p for axis in made.axes for p in axis.patches if p.get_fill()]
    assert len(shown) == sum(max(1, len(b.slices)) for b in program.blocks) >= 1
    assert made.legends[0].texts[0].get_text() in ("layer1.W", "layer1")
    assert patches >= len(program.blocks)


def test_an_entry_without_a_value_is_named(refused):
    arguments = ("study", "clapp_host", "--on", CHIP, "--vary", "array.rows", "--values", "200", "--set", "array.rows")
    assert refused(*arguments) == "--set: 'array.rows'; needs entry=value; such as writing.slope=1"


def test_what_matters_only_while_learning_is_not_varied_without_it():
    with pytest.raises(NeurohwError, match=r"vary: writing.slope matter only while learning; .*; set learning to chip"):
        study(tiny(), CHIP, ["writing.slope"], ["0", "1"])


def test_negative_values_are_values(neurohw, work):
    (work / "tiny.yaml").write_text(
        "schema: neurohw.model/1\nname: tiny\ndata: {name: moved_digits, views: 2, images: {train: 300, test: 100}}\n"
        "layers: [{size: 8}]\n"
    )
    code, out, _ = neurohw(
        "study", "./tiny.yaml", "--on", CHIP, "--vary", "writing.asymmetry", "--values", "-0.4", "0", "-0.2",
        "--learning", "chip", "--seeds", 1, "--fixations", 60, "-o", "negative",
    )  # fmt: skip
    assert code == 0
    assert [line.split(",")[0] for line in (work / "negative" / "study.csv").read_text().splitlines()[1:]] == [
        "-0.4", "0", "-0.2",
    ]  # fmt: skip
    assert "1 seed;" in out


def test_units_that_differ_are_not_put_on_one_scale():
    made = study_picture(Study("m", "c", ("imperfections.time",), "once", None, points(("300 s", "1 ks"), 1)))
    assert [t.get_text() for t in made.axes[0].get_xticklabels()] == ["300 s", "1 ks"]


def test_an_entry_is_not_set_and_varied():
    with pytest.raises(NeurohwError, match=r"set: array.rows is varied; leave it out of one of them"):
        study(tiny(), CHIP, ["array.rows"], ["200"], settings={"array.rows": "150"})
