"""Summaries over seeds: the numbers, the table for people, the CSV, the picture, and the command that writes them."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from support.sweeps import write_grid

from neurohw.experiments.sweeps.export import table_of_summary, write_csv
from neurohw.ir.labels import label, labels, numbers
from neurohw.ir.summary import Spread, summarise
from neurohw.ir.sweep import Conditions, Outcome, Sweep, SweepPoint
from neurohw.reports.pictures.summary import summary_picture
from neurohw.reports.summary_text import summary_markdown

LAYERS = {k: "[" + ", ".join(['{"size": 8}'] * k) + "]" for k in (1, 2, 3)}


def row(learned, random=(0.5, 0.4), raw=0.3, energy=2e-9):
    """All labels as given, few 0.1 below."""
    found = {"raw_all": raw, "raw_few": raw - 0.1}
    for name, scores in (("random", random), ("learned", learned)):
        for which, less in (("all", 0), ("few", 0.1)):
            found |= {f"{name}_{which}_{k}": score - less for k, score in enumerate(scores, 1)}
    return {**found, "energy_J": energy, "unpriced": "axon_in; I/O and host"}


def point(values, found):
    return SweepPoint(repr(values), values, Outcome(None, found) if isinstance(found, str) else Outcome(found))


def sweep_of(axes, *points, seeds=(0, 1)):
    conditions = Conditions(("digits",), (10,), seeds)
    return Sweep("s", "m on c", axes, tuple(point(*p) for p in points), conditions=conditions)


BITS = sweep_of(
    ("model.quantise.bits", "seed"),
    ((4, 0), row((0.6, 0.70))), ((4, 1), row((0.6, 0.74))),
    ((8, 0), row((0.7, 0.80), energy=None)), ((8, 1), "too | wide"),
)  # fmt: skip
DEPTH = sweep_of(
    ("model.layers",),
    ((LAYERS[1],), row((0.6,), (0.5,))), ((LAYERS[2],), row((0.6, 0.7))), ((LAYERS[3],), "no"), seeds=(0,),
)  # fmt: skip
WORDS = sweep_of(
    ("model", "seed"),
    *((("a/one.yaml", seed), row((0.6, 0.7 + seed / 50), (0.5, 0.4 + seed / 50))) for seed in (0, 1)),
    *((("two", seed), row((0.5, 0.6 + seed / 10), (0.5, 0.3))) for seed in (0, 1)),
    (("three", 0), "no"), (("three", 1), "no"),
)  # fmt: skip


def markdown(sweep):
    return summary_markdown(sweep, summarise(sweep), {"neurohw": "9", "lava": None}, "neurohw sweep s")


def drawn(sweep):
    return summary_picture(sweep, summarise(sweep))


def bars(axis, text):
    """Places and half lengths of the error bars of what the legend calls `text`: (x, y, deviation)."""
    found = {c.get_label(): c for c in axis.containers}[text]
    x, y = found.lines[0].get_data()
    if not found.lines[2]:
        return list(x), list(y), None
    ends = np.array(found.lines[2][0].get_segments())
    return list(x), list(y), list(np.abs(ends[:, 1] - ends[:, 0]).max(axis=1) / 2)


def levels(axis, text):
    """Data of the line that the legend calls `text`."""
    return next(line.get_data() for line in axis.lines if line.get_label() == text)


def test_the_table_shows_what_settings_share_once_and_marks_means_that_lack_a_seed():
    assert markdown(BITS) == (
        "# s: m on c\n\n"
        "| bits | layer 1, all | layer 2, all | layer 1, few | layer 2, few | energy / sample |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |\n"
        "| raw input (no layer) | 30.0 ± 0.0 | - | 20.0 ± 0.0 | - | - |\n"
        "| random network | 50.0 ± 0.0 | 40.0 ± 0.0 | 40.0 ± 0.0 | 30.0 ± 0.0 | - |\n"
        "| 4 | 60.0 ± 0.0 | 72.0 ± 2.8 | 50.0 ± 0.0 | 62.0 ± 2.8 | 2.00 nJ |\n"
        "| 8 | 70.0\\* | 80.0\\* | 60.0\\* | 70.0\\* | no price |\n\n"
        "- \\* bits 8: 1 of 2 seeds failed: 1 x too \\| wide\n\n"
        "Accuracy (%) of a linear readout of each layer: mean ± sample standard deviation over the seeds. Seeds: 0, 1. "
        "All: all labels; few: 10 a class. Data: digits. Energy of a sample: dynamic, nominal, without what has no "
        "price: axon\\_in, I/O and host.\n\n"
        "Made with neurohw 9 by `` neurohw sweep s ``\n"
    )


def test_layers_that_a_network_lacks_are_left_open_and_one_seed_has_no_deviation():
    assert markdown(DEPTH).splitlines()[2:9] == [
        "| layers | layer 1, all | layer 2, all | layer 1, few | layer 2, few | energy / sample |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| raw input (no layer) | 30.0 | - | 20.0 | - | - |",
        "| random network | 50.0 | 40.0 | 40.0 | 30.0 | - |",
        "| 8 | 60.0 | - | 50.0 | - | 2.00 nJ |",
        "| 8-8 | 60.0 | 70.0 | 50.0 | 60.0 | 2.00 nJ |",
        "| 8-8-8 | failed | failed | failed | failed | failed |",
    ]


def test_a_random_network_that_differs_has_columns():
    lines = markdown(WORDS).splitlines()
    assert lines[2] == (
        "| model | layer 1, all | layer 2, all | layer 1, few | layer 2, few | random layer 1, all | "
        "random layer 2, all | random layer 1, few | random layer 2, few | energy / sample |"
    )
    assert lines[4] == "| raw input (no layer) | 30.0 ± 0.0 | - | 20.0 ± 0.0 | - | - | - | - | - | - |"
    assert lines[5].startswith("| one | 60.0 ± 0.0 | 71.0 ± 1.4 | 50.0 ± 0.0 | 61.0 ± 1.4 | 50.0 ± 0.0 | 41.0 ± 1.4 |")
    assert "- \\* three: 2 of 2 seeds failed: 2 x no" in lines


def test_what_is_shared_is_compared_seed_by_seed():
    other = replace(BITS, points=(*BITS.points[:3], point((8, 1), row((0.7, 0.8), raw=0.31))))
    assert {name for name in summarise(BITS).shared if "all" in name} == {"raw_all", "random_all_1", "random_all_2"}
    assert {name for name in summarise(other).shared if "all" in name} == {"random_all_1", "random_all_2"}
    assert "| bits | layer 1, all | layer 2, all | layer 1, few | layer 2, few | raw, all | raw, few | " in markdown(
        other
    )


def test_a_sweep_of_seeds_alone_has_one_row():
    alone = sweep_of(("seed",), ((0,), row((0.6, 0.7))), ((1,), row((0.6, 0.8))))
    assert "\n| learned | 60.0 ± 0.0 | 75.0 ± 7.1 | 50.0 ± 0.0 | 65.0 ± 7.1 | 2.00 nJ |\n" in markdown(alone)
    assert [t.get_text() for t in drawn(alone).axes[0].get_yticklabels()] == ["learned"]


def test_the_csv_has_every_digit_and_nothing_where_nothing_is_known(tmp_path):
    write_csv(tmp_path / "s.csv", table_of_summary(BITS, summarise(BITS)))
    text = (tmp_path / "s.csv").read_text()
    four, eight = csv.DictReader(text.splitlines())
    assert "nan" not in text.lower()
    assert list(four)[:5] == ["model.quantise.bits", "seeds", "failed", "raw_all_mean", "raw_all_sd"]
    assert list(four)[-2:] == ["energy_J_mean", "energy_J_sd"]
    assert (four["seeds"], four["failed"], eight["seeds"], eight["failed"]) == ("2", "0", "1", "1")
    assert float(four["learned_all_2_mean"]) == np.mean([0.70, 0.74])
    assert float(four["learned_all_2_sd"]) == pytest.approx(np.std([0.70, 0.74], ddof=1), rel=1e-15)
    assert float(four["energy_J_mean"]) == 2e-9
    assert (eight["learned_all_2_mean"], eight["learned_all_2_sd"], eight["energy_J_mean"]) == ("0.8", "", "")


def test_a_setting_without_any_result_has_a_row(tmp_path):
    write_csv(tmp_path / "s.csv", table_of_summary(DEPTH, summarise(DEPTH)))
    *_, last = csv.DictReader((tmp_path / "s.csv").read_text().splitlines())
    assert (last["model.layers"], last["seeds"], last["failed"]) == (LAYERS[3], "0", "1")
    assert set(list(last.values())[3:]) == {""}


def test_numbers_are_x_and_lines_have_error_bars_for_all_and_few_labels():
    made = drawn(BITS)
    assert made.get_suptitle() == "s: 2 settings, 2 seeds, 1 points failed\nm on c"
    assert [axis.get_title() for axis in made.axes] == ["all labels", "10 labels a class"]
    for axis, less in zip(made.axes, (0, 10)):
        x, y, deviation = bars(axis, "layer 2")
        assert x == [4, 8]
        np.testing.assert_allclose(y, [72 - less, 80 - less])
        np.testing.assert_allclose(deviation, [100 * np.std([0.7, 0.74], ddof=1), 0])
        np.testing.assert_allclose(bars(axis, "layer 1")[1], [60 - less, 70 - less])
        np.testing.assert_allclose(levels(axis, "random network, last layer")[1], 40 - less)
        np.testing.assert_allclose(levels(axis, "raw input")[1], 30 - less)
    assert [t.get_text() for t in made.legends[0].get_texts()] == [
        "layer 2", "layer 1", "random network, last layer", "raw input",
    ]  # fmt: skip


def test_depth_is_a_number_and_its_last_layer_a_line():
    made = drawn(DEPTH)
    x, y, deviation = bars(made.axes[0], "last layer")
    assert (x, deviation) == ([1, 2], None)
    np.testing.assert_allclose(y, [60, 70])
    np.testing.assert_allclose(levels(made.axes[0], "random network, last layer"), [[1, 2], [50, 40]])
    assert [t.get_text() for t in made.axes[0].get_xticklabels()] == ["8", "8-8", "8-8-8"]


def test_a_wide_span_is_logarithmic_and_ticks_are_at_the_values():
    wide = sweep_of(("steps",), *(((n,), row((0.5, 0.6))) for n in (64, 4, 16)))
    axis = drawn(wide).axes[0]
    assert axis.get_xscale() == "log"
    assert dict(zip(axis.get_xticks(), (t.get_text() for t in axis.get_xticklabels()))) == {64: "64", 4: "4", 16: "16"}
    assert bars(axis, "layer 2")[0] == [4, 16, 64]
    assert drawn(BITS).axes[0].get_xscale() == "linear"


def test_other_axes_are_lines_unless_there_are_too_many_to_tell_apart():
    def grid(models):
        return sweep_of(
            ("model.host.method", "bits"), *(((f"m{m}", b), row((0.5, 0.6))) for m in range(models) for b in (2, 4))
        )

    texts = [t.get_text() for t in drawn(grid(2)).legends[0].get_texts()]
    assert texts == ["method m0", "method m1", "layer 1 (lighter)", "random network, last layer", "raw input"]
    rows = [t.get_text() for t in drawn(grid(9)).axes[0].get_yticklabels()]
    assert len(rows) == 18
    assert rows[:3] == ["method m0, bits 2", "method m0, bits 4", "method m1, bits 2"]


def test_words_are_rows_in_the_order_of_the_grid():
    made = drawn(WORDS)
    axis = made.axes[0]
    assert [t.get_text() for t in axis.get_yticklabels()] == ["one", "two", "three (failed)"]
    assert axis.yaxis_inverted()
    x, y, deviation = bars(axis, "layer 2")
    np.testing.assert_allclose(x, [71, 65])
    np.testing.assert_allclose(np.round(y), [0, 1])
    np.testing.assert_allclose(deviation, [100 * np.std(v, ddof=1) for v in ([0.7, 0.72], [0.6, 0.7])])
    np.testing.assert_allclose(levels(axis, "random network, last layer"), [[41, 30], [0, 1]])
    np.testing.assert_allclose(levels(axis, "raw input")[0], 30)


def test_more_rows_than_can_be_read_are_counted():
    made = drawn(sweep_of(("model",), *(((f"m{k}",), row((0.5, 0.6))) for k in range(70))))
    rows = [t.get_text() for t in made.axes[0].get_yticklabels()]
    assert (len(rows), rows[-1]) == (60, "m59\nand 10 more")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (LAYERS[3], "8-8-8"),
        ("[4, 8]", "4, 8"),
        ('{"clapp": {"pairs": "both"}, "method": "clapp"}', "clapp, pairs both"),
        ('{"batch": 256, "method": "simclr", "scope": "layer"}', "simclr, layer, batch 256"),
        ('{"percentile": 98}', "percentile 98"),
        ("models/mine.yaml", "mine"),
        ("[not JSON", "[not JSON"),
        (None, "none"),
        (True, "true"),
        (0.001, "0.001"),
    ],
)
def test_values_are_short_texts(value, expected):
    assert label(value) == expected


def test_values_that_would_look_alike_are_written_out():
    assert labels(["a/one.yaml", "b/one.yaml", "two.yaml"]) == ("a/one.yaml", "b/one.yaml", "two")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2, 0.5], ((2.0, 0.5), "")),
        (["1 Ohm", "2.5 Ohm"], ((1.0, 2.5), "Ohm")),
        (["1 Ohm", "2 kOhm"], None),
        ([LAYERS[1], LAYERS[3]], ((1.0, 3.0), "layers")),
        ([LAYERS[2], LAYERS[2].replace("8", "16")], ((8.0, 16.0), "units")),
        ([LAYERS[2], LAYERS[1].replace("8", "16")], None),
        (['[{"size": 8}, {"size": 4}]', LAYERS[1]], None),
        ([True, False], None),
        ([None, 3], None),
        (["loihi1", "loihi2"], None),
        ([], None),
    ],
)
def test_numbers_are_found_behind_values(values, expected):
    assert numbers(values) == expected


def test_a_mean_of_one_seed_has_no_deviation():
    assert summarise(DEPTH).settings[0].spreads["learned_all_1"] == Spread(0.6, None)


@pytest.fixture
def work(tmp_path):
    write_grid(tmp_path, {"model.layers": [[{"size": 4}], [{"size": 4}, {"size": 6}]], "seed": [0, 1]})
    return tmp_path


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_command_writes_the_same_bytes_from_the_same_results(neurohw, work, kind):
    command = ("sweep", "./grid.yaml", "-o", "r.db", "--summary", "shown", "--format", kind)
    seen = []
    for now in (4, 0):
        code, out, err = neurohw(*command)
        assert (code, err) == (0, "")
        assert out.startswith(f"4 points: {4 - now} were done before, {now} now; 0 failed\n")
        assert out.endswith(f"wrote shown/grid.md, .csv and .{kind}\n")
        seen.append({path.name: path.read_bytes() for path in (work / "shown").iterdir()})
    assert set(seen[0]) == {"grid.csv", "grid.md", f"grid.{kind}"}
    assert seen[0] == seen[1]
    text = seen[0]["grid.md"].decode()
    assert text.startswith("# small: tiny on loihi2\n")
    assert [line.split(" | ")[0] for line in text.splitlines()[4:8]] == [
        "| raw input (no layer)", "| random network", "| 4", "| 4-6",
    ]  # fmt: skip
    assert "Seeds: 0, 1. All: all labels; few: 5 a class. Data: moved\\_digits." in text
    assert text.endswith(f" by `` neurohw {' '.join(command)} ``\n")


def test_a_sweep_without_any_result_has_a_table_and_no_picture(neurohw, work):
    write_grid(work, {"seed": [0]}, settings={"model.probe.few": 100_000})
    out = neurohw("sweep", "./grid.yaml", "-o", "r.db", "--summary", "shown")[1]
    assert out.endswith("no picture of the summary: all points failed\nwrote shown/grid.md, .csv\n")
    assert sorted(path.name for path in (work / "shown").iterdir()) == ["grid.csv", "grid.md"]
    text = (work / "shown" / "grid.md").read_text()
    assert "\n| learned | failed |\n" in text
    assert "- \\* 1 of 1 seeds failed: 1 x probe.few: is 100000; class " in text


def test_a_place_for_the_summary_that_takes_no_files_is_named_before_anything_runs(refused, work):
    (work / "file").touch()
    assert refused("sweep", "./grid.yaml", "--summary", "file").startswith("file/grid.md: cannot be written: ")
    assert not list(work.glob("*.db"))


def test_a_random_network_that_most_settings_share_is_a_row_and_the_other_names_whose_it_is():
    points = [((name, 0), row((0.6, 0.7))) for name in "abcdefg"]
    text = markdown(sweep_of(("model", "seed"), *points, (("chip", 0), row((0.6, 0.7), (0.55, 0.45))), seeds=(0,)))
    assert "| random network | 50.0 | 40.0 | 40.0 | 30.0 | - |" in text
    assert "| random network of chip | 55.0 | 45.0 | 45.0 | 35.0 | - |" in text
    assert "random layer" not in text
