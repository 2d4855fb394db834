"""Japanese vowels, on small files in the layout of sktime."""

from __future__ import annotations

import numpy as np
import pytest
from support.files import write_vowels

from neurohw.data.registry import load_data
from neurohw.errors import NeurohwError
from neurohw.spec import DataSpec

FIX = "get sktime (pip download --no-deps sktime), unzip it and give sktime/datasets/data/JapaneseVowels as data.path"


def utterances(count: int, seed: int):
    rng = np.random.default_rng(seed)
    return [(rng.normal(k % 9, 1, (7 + k % 5, 12)).round(6), k % 9 + 1) for k in range(count)]


@pytest.fixture
def spec(tmp_path) -> DataSpec:
    write_vowels(tmp_path / "JapaneseVowels_TRAIN.ts", utterances(18, 0))
    write_vowels(tmp_path / "JapaneseVowels_TEST.ts", utterances(9, 1))
    return DataSpec(name="japanese_vowels", path=str(tmp_path), dt=2)


def test_utterances_are_sequences_of_frames_with_their_speaker(spec):
    data = load_data(spec, 0)
    written = utterances(18, 0)
    assert data.lengths.tolist() == [len(x) for x, _ in written]
    assert data.train_x.shape == (sum(data.lengths), 60)
    np.testing.assert_array_equal(data.train_y, np.repeat([s - 1 for _, s in written], data.lengths))
    assert (data.classes, data.test_y.max()) == (9, 8)


def test_a_frame_comes_with_two_on_either_side(spec):
    x = load_data(spec, 0).train_x[:7].reshape(7, 5, 12)
    first = utterances(18, 0)[0][0]
    order = np.clip(np.arange(7)[:, None] + np.arange(-2, 3), 0, 6)
    ranks = x[:, 2, 0].argsort()
    np.testing.assert_array_equal(ranks, first[:, 0].argsort())
    np.testing.assert_array_equal(x[:, 0, 0].argsort(kind="stable"), first[order[:, 0], 0].argsort(kind="stable"))


def test_validation_holds_out_a_quarter_of_the_utterances(spec):
    data = load_data(spec, 0, "validation")
    assert len(data.lengths) == 13
    assert len(data.train_y) + len(data.test_y) == len(load_data(spec, 0).train_y)


def said(spec) -> str:
    with pytest.raises(NeurohwError) as caught:
        load_data(spec, 0)
    return str(caught.value)


def test_without_files_the_error_says_how_to_get_them(tmp_path):
    expected = f"data.path: is missing; 'japanese_vowels' reads a folder with JapaneseVowels_{{TRAIN,TEST}}.ts; {FIX}"
    assert said(DataSpec(name="japanese_vowels")) == expected
    expected = f"data.path: no file '{tmp_path}/JapaneseVowels_TRAIN.ts'; {FIX}"
    assert said(DataSpec(name="japanese_vowels", path=str(tmp_path))) == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,2:3,4:1", "2 dimensions, class 1"),
        (":".join(["1,2"] * 12 + ["10"]), "12 dimensions, class 10"),
        (":".join(["1,?"] * 12 + ["1"]), "could not convert string to float: '?'"),
    ],
)
def test_a_line_that_is_no_utterance_is_named(spec, tmp_path, line, why):
    path = tmp_path / "JapaneseVowels_TEST.ts"
    path.write_text(path.read_text() + line + "\n")
    assert said(spec) == (
        f"{path} line 14: is not an utterance: {why}; 12 dimensions of equally many numbers and a class 1..9"
    )


def test_a_file_without_data_is_refused(spec, tmp_path):
    path = tmp_path / "JapaneseVowels_TRAIN.ts"
    path.write_text("@dimensions 12\n")
    assert said(spec) == f"{path}: holds no utterances; they follow a line @data; fetch it again"
