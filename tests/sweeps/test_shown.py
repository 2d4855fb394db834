"""The Pareto front, the pictures, the table and the command."""

import numpy as np
import pytest
from support.sweeps import write_grid

from neurohw.ir.sweep import Outcome, Setting, Sweep, SweepPoint, pareto
from neurohw.reports.pictures.effects import effects_picture
from neurohw.reports.pictures.pareto import pareto_picture


def setting(accuracy, energy):
    return Setting((energy,), accuracy, 0.0, energy, 1)


def point(values, accuracy=None, energy=None, error=None):
    row = None if error else {"learned_all_1": 0.99, "learned_all_2": accuracy, "energy_J": energy}
    return SweepPoint(repr(values), values, Outcome(row, error))


def sweep_of(axes, *points):
    return Sweep("s", "m on c", axes, points, 0, len(points))


BITS = sweep_of(
    ("chip.converters.adc_bits", "seed"),
    *(point((bits, seed), bits / 10 + seed / 100, bits * 1e-9) for bits in (2, 4, 3) for seed in (0, 1)),
    point((8, 0), error="too wide"),
)


def means(axis):
    return np.array(axis.containers[0].lines[0].get_ydata(), dtype=float)


def test_the_front_holds_what_nothing_beats():
    rng = np.random.default_rng(0)
    settings = [setting(float(a), float(e)) for a, e in rng.integers(0, 12, (80, 2))]
    beaten = [
        any(o.accuracy >= s.accuracy and o.energy <= s.energy and (o.accuracy, o.energy) != (s.accuracy, s.energy)
            for o in settings)
        for s in settings
    ]  # fmt: skip
    front = pareto(settings)
    assert set(front) == {s for s, worse in zip(settings, beaten) if not worse}
    assert list(front) == sorted(front, key=lambda s: s.energy)


def test_what_has_no_price_is_not_on_the_front():
    assert pareto([setting(0.9, None), setting(0.5, 1.0)]) == (setting(0.5, 1.0),)


def test_settings_are_means_over_seeds_without_failed_points():
    first = BITS.settings[0]
    assert [s.values for s in BITS.settings] == [(2,), (4,), (3,)]
    assert (first.accuracy, first.energy, first.seeds) == (pytest.approx(0.205), pytest.approx(2e-9), 2)
    assert first.spread == pytest.approx(0.01 / 2**0.5)


def test_the_pareto_picture_shows_every_setting_and_numbers_the_front():
    both = sweep_of(BITS.axes, *BITS.points, point((9, 0), 0.1, 9e-9))
    made = pareto_picture(both)
    shown = [tuple(xy) for line in made.axes[0].containers for xy in zip(*line.lines[0].get_data())]
    assert sorted(shown) == sorted((s.energy, 100 * s.accuracy) for s in both.settings)
    assert [t.get_text() for t in made.axes[0].texts] == ["1", "2", "3"]
    assert made.get_supxlabel().splitlines() == ["1: adc_bits 2", "2: adc_bits 3", "3: adc_bits 4"]
    assert made.get_suptitle() == "s: 4 settings, 2 seeds, 1 points failed\nm on c"


def test_effects_are_means_over_all_other_axes():
    made = effects_picture(BITS)
    assert [axis.get_xlabel() for axis in made.axes] == ["chip.converters.adc_bits", "seed"]
    bits, seeds = (means(axis) for axis in made.axes)
    np.testing.assert_allclose(bits, [20.5, 30.5, 40.5])
    np.testing.assert_allclose(seeds, [30, 31])
    assert [t.get_text() for t in made.axes[0].get_xticklabels()] == ["2", "3", "4"]


def test_many_numbers_are_shown_as_they_lie_with_means_of_parts():
    made = effects_picture(sweep_of(("x",), *(point((float(x),), x / 100, 1.0) for x in range(1, 61))))
    np.testing.assert_allclose(means(made.axes[0]), [5.5, 15.5, 25.5, 35.5, 45.5, 55.5])
    assert made.axes[0].get_xscale() == "log"


@pytest.fixture
def work(tmp_path):
    write_grid(tmp_path, {"model.layers.0.size": [4, 8], "chip.mesh.columns": [2]})
    return tmp_path


def test_the_command_runs_a_grid_and_goes_on(neurohw, work):
    files = ("--csv", "t.csv", "--parquet", "t.parquet", "--pictures", "shown")
    code, out, err = neurohw("sweep", "./grid.yaml", "-o", "r.db", *files)
    assert (code, err) == (0, "")
    assert out.startswith("2 points: 0 were done before, 2 now; 0 failed\n")
    assert "Pareto front of 2 settings" in out
    assert "wrote t.csv: 2 points" in out
    assert sorted(p.name for p in (work / "shown").iterdir()) == ["effects.png", "pareto.png"]
    assert neurohw("sweep", "./grid.yaml", "-o", "r.db")[1].startswith(
        "2 points: 2 were done before, 0 now; 0 failed\n"
    )


def test_check_and_list_know_sweeps(neurohw, refused, work):
    assert neurohw("check", "adc_bits", "./grid.yaml")[1].endswith("grid.yaml: ok\n")
    assert "sweeps        adc_bits" in neurohw("list")[1]
    write_grid(work, {"sed": [1]})
    assert refused("check", "./grid.yaml") == "grid.yaml: sed: names nothing; did you mean 'seed'?"


def test_wrong_options_are_one_message(refused):
    assert refused("sweep", "./grid.yaml", "--executor", "dusk") == (
        "--executor: 'dusk' is not possible; choose serial or processes or dask"
    )
    assert refused("sweep", "nothing").startswith("nothing: no sweep of that name; choose one of: ")
