"""Every kind that ships goes through every tool: chips, prices, files, diagnoses and traces."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from support.sizes import population_of

import neurohw as nh
from neurohw import artifacts, neurons
from neurohw.artifacts.fingerprint import fingerprint
from neurohw.ir.neurons import states_of
from neurohw.microcode.kind import declared_of, program_of, sources_of
from neurohw.reports.pictures.all import pictures

every_kind = pytest.mark.parametrize("kind", neurons.kinds())


def for_chips(kind):
    """A network with one population of a kind, within what chips take."""
    case = population_of(kind, 5)
    fits = [
        replace(p, neuron=replace(p.neuron, bias_exp=0)) if "bias_exp" in declared_of(p.neuron) else p
        for p in case.network.populations
    ]
    return case._replace(network=replace(case.network, populations=tuple(fits), period=case.steps))


@every_kind
def test_it_is_compiled_run_priced_diagnosed_saved_and_traced(kind, tmp_path):
    case = for_chips(kind)
    program = nh.compile_network(case.network, nh.load_target("loihi2"))
    run = nh.simulate(program, inputs=case.inputs, steps=case.steps)
    assert nh.estimate(program, run).energy().nominal > 0 or kind is nh.Source
    assert str(nh.diagnose(program, run))
    artifacts.save(tmp_path / "p.nhw", program)
    assert fingerprint(artifacts.load(tmp_path / "p.nhw", nh.Program)) == fingerprint(program)
    frames = case.steps - 1  # the steps of a sample, of programs without a model
    sent = nh.run_network(case.network, case.inputs, reset=True, traces=case.steps * case.samples).traces
    for number in (0, 4):
        trace = nh.trace_neuron(program, "x", number, inputs=case.inputs, steps=frames)
        for port, values in trace.sent.items():
            np.testing.assert_array_equal(values, sent[f"x.{port}"].values[:frames, number])


@every_kind
def test_its_pictures_are_drawn(kind):
    case = for_chips(kind)
    program = nh.compile_network(case.network, nh.load_target("loihi2"))
    run = nh.simulate(program, inputs=case.inputs, steps=case.steps, traces=20)
    drawn = {picture.name: picture.draw() for picture in pictures(program, run) if picture.draw}
    membrane = {"Alif", "ClappLif", "CubaLif", "Lif", "LifRefractory", "NoisyLif", "TernaryLif"}
    assert ("membranes" in drawn) == (kind.__name__ in membrane)
    assert "raster" in drawn


@pytest.mark.parametrize("kind", [nh.Resonator, nh.Izhikevich, nh.Poisson, nh.Lif])
def test_what_spikes_make_is_added_up_and_not_multiplied(kind):
    case = for_chips(kind)
    after = nh.Projection("after", "x", "last", np.ones((1, 5), int), nh.Format(8, 0, "excitatory"))
    last = nh.Population("last", 1, nh.Lif(10))
    network = replace(
        case.network, populations=(*case.network.populations, last), projections=(*case.network.projections, after)
    )
    program = nh.compile_network(network, nh.load_target("loihi2"))
    run = nh.simulate(program, inputs=case.inputs, steps=case.steps)
    found = nh.estimate(program, run).metrics
    assert found["effective_acs"] == run.activity.populations["x"].messages["out"].sum() / 2


@every_kind
def test_parameters_of_each_neuron_are_arrays_anywhere(kind):
    case = for_chips(kind)
    (place,) = [k for k, p in enumerate(case.network.populations) if p.name == "x"]
    population = case.network.populations[place]
    each = [d for d in declared_of(kind).values() if d.role == "each"]
    values = {d.name: np.broadcast_to(np.asarray(getattr(population.neuron, d.name)), 5).copy() for d in each}
    populations = list(case.network.populations)
    populations[place] = replace(population, neuron=replace(population.neuron, **values))
    spread = replace(case.network, populations=tuple(populations))
    program = nh.compile_network(spread, nh.load_target("loihi2"))
    run, expected = (nh.run_network(n, case.inputs, traces=44) for n in (program.network, case.network))
    for name, trace in expected.traces.items():
        np.testing.assert_array_equal(run.traces[name].values, trace.values)


@every_kind
def test_it_says_what_it_is_where_it_is_from_and_what_its_states_count(kind):
    assert kind.__doc__.count("\n") > 2
    assert sources_of(kind) or kind is nh.Source
    assert all(state.unit and state.meaning for state in states_of(kind))
    assert {f.name for f in fields(kind)} == {d.name for d in declared_of(kind).values()
                                             if d.role in ("one", "each", "choice")}  # fmt: skip


def test_the_list_of_kinds_has_all_of_them():
    page = (Path(nh.__file__).parents[1] / "docs" / "kinds.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {kind.__name__ for kind in neurons.kinds()}


@pytest.mark.parametrize("name", ["Resonator", "SigmaDelta", "CubaLif"])
def test_a_trace_of_a_kind_without_terms_of_its_own_shows_its_states(name):
    case = for_chips(getattr(nh, name))
    trace = nh.trace_neuron(case.network, "x", 1, inputs=case.inputs)
    neuron = case.network.population("x").neuron
    states = {s.name for s in states_of(neuron)}
    assert states <= trace.terms.keys()
    assert any(trace.terms[d.name].any() for d in program_of(neuron).of_role("state"))


def test_a_silent_population_of_such_a_kind_is_diagnosed_without_guesses():
    weights = np.eye(4, dtype=int)
    populations = (nh.Population("input", 4, nh.Source(0, 1)), nh.Population("z", 4, nh.Resonator(8000, 100, 4000)))
    network = nh.Network(populations, (nh.Projection("w", "input", "z", weights, nh.Format(8, 0, "excitatory")),), 10)
    inputs = {"input": np.ones((2, 10, 4), int)}
    said = str(nh.diagnose(network, nh.run_network(network, inputs)))
    assert "z: 4 of 4 neurons (100%) never sent a message" in said
    assert "cause: even the largest possible inputs, in each of 10 steps, do not make them send" in said
    assert "shows one step by step" in said
