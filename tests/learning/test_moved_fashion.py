"""Moved Fashion-MNIST with 10 labels a class: CLAPP beats a random network, on the host and on the emulated chip."""

import numpy as np
import pytest
from support.toys import NEEDS_FASHION

from neurohw import api
from neurohw.compiler.pipeline import integer_network
from neurohw.data.dataset import payload
from neurohw.learning.encoder import init_weights
from neurohw.learning.probe import probe_few

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000), NEEDS_FASHION]
SEEDS = 3


def few_labels(model, data, network):
    """Accuracy of the top layer with 10 labels a class."""
    train_z, test_z = (api.features(model, network, x)[-1] for x in (data.train_x, data.test_x))
    return probe_few(train_z, data.train_y, test_z, data.test_y, model.probe.inverse_penalty)


def gains(name, learn):
    """Accuracy of a learned network and of the random one it started from, for each seed."""
    model, scores = api.load_model(name), []
    for seed in range(SEEDS):
        data = api.data_of(model, seed)
        start = init_weights(model, data.channels, seed)
        random = integer_network(model, start, "infer", payload(data.train_x))
        frozen = api.compile(model, api.load_target("loihi2"), learn(model, seed), mode="infer", seed=seed)
        scores.append((few_labels(model, data, frozen.network), few_labels(model, data, random)))
    print(f"{name}: learned and random {np.round(scores, 3).tolist()}")
    return np.array(scores)


def on_chip(model, seed):
    program = api.compile(model, api.load_target("loihi2"), mode="learn", seed=seed)
    return api.learned_weights(program, api.simulate(program))


def on_host(model, seed):
    return api.train(model, seed).weights


@pytest.mark.parametrize(
    ("name", "learn"), [("clapp_moved_fashion", on_chip), ("clapp_host_fashion", on_host)], ids=["chip", "host"]
)
def test_clapp_beats_a_random_network_by_ten_points_with_a_few_labels(name, learn):
    learned, random = gains(name, learn).T
    assert learned.mean() >= random.mean() + 0.10
    assert (learned > random).all()
