"""Every kind of data set in a model: frames of sequences and recordings of events learn on the chip and on the host."""

from __future__ import annotations

import numpy as np
import pytest
from support import toys
from support.files import write_idx_folder, write_nmnist, write_vowels

from neurohw import api
from neurohw.data.sampling import FixationStream
from neurohw.runtime.fixations import Fixations


@pytest.fixture
def vowels(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("TRAIN", "TEST"):
        said = [(rng.normal(k % 9, 1, (8 + k % 3, 12)).round(4), k % 9 + 1) for k in range(18)]
        write_vowels(tmp_path / f"JapaneseVowels_{part}.ts", said)
    return toys.model(
        (12, 8), data={"name": "japanese_vowels", "path": str(tmp_path), "dt": 3}, chip={"fixations": 300},
        host={"steps": 30},
    )  # fmt: skip


def test_a_chip_sees_frames_go_on_in_their_sequence(vowels):
    data = api.data_of(vowels)
    seen = Fixations(vowels, data, 0, 300).take(300)
    payload, sameness, _ = FixationStream(data.views, 0, 0.5, 0.1, False, data.lengths, 3).take(300)
    np.testing.assert_array_equal(seen["input"][:, 0], payload)
    np.testing.assert_array_equal(seen["sameness"][:, 0, 0], sameness)


def test_sequences_are_learned_on_the_chip_and_go_on_after_an_interruption(vowels, tmp_path):
    program = api.compile(vowels, api.load_target("loihi2"))
    whole = api.simulate(program)
    api.simulate(program, fixations=130, checkpoint=tmp_path / "c", every=130)
    resumed = api.simulate(program, checkpoint=tmp_path / "c", resume=True)
    learned = [api.learned_weights(program, run).layers for run in (whole, resumed)]
    for a, b in zip(*learned):
        np.testing.assert_array_equal(a.feedforward, b.feedforward)
    assert (learned[0][0].feedforward != api.start_weights(program).layers[0].feedforward).any()


def test_how_far_the_host_looks_ahead_matters(vowels):
    near = vowels.model_copy(update={"data": vowels.data.model_copy(update={"dt": 1})})
    first, again, other = (api.train(m).weights.layers[0].feedforward for m in (vowels, vowels, near))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_recordings_of_events_run_on_spiking_neurons(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("Train", "Test"):
        for k in range(10):
            write_nmnist(tmp_path, part, k, k, rng.integers(0, [34, 34, 2, 300_000], (300, 4)))
    model = toys.model(
        (6,), data={"name": "nmnist", "path": str(tmp_path), "steps": 4}, input={"coding": "events", "steps": 4},
        neuron="lif", chip={"fixations": 40},
    )  # fmt: skip
    program = api.compile(model, api.load_target("loihi2"))
    run = api.simulate(program)
    assert len(run.totals["hinge1.gamma"]) == 40
    frozen = api.compile(model, api.load_target("loihi2"), api.learned_weights(program, run))
    assert len(next(iter(api.simulate(frozen).totals.values()))) == 10


def test_a_model_of_a_folder_is_checked_and_compiled(neurohw, work, tmp_path):
    (work / "idx").mkdir()
    write_idx_folder(work / "idx")
    path = work / "mine.yaml"
    data = "data: {name: moved_idx, path: idx, views: 2, images: {train: 20}, augment: {occlusion: 3, rotation: 0}}"
    path.write_text(toys.TINY.replace("data: {name: moved_digits, views: 2, images: {train: 300, test: 100}}", data))
    assert neurohw("check", "mine.yaml") == (0, "mine.yaml: ok\n", "")
    assert neurohw("compile", "./mine.yaml", "--on", "loihi2", "-o", "mine.nhw")[0] == 0


def test_a_check_names_data_sets_and_options_that_there_are_not(refused, work):
    (work / "mine.yaml").write_text(toys.TINY.replace("moved_digits", "moved_digits, dt: 4, steps: 3"))
    (work / "other.yaml").write_text(toys.TINY.replace("moved_digits", "cifar"))
    assert refused("check", "mine.yaml", "other.yaml").splitlines() == [
        "mine.yaml: data.dt: has no effect here; 'moved_digits' takes images, augment; omit it",
        "mine.yaml: data.steps: has no effect here; 'moved_digits' takes images, augment; omit it",
        "other.yaml: data.name: no data set 'cifar'; did you mean 'cifar10'?",
    ]


def test_a_folder_that_is_not_there_is_one_message(refused, work):
    (work / "mine.yaml").write_text(toys.TINY.replace("moved_digits", "stl10, path: nowhere"))
    assert refused("compile", "./mine.yaml", "--on", "loihi2").startswith("data.path: no file 'nowhere/train_X.bin'; ")


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
