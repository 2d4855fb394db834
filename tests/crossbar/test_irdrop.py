"""IR drop against modified nodal analysis, closed forms and badcrossbar; conjugate gradients on hard arrays."""

import numpy as np
import pytest
from support.circuit import nodal_currents

from neurohw.backends.crossbar.irdrop import effective_conductance, input_admittance, solve
from neurohw.errors import NeurohwError

# conductance range [S], wire resistance [Ohm], size: the table of approximations in crossbar.md 4.3; a fixed-point
# iteration diverges on the last four
PRESETS = {
    "pcm": (1e-7, 25e-6, 0.35, 256),
    "hfox": (1e-6, 1e-4, 1.0, 128),
    "neurram": (1e-6, 4e-5, 1.0, 256),
    "hfox, worse wires": (1e-6, 1e-4, 2.5, 128),
    "isaac": (5e-7, 5e-4, 1.0, 128),
    "isaac, 32 nm wires": (5e-7, 5e-4, 2.82, 128),
}


def random_array(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 33, 2)
    low, high = 10 ** rng.uniform(-8, -5), 10 ** rng.uniform(-5, -3)
    g = rng.uniform(low, high, (rows, columns))
    g[rng.random(g.shape) < 0.2] = 0
    return g, rng.uniform(-0.5, 0.5, rows), *(10 ** rng.uniform(-2, 1.5, 2))


@pytest.mark.parametrize("seed", range(40))
def test_both_solvers_equal_nodal_analysis(seed):
    g, voltages, row_wire, column_wire = random_array(seed)
    expected, into = nodal_currents(g, voltages, row_wire, column_wire)
    drawn = input_admittance(g, row_wire, column_wire) @ voltages
    rounding = 64 * np.finfo(float).eps * np.abs(voltages).max() / row_wire  # of node voltages, in both
    assert np.abs(drawn - into).max() <= 1e-9 * np.abs(into).max() + rounding
    scale = np.abs(expected).max() or 1
    exact = voltages @ effective_conductance(g, row_wire, column_wire)
    assert np.abs(exact - expected).max() <= 1e-9 * scale
    assert np.abs(solve(g, voltages, row_wire, column_wire)[0] - expected).max() <= 1e-9 * scale


@pytest.mark.parametrize("size", [(8, 5), (31, 32), (64, 64)])
def test_effective_conductance_equals_badcrossbar(size):
    badcrossbar = pytest.importorskip(
        "badcrossbar", reason="pip install --no-deps badcrossbar pathvalidate sortedcontainers"
    )
    rng = np.random.default_rng(sum(size))
    g, voltages = rng.uniform(1e-6, 1e-4, size), rng.uniform(0, 0.2, size[0])
    theirs = badcrossbar.compute(voltages[:, None], 1 / g, r_i_word_line=1.3, r_i_bit_line=0.7)
    ours = voltages @ effective_conductance(g, 1.3, 0.7)
    assert np.abs(ours - theirs.currents.output[0]).max() <= 1e-9 * np.abs(ours).max()


@pytest.mark.parametrize("name", PRESETS)
def test_conjugate_gradients_converge_where_fixed_points_diverge(name):
    low, high, wire, size = PRESETS[name]
    rng = np.random.default_rng(5)
    g, voltages = rng.uniform(low, high, (size, size)), rng.uniform(0, 0.2, size)
    expected = voltages @ effective_conductance(g, wire, wire)
    currents, nodes = solve(g, voltages, wire, wire)
    assert np.abs(currents - expected).max() <= 1e-9 * np.abs(expected).max()
    noisy = g * (1 + 0.02 * rng.standard_normal(g.shape))
    again = solve(noisy, voltages, wire, wire, start=nodes)[0]
    assert np.abs(again - voltages @ effective_conductance(noisy, wire, wire)).max() <= 1e-9 * np.abs(expected).max()


def test_one_row_and_one_column_have_closed_forms():
    one = effective_conductance(np.array([[1e-4]]), 100.0, 300.0)
    assert one[0, 0] == pytest.approx(1 / (1e4 + 400))
    wires = np.full((1, 3), 1e-4)
    ladder = effective_conductance(wires, 1e-9, 50.0)
    assert ladder[0] == pytest.approx(np.full(3, 1 / (1e4 + 50)))


def test_without_wires_nothing_is_lost():
    g = np.random.default_rng(0).uniform(0, 1e-4, (7, 4))
    assert np.array_equal(effective_conductance(g, 0, 0), g)
    assert effective_conductance(g, 1e-7, 1e-7) == pytest.approx(g, rel=1e-8)


def test_silent_inputs_give_no_current():
    currents, nodes = solve(np.full((4, 3), 1e-4), np.zeros(4), 1.0, 1.0)
    assert not currents.any()
    assert not nodes.any()


def test_a_solver_that_is_stopped_too_early_says_so():
    g, voltages = np.full((64, 64), 5e-4), np.full(64, 0.2)
    with pytest.raises(NeurohwError, match=r"IR drop: no solution after 2 iterations: residual .* more iterations"):
        solve(g, voltages, 3.0, 3.0, iterations=2)


def test_negative_conductances_are_refused():
    with pytest.raises(NeurohwError, match=r"IR drop: conductances from -1 to -1 S; needs 0 and up"):
        effective_conductance(np.full((3, 3), -1.0), 1.0, 1.0)
