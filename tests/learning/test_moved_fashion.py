"""Moved Fashion-MNIST with 10 labels a class: CLAPP beats a random network, on the host and on the emulated chip."""

import numpy as np
import pytest
from support.toys import NEEDS_FASHION

from neurohw import api
from neurohw.experiments.measure import learn
from neurohw.experiments.scores import frozen_network, linear
from neurohw.learning.encoder import init_weights

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000), NEEDS_FASHION]
SEEDS = 3


def few_labels(model, data, network):
    """Accuracy of the top layer with 10 labels a class."""
    train_z, test_z = (api.features(model, network, x)[-1] for x in (data.train_x, data.test_x))
    return linear(data, train_z, test_z, model.probe, labels_per_class=10)


def gains(name):
    """Accuracy of a learned network and of the random one it started from, for each seed."""
    model, target, scores = api.load_model(name), api.load_target("loihi2"), []
    for seed in range(SEEDS):
        data = api.data_of(model, seed)
        start = init_weights(model, data.channels, seed)
        random = frozen_network(model, start, data)
        weights = learn(model, target, seed=seed).weights
        frozen = api.compile(model, target, weights, mode="infer", seed=seed)
        scores.append((few_labels(model, data, frozen.network), few_labels(model, data, random)))
    print(f"{name}: learned and random {np.round(scores, 3).tolist()}")
    return np.array(scores)


@pytest.mark.parametrize("name", ["clapp_moved_fashion", "clapp_host_fashion"])
def test_clapp_beats_a_random_network_by_ten_points_with_a_few_labels(name):
    learned, random = gains(name).T
    assert learned.mean() >= random.mean() + 0.10
    assert (learned > random).all()
