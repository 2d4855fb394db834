"""Readouts that learn on the emulated chip: what they are shown, how they are measured, priced and reported."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from support import toys

from neurohw import api, artifacts
from neurohw.backends.lava.available import why_not
from neurohw.compiler.readout import WEIGHTS
from neurohw.errors import NeurohwError
from neurohw.experiments import comparison
from neurohw.experiments.readout import learn, marks, readout
from neurohw.ir.readout import ReadoutCurve, Readouts
from neurohw.ir.run import Learned, differences
from neurohw.learning.encoder import init_weights
from neurohw.reports.pictures.readout import readout_picture
from neurohw.reports.readout import readout_json, readout_table
from neurohw.runtime.counted import counted
from neurohw.runtime.presentations import Presentations

TINY = toys.TINY + "readout: {presentations: 300}\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    (folder / "tiny.yaml").write_text(TINY)
    return folder


@pytest.fixture(scope="module")
def model(work):
    return api.load_model(str(work / "tiny.yaml"))


@pytest.fixture(scope="module")
def program(model):
    return api.compile(model, api.load_target("loihi2"), mode="readout")


@pytest.fixture(scope="module")
def tiny_readouts(model):
    chips = [api.load_target(name) for name in ("loihi1", "loihi2")]
    weights = replace(init_weights(model, 144, 3), origin="host")
    return readout(model.model_copy(update={"learns": "host"}), chips, weights, presentations=300)


def curve(**changes):
    made = ReadoutCurve("learned", "reward", 0.8, (10, 20, 40), (0.1, 0.73, 0.6), (0.1, 0.5, 0.7))
    return replace(made, **changes)


def test_samples_needed_are_those_of_the_first_mark_that_is_good_enough():
    assert curve().needed() == 20
    assert curve(accuracy=(0.1, 0.71, 0.6)).needed() is None
    assert curve().needed(0.1) == 10
    assert (curve().final, curve().of_probe) == (0.6, 0.6 / 0.8)


def test_marks_lie_closer_at_the_beginning_and_end_with_the_last_presentation():
    assert marks(80_000)[0] == 100
    assert marks(80_000)[-1] == 80_000
    assert np.all(np.diff(marks(80_000)) > 0)
    assert marks(5) == (5,)


@pytest.mark.parametrize("rule", ["reward", "delta"])
def test_presentations_do_not_depend_on_how_they_are_cut(model, rule):
    settings = model.readout.model_copy(update={"rule": rule})
    spec, data = model.model_copy(update={"readout": settings}), api.data_of(model)
    whole, parts = (Presentations(spec, data, 1, 60) for _ in range(2))
    inputs, label = whole.take(60), whole.classes()
    first = parts.take(25)
    state = json.loads(json.dumps(parts.state()))
    parts.take(7)
    parts.restore(state)
    second = parts.take(35)
    for name, values in inputs.items():
        np.testing.assert_array_equal(values, np.concatenate([first[name], second[name]]))
    world = inputs["label"][:, 0]
    np.testing.assert_array_equal(world.argmax(axis=1), label)
    assert set(np.unique(world)) == ({0, 1} if rule == "reward" else {-64, 64})
    assert ("exploration" in inputs) == (rule == "reward")


def test_measuring_on_the_way_changes_nothing(program, model):
    run, _ = learn(program, api.data_of(model), 300)
    whole = api.simulate(program)
    assert differences(run, whole) == []
    assert run.activity.projections[WEIGHTS].learning_written == whole.activity.projections[WEIGHTS].learning_written
    assert np.any(whole.learned[WEIGHTS].weight)


@pytest.mark.lava
@pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")
@pytest.mark.parametrize("rule", ["reward", "delta"])
def test_lava_learns_the_same_readout(model, rule):
    settings = model.readout.model_copy(update={"rule": rule, "rounding": "lava"})
    spec = model.model_copy(update={"readout": settings})
    program = api.compile(spec, api.load_target("loihi2"), mode="readout")
    run = counted(program, api.simulate(program, backend="lava", fixations=40))  # an error unless it is the emulator's
    assert run.backend == "lava"
    assert np.any(run.learned[WEIGHTS].weight)


def test_a_readout_goes_on_after_an_interruption(program, tmp_path):
    def stop(done, total):
        if done >= 200:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint.npz"
    with pytest.raises(KeyboardInterrupt):
        api.simulate(program, checkpoint=path, every=100, progress=stop)
    resumed = api.simulate(program, checkpoint=path, every=100, resume=True)
    assert differences(resumed, api.simulate(program)) == []


def test_a_reward_comes_with_the_action_that_is_the_label(program, model):
    run = api.simulate(program)
    shown = Presentations(model, api.data_of(model), 0, 300)
    shown.take(300)
    label = shown.classes()
    actions, reward = run.totals["readout.out"], run.totals["critic.reward"][:, 0]
    assert np.all(actions.sum(axis=1) == 1)
    np.testing.assert_array_equal(reward, np.where(actions.argmax(axis=1) == label, 64, -64))


def test_both_chips_learn_the_same_and_price_it_on_their_own(tiny_readouts):
    assert [(c.network, c.rule) for c in tiny_readouts.curves] == [
        ("random", "reward"), ("random", "delta"), ("learned", "reward"), ("learned", "delta"),
    ]  # fmt: skip
    for c in tiny_readouts.curves:
        assert [report.target for report in c.costs] == ["loihi1", "loihi2"]
        assert all(report.energy(learning=True).nominal > 0 and report.samples == 300 for report in c.costs)


def test_the_document_says_what_the_table_says(tiny_readouts):
    document = json.loads(json.dumps(readout_json(tiny_readouts)))
    assert (document["schema"], document["weights"], document["share"]) == ("neurohw.readout/1", "host", 0.9)
    first = document["readouts"][0]
    assert first["accuracy"] == first["curve"]["accuracy"][-1] == tiny_readouts.curves[0].final
    assert first["curve"]["presentations"][-1] == 300
    assert [cost["target"] for cost in first["costs"]] == ["loihi1", "loihi2"]


def test_the_table_names_what_is_not_reached():
    from rich.console import Console

    shown = Readouts("m", "d", 0, "chip", (curve(), curve(rule="delta", accuracy=(0.1, 0.1, 0.2))))
    console = Console(width=100)
    with console.capture() as captured:
        console.print(readout_table(shown))
    lines = [" ".join(line.split()) for line in captured.get().splitlines()]
    assert "learned classifier (host) 80.0 %" in lines
    assert "three factors 60.0 % 75 % 20 70.0 %" in lines
    assert "delta rule 20.0 % 25 % not reached 70.0 %" in lines


def test_the_picture_has_a_line_for_each_readout_and_each_classifier():
    shown = Readouts("m", "d", 0, "chip", (curve(), curve(network="random", probe=0.4, accuracy=(0.1, 0.1, 0.2))))
    made = readout_picture(shown)
    (axis,) = made.axes
    names = [line.get_label() for line in axis.lines if not line.get_label().startswith("_")]
    assert names == ["reward, learned", "reward, random", "classifier, learned", "classifier, random"]
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots] == [(20, 73.0)]


def test_a_readout_is_no_representation(program):
    run = api.simulate(program)
    with pytest.raises(NeurohwError) as error:
        comparison.row_of_run(program, run)
    assert str(error.value) == (
        "tiny: is a run of a readout; a comparison is about representations; neurohw readout tiny"
    )
    with pytest.raises(NeurohwError) as error:
        api.learned_weights(program, run)
    assert str(error.value) == (
        "tiny: its layers were frozen; no layer has learned; take run.learned, which has the readout's weights"
    )


def test_without_a_chip_there_is_nothing_to_learn_on(model):
    with pytest.raises(NeurohwError) as error:
        readout(model, [])
    assert str(error.value) == "readout: no chip is named; give one, such as loihi2"


def test_the_verb_prints_the_readouts_and_writes_them(neurohw, work, model):
    artifacts.save(work / "w.npz", init_weights(model, 144, 3))
    code, out, err = neurohw(
        "readout", "./tiny.yaml", "--on", "loihi1", "loihi2", "--weights", "w.npz", "--presentations", 100,
        "--picture", "curves.svg", "--json", "readouts.json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    for text in ("three factors", "delta rule", "classifier (host)", "loihi1", "loihi2"):
        assert text in out
    assert json.loads((work / "readouts.json").read_text())["model"] == "tiny"
    assert "<svg" in (work / "curves.svg").read_text()


def test_the_verb_refuses_a_picture_of_another_kind(refused):
    message = refused("readout", "./tiny.yaml", "--on", "loihi2", "--picture", "curves.bmp")
    assert message == "--picture: 'curves.bmp'; ends in .png or .svg; give another name"


def test_a_readout_is_compiled_simulated_and_priced_by_the_other_verbs(neurohw, work):
    assert neurohw("compile", "./tiny.yaml", "--on", "loihi2", "--mode", "readout", "-o", "r.nhw")[0] == 0
    assert neurohw("simulate", "r.nhw", "-o", "r")[0] == 0
    code, out, _ = neurohw("estimate", "r")
    assert code == 0
    assert "critic" in out
    assert np.any(artifacts.load(work / "r" / "readout.npz", Learned).weight)
