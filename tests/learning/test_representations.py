"""What each way of learning finds on moved digits, with 8-bit weights on a chip: floors of the README's table.

The floors are a few points below the means over three seeds that were measured; here is one seed of them.
"""

from __future__ import annotations

import pytest

from neurohw import api
from neurohw.experiments import comparison

pytestmark = pytest.mark.slow


def last_layer(name: str) -> tuple[float, float]:
    """Accuracy with all labels of what was learned, and of the random network."""
    found = comparison.compare(api.load_model(name), [api.load_target("loihi2")], seed=0).rows[0].accuracy
    return found.learned_all[-1], found.random_all[-1]


@pytest.mark.parametrize(
    ("name", "floor"),
    [
        ("clapp_s", 0.72), ("hinge_cpc", 0.72), ("simclr", 0.80), ("vicreg", 0.78), ("lpl", 0.64),
        ("clapp_convolutional", 0.74),
    ],
)  # fmt: skip
def test_learning_finds_what_a_random_network_does_not(name, floor):
    learned, random = last_layer(name)
    assert learned >= floor
    assert learned >= random + 0.15


@pytest.mark.parametrize("name", ["pca", "ica", "kmeans"])
def test_two_factor_rules_on_single_frames_do_not_reach_a_random_network(name):
    learned, random = last_layer(name)
    assert learned <= random - 0.05
