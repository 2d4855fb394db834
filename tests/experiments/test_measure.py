"""The experiment: what a model learned somewhere, frozen, scored beside the random network, and priced."""

from __future__ import annotations

import numpy as np
import pytest
from support import toys

from neurohw import api
from neurohw.experiments import measure as module
from neurohw.experiments.measure import learn, learn_each, measure, measure_each, measure_run, sites_of
from neurohw.runtime.run import run_program

CHIPS = ("loihi2", "loihi1", "xbar_template", "xbar_rram_isaac")
MODEL = toys.model((8, 6), chip={"fixations": 2000})
HOST = toys.model((8, 6), learns="host", host={"steps": 5, "batch": 4})


def sites(*chips, backends=()):
    return sites_of([api.load_target(chip) for chip in chips], backends)


def same(a, b):
    assert (a.random, a.learned, a.cost) == (b.random, b.learned, b.cost)
    for name, values in a.run.totals.items():
        np.testing.assert_array_equal(values, b.run.totals[name], err_msg=name)


@pytest.fixture
def modes(monkeypatch):
    """Modes of the programs that are run, in order."""
    seen = []

    def watched(program, options):
        seen.append(program.mode)
        return run_program(program, options)

    for home in ("neurohw.api", "neurohw.experiments.batch"):
        monkeypatch.setattr(f"{home}.run_program", watched)
    return seen


def test_what_chips_share_is_what_each_finds_alone():
    every = sites(*CHIPS)
    learned = learn_each(MODEL, every, seed=1)
    for (backend, target), one, found in zip(every, learned, measure_each(MODEL, every, learned, seed=1)):
        alone = learn(MODEL, target, backend=backend, seed=1)
        assert one.cost() == alone.cost()
        same(found, measure(MODEL, alone, target, backend=backend, seed=1))


def test_chips_of_cores_learn_and_run_once_and_each_kind_of_arrays_for_itself(modes):
    every = sites(*CHIPS)
    list(measure_each(MODEL, every, learn_each(MODEL, every)))
    assert (modes.count("learn"), modes.count("infer")) == (3, 3)


def test_what_is_trained_on_the_host_is_trained_once_and_costs_the_chips_nothing(monkeypatch):
    trained = []
    monkeypatch.setattr(module, "train", lambda *given: trained.append(given) or api.train(*given))
    found = learn_each(HOST, sites("loihi2", "xbar_template"))
    assert len(trained) == 1
    assert [one.cost() for one in found] == [None, None]


def test_weights_move_from_those_that_the_random_network_has():
    learned = learn(MODEL, api.load_target("loihi2"))
    start, after = (weights.layers[0].feedforward for weights in (learned.start, learned.weights))
    assert np.any(start != after)
    np.testing.assert_array_equal(start, api.start_weights(learned.program).layers[0].feedforward)


@pytest.mark.parametrize("chip", ["loihi2", "xbar_rram_isaac"])
def test_a_finished_run_of_a_frozen_network_is_measured_as_if_it_were_run_now(chip):
    target = api.load_target(chip)
    trained = learn(HOST, target)
    found = measure(HOST, trained, target)
    same(measure_run(found.program, found.run), found)


def test_every_chip_on_every_backend_or_each_on_its_own():
    named = [(backend, target.name) for backend, target in sites("loihi2", "xbar_template")]
    assert named == [("emulator", "loihi2"), ("crossbar", "xbar_template")]
    both = sites("loihi2", "loihi1", backends=("emulator", "lava"))
    assert [(b, t.name) for b, t in both] == [(b, c) for b in ("emulator", "lava") for c in ("loihi2", "loihi1")]
