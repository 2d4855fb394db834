"""The random networks reach what they are there to test: kinds, formats, saturations, every part of a rule."""

from collections import Counter

import numpy as np
import pytest
from support.compare import assert_same, liveliness, signals
from support.generate import KINDS, random_network
from support.generate_conv import random_conv_network
from support.generate_learning import MAPPINGS, random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.reference import learning, neurons, run_reference

from neurohw.ir.network_checks import DELAY_MAX
from neurohw.ir.neurons import Clapp, ClappLif, Graded, Lif, Readout, Relu, Source, TernaryLif
from neurohw.ir.plasticity import FACTOR_BITS

NETWORKS = [random_network(seed) for seed in range(200)]
LEARNING_NETWORKS = [random_learning_network(seed) for seed in range(40)]


def run(case):
    return run_reference(case.network, case.inputs, case.steps, case.samples)


def all_of(cases, part):
    return [item for case in cases for item in getattr(case.network, part)]


def chips():
    return [p.plasticity.chip for p in all_of(LEARNING_NETWORKS, "projections") if p.plasticity]


def test_a_seed_gives_one_network():
    for make in (random_network, random_learning_network):
        one, two = make(5), make(5)
        assert repr(one.network) == repr(two.network)
        assert_same(run(one), run(two))


def test_every_neuron_kind_comes_up_with_its_options():
    populations = all_of(NETWORKS, "populations")
    kinds = Counter(type(p.neuron) for p in populations)
    assert min(kinds[k] for k in (Source, Lif, TernaryLif, Graded, Relu)) > 40
    assert {p.name.rstrip("0123456789") for p in populations} == {*KINDS, "source"}
    assert any(np.ndim(p.neuron.vth) == 1 for p in populations if isinstance(p.neuron, Lif))
    assert any(p.neuron.reset_offset >= p.neuron.reset_interval > 0 for p in populations if isinstance(p.neuron, Lif))


def test_every_format_comes_up():
    projections = all_of(NETWORKS, "projections")
    assert {p.format.sign for p in projections} == {"mixed", "excitatory", "inhibitory"}
    assert {p.format.bits for p in projections} == set(range(1, 9))
    assert {p.format.exponent for p in projections} == set(range(-8, 8))
    assert {(p.sparse, p.graded) for p in projections} == {(a, b) for a in (True, False) for b in (True, False)}
    assert max(p.max_delay for p in projections) == DELAY_MAX
    assert {np.ndim(p.delay) for p in projections} == {0, 2}
    assert any(p.sparse and p.max_delay for p in projections)
    assert any(p.pre == p.post for p in projections)


def test_runs_are_long_enough():
    assert min(case.steps * case.samples for case in NETWORKS) >= 60
    assert min(case.steps * case.samples for case in LEARNING_NETWORKS) >= 60


def test_something_happens_in_nearly_every_network():
    active = [np.mean([v > 0 for v in liveliness(run(case)).values()]) for case in NETWORKS[:30]]
    assert min(active) >= 0.3
    assert np.mean(active) >= 0.8


def test_every_part_of_a_learning_rule_comes_up():
    factors = [f for chip in chips() for product in chip.products() for f in product.factors]
    assert {f.var for f in factors} == set(FACTOR_BITS) - {"C"}
    assert {f.var for f in factors if f.sign} == {"w", "t", "d"}
    assert any(f.const for f in factors)
    assert {product.dependency for chip in chips() for product in chip.products()} == {"x0", "y0", "u"}
    assert {chip.graded for chip in chips()} == {"impulse", "overwrite", "add", "add_wrap"}
    assert {chip.third_factor for chip in chips()} == {True, False}
    assert {chip.epoch for chip in chips()} >= set(range(1, 9))
    assert all(any(getattr(chip, part) for chip in chips()) for part in ("dw", "dt", "dd"))
    mappings = {p.neuron.mapping for p in all_of(LEARNING_NETWORKS, "populations") if isinstance(p.neuron, Clapp)}
    assert mappings == set(MAPPINGS)


@pytest.mark.slow
def test_weights_start_and_end_at_the_rails():
    projections = [p for p in all_of(LEARNING_NETWORKS, "projections") if p.plasticity]
    assert {p.format.sign for p in projections} == {"mixed", "excitatory", "inhibitory"}
    assert any(p.sparse for p in projections)
    starts = [p.weight for p in projections if not p.sparse and p.format.sign == "mixed"]
    assert (min(w.min() for w in starts), max(w.max() for w in starts)) == (-256, 255)
    ends = [learned for case in LEARNING_NETWORKS[:20] for learned in run(case).learned.values()]
    assert (min(e.weight.min() for e in ends), max(e.weight.max() for e in ends)) == (-256, 255)
    assert (min(e.tag.min() for e in ends), max(e.tag.max() for e in ends)) == (-256, 255)
    assert max(e.tag2.max() for e in ends) == 255


# A constant of the machine, and a value at which it no longer acts: some of the networks must notice.
MUTATIONS = {
    "the wrap of u": (neurons, "HALF_RANGE", 2**40, NETWORKS[:10]),
    "the saturation of v": (neurons, "V_MAX", 2**40, NETWORKS[:10]),
    "the decay of sent traces": (learning, "THIRD_FACTOR_TAU", 2.0**60, LEARNING_NETWORKS[:14:2]),
    "the saturation of products": (learning, "LOW", -(2**40), LEARNING_NETWORKS[:10]),
    "the rounding seed": (learning, "ROUNDING_SEED", 3, LEARNING_NETWORKS[:10]),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", MUTATIONS)
def test_the_networks_depend_on(what, monkeypatch):
    module, name, value, cases = MUTATIONS[what]
    before = [signals(run(case)) for case in cases]
    monkeypatch.setattr(module, name, value)
    after = [signals(run(case)) for case in cases]
    noticed = sum(any(np.any(a[k] != b[k]) for k in a) for a, b in zip(before, after))
    assert noticed >= 2


def test_the_comparison_shows_the_first_difference():
    case = random_network(0)
    one, two = run(case), run(case)
    two.messages["source0.out"][7, 1] += 1
    text = r"1 of \d+ signals differ:\n  source0.out: step 8, neuron 1: -?\d+ in x, -?\d+ in y"
    with pytest.raises(AssertionError, match=text):
        assert_same(one, two, ("x", "y"))


def test_the_comparison_shows_different_synapses():
    case = random_learning_network(1)
    one, two = run(case), run(case)
    two.learned["x_to_lif1"].weight[1, 0] += 3
    with pytest.raises(AssertionError, match=r"x_to_lif1.weight: synapse \(post 1, pre 0\): -?\d+ in x, -?\d+ in y"):
        assert_same(one, two, ("x", "y"))


def test_a_reset_run_is_the_samples_one_by_one():
    case = random_network(1)
    together = run_reference(case.network, case.inputs, case.steps, case.samples, reset=True)
    second = {name: values[1:2] for name, values in case.inputs.items()}
    alone = run_reference(case.network, second, case.steps, 1)
    for name, values in alone.messages.items():
        np.testing.assert_array_equal(together.messages[name][case.steps : 2 * case.steps], values)


def test_a_learning_network_cannot_be_reset():
    case = random_learning_network(1)
    with pytest.raises(ValueError, match="cannot be reset"):
        run_reference(case.network, case.inputs, case.steps, case.samples, reset=True)


def test_convolutional_networks_reach_every_form():
    cases = [random_conv_network(seed) for seed in range(80)]
    shared = [p for p in all_of(cases, "projections") if p.shared]
    forms = [p.weight for p in shared]
    assert {form.groups > 1 for form in forms} == {True, False}
    for pair, values in (("stride", {1, 2, 3}), ("padding", {0, 1, 2}), ("dilation", {1, 2})):
        assert {n for form in forms for n in getattr(form, pair)} == values
    assert any(form.stride[0] != form.stride[1] and form.kernel.shape[2] != form.kernel.shape[3] for form in forms)
    assert any(np.all(form.kernel == form.kernel.flat[0]) and form.groups == form.input_shape[0] > 1 for form in forms)
    assert {p.format.sign for p in shared} == {"mixed", "excitatory", "inhibitory"}
    assert any(p.max_delay for p in shared)
    assert any(p.graded for p in shared)
    assert any(p.neuron.reset_interval for p in all_of(cases, "populations") if isinstance(p.neuron, Lif))
    spikes = [run(case).messages["layer1.out"].mean() for case in cases[:30]]
    assert np.mean([0.01 < rate < 0.95 for rate in spikes]) > 0.8


@pytest.mark.slow
def test_spiking_networks_reach_every_part():
    cases = [random_spiking_network(seed) for seed in range(24)]
    neurons = [p.neuron for case in cases for p in case.network.populations if isinstance(p.neuron, ClappLif)]
    assert {n.mapping for n in neurons} == {"carry", "signed", "unsigned"}
    assert {n.window for n in neurons} == {True, False}
    assert {n.steps for n in neurons} == {3, 4, 8, 16}
    runs = [run_reference(c.network, c.inputs, c.steps, c.samples) for c in cases]
    spikes = [v.mean() for run in runs for name, v in run.messages.items() if name in ("layer1.out", "layer2.out")]
    assert np.mean([rate > 0 for rate in spikes]) > 0.9
    moved = [np.any(s.weight != _even(case, name)) for case, run in zip(cases, runs) for name, s in run.learned.items()]
    assert np.mean(moved) > 0.7


@pytest.mark.slow
def test_readouts_reach_every_part():
    cases = [random_readout(seed) for seed in range(24)]
    neurons = [p.neuron for case in cases for p in case.network.populations if isinstance(p.neuron, Readout)]
    assert {(n.supervised, n.layer) for n in neurons} == {(a, b) for a in (True, False) for b in (1, 2)}
    runs = [run(case) for case in cases]
    actions = [r.messages["readout.out"].reshape(c.samples, c.steps, -1).sum(axis=1) for r, c in zip(runs, cases)]
    assert any(np.any(a.sum(axis=1) > 1) for a in actions)  # too few rounds
    assert np.mean([len(np.unique(a.argmax(axis=1))) > 1 for a in actions]) > 0.8
    rewards = [r.messages["critic.reward"] for r in runs if "critic.reward" in r.messages]
    assert np.mean([np.any(r > 0) and np.any(r < 0) for r in rewards]) > 0.7
    moved = [np.any(r.learned["readout.W"].weight != _even(c, "readout.W")) for r, c in zip(runs, cases)]
    assert np.mean(moved) > 0.7


def _even(case, name):
    """Initial weights as the chip stores them: without their last bit."""
    weight = next(p.weight for p in case.network.projections if p.name == name)
    return weight >> 1 << 1
