"""Probes record every state, message, trace and synaptic variable of every kind as the reference has it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support.crossbars import ideal_crossbar, shadowed
from support.generate import Case, random_network
from support.generate_conv import random_conv_network
from support.generate_kinds import random_kinds
from support.generate_learning import random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.generate_wide import wide
from support.recorded import assert_recorded, probes_of, reference_records
from support.runs import run_engine, run_on

from neurohw import neurons
from neurohw.ir.engine import OnArrays
from neurohw.ir.neurons import states_of
from neurohw.machine.machine import Machine

SEEDS, QUICK = 24, 4
GENERATORS = {
    "static": random_network,
    "convolutions": random_conv_network,
    "learning": random_learning_network,
    "spiking": random_spiking_network,
    "delayed": lambda seed: random_spiking_network(seed, delayed=True),
    "readout": random_readout,
    "kinds": random_kinds,
}
CASES = [
    pytest.param(name, seed, marks=() if seed < QUICK else pytest.mark.slow)
    for name in GENERATORS
    for seed in range(SEEDS)
]


@cache
def expected(name, seed):
    return reference_records(GENERATORS[name](seed))


def chunks_of(case, pieces):
    cuts = np.array_split(np.arange(case.samples), pieces)
    return [{name: x[cut] for name, x in case.inputs.items()} for cut in cuts]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_the_emulator_records_every_quantity_as_the_reference_has_it(name, seed):
    case = GENERATORS[name](seed)
    machine = Machine(case.network, steps=case.steps, probes=probes_of(case.network))
    assert_recorded(run_engine(machine, chunks_of(case, 2)), expected(name, seed))


@pytest.mark.parametrize("seed", range(8))
def test_layers_that_run_ahead_are_recorded_in_some_steps_of_some_neurons(seed):
    """64 neurons at a time: neurons in any order, twice, from any block; room from the start, or when it is needed."""
    network, inputs, reset = wide(seed)
    case = Case(network, inputs, 20)
    rng, probes = np.random.default_rng(seed), []
    for probe in probes_of(network, every=int(rng.integers(1, 7)), start=int(rng.integers(0, 30)), stop=75):
        size = network.population(probe.of).size
        probes.append(replace(probe, neurons=rng.integers(0, size, int(rng.integers(1, 2 * size + 1)))))
    total = 80 if seed % 2 else None
    machine = Machine(network, steps=20, reset=reset, probes=probes, total=total)
    run, values = run_engine(machine, chunks_of(case, 1 + seed % 3)), reference_records(case, reset)
    for probe in probes:
        record = run.probes[probe.key]
        assert record.steps.tolist() == list(range(probe.start, 75, probe.every))
        assert np.array_equal(record.values, values[probe.key][np.ix_(record.steps, probe.neurons)])


@pytest.mark.parametrize(("name", "seed"), [case for case in CASES if case.values[0] in ("learning", "spiking")])
def test_arrays_that_learn_record_every_quantity_as_the_reference_has_it(name, seed):
    case = GENERATORS[name](2 * seed)
    design = OnArrays(shadowed(seed))
    run = run_on("crossbar", case.network, chunks_of(case, 2), steps=case.steps, arrays=design,
                 accumulator_bits=24, probes=tuple(probes_of(case.network)))  # fmt: skip
    assert_recorded(run, expected(name, 2 * seed))


@pytest.mark.parametrize(("name", "seed"), [case for case in CASES if case.values[0] in ("static", "convolutions")])
def test_frozen_arrays_record_every_quantity_as_the_reference_has_it(name, seed):
    case = GENERATORS[name](seed)
    network = replace(case.network, projections=tuple(replace(p, delay=p.max_delay) for p in case.network.projections))
    case = case._replace(network=network)
    probes = tuple(probes_of(network, every=1 + seed % 3, start=seed))
    run = run_on("crossbar", network, chunks_of(case, 2), steps=case.steps, reset=True, probes=probes,
                 arrays=OnArrays(ideal_crossbar(seed, 24)))  # fmt: skip
    assert_recorded(run, reference_records(case, reset=True))


def test_every_kind_is_among_the_cases():
    networks = [GENERATORS[name](seed).network for name in GENERATORS for seed in range(QUICK)]
    kinds = {type(p.neuron) for network in networks for p in network.populations}
    assert kinds == set(neurons.kinds())
    probed = {(type(p.neuron), probe.what) for network in networks for p in network.populations
              for probe in probes_of(network) if probe.of == p.name}  # fmt: skip
    assert {(kind, state.name) for kind in kinds for state in states_of(kind)} <= probed
