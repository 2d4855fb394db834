"""Device laws: sample means and deviations against their formulas, with a stated rate of false alarms."""

import numpy as np
import pytest
from scipy import stats

from neurohw.backends.crossbar.arrays import make_array
from neurohw.backends.crossbar.devices import PROGRAMMING, Devices, drift_exponents, programming_sigma, read_sigma
from neurohw.backends.crossbar.reads import Digits
from neurohw.ir.crossbar import LAWS, Cells, Crossbar, Imperfections, Law

SAMPLES = 20_000
FALSE_ALARMS = 1e-6  # of all checks of a law together, if the law is right
POINTS = 12  # conductances of the range
# by hand from the published coefficients: law -> (g [uS], sigma [uS])
BY_HAND = {
    "pcm": ((0.0, 0.26348), (12.5, 0.26348 + 0.9825 - 0.293275), (25.0, 1.05538)),
    "hermes": ((0.0, 0.166), (10.35, 0.166 + 2.359 - 2.12025 + 0.58625), (20.7, 1.093)),
    "milo": ((50.0, 4.32665), (225.0, 2.732925)),
    "wan": ((0.0, 1.053), (10.0, 1.053 + 2.374 - 1.167 + 0.1536), (40.0, 1.053 + 9.496 - 18.672 + 9.8304)),
    "sonos": ((0.0, 0.0), (16.0, 0.0995 * (1 - np.exp(-3.2 / 0.176)))),
}


def cells(g_max, levels=None):
    return Cells(0.0, g_max, levels, 0.2, 1e-7)


def devices(g_max, shape, seed=0, **flaws):
    rng = np.random.default_rng(seed).spawn(2)
    return Devices(cells(g_max), Imperfections(**flaws), shape, *rng)


@pytest.mark.parametrize("law", PROGRAMMING)
def test_sigma_is_the_published_formula(law):
    g_max = PROGRAMMING[law].g_max * 1e-6
    for g, sigma in BY_HAND[law]:
        found = programming_sigma(Law(law), np.array([g * 1e-6]), g_max)
        assert found == pytest.approx([sigma * 1e-6], rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("law", ["constant", *PROGRAMMING])
def test_programmed_cells_have_the_mean_and_deviation_of_their_law(law):
    """Two-sided tests of mean (normal) and variance (chi square); conductances far enough from zero not to clip."""
    g_max = 25e-6 if law == "constant" else PROGRAMMING[law].g_max * 1e-6
    rule = Law(law, 0.02) if law == "constant" else Law(law)
    alarm = FALSE_ALARMS / (2 * POINTS)
    for k, g in enumerate(np.linspace(0.4, 1, POINTS) * g_max):
        target = np.full((SAMPLES, 1), g)
        sigma = programming_sigma(rule, target[:1], g_max)[0, 0]
        drawn = devices(g_max, target.shape, k, programming=rule).program(target)
        assert abs(drawn.mean() - g) < stats.norm.isf(alarm / 2) * sigma / np.sqrt(SAMPLES)
        spread = drawn.var(ddof=1) * (SAMPLES - 1) / sigma**2
        assert stats.chi2.ppf(alarm / 2, SAMPLES - 1) < spread < stats.chi2.isf(alarm / 2, SAMPLES - 1)


def test_another_range_keeps_the_relative_deviation():
    small, large = (programming_sigma(Law("wan"), np.array([g]), g * 2)[0] / g for g in (10e-6, 40e-6))
    assert small == pytest.approx(large)


@pytest.mark.parametrize("exponent", [0.02, 0.06])
def test_drift_follows_its_exponent(exponent):
    g = np.full((4, 3), 10e-6)
    for time in (0, 0.5, 1, 10, 1e6):
        aged = devices(25e-6, g.shape, drift=Law("constant", exponent), time=time).age(g)
        assert aged == pytest.approx(g * max(1, time) ** -exponent)


def test_pcm_drift_has_the_mean_and_deviation_of_its_law():
    alarm = FALSE_ALARMS / 2
    for x, mean, sigma in (
        (1.0, 0.049, 0.008),
        (0.02, 0.0244 - 0.0155 * np.log(0.02), -0.0059 - 0.0125 * np.log(0.02)),
    ):
        nu = drift_exponents(Law("pcm"), np.full(SAMPLES, x), 1.0, np.random.default_rng(3))
        clipped = stats.norm(mean, sigma).cdf(0)
        assert abs(nu.mean() - mean) < stats.norm.isf(alarm / 2) * sigma / np.sqrt(SAMPLES) + clipped * sigma


@pytest.mark.parametrize(
    ("law", "expected"),
    [(Law("constant", 0.01), 25e-8), (Law("relative", 0.05), 5e-7), (Law("none"), 0.0)],
)
def test_read_noise_by_hand(law, expected):
    assert read_sigma(law, np.array([10e-6]), 25e-6, 1.0) == pytest.approx([expected])


def test_pcm_read_noise_grows_with_the_logarithm_of_time():
    q = 0.0088 * 0.4**-0.65
    for time in (1e-3, 20.0, 86400.0):
        expected = 10e-6 * q * np.sqrt(np.log((time + 250e-9) / 500e-9))
        assert read_sigma(Law("pcm"), np.array([10e-6]), 25e-6, time) == pytest.approx([expected])


def test_stuck_cells_are_as_many_as_asked_and_stay():
    shape = (200, 300)
    made = devices(25e-6, shape, stuck_low=0.02, stuck_high=0.01)
    first, second = (made.program(np.full(shape, 10e-6)) for _ in range(2))
    assert np.array_equal(first, second)
    for value, share in ((0.0, 0.02), (25e-6, 0.01)):
        count = np.count_nonzero(first == value)
        assert stats.binomtest(count, first.size, share).pvalue > FALSE_ALARMS


def test_pcm_reads_are_noisy_from_the_start_of_drift_on():
    """aihwkit reads at t_0 at the earliest: a time of 0 does not switch the noise off."""

    def variance(time):
        flaws = Imperfections(read=Law("pcm"), drift_start=20.0, time=time)
        design = Crossbar(64, 64, cells(25e-6), imperfections=flaws)
        return make_array(np.full((40, 5), 100), design, 127, Digits(1, 8), np.random.SeedSequence(0)).noise

    variances = [variance(time) for time in (0.0, 1.0, 20.0, 300.0)]
    assert np.array_equal(variances[0], variances[2])
    assert np.array_equal(variances[1], variances[2])
    assert 0 < variances[2].sum() < variances[3].sum()


def test_devices_differ_once_and_programming_every_time():
    shape, target = (100, 100), np.full((100, 100), 10e-6)
    spread = devices(25e-6, shape, device_spread=0.1)
    assert np.array_equal(spread.program(target), spread.program(target))
    assert spread.program(target).std() == pytest.approx(1e-6, rel=0.05)
    noisy = devices(25e-6, shape, programming=Law("constant", 0.01))
    assert not np.array_equal(noisy.program(target), noisy.program(target))


def test_no_conductance_is_negative():
    noisy = devices(25e-6, (100, 100), programming=Law("constant", 0.5)).program(np.zeros((100, 100)))
    assert noisy.min() == 0


def test_every_law_that_a_chip_may_name_has_its_formula():
    assert set(LAWS["programming"]) == {"none", "constant", *PROGRAMMING}
    g = np.array([1e-6, 20e-6])
    for law in LAWS["read"]:
        assert np.all(read_sigma(Law(law, 0.1), g, 25e-6, 1.0) > 0) == (law != "none")
    for law in LAWS["drift"]:
        assert np.all(drift_exponents(Law(law, 0.1), g, 25e-6, np.random.default_rng(0)) > 0) == (law != "none")


def test_stuck_cells_do_not_drift():
    made = devices(25e-6, (50, 50), stuck_high=0.5, drift=Law("constant", 0.1), time=1e6)
    aged = made.age(made.program(np.full((50, 50), 10e-6)))
    assert np.all(aged[made.high] == 25e-6)
    assert aged[~made.high].max() < 5e-6
