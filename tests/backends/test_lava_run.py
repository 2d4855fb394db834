"""What a Lava run gives back: totals, traces, states, learned synapses, counts."""

from dataclasses import replace

import numpy as np
import pytest
from support.generate import random_network
from support.generate_learning import random_learning_network
from support.reference import run_reference

from neurohw.backends.lava.available import why_not
from neurohw.backends.lava.run import run_lava
from neurohw.errors import NeurohwError

pytestmark = [pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")]

STATIC, LEARNING = random_network(2), random_learning_network(1)


def lava(case, **options):
    return run_lava(case.network, case.inputs, steps_per_sample=case.steps, samples=case.samples, **options)


@pytest.fixture(scope="module")
def static_run():
    return lava(STATIC, record=["source0.out"], states=True)


@pytest.fixture(scope="module")
def static_reference():
    return run_reference(*STATIC, STATIC.samples)


@pytest.fixture(scope="module")
def learning_run():
    return lava(LEARNING)


def test_totals_are_the_messages_summed_by_sample(static_run, static_reference):
    assert set(static_run.totals) == set(static_reference.messages)
    for name, messages in static_reference.messages.items():
        by_sample = messages.reshape(STATIC.samples, STATIC.steps, -1).sum(axis=1)
        np.testing.assert_array_equal(static_run.totals[name], by_sample)


def test_traces_are_those_asked_for(static_run, static_reference):
    assert {"source0.out", *static_reference.states} == set(static_run.traces)
    trace = static_run.traces["source0.out"]
    assert (trace.population, trace.signal) == ("source0", "out")
    np.testing.assert_array_equal(trace.values, static_reference.messages["source0.out"])


def test_states_are_those_after_the_last_step(static_run, static_reference):
    assert set(static_run.states) == set(static_reference.states)
    for name, values in static_reference.states.items():
        np.testing.assert_array_equal(static_run.states[name], values[-1])


def test_without_asking_there_are_final_states_and_no_traces(learning_run):
    reference = run_reference(*LEARNING, LEARNING.samples)
    assert learning_run.traces == {}
    for name, values in reference.states.items():
        np.testing.assert_array_equal(learning_run.states[name], values[-1])


def test_learned_synapses_come_back(learning_run):
    plastic = [p for p in LEARNING.network.projections if p.plasticity]
    assert set(learning_run.learned) == {p.name for p in plastic}
    for p in plastic:
        learned = learning_run.learned[p.name]
        assert learned.weight.shape == learned.tag.shape == learned.tag2.shape == p.weight.shape
        assert learned.weight.dtype == np.int32


def test_the_run_says_what_made_it(static_run):
    assert static_run.backend == "lava"
    assert static_run.provenance == {"lava-nc": "0.10.0"}


def test_lava_counts_samples_and_steps_alone(static_run):
    activity = static_run.activity
    assert (activity.samples, activity.steps) == (STATIC.samples, STATIC.samples * STATIC.steps)
    assert (activity.populations, activity.projections) == ({}, {})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"record": ["source0.oot"]}, r"record: no port 'source0.oot'; did you mean 'source0.out'\?"),
        ({"samples": 3}, "inputs: not 3 samples; give each source as many as the run has"),
        ({"inputs": {}}, "inputs.source0: is missing"),
        ({"inputs": {**STATIC.inputs, "sauce": 1}}, "inputs.sauce: is not a source of the network; "),
        ({"samples": 0}, "lava: 0 samples of"),
    ],
)
def test_a_run_that_cannot_be_is_refused(change, text):
    options = {"inputs": STATIC.inputs, "steps_per_sample": STATIC.steps, "samples": STATIC.samples, **change}
    with pytest.raises(NeurohwError, match=text):
        run_lava(STATIC.network, **options)


def test_a_network_that_lava_cannot_run_is_refused():
    network = LEARNING.network
    first = next(p for p in network.projections if p.plasticity)
    rule = replace(first.plasticity, chip=replace(first.plasticity.chip, rounding="per_synapse"))
    changed = replace(
        network, projections=tuple(replace(p, plasticity=rule) if p is first else p for p in network.projections)
    )
    with pytest.raises(NeurohwError, match="use rounding 'lava' or the emulator"):
        run_lava(changed, LEARNING.inputs, steps_per_sample=LEARNING.steps, samples=LEARNING.samples)
