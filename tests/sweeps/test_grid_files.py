"""Grid files: how points are chosen, and that what is wrong is said before anything runs."""

import math
from collections import Counter

import pytest
from support.sweeps import write_grid

from neurohw.errors import NeurohwError
from neurohw.experiments.sweeps.choose import chosen
from neurohw.experiments.sweeps.plan import plan
from neurohw.experiments.sweeps.spec import load_sweep
from neurohw.library import find_sweep, names, sweeps_dir


def problems(path):
    with pytest.raises(NeurohwError) as error:
        plan(path)
    return str(error.value).replace(f"{path}: ", "").splitlines()


def drawn(tmp_path, axes, points, method="random", **changes):
    return chosen(load_sweep(write_grid(tmp_path, axes, method=method, points=points, **changes)))


def test_a_grid_has_every_combination_in_the_order_of_its_axes(tmp_path):
    made = plan(write_grid(tmp_path, {"model.layers.0.size": [8, 4], "seed": [1, 0]}))
    assert [p.values for p in made.points] == [(8, 1), (8, 0), (4, 1), (4, 0)]
    assert [(p.point.model.layers[0].size, p.point.seed) for p in made.points] == [(8, 1), (8, 0), (4, 1), (4, 0)]


def test_a_latin_hypercube_has_one_point_in_each_part_of_each_axis(tmp_path):
    axes = {"model.data.noise": {"low": 0, "high": 1}, "seed": {"low": 1, "high": 1000, "scale": "log"}}
    points = drawn(tmp_path, axes, 20, "latin_hypercube")
    noise = [20 * p["model.data.noise"] for p in points]
    seeds = [20 * math.log(p["seed"]) / math.log(1000) for p in points]
    for parts in (noise, seeds):
        assert sorted(min(int(part + 1e-3), 19) for part in parts) == list(range(20))


def test_a_latin_hypercube_shares_a_list_out_evenly(tmp_path):
    points = drawn(tmp_path, {"seed": [3, 1, 2], "model.data.noise": {"low": 0, "high": 1}}, 9, "latin_hypercube")
    assert Counter(p["seed"] for p in points) == {3: 3, 1: 3, 2: 3}
    assert [p["seed"] for p in points] == [3] * 3 + [1] * 3 + [2] * 3


def test_a_draw_is_repeated_by_its_seed(tmp_path):
    axes = {"model.data.noise": {"low": 0, "high": 1}}
    assert drawn(tmp_path, axes, 5) == drawn(tmp_path, axes, 5)
    assert drawn(tmp_path, axes, 5) != drawn(tmp_path, axes, 5, draw=1)


def test_whole_numbers_have_both_ends_and_equal_points_come_once(tmp_path):
    for scale in ("linear", "log"):
        points = drawn(tmp_path, {"seed": {"low": 1, "high": 4, "whole": True, "scale": scale}}, 100)
        assert [p["seed"] for p in points] == [1, 2, 3, 4]


def test_a_unit_goes_with_every_drawn_number(tmp_path):
    wires = {"low": 1e-7, "high": 1e-5, "scale": "log", "unit": "Ohm"}
    fixed = {"chip.imperfections.column_wire": "1 Ohm"}
    axes = {"chip.imperfections.row_wire": wires}
    made = plan(write_grid(tmp_path, axes, chip="xbar_template", method="random", points=3, settings=fixed))
    assert all(1e-7 <= p.point.target.design.imperfections.row_wire <= 1e-5 for p in made.points)


@pytest.mark.parametrize(
    ("axis", "values", "found"),
    [
        ("chip", ["loihi1", "loihi2"], lambda p: p.target.name),
        ("chip", ["loihi1@sanafe_nahuku_fit"], lambda p: f"{p.target.name}@{p.target.prices.name}"),
        ("prices", ["sanafe_nahuku_fit"], lambda p: p.target.prices.name),
        ("placement", ["greedy", "traffic"], lambda p: p.placement),
        ("fixations", [10, 20], lambda p: p.fixations),
        ("learning", ["once", "chip"], lambda p: p.learning),
        ("model.layers", [[{"size": 3}], [{"size": 4}] * 2], lambda p: [{"size": x.size} for x in p.model.layers]),
        ("model.quantise.bits", [4, 8], lambda p: p.model.quantise.bits),
        ("model.quantise.clip.percentile", [90, 99], lambda p: p.model.quantise.clip.percentile),
        ("model.host.rate", ["1e-3"], lambda p: f"{p.model.host.rate * 1e3:.0f}e-3"),
        ("chip.mesh.columns", [2, 3], lambda p: max(site.x for site in p.target.sites) + 1),
    ],
)
def test_models_chips_and_settings_are_axes(tmp_path, axis, values, found):
    given = {name: None for name in ("chip",) if name == axis}
    made = plan(write_grid(tmp_path, {axis: values}, **given))
    assert [found(p.point) for p in made.points] == values


@pytest.mark.parametrize(
    ("axes", "changes", "expected"),
    [
        ({"adc_bits": [3]}, {"chip": "xbar_rram_isaac"},
         "adc_bits: names nothing; did you mean 'chip.converters.adc_bits'?"),
        ({"model.chip.fixation": [3]}, {}, "model tiny.yaml: chip.fixation: unknown key; did you mean 'fixations'?"),
        ({"chip.core.axon": [3]}, {}, "chip loihi2: no entry 'core.axon'; "),
        ({"sed": [3]}, {}, "sed: names nothing; did you mean 'seed'?"),
        ({"model.layers.1.size": [3]}, {}, "model tiny.yaml: no entry 'layers.1.size'; the list there has places 0..0"),
        ({"model.layers.0.size": [4, 0]}, {}, "model tiny.yaml: layers.0.size: 0 is not possible; must be at least 1"),
        ({"seed": [0, -1]}, {}, "seed: -1 is not possible; must be at least 0"),
        ({"chip": ["loihi3"]}, {"chip": None}, "loihi3: no chip of that name; did you mean 'loihi2'?"),
        ({"prices": ["none"]}, {}, "price table: no table 'none' in "),
        ({"seed": []}, {}, "axes.seed: [] is not possible; needs at least 1 item"),
        ({"seed": 3}, {}, "axes.seed: 3 is not possible; write a list of values, or {low: 1, high: 8}"),
        ({"seed": [1, 2, 1]}, {}, "axes.seed: 1 comes twice; leave one of them out"),
        ({"model.host.rate": ["1e-3", 0.001]}, {}, "axes.model.host.rate: 0.001 comes twice; leave one of them out"),
        ({"seed": {"low": 1, "high": 2}}, {},
         "axes.seed: is a range; a grid needs values; give a list of values, or set method to latin_hypercube"),
        ({"seed": [1]}, {"method": "random"}, "points: is missing; method random draws points; add 'points: 50'"),
        ({"seed": [1]}, {"points": 3}, "points: a grid has all its points; omit points, or set method"),
        ({"seed": [1]}, {"seed": 2}, "seed: is fixed and an axis; leave it out of one of them"),
        ({"seed": [1]}, {"chip": None}, "chip: is missing; add 'chip: NAME', or make it an axis"),
        ({"seed": {"low": 0, "high": 2, "scale": "log"}}, {"method": "random", "points": 2},
         "axes.seed: low 0 has no logarithm; give one above 0, or scale: linear"),
        ({"seed": {"low": 2, "high": 1}}, {"method": "random", "points": 2},
         "axes.seed: low 2 is not below high 1; sort them"),
        ({"chip.core.axons_in": [[1, 2]]}, {}, "chip.core.axons_in: [1, 2] is not possible; needs one value;"),
        ({"chip.writing.slope": [0, 1]}, {"chip": "xbar_template"},
         "vary: writing.slope matter only while learning; learning once leaves the chip out; set learning to chip"),
        ({"seed": [1]}, {"model": "clapp_host", "learning": "chip"},
         "learning: 'clapp_host' is trained on the host; use learning once"),
        ({"seed": [1]}, {"schema": "neurohw.sweep/2"}, "schema: 'neurohw.sweep/2' is not possible; "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_runs(tmp_path, axes, changes, expected):
    found = problems(write_grid(tmp_path, axes, **changes))
    assert len(found) == 1
    assert found[0].startswith(expected), found[0]


def test_all_problems_come_at_once_and_each_but_once(tmp_path):
    axes = {"model.layers.0.size": [0, 4], "chip.mesh.columns": [0, 2], "seed": [0, 1, 2]}
    assert problems(write_grid(tmp_path, axes)) == [
        "model tiny.yaml: layers.0.size: 0 is not possible; must be at least 1",
        "chip loihi2: mesh.columns.value: 0 is not possible; must be at least 1",
    ]


def test_no_more_problems_are_listed_than_can_be_read(tmp_path):
    found = problems(write_grid(tmp_path, {"seed": list(range(-40, 0))}))
    assert len(found) == 21
    assert found[-1] == "and 20 more problems; correct these first"


def test_the_example_that_ships_can_be_run():
    made = plan(find_sweep("adc_bits"))
    assert len(made.points) == 36
    assert {p.point.target.design.converters.adc_bits for p in made.points} == {4, 5, 6, 7, 8, 9}


@pytest.mark.parametrize("name", names(sweeps_dir()))
def test_every_grid_that_ships_can_be_run_with_three_seeds(name):
    made = plan(find_sweep(name))
    assert made.name == name
    assert made.conditions.seeds == (0, 1, 2)
    assert len({p.key for p in made.points}) == len(made.points)


def test_objectives_learn_by_layer_and_end_to_end_in_one_grid():
    hosts = [p.point.model.host for p in plan(find_sweep("local_or_not")).points if p.point.seed == 0]
    assert [(host.method, host.network_wide) for host in hosts] == [
        ("clapp", False),
        *((method, wide) for method in ("cpc_hinge", "infomax", "simclr", "vicreg") for wide in (False, True)),
    ]


def test_an_unknown_sweep_is_named():
    with pytest.raises(NeurohwError, match=r"adc_bit: no sweep of that name; did you mean 'adc_bits'\?"):
        find_sweep("adc_bit")


def test_the_hash_is_of_contents_not_of_names(tmp_path):
    def keys():
        return [p.key for p in plan(tmp_path / "grid.yaml").points]

    path = write_grid(tmp_path, chip="chip.yaml", prices="table.yaml")
    configs = find_sweep("adc_bits").parents[1]
    chip, prices = tmp_path / "chip.yaml", tmp_path / "table.yaml"
    chip.write_text((configs / "loihi2.yaml").read_text())
    prices.write_text((configs / "prices" / "davies2018_presilicon.yaml").read_text())
    before = keys()
    assert len(set(before)) == 3
    for file in (chip, prices, tmp_path / "tiny.yaml"):
        text = file.read_text()
        file.write_text(text + "# a comment\n")
        assert keys() == before
        other = text.replace("value: 2", "value: 3", 1).replace("size: 6", "size: 7")
        assert other != text
        file.write_text(other)
        assert not set(keys()) & set(before)
        file.write_text(text)
    chip.rename(tmp_path / "same.yaml")
    path.write_text(path.read_text().replace("chip.yaml", "same.yaml"))
    assert keys() == before
