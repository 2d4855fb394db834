"""CLAPP that learns on emulated crossbars, on real data, with what is not ideal about them."""

import numpy as np
import pytest

from neurohw import api
from neurohw.experiments.study import study

MODEL = "clapp_moved_digits"


def layers(points, which):
    """Mean accuracy of each layer over the seeds."""
    return np.mean([getattr(p, which) for p in points], axis=0)


def learn(chip, fixations, seeds=(0,), entry="writing.every", value=None, **settings):
    value = value or str(api.load_target(chip).design.writing.every)
    named = {name.replace("__", "."): text for name, text in settings.items()}
    found = study(
        api.load_model(MODEL), chip, [entry], [value], seeds=seeds, learning="chip", settings=named, fixations=fixations
    )
    return layers(found.points, "learned"), layers(found.points, "random")


@pytest.mark.slow
def test_pulses_on_an_ideal_device_learn_in_30000_fixations():
    learned, random = learn("xbar_template", 30_000)  # 58.5 / 54.1 of 51.5 / 42.4 were measured
    assert learned[0] >= random[0] + 0.03
    assert learned[1] >= random[1] + 0.07


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_pulses_beat_the_random_network_and_asymmetry_costs():
    """3 seeds: 63.4 / 64.6 of 49.9 / 44.3 were measured, 59.0 / 57.6 with steps up 1.5 times larger."""
    even, random = learn("xbar_template", 80_000, (0, 1, 2))
    assert np.all(even >= random + 0.10)
    uneven, _ = learn("xbar_template", 80_000, (0, 1, 2), writing__asymmetry="0.4")
    assert np.all(uneven < even - 0.02)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("chip", ["xbar_rram_isaac", "xbar_pcm_hermes", "xbar_rram_neurram"])
def test_noisy_chips_learn_from_a_shadow(chip):
    """80,000 fixations, measured: ISAAC 62.4 / 53.7 of 43.9 / 23.0, HERMES 61.3 / 60.7 of 47.4 / 40.4, NeuRRAM
    54.3 / 55.0 of 43.7 / 38.5."""
    learned, random = learn(chip, 80_000)
    assert np.all(learned >= random + 0.07)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_shadow_that_is_written_too_seldom_falls_behind_itself():
    """The reason for `every: 100`: at 1,000 the network ends below a random one; 21.7 / 18.5 were measured."""
    learned, random = learn("xbar_sram", 40_000, value="1000")
    assert np.all(learned < random - 0.10)
