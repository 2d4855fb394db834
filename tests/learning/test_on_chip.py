"""Learning on the emulated chip, in integers, on real data: the tag-carry rule, its controls, the naive rule."""

import numpy as np
import pytest
from support.learned import measured

from neurohw import api
from neurohw.machine.machine import Machine
from neurohw.runtime.fixations import Fixations


def learn(fixations, seed=0, **chip):
    """The network before and after learning."""
    return measured("clapp_moved_digits", fixations, seed, **chip)


def test_the_tag_carry_rule_learns_in_60000_fixations():
    scores = learn(60_000)
    assert min(scores.learned.all) >= 0.58  # 0.60 / 0.60 were measured
    assert min(scores.learned.all) >= max(scores.random.all) + 0.06
    assert scores.learned.few[1] >= scores.random.few[1] + 0.10


def test_written_learning_updates_are_the_synapses_that_changed():
    program = api.compile(api.load_model("clapp_moved_digits"), api.load_target("loihi2"), mode="learn")
    machine = Machine(program.network, steps=program.network.period)
    model = api.settings_of(program)
    fixations = Fixations(model, api.data_of(model), 0, 40)
    changed = dict.fromkeys(machine.learned(), 0)
    for _ in range(40):  # two carries among them
        before = machine.learned()
        machine.advance(fixations.take(1))
        for name, after in machine.learned().items():
            old = before[name]
            changed[name] += int(np.sum((old.weight != after.weight) | (old.tag != after.tag)))
    written = {name: machine.activity().projections[name].learning_written for name in changed}
    assert written == changed
    assert sum(changed.values()) > 0


def test_the_naive_rule_ends_below_the_random_network():
    scores = learn(20_000, rule="naive", exponent=-7, rounding="lava")
    for learned, random in zip(scores.learned.all, scores.random.all):
        assert learned <= random - 0.10


@pytest.mark.slow
def test_without_a_signal_nothing_is_learned_in_60000_fixations():
    scores = learn(60_000, shuffle_sign=True)
    assert max(scores.learned.all) <= 0.56


@pytest.fixture(scope="module")
def shuffled():
    """The control: three seeds whose sameness signal is a fair coin."""
    return np.mean([learn(240_000, seed, shuffle_sign=True).learned.all for seed in range(3)], axis=0)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rounding", ["lava", "per_synapse"])
def test_240000_fixations_reach_the_float_rule(rounding, shuffled):
    scores = [learn(240_000, seed, rounding=rounding) for seed in range(3)]
    learned = np.mean([s.learned.all for s in scores], axis=0)
    random = np.mean([s.random.all for s in scores], axis=0)
    few = np.mean([s.learned.few for s in scores], axis=0)
    print(f"{rounding}: learned {learned}, random {random}, few {few}, shuffled sign {shuffled}")
    assert learned.min() >= 0.66
    assert random.max() <= 0.50
    assert np.all(learned >= shuffled + 0.15)
    assert few[1] >= 0.54
