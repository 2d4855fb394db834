"""Readouts on the emulated chip, on real data: a reward alone teaches what the learned layers show."""

from __future__ import annotations

import pytest

from neurohw import api
from neurohw.experiments.measure import learn
from neurohw.experiments.readout import readout

CHIPS = ("loihi1", "loihi2")


def readouts(fixations, presentations, seed=0, rules=("reward", "delta")):
    """Curves by network and rule, after so many fixations of the layers and presentations to the readout."""
    model, chips = api.load_model("clapp_moved_digits"), [api.load_target(name) for name in CHIPS]
    weights = learn(model, chips[1], seed=seed, fixations=fixations).weights
    found = readout(model, chips, weights, seed=seed, presentations=presentations, rules=rules)
    return {(c.network, c.rule): c for c in found.curves}


@pytest.mark.slow
def test_a_reward_teaches_a_readout_of_learned_layers_in_10000_presentations():
    curves = readouts(60_000, 10_000, rules=("reward",))
    learned, random = curves["learned", "reward"], curves["random", "reward"]
    assert learned.final >= random.final + 0.15
    assert learned.of_probe >= 0.70
    assert learned.running[-1] >= 3 * random.running[0]  # from chance


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_three_factors_reach_85_percent_of_the_classifier_and_more_than_a_random_network():
    curves = readouts(240_000, None)
    for c in curves.values():
        print(f"{c.network} {c.rule}: {c.final:.3f} of {c.probe:.3f}, {c.needed()} samples")
    learned, random = curves["learned", "reward"], curves["random", "reward"]
    assert learned.of_probe >= 0.85
    assert learned.final >= random.final + 0.20
    assert curves["learned", "delta"].of_probe >= 0.85
    assert learned.needed() is not None
    assert random.needed() is None
    for c in curves.values():
        assert [report.target for report in c.costs] == list(CHIPS)
        assert all(report.samples == 80_000 and report.energy(learning=True).nominal > 0 for report in c.costs)
