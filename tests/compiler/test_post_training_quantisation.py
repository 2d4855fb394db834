"""Frozen weights with few bits keep what was learned in floats."""

import numpy as np
import pytest

from neurohw import api
from neurohw.experiments.scores import frozen_network, linear
from neurohw.learning.encoder import encode
from neurohw.spec import PercentileClip, QuantiseSpec

MODEL = api.load_model("clapp_host")


@pytest.fixture(scope="module")
def trained():
    return api.data_of(MODEL), api.train(MODEL).weights


def scores(data, train, test):
    return np.array([linear(data, a, b, MODEL.probe) for a, b in zip(train, test)])


def quantised(data, weights, bits, clip):
    model = MODEL.model_copy(update={"quantise": QuantiseSpec(bits=bits, clip=clip)})
    network = frozen_network(model, weights, data)
    return scores(data, api.features(MODEL, network, data.train_x), api.features(MODEL, network, data.test_x))


@pytest.mark.parametrize(("bits", "loss"), [(8, 0.01), (6, 0.01), (4, 0.02), (3, 0.03)])
def test_accuracy_with_few_bits_and_the_percentile_clip(trained, bits, loss):
    data, weights = trained
    floats = scores(data, encode(weights, data.train_x), encode(weights, data.test_x))
    assert np.all(quantised(data, weights, bits, PercentileClip(percentile=98)) >= floats - loss)


def test_two_bits_need_the_percentile_clip(trained):
    clipped, widest = (quantised(*trained, 2, clip) for clip in (PercentileClip(percentile=98), "maximum"))
    assert np.all(clipped >= widest + 0.10)
