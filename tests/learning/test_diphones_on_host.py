"""Another speaker's frames, by a linear readout of what three seeds find: the table in neurohw.data.diphones."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support.toys import NEEDS_DIPHONES

from neurohw import api
from neurohw.data.registry import load_data
from neurohw.learning.encoder import encode, init_weights
from neurohw.spec import ClappSpec, HostSpec

pytestmark = [pytest.mark.slow, NEEDS_DIPHONES]
SEEDS = (0, 1, 2)
PAIRS_BOTH = ClappSpec(retro="own", pairs="both")
WAYS = {"CLAPP": HostSpec(steps=3000), "CLAPP-s": HostSpec(steps=3000, clapp=PAIRS_BOTH)}


def score(train, train_y, test, test_y):
    """Accuracy [%] of least squares on one-hot labels, with a ridge of a thousandth of the variance."""
    readout = make_pipeline(StandardScaler(), RidgeClassifier(alpha=1e-3 * len(train)))
    return 100 * readout.fit(train, train_y).score(test, test_y)


def scores(data, weights):
    layers = zip(*(encode(weights, x.astype(np.float32)) for x in (data.train_x, data.test_x)))
    return [score(train, data.train_y, test, data.test_y) for train, test in layers]


def test_clapp_s_beats_the_raw_frames_on_another_speaker(capsys):
    clapp = api.load_model("clapp_diphones").model_copy(update={"learns": "host"})
    data = load_data(clapp.data, 0)
    raw = score(data.train_x, data.train_y, data.test_x, data.test_y)
    found = {"random": [scores(data, init_weights(clapp, data.channels, seed)) for seed in SEEDS]}
    for way, host in WAYS.items():
        model = clapp.model_copy(update={"host": host})
        found[way] = [scores(data, api.train(model, seed).weights) for seed in SEEDS]
    mean = {way: np.mean(layers, 0) for way, layers in found.items()}
    with capsys.disabled():
        print(f"\nked, raw {raw:.1f};", "; ".join(f"{way} {a:.1f} / {b:.1f}" for way, (a, b) in mean.items()))
    assert min(mean["CLAPP-s"]) >= raw + 2
    assert min(mean["CLAPP"]) >= raw
    assert abs(mean["CLAPP-s"] - mean["random"]).max() < 2  # one voice in training: see neurohw.data.diphones
