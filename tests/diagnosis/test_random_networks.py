"""Diagnoses of random networks: every silent neuron has its cause, and what no input can carry over none does."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from support import toys
from support.generate import random_network
from support.generate_conv import random_conv_network
from support.generate_learning import random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.runs import on_grid

import neurohw as nh
from neurohw.diagnosis.facts import fires
from neurohw.ir.mapping import Program

CASES = [
    *(random_network(seed) for seed in range(16)),
    *(random_conv_network(seed) for seed in range(4)),
    *(random_learning_network(seed) for seed in range(6)),
    *(random_spiking_network(seed, delayed=seed > 0) for seed in range(2)),
    random_readout(0),
]
MANY = 6  # networks that show something


def diagnosed(case, inputs):
    """A run of a case on some inputs, and its diagnosis."""
    network = on_grid(replace(case.network, period=case.steps))
    learns = any(p.plasticity for p in network.projections)
    run = nh.run_network(network, [inputs], reset=not learns, window=case.steps * case.samples)
    program = Program(network, toys.chip("loihi2"), (), (), ())
    return run, nh.diagnose(program, run)


def silent(found, place):
    return [f for f in found.findings if f.place == place and "never sent a message" in f.what]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.network.populations[-1].name)
def test_every_silent_neuron_of_a_layer_has_one_cause(case):
    run, found = diagnosed(case, case.inputs)
    for population in filter(fires, case.network.populations):
        dead = int(np.sum(run.activity.populations[population.name].messages["out"] == 0))
        assert sum(f.affected for f in silent(found, population.name)) == dead
    assert all(f.cause and f.what and f.affected <= f.total for f in found.findings)
    assert all(f.remedy or f.follows for f in found.findings)
    assert len(json.loads(json.dumps(found.document()))["findings"]) == len(found.findings)


@pytest.mark.slow
def test_neurons_that_no_input_can_carry_over_their_threshold_are_silent_whatever_the_inputs():
    rng = np.random.default_rng(0)
    shown = 0
    for case in [*CASES[:20], *(random_network(seed) for seed in range(16, 36))]:
        _, found = diagnosed(case, case.inputs)
        for place in {f.place for f in found.findings if "that any inputs can cause" in f.cause}:
            most = max(f.affected for f in silent(found, place) if "that any inputs can cause" in f.cause)
            ranges = {p.name: (p.neuron.low, p.neuron.high) for p in case.network.sources}
            for _ in range(3):
                other = {name: rng.choice(ranges[name], x.shape) for name, x in case.inputs.items()}
                run, _ = diagnosed(case, other)
                assert np.sum(run.activity.populations[place].messages["out"] == 0) >= most
            shown += 1
    assert shown >= MANY
