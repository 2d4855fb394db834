"""Coding: what a pixel becomes in the steps of a presentation."""

import numpy as np
import pytest

from neurohw.data.coding import Coder, check_coding, count_shift, with_count
from neurohw.data.dataset import Dataset
from neurohw.errors import NeurohwError
from neurohw.spec import InputSpec

LEVELS = np.arange(255, dtype=np.int16)[None, :]


def coder(coding, steps, seed=0):
    return Coder(InputSpec(coding=coding, steps=steps), seed)


@pytest.mark.parametrize("steps", [1, 3, 16, 64])
def test_the_rate_code_is_its_equation(steps):
    spikes = coder("rate", steps).frames(LEVELS)
    n, t = LEVELS[0].astype(int), np.arange(steps)[:, None]
    expected = ((t + 1) * n + 127) // 254 - (t * n + 127) // 254
    assert spikes.dtype == np.int8
    np.testing.assert_array_equal(spikes[0], expected)
    np.testing.assert_array_equal(spikes[0].sum(axis=0), np.floor((steps * n + 127) / 254))


def test_spikes_of_the_rate_code_are_evenly_spaced():
    spikes = coder("rate", 64).frames(LEVELS)[0]
    for level in (20, 64, 127, 200):
        gaps = np.diff(np.flatnonzero(spikes[:, level]))
        assert gaps.max() - gaps.min() <= 1


def test_bernoulli_spikes_have_the_rate_and_no_memory_of_the_cut():
    levels = np.tile(np.array([[0, 64, 127, 254]], np.int16), (600, 1))
    whole = coder("bernoulli", 16).frames(levels)
    parts = coder("bernoulli", 16)
    cut = np.concatenate([parts.frames(levels[:7]), parts.frames(levels[7:])])
    np.testing.assert_array_equal(whole, cut)
    np.testing.assert_allclose(whole.mean(axis=(0, 1)), levels[0] / 254, atol=0.02)
    assert np.any(whole != coder("bernoulli", 16, seed=1).frames(levels))


def test_bernoulli_spikes_go_on_where_they_were():
    one, other = coder("bernoulli", 8), coder("bernoulli", 8, seed=5)
    one.frames(LEVELS)
    other.restore(one.state())
    np.testing.assert_array_equal(one.frames(LEVELS), other.frames(LEVELS))


def test_payloads_stay_as_they_are():
    np.testing.assert_array_equal(coder("graded", 1).frames(LEVELS), LEVELS[:, None, :])


def test_events_stay_as_they_are():
    recorded = np.random.default_rng(0).integers(0, 2, (5, 4, 3))
    np.testing.assert_array_equal(coder("events", 4).frames(recorded.reshape(5, 12) * 254), recorded)


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 16, 17, 64, 100, 128, 500])
def test_a_count_fills_seven_bits(steps):
    largest = steps << count_shift(steps)
    assert largest <= 128 or count_shift(steps) == 0
    assert largest > 63


def test_the_count_follows_the_spikes():
    spikes = np.zeros((1, 16, 3), np.int8)
    spikes[0, :5, 1], spikes[0, :, 2] = 1, 1
    frames = with_count(spikes)
    np.testing.assert_array_equal(frames[:, :16], spikes)
    assert frames[0, 16].tolist() == [0, 2 * (5 << 3), 2 * 127]


@pytest.mark.parametrize("level", [-1, 255])
def test_rates_outside_0_and_1_are_refused(level):
    with pytest.raises(NeurohwError, match=r"^input: rates from .* rates are 0\.\.1 spikes a step; rescale the data$"):
        coder("rate", 4).frames(np.array([[0, level]]))


def dataset(steps):
    x, y = np.zeros((2, 12)), np.array([0, 1])
    return Dataset("toy", x, y, x, y, np.zeros((2, 3, 12)), 2, steps)


@pytest.mark.parametrize(
    ("coding", "steps", "recorded", "message"),
    [
        ("events", 4, 1, "input.coding: is events; 'toy' holds images; set it to rate or bernoulli"),
        ("rate", 4, 4, "input.coding: is rate; 'toy' holds events in 4 steps; set coding: events, steps: 4"),
        ("events", 3, 4, "input.steps: is 3; the events of 'toy' last 4 steps"),
    ],
)
def test_a_coding_that_does_not_fit_the_data_is_refused(coding, steps, recorded, message):
    with pytest.raises(NeurohwError) as caught:
        check_coding(dataset(recorded), InputSpec(coding=coding, steps=steps))
    assert str(caught.value) == message


def test_a_coding_that_fits_is_taken():
    check_coding(dataset(4), InputSpec(coding="events", steps=4))
    check_coding(dataset(1), InputSpec(coding="rate", steps=9))
    assert dataset(4).channels == 3


def test_recordings_have_as_many_channels_in_each_step():
    with pytest.raises(NeurohwError, match="12 values in 5 steps; each step has as many channels"):
        dataset(5)
