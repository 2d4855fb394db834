"""Sequences: the same is what follows in time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurohw.data.dataset import Dataset
from neurohw.data.registry import load_data
from neurohw.data.sampling import FixationStream, pairs
from neurohw.errors import NeurohwError
from neurohw.spec import DataSpec

LENGTHS = np.array([7, 3, 1, 12, 5])
FRAMES = np.broadcast_to(np.arange(28, dtype=np.float32)[:, None, None] / 254, (28, 2, 1)).copy()
SEQUENCE = np.repeat(np.arange(5), LENGTHS)
M = 40_000


def stream(seed=0, dt=1, noise=0.0, lengths=LENGTHS, **settings) -> FixationStream:
    return FixationStream(FRAMES, seed, noise=noise, lengths=lengths, dt=dt, **settings)


def test_a_fixation_goes_on_and_a_saccade_goes_elsewhere():
    for dt in (1, 2, 4):
        seen, sameness, frame = stream(dt=dt).take(M)
        np.testing.assert_array_equal(seen[:, 0], frame)
        before, now, same = frame[:-1], frame[1:], sameness[1:] == 1
        np.testing.assert_array_equal(now[same], before[same] + dt)
        assert (SEQUENCE[now[same]] == SEQUENCE[before[same]]).all()
        assert (SEQUENCE[now[~same]] != SEQUENCE[before[~same]]).all()
        assert set(sameness[1:].tolist()) == {-1, 1}
        assert sameness[0] == 0


def test_the_gaze_jumps_as_often_as_asked_and_always_at_an_end():
    _, sameness, frame = stream(saccade=0.3).take(M)
    last = np.isin(frame[:-1], np.cumsum(LENGTHS) - 1)
    jumped = sameness[1:] == -1
    assert jumped[last].all()
    assert jumped[~last].mean() == pytest.approx(0.3, abs=0.02)


def test_a_saccade_reaches_every_frame_of_the_others_equally_often():
    _, sameness, frame = stream(3).take(M)
    jumps = np.flatnonzero(sameness == -1)
    from_first = jumps[SEQUENCE[frame[jumps - 1]] == 0]
    counts = np.bincount(frame[from_first], minlength=28)
    assert not counts[:7].any()
    assert counts[7:] == pytest.approx(np.full(21, counts.sum() / 21), rel=0.2)


def test_a_shuffled_sign_changes_nothing_that_is_seen():
    right, shuffled = (stream(shuffle_sign=s).take(M) for s in (False, True))
    np.testing.assert_array_equal(right[2], shuffled[2])
    assert np.mean(shuffled[1]) == pytest.approx(0, abs=0.03)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=5), st.integers(1, 5))
def test_neither_chunks_nor_a_pause_change_the_stream(sizes, dt):
    whole, cut = stream(7, dt, noise=0.1), stream(7, dt, noise=0.1)
    parts = []
    for m in sizes:
        parts.append(cut.take(m))
        resumed = stream(1234, dt, noise=0.1)
        resumed.restore(json.loads(json.dumps(cut.state())))
        cut = resumed
    for a, b in zip(whole.take(sum(sizes)), zip(*parts)):
        np.testing.assert_array_equal(a, np.concatenate(b))


def test_sequences_of_one_frame_are_objects_that_are_left_at_once():
    _, sameness, frame = stream(lengths=np.ones(28, int)).take(1000)
    assert (sameness[1:] == -1).all()
    assert (frame[1:] != frame[:-1]).all()


@pytest.mark.parametrize("mode", ["one", "both"])
@pytest.mark.parametrize("dt", [1, 3])
def test_a_positive_is_dt_further_on_and_a_negative_elsewhere(mode, dt):
    earlier, later, y = pairs(FRAMES, np.random.default_rng(0), M, mode, 0.0, LENGTHS, dt)
    t, u = (np.rint(x[:, 0] * 254).astype(int) for x in (earlier, later))
    np.testing.assert_array_equal(u[y > 0], t[y > 0] + dt)
    assert (SEQUENCE[t] == SEQUENCE[u])[y > 0].all()
    assert (SEQUENCE[t] != SEQUENCE[u])[y < 0].all()
    assert y.mean() == pytest.approx(0, abs=0.03)
    followed = np.flatnonzero(SEQUENCE[:-dt] == SEQUENCE[dt:])
    counts = np.bincount(t, minlength=28)
    np.testing.assert_array_equal(np.flatnonzero(counts), followed)
    assert counts[followed] == pytest.approx(np.full(len(followed), len(t) / len(followed)), rel=0.1)
    of_longest = np.bincount(u[(y < 0) & (SEQUENCE[t] == 3)], minlength=28)
    assert of_longest[SEQUENCE != 3] == pytest.approx(np.full(16, of_longest.sum() / 16), rel=0.2)


def test_objects_are_drawn_as_they_were_before_there_were_sequences():
    views = np.random.default_rng(0).random((11, 3, 6), dtype=np.float32)
    payload, _, image = FixationStream(views, 5).take(200)
    earlier, later, _ = pairs(views, np.random.default_rng(5), 50, "one", 0.1)
    assert (int(payload.sum()), int(image.sum())) == (158921, 924)
    assert float((earlier.astype(float) + 2 * later).sum()) == pytest.approx(468.89062, abs=1e-3)


def dataset(lengths) -> Dataset:
    x, y = np.zeros((6, 4)), np.zeros(6, int)
    return Dataset("toy", x, y, x, y, x[:, None], 1, lengths=lengths)


def test_lengths_are_kept_read_only():
    lengths = dataset([2, 4]).lengths
    assert lengths.tolist() == [2, 4]
    assert not lengths.flags.writeable


@pytest.mark.parametrize("lengths", [[6], [2, 3], [0, 6], [[2, 4]], [1, 1, 1, 1, 1, 1, 1]])
def test_lengths_that_do_not_fit_are_refused(lengths):
    with pytest.raises(NeurohwError) as caught:
        dataset(lengths)
    shown = str(lengths[:5]) + ("..." if len(lengths) > 5 else "")
    assert str(caught.value) == (
        f"toy: sequences of {shown} frames; two sequences or more, of one frame or more, with the 6 frames of training "
        "between them"
    )


def test_a_look_beyond_the_longest_sequence_is_refused(monkeypatch):
    monkeypatch.setattr("neurohw.data.moved_digits.load", lambda spec, seed, split: dataset([2, 4]))
    monkeypatch.setattr("neurohw.data.moved_digits.USES", ("dt",))
    assert load_data(DataSpec(name="moved_digits", dt=3), 0).lengths is not None
    with pytest.raises(NeurohwError) as caught:
        load_data(DataSpec(name="moved_digits", dt=4), 0)
    assert str(caught.value) == (
        "data.dt: is 4; the longest sequence of 'moved_digits' has 4 frames; look less far ahead"
    )
