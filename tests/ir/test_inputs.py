"""Inputs are checked whatever integers they come in."""

import numpy as np
import pytest

from neurohw.ir.inputs import input_problems
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
