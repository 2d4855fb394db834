"""Names with dots, as NIRTorch and opened inner graphs have them."""

import numpy as np
import pytest

from neurohw import api
from neurohw.compiler.pipeline import compile_network
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.reports.pictures.all import pictures

NAMES = ("in.x", "block.1.lif")


def network(source, layer):
    weights = np.full((3, 2), 100, np.int32)
    return Network(
        (Population(source, 2, Source()), Population(layer, 3, Lif(50, 4095))),
        (Projection(f"{layer}.W", source, layer, weights, Format(8, 0, "mixed")),),
    )


@pytest.mark.parametrize("chip", ["loihi2", "xbar_template"])
def test_dots_in_names_change_nothing(chip):
    runs = []
    for source, layer in (("input", "lif"), NAMES):
        program = compile_network(network(source, layer), api.load_target(chip))
        frames = np.ones((2, 6, 2), np.int8)
        runs.append((layer, source, api.simulate(program, inputs={source: frames}, traces=6)))
    (plain, plain_in, a), (dotted, dotted_in, b) = runs
    for old, new in ((f"{plain}.out", f"{dotted}.out"), (f"{plain_in}.out", f"{dotted_in}.out")):
        np.testing.assert_array_equal(a.traces[old].values, b.traces[new].values)
        assert (b.traces[new].population, b.traces[new].signal) == tuple(new.rsplit(".", 1))
    assert a.totals[f"{plain}.out"].sum() > 0
    np.testing.assert_array_equal(a.totals[f"{plain}.out"], b.totals[f"{dotted}.out"])


def test_membranes_that_a_backend_does_not_record_are_not_drawn():
    program = compile_network(network(*NAMES), api.load_target("xbar_template"))
    run = api.simulate(program, inputs={NAMES[0]: np.ones((1, 6, 2), np.int8)}, traces=6)
    found = {p.name: p for p in pictures(program, run, [(NAMES[1], 1)])}
    assert (found["membranes"].draw, found["membranes"].missing) == (None, "no membrane was recorded")
