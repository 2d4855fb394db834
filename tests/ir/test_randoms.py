"""The learning engine's random numbers: Lava's sequences, at any point of them, without drawing what comes before."""

import numpy as np
import pytest

from neurohw.backends.lava.available import why_not
from neurohw.ir.randoms import decay_numbers, dither, impulse_numbers, rounding_numbers

SEEDS = (0, 1, 2, 228, 2**31 - 1)
SLICES = (
    slice(0, 40),
    slice(1, 41),
    slice(10, 11),
    slice(7, 100, 10),
    slice(8, 100, 10),
    slice(999, 1050),
    slice(5, 5),
)


def decays_one_by_one(seed, count):
    generator = np.random.default_rng(seed)
    return np.array([generator.random(1)[0] for _ in range(count)])


def impulses_one_by_one(seed, count):
    generator = np.random.default_rng(seed)
    return np.array([generator.integers(0, 2**7, size=1, dtype=int)[0] for _ in range(count)])


@pytest.mark.parametrize("draws", SLICES, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_skipped_numbers_are_those_that_drawing_one_by_one_gives(seed, draws):
    np.testing.assert_array_equal(decay_numbers(seed, draws), decays_one_by_one(seed, draws.stop)[draws])
    np.testing.assert_array_equal(impulse_numbers(seed, draws), impulses_one_by_one(seed, draws.stop)[draws])


def test_a_late_number_needs_none_of_those_before():
    far = 10**15
    np.testing.assert_array_equal(decay_numbers(3, slice(far, far + 4))[2:], decay_numbers(3, slice(far + 2, far + 4)))
    for start in (far, far + 1):
        whole = impulse_numbers(3, slice(start, start + 9))
        np.testing.assert_array_equal(whole[3:], impulse_numbers(3, slice(start + 3, start + 9)))


def test_rounding_numbers_round_as_lava_compares():
    """(acc + r) >> 7 is the floor, plus 1 where the generator's number is below the fraction."""
    numbers = decays_one_by_one(2, 300)
    acc = np.arange(-300, 300)
    for number, r in zip(numbers, rounding_numbers(slice(0, 300))):
        floor = np.floor(acc / 128)
        np.testing.assert_array_equal((acc + r) >> 7, floor + (number < acc / 128 - floor))


def test_rounding_is_up_in_128ths():
    assert set(rounding_numbers(slice(0, 5000))) == set(range(128))


def test_dither_is_fixed_by_seed_and_shape():
    h = dither(10, (4, 6))
    assert h.dtype == np.uint8
    assert h.tolist() == np.random.default_rng([10, 7]).integers(0, 128, size=(4, 6), dtype=np.uint8).tolist()
    assert h.max() < 128
    assert np.any(h != dither(11, (4, 6)))


def test_dither_spreads_over_the_fraction():
    counts = np.bincount(dither(0, (128, 1000)).ravel(), minlength=128)
    assert counts.min() > 800
    assert counts.max() < 1200


@pytest.mark.lava
@pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")
def test_lava_draws_the_same():
    from lava.magma.core.learning.random import ConnVarRandom, TraceRandom

    seed, steps = 416, 50
    traces, synapses = TraceRandom(seed, seed + 1), ConnVarRandom()
    drawn = [(traces.random_trace_decay, traces.random_impulse_addition, synapses.random_stochastic_round)]
    for _ in range(steps):
        traces.advance()
        synapses.advance()
        drawn.append((traces.random_trace_decay, traces.random_impulse_addition, synapses.random_stochastic_round))
    decays, impulses, roundings = (np.array(column) for column in zip(*drawn))
    draws = slice(0, steps + 1)
    np.testing.assert_array_equal(decay_numbers(seed, draws), decays)
    np.testing.assert_array_equal(impulse_numbers(seed + 1, draws), impulses)
    np.testing.assert_array_equal(rounding_numbers(draws), 127 - np.floor(128 * roundings))
