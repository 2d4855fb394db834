"""Lava and Brian2 record every state, message, trace and synaptic variable as the reference has it."""

from dataclasses import fields, replace

import numpy as np
import pytest
from support.crossbars import ideal_crossbar, shadowed
from support.generate import random_network
from support.generate_conv import random_conv_network
from support.generate_learning import random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.recorded import assert_recorded, probes_of, reference_records
from support.runs import run_on

from neurohw.backends.brian2.available import why_not as no_brian2
from neurohw.backends.lava.available import why_not as no_lava
from neurohw.errors import NeurohwError
from neurohw.ir.engine import OnArrays
from neurohw.ir.probe import Probe

on_brian2 = pytest.mark.skipif(no_brian2() is not None, reason=no_brian2() or "Brian2 runs here")
on_lava = pytest.mark.skipif(no_lava() is not None, reason=no_lava() or "Lava runs here")
GENERATORS = {
    "static": random_network,
    "convolutions": lambda seed: random_conv_network(seed, delays=False),
    "learning": random_learning_network,
    "spiking": random_spiking_network,
    "delayed": lambda seed: random_spiking_network(seed, delayed=True),
    "readout": random_readout,
}
LAVA = {"static": {0}, "convolutions": set(), "learning": {1}, "spiking": {1}, "readout": {3}}  # kind -> quick seeds
BRIAN2 = {"static": {0, 1, 2}, "convolutions": {0}, "spiking": {0, 1}, "delayed": {0}}


def cases(quick, count):
    return [
        pytest.param(name, seed, marks=() if seed in seeds else pytest.mark.slow)
        for name, seeds in quick.items()
        for seed in range(count)
    ]


def slow_but(quick, count):
    return [quick, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(count) if seed != quick)]


def chunks_of(case):
    cuts = np.array_split(np.arange(case.samples), min(2, case.samples))
    return [{name: x[cut] for name, x in case.inputs.items()} for cut in cuts]


def some_steps(case, seed):
    """Probes of every quantity of every part, in some of the steps, beyond the last one too."""
    rng, steps = np.random.default_rng(seed), case.steps * case.samples
    start, stop = int(rng.integers(0, steps // 2)), int(rng.integers(steps // 2, steps + 9))
    return tuple(probes_of(case.network, every=int(rng.integers(1, 4)), start=start, stop=stop))


def assert_recorded_on(backend, case, seed, **options):
    run = run_on(backend, case.network, chunks_of(case), steps=case.steps, probes=some_steps(case, seed), **options)
    assert_recorded(run, reference_records(case, options.get("reset", False)))


@pytest.mark.lava
@on_lava
@pytest.mark.parametrize(("name", "seed"), cases(LAVA, 12))
def test_lava_records_every_quantity_as_the_reference_has_it(name, seed):
    assert_recorded_on("lava", GENERATORS[name](seed), seed)


@on_brian2
@pytest.mark.parametrize(("name", "seed"), cases(BRIAN2, 40))
def test_brian2_records_every_quantity_as_the_reference_has_it(name, seed):
    assert_recorded_on("brian2", GENERATORS[name](seed), seed, runtime="numpy")


@on_brian2
@pytest.mark.parametrize("seed", slow_but(0, 12))
def test_brian2_records_samples_that_start_afresh(seed):
    assert_recorded_on("brian2", random_network(seed), seed, reset=True, runtime="numpy")


@pytest.mark.slow
@on_brian2
def test_a_compiled_program_records_from_part_to_part(monkeypatch):
    monkeypatch.setattr("neurohw.backends.brian2.simulation.PART", 2)
    case = random_spiking_network(4)
    case = case._replace(inputs={name: np.concatenate([x] * 4) for name, x in case.inputs.items()})
    assert_recorded_on("brian2", case, 4, runtime="cpp")


@pytest.mark.lava
@on_lava
@on_brian2
@pytest.mark.parametrize("kind", ["static", "spiking"])
@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 4, 6, 8))])
def test_all_backends_record_one_dictionary(kind, seed):
    case = GENERATORS[kind](seed)
    network, inputs, arrays = case.network, case.inputs, OnArrays(shadowed(seed))
    if kind == "static":  # one sample: Lava goes on where frozen arrays begin afresh
        projections = tuple(replace(p, delay=p.max_delay) for p in network.projections)
        network, inputs = replace(network, projections=projections), {name: x[:1] for name, x in inputs.items()}
        arrays = OnArrays(ideal_crossbar(seed, 24))
    frozen = {"arrays": arrays, "reset": kind == "static"}
    everywhere = {"emulator": {}, "lava": {}, "brian2": {"runtime": "numpy"}, "crossbar": frozen}
    runs = {
        backend: run_on(backend, network, [inputs], steps=case.steps, accumulator_bits=24,
                        probes=tuple(probes_of(network)), **options)
        for backend, options in everywhere.items()
    }  # fmt: skip
    expected = runs["emulator"].probes
    for backend, run in runs.items():
        assert run.probes.keys() == expected.keys(), backend
        for name, record in run.probes.items():
            for field in fields(record):
                value, known = getattr(record, field.name), getattr(expected[name], field.name)
                np.testing.assert_array_equal(value, known, f"{name}, {field.name} on {backend}")


@pytest.mark.lava
@on_lava
@on_brian2
@pytest.mark.parametrize("backend", ["lava", "brian2"])
def test_a_probe_that_does_not_fit_is_refused_before_the_run(backend, monkeypatch):
    case = random_network(0)
    population = case.network.populations[-1].name
    options = {"steps": case.steps, "runtime": "numpy"}
    with pytest.raises(NeurohwError, match=f"probe {population}.w: {population} has no 'w'; it has"):
        run_on(backend, case.network, [case.inputs], probes=(Probe(population, "w"),), **options)
    monkeypatch.setattr("neurohw.ir.probe.LIMIT", 10)
    with pytest.raises(NeurohwError, match="probes: need 0 MiB; a run has 0 MiB for them; record fewer neurons"):
        run_on(backend, case.network, [case.inputs], probes=(Probe(population, "out"),), **options)


@on_brian2
def test_brian2_does_not_fill_the_memory_before_it_drops_what_nobody_asked_for(monkeypatch):
    case = random_network(0)
    monkeypatch.setattr("neurohw.backends.brian2.probes.LIMIT", 8 * case.steps * case.samples - 1)
    probe = Probe(case.network.populations[-1].name, "out", neurons=[0], stop=1)
    with pytest.raises(NeurohwError, match="need 0 MiB in Brian2, which does not begin and end within a run"):
        run_on("brian2", case.network, [case.inputs], steps=case.steps, runtime="numpy", probes=(probe,))
    run_on("brian2", case.network, [case.inputs], steps=case.steps, runtime="numpy", probes=(replace(probe, every=2),))
