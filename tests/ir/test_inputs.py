"""Inputs are checked whatever integers they come in."""

import numpy as np
import pytest

from neurohw.ir.inputs import input_problems, only_array
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Source


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize(
    ("source", "value", "fine"),
    [
        (Source(), 127, True),
        (Source(), -1, False),
        (Source(), -2, False),  # 254 without its sign, which may be sent
        (Source(), -128, False),
        (Source(0, 1), 1, True),
        (Source(0, 1), 2, False),
        (Source(0, 1), -1, False),
        (Source(-1, 1), -1, True),
        (Source(-1, 1), -2, False),
    ],
)
def test_payloads_out_of_range_are_named(source, value, fine, dtype):
    network = Network((Population("input", 3, source),), ())
    inputs = {"input": np.array([[[0, value, 0]]], dtype)}
    problems = input_problems(network, inputs, 1)
    assert [p.where for p in problems] == ([] if fine else ["inputs.input"])


SPIKES = np.array([[[0, 1, 0], [1, 1, 0]]], np.int8)


@pytest.mark.parametrize(
    ("inputs", "taken"),
    [
        ({"input": SPIKES}, True),
        ({"input": SPIKES != 0}, True),
        ({"input": SPIKES[:0]}, True),
        ({"input": np.asfortranarray(SPIKES)}, True),
        ({"input": 2 * SPIKES}, False),
        ({"input": -SPIKES}, False),
        ({"input": SPIKES[0]}, False),
        ({"input": SPIKES[:, :, :2]}, False),
        ({"input": np.repeat(SPIKES, 2, axis=1)}, False),
        ({"input": SPIKES.astype(np.int16)}, False),
        ({"input": SPIKES.tolist()}, False),
        ({"inputs": SPIKES}, False),
        ({"input": SPIKES, "more": SPIKES}, False),
    ],
)
def test_a_single_array_is_taken_at_a_glance_only_if_nothing_is_wrong(inputs, taken):
    network = Network((Population("input", 3, Source(0, 1)),), ())
    array = only_array(network, inputs, 2)
    assert (array is not None) == taken
    if taken:
        assert not input_problems(network, inputs, 2)
        assert array.dtype == np.int8
        assert np.array_equal(array, inputs["input"])


@pytest.mark.parametrize(
    "values", [np.full((1, 2, 3), 0.9), np.full((1, 2, 3), np.nan), np.ones((1, 2, 3)), [[["a"] * 3]]]
)
def test_payloads_are_integers_or_truth_values(values):
    network = Network((Population("input", 3, Source(0, 1)),), ())
    (problem,) = input_problems(network, {"input": values}, 2)
    assert problem.what == f"holds {np.asarray(values).dtype} numbers"
    assert problem.fix == "round them: x.round().astype(int)"
    assert input_problems(network, {"input": np.ones((1, 2, 3), bool)}, 2) == []
