"""Diphones: the voice files, the speech in them, its frames and their phones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter
from support.files import mu_law, write_voice
from support.toys import NEEDS_DIPHONES

from neurohw.data import diphones
from neurohw.data.festvox import RATE, read_voice
from neurohw.data.registry import load_data
from neurohw.errors import NeurohwError
from neurohw.spec import DataSpec

ENDS = np.arange(1, 17) / 100  # pitch periods of 10 ms
LENGTH = 2560  # samples of a diphone: 16 frames


def voice(names: str, middle: int = 8, seed: int = 0):
    """Noise through the same stable filter in every period but one."""
    rng = np.random.default_rng(seed)
    found = {}
    for name in names.split():
        coefficients = np.zeros((16, 16))
        coefficients[:, :2] = 1.2, -0.6
        found[name] = (rng.normal(0, 800, LENGTH), coefficients, middle)
    return found


@pytest.fixture
def folder(tmp_path) -> Path:
    for speaker, names in (("kal", "aa-b pau-aa _k-ay_ b-pau pau-pau ih-m m-aa b-ih"), ("ked", "aa-b dx-ay k-ay")):
        write_voice(tmp_path / f"{speaker}_diphone/group/{speaker}lpc16k.group", voice(names), ENDS)
    return tmp_path


def spec(folder, **options) -> DataSpec:
    return DataSpec(name="diphones", path=str(folder), **options)


def test_speech_is_the_residual_through_the_filter_of_each_period(tmp_path):
    written = voice("aa-b")
    residual, coefficients, _ = written["aa-b"]
    write_voice(tmp_path / "v", written, ENDS)
    (found,) = read_voice(tmp_path / "v")
    assert (found.first, found.second, found.boundary) == ("aa", "b", pytest.approx(0.09))
    code = 255 - mu_law(residual)
    size = (((code & 15).astype(int) * 8 + 132) << ((code >> 4) & 7)) - 132
    heard = np.where(code & 128, -size, size)
    assert np.abs(heard - residual).max() < 0.035 * np.abs(residual).max()
    np.testing.assert_allclose(found.speech, lfilter([1], [1, -1.2, 0.6], heard), rtol=1e-6, atol=1e-3)
    coefficients[9:, :2] = 0
    write_voice(tmp_path / "v", written, ENDS)
    np.testing.assert_allclose(read_voice(tmp_path / "v")[0].speech[1440:], heard[1440:])


def test_frames_are_those_of_shared_phones_with_their_label(folder):
    data = load_data(spec(folder), 0)
    assert data.lengths.tolist() == [16, 7, 16, 9, 16, 16, 16]  # pauses are cut off, pau-pau is left out
    assert data.train_x.shape == (96, 120)
    label = {phone: k for k, phone in enumerate(diphones.PHONES)}
    assert data.train_y[:16].tolist() == [label["aa"]] * 9 + [label["b"]] * 7
    assert data.train_y[16:23].tolist() == [label["aa"]] * 7
    assert data.train_y[23:39].tolist() == [label["k"]] * 9 + [label["ay"]] * 7
    assert data.test_y.tolist()[16:23] == [label["ay"]] * 7
    assert len(data.test_y) == 16 + 7 + 16
    assert data.classes == len(diphones.PHONES) == 40
    np.testing.assert_array_equal(data.views[:, 0], data.train_x)


def test_values_fill_0_to_1_in_training(folder):
    x = load_data(spec(folder), 0).train_x
    np.testing.assert_array_equal([x.min(axis=0), x.max(axis=0)], [np.zeros(120), np.ones(120)])


def test_a_frame_comes_with_those_beside_it(folder):
    middle = load_data(spec(folder), 0).train_x[:16].reshape(16, 5, 24)
    for k in range(5):  # the same energies, one frame later, up to the range of each column
        shifted = np.corrcoef(middle[4:12, 2].ravel(), middle[6 - k : 14 - k, k].ravel())[0, 1]
        assert shifted > 0.99


def test_a_speaker_is_as_loud_as_the_other(folder):
    quiet = load_data(spec(folder), 0)
    loud = voice("aa-b dx-ay k-ay")
    for residual, _, _ in loud.values():
        residual *= 4
    write_voice(folder / "ked_diphone/group/kedlpc16k.group", loud, ENDS)
    np.testing.assert_allclose(load_data(spec(folder), 0).test_x, quiet.test_x, atol=0.1)


def test_validation_holds_out_a_quarter_of_the_first_speaker(folder):
    data = load_data(spec(folder), 0, "validation")
    assert len(data.lengths) == 5
    assert len(data.train_y) + len(data.test_y) == 96


def test_without_voices_the_error_says_how_to_get_them(tmp_path):
    with pytest.raises(NeurohwError) as caught:
        load_data(spec(tmp_path), 0)
    assert str(caught.value) == (
        f"data.path: no file '{tmp_path}/kal_diphone/group/kallpc16k.group'; apt-get install festvox-kallpc16k "
        "festvox-kdlpc16k, or give the folder of both voices as data.path"
    )


@pytest.mark.parametrize("spoil", [lambda raw: raw[:-100], lambda raw: b"RIFF" + raw[60:], lambda raw: b""])
def test_a_file_that_is_no_group_is_refused(folder, spoil):
    path = folder / "kal_diphone/group/kallpc16k.group"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(NeurohwError) as caught:
        load_data(spec(folder), 0)
    assert str(caught.value).startswith(f"{path}: is not a diphone group: ")
    assert str(caught.value).endswith(
        "; groups of festvox hold an index, binary LPC tracks and mu-law residuals; install it again"
    )


@pytest.fixture(scope="module")
def voices():
    return load_data(DataSpec(name="diphones"), 0)


@NEEDS_DIPHONES
def test_the_voices_are_those_of_the_packages(voices):
    assert (voices.train_x.shape, voices.test_x.shape) == ((22081, 120), (18611, 120))
    assert set(voices.train_y.tolist()) == set(voices.test_y.tolist()) == set(range(40))
    seconds = sum(len(d.speech) for d in read_voice(Path(diphones.FOLDER) / "kal_diphone/group/kallpc16k.group")) / RATE
    assert seconds == pytest.approx(238.654, abs=1e-3)


@NEEDS_DIPHONES
def test_a_linear_readout_hears_some_phones_of_the_other_speaker(voices):
    mean, target = voices.train_x.mean(axis=0), np.eye(40)[voices.train_y]
    readout = np.linalg.lstsq(voices.train_x - mean, target - target.mean(axis=0), rcond=None)[0]
    heard = ((voices.test_x - mean) @ readout + target.mean(axis=0)).argmax(axis=1)
    assert 0.25 < np.mean(heard == voices.test_y) < 0.35
