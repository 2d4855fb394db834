"""The row of a point: what comparisons show, whatever was evaluated before it and wherever."""

from dataclasses import replace

import pytest
from support.sweeps import write_grid
from threadpoolctl import threadpool_info

from neurohw import api
from neurohw.errors import NeurohwError
from neurohw.experiments.comparison import compare
from neurohw.experiments.sweeps import evaluate as module
from neurohw.experiments.sweeps.evaluate import evaluate, learning_of
from neurohw.experiments.sweeps.executors import execute
from neurohw.experiments.sweeps.plan import plan


def points(tmp_path, axes, **changes):
    return [p.point for p in plan(write_grid(tmp_path, axes, **changes)).points]


def forget():
    for memo in (module._learning_run, module._trained, module._input_scores):
        memo.cache_clear()


@pytest.mark.parametrize(
    ("chip", "learning"),
    [("loihi2", "once"), ("loihi1", "chip"), ("xbar_template", "chip"), ("xbar_rram_isaac", "chip")],
)
def test_a_row_is_what_compare_finds(tmp_path, chip, learning):
    (point,) = points(tmp_path, {"seed": [1]}, chip=chip, learning=learning)
    row, (shown,) = evaluate(point), compare(point.model, [api.load_target(chip)], seed=1).rows
    accuracy, inference = shown.accuracy, shown.inference
    assert (row["raw_all"], row["raw_few"]) == (accuracy.raw_all, accuracy.raw_few)
    for name in ("random_all", "random_few", "learned_all", "learned_few"):
        assert (row[f"{name}_1"],) == getattr(accuracy, name)
    energy, learned = inference.per_sample(learning=False), shown.learning.per_sample()
    assert (row["energy_J_low"], row["energy_J"], row["energy_J_high"]) == (energy.low, energy.nominal, energy.high)
    assert row["learning_energy_J"] == (learned.nominal or None)
    assert row["latency_s"] == (inference.latency_per_sample.nominal if inference.latency_per_sample else None)
    assert (row["sites_used"], row["fullest"]) == (inference.sites_used, max(inference.fill))
    assert row["conversions"] == inference.counts.get("conversions", 0)


def test_arrays_that_are_written_with_what_was_learned_once_price_no_learning(tmp_path):
    arrays, cores = points(tmp_path, {"chip": ["xbar_template", "loihi2"]}, chip=None)
    assert (arrays.reference.name, cores.reference) == ("loihi2", None)
    assert evaluate(arrays)["learning_energy_J"] is None
    assert evaluate(arrays)["learned_all_1"] == evaluate(cores)["learned_all_1"]  # ideal arrays do the same integers


def test_a_row_does_not_depend_on_what_was_evaluated_before(tmp_path):
    axes = {"model.quantise.bits": [4, 8], "model.probe.few": [5, 4], "chip": ["loihi2", "xbar_rram_isaac"]}
    made = points(tmp_path, axes, chip=None)
    shared = [evaluate(point) for point in made]
    alone = []
    for point in reversed(made):
        forget()
        alone.append(evaluate(point))
    assert alone[::-1] == shared
    assert len({repr(row) for row in shared}) > 4


def test_points_that_share_a_learning_run_learn_once(tmp_path, monkeypatch):
    axes = {"prices": ["davies2018_presilicon", "sanafe_nahuku_fit"], "model.quantise.bits": [4, 8], "seed": [0, 1]}
    made = points(tmp_path, axes, chip="loihi1", learning="chip")
    runs = []
    simulate = module.simulate
    monkeypatch.setattr(module, "simulate", lambda program, **o: (runs.append(program.mode), simulate(program, **o))[1])
    forget()
    for point in made:
        evaluate(point)
    assert runs.count("learn") == 2
    assert len({learning_of(point) for point in made}) == 2


def test_models_that_are_trained_on_the_host_can_be_swept(tmp_path):
    settings = {"model.learns": "host", "model.host.steps": 5}
    made = points(tmp_path, {"model.quantise.bits": [2, 8]}, settings=settings)
    rows = [evaluate(point) for point in made]
    assert rows[0]["learning_energy_J"] is None
    assert rows[0] != rows[1]


def test_bits_matter_before_learning_only_where_it_is_done_in_them(tmp_path):
    host = {"model.learns": "host", "model.host.steps": 20, "model.host.batch": 4}
    bits = {"model.quantise.bits": [2, 8]}
    shared = points(tmp_path, bits, settings=host)
    own = points(tmp_path, bits, settings={**host, "model.host.precision": "in_place"})
    assert [len({learning_of(point) for point in found}) for found in (shared, own)] == [1, 2]
    evaluate(own[0])
    after = evaluate(own[1])
    forget()
    assert evaluate(own[1]) == after


def test_the_linear_algebra_runs_on_one_thread_and_then_on_as_many_as_before(tmp_path, monkeypatch):
    seen, before = [], threadpool_info()
    monkeypatch.setattr(module, "_row", lambda point: seen.append(threadpool_info()) or {})
    evaluate(points(tmp_path, {"seed": [0]})[0])
    assert {pool["num_threads"] for pool in seen[0]} == {1}
    assert threadpool_info() == before


def test_another_version_of_neurohw_is_refused(tmp_path):
    (point,) = points(tmp_path, {"seed": [0]})
    with pytest.raises(NeurohwError, match=r"worker: has neurohw .*, the sweep 0.0.0; install the same version"):
        evaluate(replace(point, version="0.0.0"))
    assert replace(point, version="0.0.0").key != point.key


def test_a_model_that_does_not_fit_is_one_failed_point(tmp_path):
    made = plan(write_grid(tmp_path, {"chip.array.rows": [128, 8]}, chip="xbar_rram_isaac", settings={
        "chip.chip.tile_columns": 1, "chip.chip.tile_rows": 1, "chip.chip.groups_per_tile": 1,
        "chip.chip.arrays_per_group": 1,
        "model.layers.0.size": 2,
    })).points  # fmt: skip
    found = dict(execute([(p.key, p.point) for p in made], "serial"))
    texts = [found[p.key].error for p in made]
    assert all(text and "Traceback" not in text for text in texts if text)
    assert texts[1] is not None
