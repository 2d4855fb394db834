"""Pictures: what they show is what the run did; which ones a run has the data for; the command that writes them."""

import numpy as np
import pytest
from matplotlib.image import imread
from support import toys

from neurohw import api
from neurohw.ir.probe import Probe
from neurohw.ir.run import ProbeRecord, Trace
from neurohw.reports.pictures.all import pictures
from neurohw.reports.pictures.curves import curves, running_mean
from neurohw.reports.pictures.histograms import histograms
from neurohw.reports.pictures.membranes import membranes, most_active
from neurohw.reports.pictures.probes import extremes, probe_curves
from neurohw.reports.pictures.raster import raster
from neurohw.reports.pictures.style import POINTS, thinned

STEPS = 40
SPIKING = {
    "neuron": "lif",
    "input": {"coding": "rate", "steps": 8},
    "chip": {"exponent": -5, "prediction_exponent": -3, "prediction_shift": 8},
}


@pytest.fixture(scope="module")
def learned():
    program = api.compile(toys.model((12, 10), **SPIKING), api.load_target("loihi2"), mode="learn")
    return program, api.simulate(program, fixations=60, traces=STEPS, probes=[Probe("layer1", "v", neurons=[3])])


def dots(axis):
    return np.concatenate([c.get_offsets() for c in axis.collections])


def test_the_last_steps_are_recorded_and_no_more(learned):
    program, run = learned
    whole = api.simulate(program, fixations=60, traces=10**6)
    for name, trace in run.traces.items():
        assert len(trace.values) == STEPS
        np.testing.assert_array_equal(trace.values, whole.traces[name].values[-STEPS:], err_msg=name)
    assert len(whole.traces["layer1.v"].values) == 60 * program.network.period
    assert api.simulate(program, fixations=60).traces == {}


def test_recording_more_changes_nothing_else(learned):
    program, run = learned
    plain = api.simulate(program, fixations=60)
    assert plain.activity.populations["layer1"].active_updates == run.activity.populations["layer1"].active_updates
    np.testing.assert_array_equal(plain.learned["layer1.W"].weight, run.learned["layer1.W"].weight)


def test_a_raster_has_a_dot_for_each_message(learned):
    _, run = learned
    drawn = raster(run.traces, "title", period=13, first=100)
    shown = [t for t in run.traces.values() if t.signal not in "uv" and t.values.any()]
    assert len(drawn.axes) == len(shown) > 5
    for axis, trace in zip(drawn.axes, shown):
        at, neuron = np.nonzero(trace.values)
        expected = sorted(zip(at + 101, neuron))
        assert sorted(map(tuple, dots(axis).astype(int))) == expected


def test_a_wide_population_is_thinned_and_says_so():
    values = np.ones((3, 1000), np.int32)
    drawn = raster({"a.out": Trace("a", "out", values)}, "title")
    assert len(dots(drawn.axes[0])) == 3 * 200
    assert "1 of 5" in drawn.axes[0].get_ylabel()


def test_membranes_are_the_recorded_ones_with_threshold_and_spikes(learned):
    program, run = learned
    drawn = membranes(program.network, run.traces, [("layer1", 3), ("layer2", 0)], "title", first=7)
    for axis, (name, index) in zip(drawn.axes, (("layer1", 3), ("layer2", 0))):
        lines = {line.get_label(): line for line in axis.lines}
        np.testing.assert_array_equal(
            lines["v, after reset"].get_ydata(), run.traces[f"{name}.v"].values[:, index] / 64
        )
        np.testing.assert_array_equal(lines["u"].get_ydata(), run.traces[f"{name}.u"].values[:, index] / 64)
        assert set(lines["threshold"].get_ydata()) == {program.network.population(name).neuron.vth}
        spikes = np.flatnonzero(run.traces[f"{name}.out"].values[:, index] == 1)
        np.testing.assert_array_equal(lines["_spikes"].get_xdata(), spikes + 8)


def test_the_most_active_neurons_are_chosen(learned):
    program, run = learned
    chosen = most_active(program.network, run.traces, 2)
    assert [name for name, _ in chosen] == ["layer1", "layer1", "layer2", "layer2"]
    sent = np.count_nonzero(run.traces["layer1.out"].values, axis=0)
    assert sent[chosen[0][1]] == sent.max()


def record(steps, items, values, unit="trace"):
    return ProbeRecord(np.asarray(values, np.int32), np.asarray(steps), np.asarray(items), unit, "what it means")


def test_probes_are_lines_of_what_was_recorded():
    some = record([3, 5, 7], [4, 1], [[1, 2], [3, 4], [9, 0]], "threshold / 64")
    synapse = record([0, 4, 8], [(2, 7)], [[5], [6], [7]], "weight")
    above, below = probe_curves({"layer1.v": some, "W": synapse}, "title").axes
    assert (above.get_ylabel(), below.get_ylabel()) == ("layer1.v\n[threshold / 64]", "W\n[weight]")
    assert [line.get_label() for line in (*above.lines, *below.lines)] == ["4", "1", "2 from 7"]
    assert (above.get_legend().get_title().get_text(), below.get_legend().get_title().get_text()) == (
        "neuron", "synapse",
    )  # fmt: skip
    np.testing.assert_array_equal(above.lines[0].get_xydata(), [(4, 1), (6, 3), (8, 9)])
    np.testing.assert_array_equal(below.lines[0].get_xydata(), [(1, 5), (5, 6), (9, 7)])


def test_of_many_neurons_some_are_drawn_and_the_legend_says_so():
    (axis,) = probe_curves({"a.v": record(range(2), range(100), np.zeros((2, 100)))}, "title").axes
    assert axis.get_legend().get_title().get_text() == "12 of 100 neurons"
    assert [line.get_label() for line in axis.lines][::11] == ["0", "99"]


def test_a_record_of_a_short_time_has_an_axis_of_its_own():
    long, short = record(range(100), [0], np.zeros((100, 1))), record(range(9), [0], np.zeros((9, 1)))
    for other, shared in ((long, True), (short, False)):
        above, below = probe_curves({"a.v": long, "b.v": other}, "title").axes
        assert (above.get_xlim() == below.get_xlim()) == shared


def test_a_long_line_keeps_its_spikes():
    values = np.zeros(10**5, int)
    values[[12_345, 77_777]] = 1, -1
    at = extremes(values)
    assert len(at) <= POINTS
    assert {12_345, 77_777} <= set(at)


def test_curves_are_running_means(learned):
    program, run = learned
    drawn = curves(program.network, run.totals, "title")
    assert [line.get_label() for line in drawn.axes[0].lines] == ["layer 1", "layer 2"]
    loss = run.totals["hinge1.loss"].ravel()
    np.testing.assert_allclose(drawn.axes[0].lines[0].get_ydata(), loss)  # 60 fixations: a window of one
    np.testing.assert_allclose(drawn.axes[1].lines[1].get_ydata(), run.totals["hinge2.gamma"].ravel() != 0)
    values = np.random.default_rng(0).random(50)
    expected = [values[k : k + 7].mean() for k in range(44)]
    np.testing.assert_allclose(running_mean(values, 7), expected)


def test_long_curves_are_thinned():
    at, values = thinned(np.arange(10**5))
    assert len(at) == POINTS
    assert (at[0], at[-1], values[-1]) == (0, 10**5 - 1, 10**5 - 1)


def test_histograms_count_all_weights_before_and_after(learned):
    program, run = learned
    drawn = histograms(program.network, run.learned, "title")
    plastic = list(run.learned)
    assert len(drawn.axes) == len(plastic) == 4
    for axis, name in zip(drawn.axes, plastic):
        before, after = axis.containers[0], axis.patches[-1]
        weights = run.learned[name].weight
        assert sum(bar.get_height() for bar in before) == weights.size
        edges = [bar.get_x() for bar in before] + [before[-1].get_x() + before[-1].get_width()]
        counts, _ = np.histogram(weights, edges)
        assert counts.sum() == weights.size
        assert set(counts[counts > 0]) <= set(after.get_xy()[:, 1])
        assert "at -256 or 255" in axis.get_title(loc="right")


def test_what_a_run_has_no_data_for_is_named(learned):
    program, _ = learned
    plain = {p.name: p for p in pictures(program, api.simulate(program, fixations=20))}
    reason = "nothing was recorded step by step; simulate with --trace STEPS"
    assert (plain["raster"].draw, plain["raster"].missing) == (None, reason)
    assert plain["membranes"].missing == reason
    assert "probes" not in plain
    late = api.simulate(program, fixations=20, probes=[Probe("layer1", "v", start=10**6)])
    assert {p.name: p.missing for p in pictures(program, late)}["probes"] == "the run ended before any probe began"
    assert plain["learning"].draw is not None
    weights = toys.integer_weights((12, 10), 144, thresholds=(60, 60))
    frozen = api.compile(toys.model((12, 10), **SPIKING), api.load_target("loihi2"), weights, mode="infer")
    names = {p.name: p.missing for p in pictures(frozen, api.simulate(frozen, traces=20))}
    assert (names["learning"], names["weights"]) == ("no layer learned", "nothing was learned")
    assert names["raster"] == names["membranes"] == ""


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_pictures_are_files(learned, tmp_path, kind):
    program, run = learned
    for picture in pictures(program, run):
        path = tmp_path / f"{picture.name}.{kind}"
        picture.draw().savefig(path)
        if kind == "png":
            height, width, _ = imread(path).shape
            assert width == 1200
            assert height > 300
            assert imread(path)[:, :, :3].std() > 0.02
        else:
            assert "<svg" in path.read_text()


def test_probes_are_drawn_at_their_steps_with_their_units(learned):
    program, _ = learned
    asked = [Probe("layer1", "v", every=5), Probe("layer1.W", "weight", neurons=[(3, 0), (1, 2)], start=30)]
    run = api.simulate(program, fixations=4, probes=asked)
    drawn = probe_curves(run.probes, "title")
    for axis, (name, record) in zip(drawn.axes, run.probes.items()):
        for line, values in zip(axis.lines, record.values.T):
            np.testing.assert_array_equal(line.get_xdata(), record.steps + 1)
            np.testing.assert_array_equal(line.get_ydata(), values)
        assert axis.get_ylabel().startswith(f"{name}\n[{record.unit}]")
    assert drawn.axes[1].lines[0].get_label() == "3 from 0"
    assert "probes" in [p.name for p in pictures(program, run)]
