"""The fixation stream: its statistics, and that neither chunks nor a pause change it."""

from __future__ import annotations

import inspect
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurohw.data import sampling
from neurohw.data.dataset import payload
from neurohw.data.sampling import FixationStream
from neurohw.errors import NeurohwError

VIEWS = np.random.default_rng(0).random((11, 3, 6), dtype=np.float32)
M = 40_000


def marked(images: int, views: int = 2) -> np.ndarray:
    """Views whose only pixel names the image."""
    return np.broadcast_to(np.arange(images, dtype=np.float32)[:, None, None] / 254, (images, views, 1)).copy()


def equal(left, right) -> None:
    for a, b in zip(left, right):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def joined(parts):
    return tuple(np.concatenate(column) for column in zip(*parts))


def test_the_first_fixation_has_no_sameness_and_all_others_do():
    _, sameness, _ = FixationStream(VIEWS, 0).take(1000)
    assert sameness[0] == 0
    assert set(sameness[1:].tolist()) == {-1, 1}


@pytest.mark.parametrize("images", [2, 11])
def test_sameness_says_whether_the_image_changed(images):
    _, sameness, image = FixationStream(marked(images), 1).take(M)
    np.testing.assert_array_equal(sameness[1:], np.where(image[1:] == image[:-1], 1, -1))


def test_the_payload_shows_the_image_of_the_index():
    seen, _, image = FixationStream(marked(100), 2, noise=0).take(M)
    np.testing.assert_array_equal(seen[:, 0], image)


@pytest.mark.parametrize("saccade", [0.1, 0.5, 0.9])
def test_saccades_come_as_often_as_asked(saccade):
    _, sameness, _ = FixationStream(VIEWS, 3, saccade=saccade).take(M)
    assert np.mean(sameness[1:] == -1) == pytest.approx(saccade, abs=5 * np.sqrt(saccade * (1 - saccade) / M))


def test_a_saccade_reaches_every_other_image_equally_often():
    _, sameness, image = FixationStream(marked(5), 4).take(M)
    jumps = np.flatnonzero(sameness == -1)
    counts = np.zeros((5, 5), int)
    np.add.at(counts, (image[jumps - 1], image[jumps]), 1)
    assert (np.diag(counts) == 0).all()
    off_diagonal = counts[~np.eye(5, dtype=bool)]
    assert off_diagonal == pytest.approx(np.full(20, len(jumps) / 20), rel=0.15)


def test_the_first_image_is_drawn_too():
    assert len({int(FixationStream(marked(50), seed).take(1)[2][0]) for seed in range(20)}) > 10


def test_noise_is_fresh_clipped_and_of_the_size_asked():
    seen, _, _ = FixationStream(np.full((2, 1, 100), 0.5, np.float32), 5, noise=0.1).take(2000)
    assert seen.std() / 254 == pytest.approx(0.1, rel=0.01)
    assert seen.mean() / 254 == pytest.approx(0.5, abs=0.002)
    assert len(np.unique(seen, axis=0)) == 2000
    edge, _, _ = FixationStream(np.ones((2, 1, 100), np.float32), 5, noise=0.5).take(500)
    assert (edge.min(), edge.max()) == (0, 254)


def test_without_noise_the_payload_is_that_of_a_view():
    seen, _, image = FixationStream(VIEWS, 6, noise=0).take(500)
    matches = (payload(VIEWS)[image] == seen[:, None]).all(axis=2)
    assert matches.any(axis=1).all()
    assert np.unique(matches.argmax(axis=1), return_counts=True)[1].min() > 120


def test_a_pixel_is_rounded_as_numpy_rounds_it():
    seen, _, image = FixationStream(VIEWS[:, :1], 7, noise=0.3).take(1500)
    normal = sampling.generator(7, "stream noise").standard_normal((1500, 6), dtype=np.float32)
    np.testing.assert_array_equal(seen, payload((VIEWS[image, 0] + np.float32(0.3) * normal).clip(0, 1)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 1200), min_size=1, max_size=6), st.booleans(), st.integers(0, 2**32))
def test_chunks_do_not_change_the_stream(sizes, shuffle_sign, seed):
    whole = FixationStream(VIEWS, seed, shuffle_sign=shuffle_sign)
    cut = FixationStream(VIEWS, seed, shuffle_sign=shuffle_sign)
    equal(whole.take(sum(sizes)), joined([cut.take(m) for m in sizes]))
    assert whole.state() == cut.state()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 700), st.integers(0, 700), st.booleans())
def test_a_stream_continues_from_its_state_as_json(a, b, shuffle_sign):
    stream = FixationStream(VIEWS, 9, shuffle_sign=shuffle_sign)
    stream.take(a)
    state = json.loads(json.dumps(stream.state()))
    resumed = FixationStream(VIEWS, 1234, shuffle_sign=shuffle_sign)
    resumed.restore(state)
    equal(stream.take(b), resumed.take(b))


def test_a_state_is_not_changed_by_what_the_stream_does_next():
    stream = FixationStream(VIEWS, 9)
    state = stream.state()
    before = json.dumps(state)
    stream.take(50)
    assert json.dumps(state) == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: {},
        lambda s: s | {"image": 11},
        lambda s: s | {"position": -1},
        lambda s: s | {"generators": {}},
        lambda s: s | {"generators": s["generators"] | {"noise": {"bit_generator": "MT19937"}}},
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_leaves_the_stream_alone(spoil):
    stream = FixationStream(VIEWS, 0)
    before = stream.state()
    with pytest.raises(NeurohwError, match="fixation stream: cannot continue from this state"):
        stream.restore(spoil(stream.state()))
    assert stream.state() == before


def test_a_shuffled_sign_is_a_fair_coin_that_changes_nothing_else():
    right, shuffled = (FixationStream(VIEWS, 8, saccade=0.3, shuffle_sign=s).take(M) for s in (False, True))
    np.testing.assert_array_equal(right[0], shuffled[0])
    np.testing.assert_array_equal(right[2], shuffled[2])
    assert shuffled[1][0] == 0
    assert set(shuffled[1][1:].tolist()) == {-1, 1}
    assert np.mean(shuffled[1]) == pytest.approx(0, abs=5 / np.sqrt(M))
    assert np.mean(right[1][1:] * shuffled[1][1:]) == pytest.approx(0, abs=5 / np.sqrt(M))


def test_labels_have_no_way_in():
    for function in (FixationStream.__init__, FixationStream.take, sampling.pairs):
        assert not {"labels", "y", "train_y", "classes"} & set(inspect.signature(function).parameters)
    assert "dataset" not in inspect.getsource(sampling).lower()


@pytest.mark.bench
def test_stream_makes_its_noise_and_little_else():
    views = np.random.default_rng(0).random((1257, 64, 144), dtype=np.float32)
    stream, rng = FixationStream(views, 0), np.random.default_rng(0)
    stream.take(100)
    started = time.perf_counter()
    stream.take(100_000)
    took = time.perf_counter() - started
    started = time.perf_counter()
    for _ in range(100):
        rng.standard_normal((1000, 144), dtype=np.float32)
    noise = time.perf_counter() - started
    print(f"\n{1e5 / took:.0f} fixations/s of 144 pixels, {took / noise:.2f} times the time of their noise")
    assert took < 3 * noise
