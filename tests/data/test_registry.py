"""Data sets by name."""

from __future__ import annotations

import pytest

from neurohw.data.registry import load_data, names
from neurohw.errors import NeurohwError


def test_a_module_with_load_is_a_data_set():
    assert "moved_digits" in names()
    assert not {"dataset", "views", "sampling", "registry", "seeds"} & set(names())


def test_load_data_passes_views_and_split_on():
    data = load_data("moved_digits", seed=0, views=3, split="validation")
    assert data.name == "moved_digits"
    assert data.views.shape == (957, 3, 144)


def test_an_unknown_name_says_what_was_meant():
    with pytest.raises(NeurohwError, match=r"data\.name: no data set 'moved_digit'; did you mean 'moved_digits'\?"):
        load_data("moved_digit", seed=0, views=2)
