"""Inputs from files that are not what they should be."""

import numpy as np
import pytest

from neurohw.errors import NeurohwError
from neurohw.exchange.arrays import read_inputs
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Source

NETWORK = Network((Population("input", 2, Source(0, 1)),), ())


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.array([[["a", "b"]]]), "input: is an array of <U1; payloads are whole numbers"),
        (np.full((1, 3, 2), 1j), "input: is an array of complex128; payloads are whole numbers"),
        (np.full((1, 3, 2), np.nan), "input: holds numbers that are not whole; spikes are 0 and 1"),
        (np.full((1, 3, 2), np.inf), "payloads"),
        (np.full((1, 3, 2), 2.0**32), "payloads"),  # as int32 it would be 0
    ],
)
def test_numbers_that_are_no_payloads_are_named(tmp_path, values, text):
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(NeurohwError) as caught:
        read_inputs(tmp_path / "x.npy", NETWORK)
    assert text in str(caught.value)


def test_an_empty_file_of_arrays_is_named(tmp_path):
    np.savez(tmp_path / "x.npz")
    with pytest.raises(NeurohwError, match="holds no array; write one a source"):
        read_inputs(tmp_path / "x.npz", NETWORK)


def test_whole_floats_are_taken(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((1, 3, 2)))
    np.testing.assert_array_equal(read_inputs(tmp_path / "x.npy", NETWORK)["input"], np.ones((1, 3, 2), int))
