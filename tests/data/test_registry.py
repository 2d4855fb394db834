"""Data sets by name."""

from __future__ import annotations

import importlib

import pytest

from neurohw.data.registry import load_data, names
from neurohw.errors import NeurohwError
from neurohw.spec import OPTIONS, DataSpec


def test_a_module_with_load_is_a_data_set():
    assert names() == (
        "cifar10", "diphones", "japanese_vowels", "moved_digits", "moved_fashion", "moved_idx", "nmnist", "patches",
        "shd", "stl10",
    )  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_a_data_set_takes_options_that_there_are(name):
    assert set(importlib.import_module(f"neurohw.data.{name}").USES) <= set(OPTIONS)


@pytest.mark.parametrize("name", sorted(set(names()) - {"moved_digits"}))
def test_a_data_set_that_is_not_there_is_one_problem_with_a_fix(name, tmp_path):
    with pytest.raises(NeurohwError) as caught:
        load_data(DataSpec(name=name, path=str(tmp_path)), 0)
    (problem,) = caught.value.problems
    assert problem.where == "data.path"
    assert str(tmp_path) in problem.what
    assert problem.fix


def test_load_data_passes_views_and_split_on():
    data = load_data(DataSpec(name="moved_digits", views=3), seed=0, split="validation")
    assert data.name == "moved_digits"
    assert data.views.shape == (957, 3, 144)


def test_an_unknown_name_says_what_was_meant():
    with pytest.raises(NeurohwError, match=r"data\.name: no data set 'moved_digit'; did you mean 'moved_digits'\?"):
        load_data(DataSpec(name="moved_digit"), seed=0)


def test_options_that_a_data_set_does_not_have_are_refused_together():
    with pytest.raises(NeurohwError) as caught:
        load_data(DataSpec(name="moved_digits", path="somewhere", dt=2), seed=0)
    assert str(caught.value).splitlines() == [
        f"data.{option}: has no effect here; 'moved_digits' takes images, augment; omit it" for option in ("path", "dt")
    ]


def test_a_data_set_with_options_names_those_it_takes(tmp_path, monkeypatch):
    monkeypatch.setattr("neurohw.data.moved_idx.USES", ("path",))
    with pytest.raises(NeurohwError, match=r"^data\.images: has no effect here; 'moved_idx' takes path; omit"):
        load_data(DataSpec(name="moved_idx", path=str(tmp_path), images={"train": 9}), seed=0)


def test_more_images_than_there_are_is_said():
    with pytest.raises(NeurohwError) as caught:
        load_data(DataSpec(name="moved_digits", views=2, images={"train": 5000, "test": 9999}), seed=0)
    assert str(caught.value).splitlines() == [
        "data.images.train: is 5000; 'moved_digits' has 1257; ask for fewer",
        "data.images.test: is 9999; 'moved_digits' has 540; ask for fewer",
    ]
