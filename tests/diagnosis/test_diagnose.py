"""Networks that are broken on purpose: the diagnosis names the cause, and names it first."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support import toys

import neurohw as nh
from neurohw import api
from neurohw.compiler.pipeline import compile_network
from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Relu, Source, TernaryLif
from neurohw.ir.run import Activity, Run

SAMPLES, STEPS, SIZES = 6, 12, (10, 8, 6)
MIXED = Format()
HEALTHY = Lif(vth=300, du=4095, dv=409)


def lif_network(
    first: Lif | TernaryLif = HEALTHY, weight: int = 60, form: Format = MIXED, connected: bool = True, delay: int = 0
) -> Network:
    """Source -> layer1 -> layer2, all to all with weights around `weight`; `first` and `form` are layer1's."""
    rng = np.random.default_rng(0)
    w1 = np.sign(weight) * 2 * rng.integers(abs(weight) // 4, abs(weight) // 2 + 1, (SIZES[1], SIZES[0]))
    w2 = 2 * rng.integers(15, 31, (SIZES[2], SIZES[1]))
    layers = (
        Population("input", SIZES[0], Source(0, 1)),
        Population("layer1", SIZES[1], first),
        Population("layer2", SIZES[2], HEALTHY),
    )
    w = (Projection("layer1.W", "input", "layer1", w1, form, delay=delay),) if connected else ()
    return Network(layers, (*w, Projection("layer2.W", "layer1", "layer2", w2, MIXED)), STEPS)


def diagnosed(network: Network, inputs: np.ndarray | None = None, steps: int = STEPS, chip: str = "loihi2"):
    """The diagnosis of a run of a network on random spikes."""
    program = compile_network(network, toys.chip(chip))
    given = (np.random.default_rng(1).random((SAMPLES, steps, SIZES[0])) < 0.5).astype(np.int8)
    run = api.simulate(program, inputs={"input": given if inputs is None else inputs}, steps=steps)
    return nh.diagnose(program, run)


def test_a_network_that_spikes_has_no_findings():
    assert diagnosed(lif_network()).findings == ()
    assert diagnosed(lif_network()).text() == "no findings"


LIF_FAULTS = {
    "a threshold that no input can reach": (lif_network(replace(HEALTHY, vth=60_000)), "the threshold is too high"),
    "weights of zero": (lif_network(weight=0), "all their weights in layer1.W are zero"),
    "weights that only inhibit": (lif_network(weight=-120), "nothing excites them"),
    "an exponent that is too small": (lif_network(form=Format(exponent=-6)), "exponent -6 of layer1.W"),
    "a population that nothing is connected to": (lif_network(connected=False), "no projection ends at its input"),
    "a voltage that is forgotten within a step": (lif_network(Lif(900, 4095, 4095)), "dv 4095 forgets within a step"),
    "a current that is forgotten": (lif_network(Lif(6000, 2500, 0)), "du 2500 forgets within a step"),
    "a bias that is too negative": (lif_network(replace(HEALTHY, bias_mant=-4000, bias_exp=4)), "too negative"),
    "a reset before every step": (lif_network(replace(Lif(900, 4095), reset_interval=1)), "reset every 1 step,"),
    "delays beyond the end of a sample": (lif_network(delay=40), "first input arrives at step 42, and a sample has 12"),
    "two thresholds that are too far apart": (
        lif_network(TernaryLif(60_000, -60_000, 4095, 409)), "the threshold is too high: vth_hi 60,000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", LIF_FAULTS)
def test_a_silent_layer_has_its_cause_named_first_and_the_next_one_as_its_consequence(fault):
    network, cause = LIF_FAULTS[fault]
    first, *others = diagnosed(network).findings
    assert (first.severity, first.place, first.affected, first.total) == ("error", "layer1", SIZES[1], SIZES[1])
    assert cause in first.cause
    assert first.remedy
    assert not first.follows
    assert [(f.place, f.follows) for f in others] == [("layer2", "layer1")]
    assert "consequence" in others[0].cause or "no path" in others[0].cause or "arrives" in others[0].cause


def test_a_period_too_short_for_the_last_layer_is_named_there():
    first, *others = diagnosed(lif_network(replace(HEALTHY, vth=100)), steps=2).findings
    assert (first.severity, first.place) == ("error", "layer2")
    assert "first input arrives at step 3, and a sample has 2 steps" in first.cause
    assert "at least 3 steps" in first.remedy
    assert not others


def test_inputs_of_zero_are_the_cause_and_all_layers_its_consequences():
    findings = diagnosed(lif_network(), np.zeros((SAMPLES, STEPS, SIZES[0]), np.int8)).findings
    assert [(f.place, f.follows) for f in findings] == [("input", ""), ("layer1", "input"), ("layer2", "layer1")]
    assert "no input other than zero" in findings[0].cause


def test_a_threshold_that_these_inputs_do_not_reach_is_told_with_the_largest_voltage_of_the_run():
    network = lif_network(replace(HEALTHY, vth=2400))
    first = diagnosed(network).findings[0]
    assert "the threshold is too high: vth 2,400 is" in first.cause
    assert "the largest voltage that the last 72 recorded steps caused" in first.cause
    assert 0 < first.numbers["highest"] < 2400
    inputs = {"input": (np.random.default_rng(1).random((SAMPLES, STEPS, SIZES[0])) < 0.5).astype(np.int8)}
    seen = [nh.trace_neuron(network, "layer1", k, inputs=inputs, steps=72).terms["v"].max() for k in range(SIZES[1])]
    assert first.numbers["highest"] == max(seen) // 64
    lowered = replace(HEALTHY, vth=int(first.numbers["highest"]) - 1)
    still = [f.affected for f in diagnosed(lif_network(lowered)).findings if f.place == "layer1"]
    assert all(affected < SIZES[1] for affected in still), "the remedy is true"


def test_inhibition_that_outweighs_excitation_is_told():
    network = lif_network()
    w = network.projections[0].weight.copy()
    w[:, : SIZES[0] // 2] *= -3
    inhibited = replace(network, projections=(replace(network.projections[0], weight=w), network.projections[1]))
    assert "inhibition outweighs excitation" in diagnosed(inhibited).findings[0].cause


@pytest.mark.parametrize(
    ("neuron", "cause"),
    [
        (replace(HEALTHY, vth=0), "the threshold, vth 0, is low for their inputs"),
        (replace(HEALTHY, bias_mant=4000, bias_exp=4), "the bias alone, 64,000 a step"),
    ],
)
def test_a_layer_that_spikes_in_every_step_is_saturated(neuron, cause):
    first = diagnosed(lif_network(neuron)).findings[0]
    assert (first.severity, first.place, first.affected) == ("error", "layer1", SIZES[1])
    assert "spiked in nearly every step" in first.what
    assert cause in first.cause


def test_a_wrapping_current_is_the_cause_with_its_denominator_and_not_what_follows_from_it():
    first = diagnosed(lif_network(replace(HEALTHY, du=0), form=Format(exponent=7))).findings[0]
    assert (first.severity, first.place) == ("error", "layer1")
    assert "current wrapped in" in first.what
    assert 0 < first.affected < first.total == SIZES[1] * SAMPLES * STEPS
    assert "lower the exponent" in first.remedy


def test_few_dead_neurons_are_a_note():
    network = lif_network()
    w = network.projections[0].weight.copy()
    w[3] = 0
    partly = replace(network, projections=(replace(network.projections[0], weight=w), network.projections[1]))
    (finding,) = diagnosed(partly).findings
    assert (finding.severity, finding.place, finding.affected) == ("note", "layer1", 1)


def test_a_loop_that_no_input_reaches_is_told():
    network = lif_network()
    loop = Population("loop", 4, HEALTHY)
    inner = Projection("loop.W", "loop", "loop", np.full((4, 4), 60), MIXED)
    alone = Network((*network.populations, loop), (*network.projections, inner), STEPS)
    (finding,) = diagnosed(alone).findings
    assert (finding.severity, finding.place, finding.cause) == ("error", "loop", "no path leads to it")
    assert finding.remedy


def relu_network(shift: int = 3, exponent: int = 0, layer: int = 1, bias: int = 0) -> Network:
    """Source -> relu layer1 -> relu layer2 of graded payloads."""
    rng = np.random.default_rng(0)
    w = [2 * rng.integers(-40, 60, (n, m)) for m, n in pairwise(SIZES)]
    layers = (
        Population("input", SIZES[0], Source()),
        Population("layer1", SIZES[1], Relu(layer, 3, shift, np.full(SIZES[1], bias))),
        Population("layer2", SIZES[2], Relu(2, 3, 8)),
    )
    first = Projection("layer1.W", "input", "layer1", w[0], Format(exponent=exponent))
    return Network(layers, (first, Projection("layer2.W", "layer1", "layer2", w[1], MIXED)), 3)


RELU_FAULTS = {
    "a shift that leaves nothing": (relu_network(30), "shift 30 leaves nothing of sums below"),
    "a bias that is too negative": (relu_network(8, bias=-1_000_000), "the bias is too negative, down to -1,000,000"),
    "a step in which no input arrives": (relu_network(8, layer=0), "takes its inputs in step 1 only"),
}


@pytest.mark.parametrize("fault", RELU_FAULTS)
def test_a_silent_graded_layer_has_its_cause_named_first(fault):
    network, cause = RELU_FAULTS[fault]
    payloads = np.random.default_rng(1).integers(0, 255, (SAMPLES, 1, SIZES[0]))
    first = diagnosed(network, payloads, 3).findings[0]
    assert (first.severity, first.place) == ("error", "layer1")
    assert cause in first.cause


@pytest.mark.parametrize("chip", ["loihi2", "xbar_sram"])
def test_payloads_that_are_clipped_are_counted_among_the_activities(chip):
    payloads = np.random.default_rng(1).integers(0, 255, (SAMPLES, 1, SIZES[0]))
    first = diagnosed(relu_network(0), payloads, 3, chip).findings[0]
    assert (first.severity, first.place) == ("error", "layer1")
    assert "payload clipped in" in first.what
    assert first.total == SAMPLES * SIZES[1]
    assert "raise the shift" in first.remedy


def test_a_graded_threshold_beyond_all_inputs_is_named():
    layers = (Population("input", 4, Source(-9, 9)), Population("layer1", 3, Graded(vth=100_000)))
    network = Network(layers, (Projection("layer1.W", "input", "layer1", np.full((3, 4), 100), MIXED),), 4)
    program = compile_network(network, toys.chip("loihi2"))
    run = api.simulate(program, inputs={"input": np.full((2, 2, 4), 9)}, steps=4)
    first = nh.diagnose(program, run).findings[0]
    assert "vth 100,000 is 27.8 times the largest input that any inputs can cause, 3,600" in first.cause


def test_a_run_without_counts_is_refused():
    program = compile_network(lif_network(), toys.chip("loihi2"))
    run = Run("lava", {}, Activity(1, STEPS, {}, {}))
    with pytest.raises(NeurohwError, match="a run of backend lava does not say what was sent; simulate with backend"):
        nh.diagnose(program, run)


def test_a_run_of_another_program_is_refused():
    program, other = (compile_network(n, toys.chip("loihi2")) for n in (lif_network(), lif_network(connected=False)))
    run = api.simulate(other, inputs={"input": np.ones((1, 2, SIZES[0]), np.int8)})
    with pytest.raises(NeurohwError, match="the run counts other projections than the program has"):
        nh.diagnose(program, run)


def test_a_run_of_neurons_of_another_number_or_kind_is_refused():
    program = compile_network(lif_network(), toys.chip("loihi2"))
    inputs = {"input": np.ones((1, 2, SIZES[0]), np.int8)}
    run = nh.run_network(relu_network(0), inputs)
    counts = run.activity.populations["layer1"]
    message = "the run counts layer1 with other neurons or ports than the program has; give the program"
    for messages in ({"out": counts.messages["out"][1:]}, {"gate": counts.messages["out"]}):
        populations = {**run.activity.populations, "layer1": replace(counts, messages=messages)}
        with pytest.raises(NeurohwError, match=message):
            nh.diagnose(relu_network(0), replace(run, activity=replace(run.activity, populations=populations)))
    with pytest.raises(NeurohwError, match="diagnose: run: is of type NoneType; needs Run; give what simulate"):
        nh.diagnose(program, None)


def test_a_run_without_samples_is_refused():
    run = nh.run_network(relu_network(0), {"input": np.zeros((0, 1, SIZES[0]), np.int8)})
    with pytest.raises(NeurohwError, match=r"^diagnose: the run has no samples; give it at least one$"):
        run.diagnose()
