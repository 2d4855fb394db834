"""Arrays: exact sums with ideal cells in every encoding, converters, noise, energy."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from scipy import stats
from support.circuit import nodal_currents

from neurohw.backends.crossbar.arrays import make_array
from neurohw.backends.crossbar.reads import Digits
from neurohw.ir.crossbar import Cells, Converters, Crossbar, Encoding, Imperfections, Law, Writing

SIGNS = [
    *(Encoding("pair", on, subtract) for on, subtract in product(("columns", "rows"), ("analog", "digital"))),
    *(Encoding("offset", subtract=subtract) for subtract in ("analog", "digital")),
    *(Encoding("unit", flip=flip) for flip in (False, True)),
]
OFFSET = Encoding("offset")
CELLS = [(None, 1), (2, 8), (4, 4), (16, 2), (512, 1)]  # levels, digits of a weight
INPUTS = [Digits(1, 8), Digits(8, 1), Digits(4, 2), Digits(3, 3)]


def crossbar(encoding, levels, slices, g_min=1e-6, **converters):
    cells = Cells(g_min, 1e-4, levels, 0.2, 1e-7)
    return Crossbar(256, 4096, cells, replace(encoding, slices=slices), Converters(**converters))


def array(design, weights, digits, seed=0):
    return make_array(weights, design, int(np.abs(weights).max()), digits, np.random.SeedSequence(seed))


def read(made, x):
    out = np.zeros((len(x), made.levels.coefficients.shape[1]))
    made.read(np.asarray(x, np.int32), out)
    return out


def case(seed, top=127):
    rng = np.random.default_rng(seed)
    rows, outputs, n = rng.integers(1, 100), rng.integers(1, 20), rng.integers(1, 40)
    weights = rng.integers(-top, top + 1, (rows, outputs))
    weights.flat[0] = top
    return weights, rng.integers(0, 256, (n, rows)) * (rng.random((n, rows)) < 0.7)


@pytest.mark.parametrize("digits", INPUTS, ids=str)
@pytest.mark.parametrize(("levels", "slices"), CELLS)
@pytest.mark.parametrize("encoding", SIGNS, ids=str)
def test_ideal_cells_and_lossless_converters_sum_exactly(encoding, levels, slices, digits):
    weights, x = case(slices * 7 + digits.planes)
    made = array(crossbar(encoding, levels, slices), weights, digits)
    assert np.array_equal(np.rint(read(made, x)), x @ weights)
    assert np.abs(read(made, x) - x @ weights).max() < 1e-3
    assert made.tally.clipped[0] == 0


@pytest.mark.parametrize("encoding", SIGNS, ids=str)
def test_fewer_converter_bits_are_worse(encoding):
    weights, x = case(3)
    error = []
    for bits in (4, 6, 8, 10, 20):
        made = array(crossbar(encoding, 4, 4, adc_bits=bits, adc_range="max"), weights, Digits(8, 1))
        error.append(np.abs(read(made, x) - x @ weights).mean())
    assert error[-1] == 0
    assert all(a >= b for a, b in pairwise(error))
    assert error[0] > error[1] > 0


def test_flipping_saves_a_bit():
    """ISAAC: 128 rows x 2-bit cells x 1-bit inputs need 9 bits, flipped columns 8."""
    rng = np.random.default_rng(1)
    weights, x = rng.integers(-128, 128, (128, 8)), rng.integers(0, 1 << 16, (50, 128))
    x[0], weights[:, 0] = 65535, 127
    clipped = {}
    for flip in (False, True):
        made = array(crossbar(Encoding("unit", flip=flip), 4, 4, adc_bits=8), weights, Digits(16, 1))
        exact = np.array_equal(read(made, x), x @ weights)
        clipped[flip] = made.tally.clipped[0]
        assert exact == flip
    assert clipped[True] == 0 < clipped[False]


def test_clips_are_counted_where_sums_leave_the_range():
    weights = np.array([[1, 3], [1, 3]])
    made = array(crossbar(Encoding("pair"), 4, 1, adc_bits=3), weights, Digits(1, 2))
    assert np.array_equal(read(made, [[1, 1], [3, 3], [0, 0]]), [[2, 3], [3, 3], [0, 0]])  # codes -4..3
    assert made.tally.clipped[0] == 3


def test_rows_and_reads_are_counted():
    made = array(crossbar(Encoding("unit"), 4, 4), *case(5)[:1], Digits(8, 1))
    x = case(5)[1]
    read(made, x)
    bits = (x[:, None, :] >> np.arange(8)[:, None]) & 1
    assert made.reads == 8 * len(x)
    assert np.array_equal(made.tally.active, bits.sum(axis=(0, 1)))


@pytest.mark.parametrize("wires", [0.0, 2.0])
@pytest.mark.parametrize("encoding", [Encoding("pair"), Encoding("pair", "rows")], ids=str)
def test_read_energy_is_that_of_the_circuit(encoding, wires):
    weights, x = case(8)
    x = x[:3]
    design = crossbar(encoding, None, 1)
    design = replace(design, imperfections=Imperfections(row_wire=wires, column_wire=wires))
    made = array(design, weights, Digits(1, 8))
    read(made, x)
    rows = made.levels.digits.shape[0]
    g = 1e-6 + (1e-4 - 1e-6) * made.levels.step * made.levels.digits
    energy = 0.0
    for sample in x:
        volts = sample / 255 * 0.2
        if made.levels.pairs_rows:
            volts = np.stack([volts, -volts], axis=1).ravel()
        into = nodal_currents(g, volts, wires or 1e-9, wires or 1e-9)[1] if wires else volts * g.sum(axis=1)
        energy += float(volts @ into) * 1e-7
    assert len(volts) == rows
    assert made.read_energy == pytest.approx(energy, rel=1e-5)


def test_ir_drop_reaches_the_outputs():
    weights, x = case(9)
    design = crossbar(Encoding("pair"), None, 1)
    made = array(replace(design, imperfections=Imperfections(row_wire=3.0, column_wire=3.0)), weights, Digits(1, 8))
    g = 1e-6 + (1e-4 - 1e-6) * made.levels.step * made.levels.digits
    currents = np.array([nodal_currents(g, sample / 255 * 0.2, 3.0, 3.0)[0] for sample in x[:2]])
    one = (1e-4 - 1e-6) * made.levels.step * 0.2 / 255
    expected = (currents[:, 0::2] - currents[:, 1::2]) / one
    assert np.abs(read(made, x[:2]) - np.rint(expected)).max() <= 1
    assert np.abs(expected - x[:2] @ weights).max() > 10


@pytest.mark.parametrize("encoding", SIGNS, ids=str)
def test_output_referred_noise_is_explicit_noise(encoding):
    """Kolmogorov-Smirnov on sums and on the difference of two outputs: one false alarm in 10^6 a comparison."""
    weights, x = case(11)
    x, n = np.repeat(x[:1] | 1, 4000, axis=0), 4000
    sigma = 0.02
    design = crossbar(encoding, 16, 2, g_min=5e-6, adc_bits=24)
    noisy = replace(design, imperfections=Imperfections(read=Law("relative", sigma)))
    found = read(array(noisy, weights, Digits(1, 8)), x)
    rng, expected = np.random.default_rng(0), np.empty_like(found)
    ideal = array(design, weights, Digits(1, 8))
    g = 5e-6 + (1e-4 - 5e-6) * ideal.levels.step * ideal.levels.digits
    one, taken = (1e-4 - 5e-6) * ideal.levels.step, ideal.levels.minus >= 0
    for k in range(n):
        drawn = g * (1 + sigma * rng.standard_normal(g.shape))
        drawn = drawn[0::2] - drawn[1::2] if ideal.levels.pairs_rows else drawn
        ideal.matrix = drawn[:, ideal.levels.plus]
        ideal.matrix[:, taken] -= drawn[:, ideal.levels.minus[taken]]
        ideal.matrix = np.ascontiguousarray(ideal.matrix / one, np.float32)
        expected[k] = read(ideal, x[:1])[0]
    last = found.shape[1] - 1
    for a, b in ((found[:, 0], expected[:, 0]), (found[:, 0] - found[:, last], expected[:, 0] - expected[:, last])):
        assert last == 0 or stats.ks_2samp(a, b).pvalue > 1e-6
    assert found[:, 0].std() > 1


def test_compensation_undoes_a_common_drift():
    weights, x = case(12)
    design = crossbar(Encoding("pair"), None, 1)
    drifted = Imperfections(drift=Law("constant", 0.06), time=1e6)
    for compensate in (False, True):
        made = array(replace(design, imperfections=replace(drifted, compensate=compensate)), weights, Digits(1, 8))
        close = np.allclose(read(made, x), x @ weights, rtol=0, atol=0.501 * made.factor)  # half a code
        assert close == compensate


@pytest.mark.parametrize("adc", [{"adc_bits": 8}, {"adc_bits": 6}, {"adc_range": "lossless"}], ids=str)
def test_compensation_multiplies_the_codes_that_drifted_currents_leave(adc):
    """At a quarter of the conductance a code counts four times as much, and so does its error (aihwkit PR 674)."""
    rng = np.random.default_rng(0)
    weights, x = rng.integers(-127, 128, (64, 8)), rng.integers(0, 256, (400, 64))
    fresh = crossbar(Encoding("pair"), None, 1, g_min=0.0, **{"adc_range": "max", **adc})
    drifted = replace(fresh, imperfections=Imperfections(drift=Law("constant", 0.5), time=16.0))
    made = array(replace(fresh, imperfections=replace(drifted.imperfections, compensate=True)), weights, Digits(1, 8))
    found, before, exact = read(made, x), read(array(fresh, weights, Digits(1, 8)), x), x @ weights
    assert made.factor == 4
    assert np.array_equal(found, 4 * read(array(drifted, weights, Digits(1, 8)), x))
    assert not np.array_equal(found, before)
    if made.design.converters.adc_bits == 8:
        assert np.std(found - exact) == pytest.approx(4 * np.std(before - exact), rel=0.1)


def test_seeds_decide_everything():
    weights, x = case(13)
    flaws = Imperfections(Law("pcm"), Law("pcm"), Law("pcm"), time=100.0, stuck_low=0.01, device_spread=0.05)
    design = replace(crossbar(Encoding("pair"), None, 1), imperfections=flaws)
    first, again, other = (read(array(design, weights, Digits(1, 8), seed), x) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_outputs_of_many_digits_are_exact_on_the_largest_arrays():
    """Sums of each converter fit float32, their digits together do not."""
    rng = np.random.default_rng(0)
    weights, x = rng.integers(-255, 256, (2304, 3)), rng.integers(0, 256, (20, 2304))
    for encoding in (Encoding("offset", subtract="digital"), Encoding("unit")):
        made = array(replace(crossbar(encoding, 2, 9, g_min=0.0), rows=4096), weights, Digits(1, 8))
        assert np.array_equal(np.rint(read(made, x)), x @ weights)


def test_converters_are_calibrated_on_all_inputs_and_then_kept():
    weights = np.array([[1, 2]])
    made = array(crossbar(Encoding("pair"), None, 1, adc_bits=8, adc_range="calibrated"), weights, Digits(1, 8))
    for x in ([[10]], [[200]], [[50]]):
        read(made, x)
    made.uncalibrated = False
    assert made.codes.step[0] == pytest.approx(400 / 127)
    read(made, [[255]])
    assert made.tally.clipped[0] == 1


def test_a_frozen_array_has_its_zero_in_the_middle_whatever_pulses_want():
    weights, x = case(20)
    design = replace(crossbar(OFFSET, None, 1), writing=Writing("pulses", asymmetry=0.5, slope=1.0, zero="symmetric"))
    assert np.array_equal(np.rint(read(array(design, weights, Digits(1, 8)), x)), x @ weights)
