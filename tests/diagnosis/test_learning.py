"""Learning that is broken on purpose, healthy learning, and the command line."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from support import toys

import neurohw as nh
from neurohw import api, artifacts
from neurohw.artifacts import run_folder
from neurohw.ir.mapping import Program
from neurohw.ir.neurons import Hinge

FIXATIONS = 300


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("diagnosis")
    (folder / "tiny.yaml").write_text(toys.TINY)
    return folder


@pytest.fixture(scope="module")
def program(work) -> Program:
    """A small model that learns on a chip."""
    return api.compile(api.load_model(str(work / "tiny.yaml")), api.load_target("loihi2"))


def with_margin(program: Program, theta: int) -> Program:
    """The same with another margin in every hinge."""
    populations = tuple(
        replace(p, neuron=replace(p.neuron, theta=theta)) if isinstance(p.neuron, Hinge) else p
        for p in program.network.populations
    )
    return replace(program, network=replace(program.network, populations=populations))


def with_rate(program: Program, by: int) -> Program:
    """The same with every product of every rule times 2^by."""
    projections = []
    for p in program.network.projections:
        if p.plasticity and p.plasticity.chip:
            rule = p.plasticity.chip
            changed = {
                part: tuple(replace(q, exponent=q.exponent + by) for q in getattr(rule, part))
                for part in ("dw", "dt", "dd")
            }
            p = replace(p, plasticity=replace(p.plasticity, chip=replace(rule, **changed)))
        projections.append(p)
    return replace(program, network=replace(program.network, projections=tuple(projections)))


def diagnosed(program: Program, **options):
    return nh.diagnose(program, api.simulate(program, fixations=FIXATIONS, **options))


@pytest.mark.parametrize(
    ("model", "chip", "fixations"),
    [
        ("clapp_moved_digits", "loihi2", 300),
        ("clapp_spiking_digits", "loihi2", 300),
        pytest.param("clapp_moved_digits", "xbar_pcm_hermes", 200, marks=pytest.mark.slow),
        ("clapp_host", "loihi2", None),
        pytest.param("clapp_host_spiking", "loihi2", None, marks=pytest.mark.slow),
        ("clapp_host", "xbar_rram_isaac", None),
    ],
)
def test_a_healthy_model_has_no_error(model, chip, fixations):
    program = api.compile(api.load_model(model), api.load_target(chip))
    found = nh.diagnose(program, api.simulate(program, fixations=fixations))
    assert not [f for f in found.findings if f.severity == "error"]


def test_a_margin_that_is_always_met_keeps_every_gate_shut_and_nothing_is_written(program):
    findings = diagnosed(with_margin(program, -100_000)).findings
    assert [(f.place, f.severity) for f in findings[:2]] == [("hinge1", "error"), ("hinge2", "error")]
    assert "the margin theta = -100000 is met" in findings[0].cause
    assert "raise theta" in findings[0].remedy
    follow = {f.place: f.follows for f in findings if f.follows}
    assert follow == {"layer1.W": "hinge1", "layer1.Wpred": "hinge1", "layer2.W": "hinge2", "layer2.Wpred": "hinge2"}


def test_a_margin_beyond_all_similarities_keeps_every_gate_open(program):
    first = diagnosed(with_margin(program, 1_000_000)).findings[0]
    assert first.place == "hinge1"
    assert f"open in {FIXATIONS - 1} of {FIXATIONS - 1} fixations with a sign" in first.what
    assert "theta = 1000000 is beyond every similarity: y u is" in first.cause
    assert first.numbers["lowest"] < first.numbers["highest"] < 1_000_000


def test_a_rate_that_is_too_high_drives_weights_onto_their_rails(program):
    first = diagnosed(with_rate(program, 7)).findings[0]
    assert first.severity == "error"
    assert first.place.endswith(("W", "Wpred"))
    assert "rail" in first.what or "saturated" in first.what
    assert "lower" in first.remedy


def test_a_rate_that_is_too_low_is_told_from_a_gate_that_is_shut(program):
    first = diagnosed(with_rate(program, -14)).findings[0]
    assert first.severity == "error"
    assert first.place.startswith("layer1.W")
    assert "every update was rounded to nothing" in first.cause
    assert not first.follows


def test_a_sign_that_is_never_given_is_the_cause_of_shut_gates(program):
    rng = np.random.default_rng(0)
    size = program.network.population("input").size
    inputs = {"input": rng.integers(0, 255, (50, 1, size)), "sameness": np.zeros((50, 1, 1), np.int8)}
    findings = nh.diagnose(program, nh.run_network(program.network, [inputs])).findings
    assert (findings[0].place, findings[0].severity) == ("sameness", "error")
    assert {f.place: f.follows for f in findings}["hinge1"] == "sameness"


def test_dead_layers_are_told_with_a_run_on_crossbars_too(work):
    program = api.compile(api.load_model(str(work / "tiny.yaml")), api.load_target("xbar_sram"))
    network = program.network
    w = tuple(replace(p, weight=p.weight * 0) if p.name == "layer1.W" else p for p in network.projections)
    dead = replace(program, network=replace(network, projections=w))
    first = nh.diagnose(dead, api.simulate(dead, fixations=60)).findings[0]
    assert (first.place, first.severity) == ("layer1", "error")
    assert "all their weights in layer1.W are zero" in first.cause


def test_converters_that_are_too_narrow_are_the_cause_of_what_they_clip():
    target = api.load_target("xbar_rram_isaac", changes={"converters.adc_bits": "3"})
    program = api.compile(api.load_model("clapp_host"), target)
    first = nh.diagnose(program, api.simulate(program)).findings[0]
    assert (first.place, first.severity) == ("layer1.W", "error")
    assert "conversion clipped in" in first.what
    assert first.affected < first.total
    assert "adc_bits" in first.remedy


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"vth": 100_000}, "the threshold is too high: vth 100,000"),
        ({"vth": 510, "dv": 4095}, "dv 4095 forgets within a step"),
    ],
)
def test_spiking_layers_that_learn_and_are_silent_have_their_cause_named_first(work, changes, cause):
    (work / "spiking.yaml").write_text(toys.SPIKING)
    program = api.compile(api.load_model(str(work / "spiking.yaml")), api.load_target("loihi2"))
    network = program.network
    populations = tuple(
        replace(p, neuron=replace(p.neuron, **changes)) if p.name == "layer1" else p for p in network.populations
    )
    silent = replace(program, network=replace(network, populations=populations))
    findings = nh.diagnose(silent, api.simulate(silent, fixations=50, traces=350)).findings
    assert (findings[0].place, findings[0].severity) == ("layer1", "error")
    assert cause in findings[0].cause
    follows = {f.place: f.follows for f in findings}
    assert follows["layer2"] == "layer1"
    assert follows["hinge1"] == "layer1"


# the command line


def test_the_command_line_prints_the_findings_and_writes_them(neurohw, work, program):
    shut = with_margin(program, -100_000)
    artifacts.save(work / "run" / run_folder.PROGRAM, shut)
    artifacts.save(work / "run" / run_folder.RUN, api.simulate(shut, fixations=60))
    code, out, err = neurohw("diagnose", "run", "--json", "found.json")
    assert (code, err) == (0, "")
    assert out.startswith("error: hinge1: the gate was never open in 60 fixations\n    cause: all scores are 0, and")
    document = json.loads((work / "found.json").read_text())
    assert document["schema"] == "neurohw.diagnosis/1"
    first = document["findings"][0]
    assert (first["place"], first["severity"], first["numbers"]) == ("hinge1", "error", {"theta": -100_000})


def test_a_folder_without_a_run_is_refused(refused):
    assert refused("diagnose", "nowhere") == "nowhere: is not a run folder; give the folder that simulate wrote"
