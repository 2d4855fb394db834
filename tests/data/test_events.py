"""Recordings of events: N-MNIST and SHD, on small files in their layouts."""

from __future__ import annotations

import numpy as np
import pytest
from support.files import write_nmnist, write_shd

from neurohw.data.coding import Coder, check_coding
from neurohw.data.events import binned
from neurohw.data.nmnist import read_events
from neurohw.data.registry import load_data
from neurohw.data.shd import VIEWS_MAX
from neurohw.errors import NeurohwError
from neurohw.spec import DataSpec, InputSpec

NMNIST_FIX = "unpack Train.zip and Test.zip of N-MNIST into one folder and give it as data.path"
SHD_FIX = "unpack shd_train.h5.gz and shd_test.h5.gz into one folder and give it as data.path"


def spec(name, folder, **options) -> DataSpec:
    return DataSpec(name=name, path=str(folder), **options)


def said(spec) -> str:
    with pytest.raises(NeurohwError) as caught:
        load_data(spec, 0)
    return str(caught.value)


def test_events_fall_into_equal_steps_and_what_is_outside_is_left_out():
    time, channel = np.array([0, 0.99, 1, 3.99, 4, -0.1, 2, 2]), np.array([0, 0, 1, 2, 0, 0, -1, 3])
    seen = binned(time, channel, 4, 3, 4.0)
    assert np.argwhere(seen).tolist() == [[0, 0], [1, 1], [3, 2]]


@pytest.fixture
def digits(tmp_path):
    rng = np.random.default_rng(0)
    for part, count in (("Train", 12), ("Test", 5)):
        for k in range(count):
            events = rng.integers(0, [34, 34, 2, 300_000], (40, 4))
            write_nmnist(tmp_path, part, k + 1, (3 * k) % 10, events)
    return tmp_path


def test_an_event_is_read_bit_for_bit(tmp_path):
    events = [[33, 0, 1, 0], [0, 33, 0, 299_999], [5, 6, 1, (1 << 23) - 1]]
    read = read_events(write_nmnist(tmp_path, "Train", 1, 4, events))
    np.testing.assert_array_equal(np.column_stack(read), events)


def test_a_clock_that_runs_over_moves_all_later_events(tmp_path):
    over = [0, 240, 0, 0]
    path = write_nmnist(tmp_path, "Train", 1, 4, [[1, 2, 0, 10], over, [3, 4, 1, 20], over, [5, 6, 1, 30]])
    column, row, _, time = read_events(path)
    assert (column.tolist(), row.tolist(), time.tolist()) == ([1, 3, 5], [2, 4, 6], [10, 8192 + 20, 2 * 8192 + 30])


def test_the_three_looks_at_a_digit_are_its_views(tmp_path):
    events = [[0, 0, 0, 5_000], [33, 1, 1, 95_000], [2, 3, 0, 100_000], [33, 33, 1, 299_999], [9, 9, 0, 300_001]]
    for part in ("Train", "Test"):
        for k in range(2):
            write_nmnist(tmp_path, part, k, k, events)
    data = load_data(spec("nmnist", tmp_path), 0)
    assert (data.steps, data.channels, data.classes) == (10, 578, 10)
    looks = data.views[0].reshape(3, 10, 2, 17, 17)
    assert np.argwhere(looks).tolist() == [[0, 0, 0, 0, 0], [0, 9, 1, 0, 16], [1, 0, 0, 1, 1], [2, 9, 1, 16, 16]]
    np.testing.assert_array_equal(data.train_x, data.views[:, 0])


def test_digits_come_by_number_whatever_their_folder(digits):
    data = load_data(spec("nmnist", digits, images={"train": 6}, steps=4), 0)
    assert data.train_y.tolist() == [0, 3, 6, 9, 2, 5]
    assert data.views.shape == (6, 3, 4 * 578)
    assert len(data.test_y) == 5
    assert len(load_data(spec("nmnist", digits), 0, "validation").test_y) == 3


def test_events_reach_the_network_as_they_are(digits):
    data = load_data(spec("nmnist", digits, steps=4), 0)
    coding = InputSpec(coding="events", steps=4)
    check_coding(data, coding)
    frames = Coder(coding).frames((data.train_x * 254).astype(np.int16))
    np.testing.assert_array_equal(frames, data.train_x.reshape(12, 4, 578))


def test_recordings_that_are_not_there_or_broken_are_named(digits, tmp_path):
    expected = f"data.path: is missing; 'nmnist' reads a folder with Train and Test; {NMNIST_FIX}"
    assert said(DataSpec(name="nmnist")) == expected
    nowhere = tmp_path / "nowhere"
    expected = f"data.path: no files '{nowhere}/Train/<digit>/<number>.bin'; {NMNIST_FIX}"
    assert said(spec("nmnist", nowhere)) == expected
    path = digits / "Train" / "0" / "00001.bin"
    path.write_bytes(bytes(7))
    assert said(spec("nmnist", digits)) == f"{path}: holds 7 bytes; an event has 5; unpack the archive again"
    write_nmnist(digits, "Train", 1, 0, [[34, 3, 0, 1]])
    assert said(spec("nmnist", digits)) == f"{path}: holds events up to column 34, row 3; the camera has 34 of each"


def words(count: int):
    """Word k speaks on unit 100 + 20 k, ten times in the first second."""
    return [((np.arange(10) + 0.5) / 10, np.full(10, 100 + 20 * k), k % 20) for k in range(count)]


@pytest.fixture
def spoken(tmp_path):
    write_shd(tmp_path / "shd_train.h5", words(12))
    write_shd(tmp_path / "shd_test.h5", words(5))
    return tmp_path


def test_words_are_recordings_of_140_channels(spoken):
    data = load_data(spec("shd", spoken, steps=14), 0)
    assert (data.steps, data.channels, data.classes) == (14, 140, 20)
    heard = data.train_x[3].reshape(14, 140)
    assert np.flatnonzero(heard.any(axis=0)).tolist() == [(100 + 60) // 5]
    assert heard.any(axis=1)[:9].all()
    assert not heard[11:].any()
    assert data.train_y.tolist() == list(range(12))
    assert data.test_x.shape == (5, 14 * 140)
    assert len(load_data(spec("shd", spoken), 0, "validation").test_y) == 3


def test_views_are_other_voices_at_other_speeds(spoken):
    data = load_data(spec("shd", spoken, views=64), 0)
    assert data.views.shape == (12, VIEWS_MAX, 20 * 140)
    views = data.views.reshape(12, VIEWS_MAX, 20, 140)
    channel = views.any(axis=2).argmax(axis=2)
    own = data.train_x.reshape(12, 20, 140).any(axis=1).argmax(axis=1)
    assert 2 <= np.abs(channel - own[:, None]).max() <= 4
    last = 19 - views.any(axis=3)[:, :, ::-1].argmax(axis=2)
    assert len(np.unique(last)) > 1
    again, other = (load_data(spec("shd", spoken), seed).views for seed in (0, 1))
    np.testing.assert_array_equal(data.views, again)
    assert not np.array_equal(again, other)


def test_views_without_differences_are_the_recording(spoken):
    data = load_data(spec("shd", spoken, views=2, augment={"shift": 0, "scale": 0}), 0)
    np.testing.assert_array_equal(data.views, np.repeat(data.train_x[:, None], 2, axis=1))


def test_words_that_are_not_there_or_broken_are_named(spoken, tmp_path):
    expected = f"data.path: is missing; 'shd' reads a folder with shd_train.h5 and shd_test.h5; {SHD_FIX}"
    assert said(DataSpec(name="shd")) == expected
    assert said(spec("shd", tmp_path / "no")) == f"data.path: no file '{tmp_path}/no/shd_train.h5'; {SHD_FIX}"
    path = spoken / "shd_test.h5"
    path.write_bytes(b"no HDF5")
    text = said(spec("shd", spoken))
    assert text.startswith(f"{path}: cannot be read: ")
    assert text.endswith("; it is HDF5 with /spikes/times, /spikes/units and /labels; unpack it again")
    times, units, label = words(1)[0]
    write_shd(path, [(times, units[:3], label)])
    assert said(spec("shd", spoken)) == (
        f"{path}: holds 1 times, 1 units and 1 labels; each recording has one of each, as many times as units"
    )


def test_differences_that_sounds_do_not_have_are_refused(spoken):
    assert said(spec("shd", spoken, augment={"rotation": 3})) == (
        "data.augment.rotation: has no effect here; views of 'shd' differ in shift and scale; omit it"
    )
