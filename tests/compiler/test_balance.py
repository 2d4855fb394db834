"""Balance: thresholds that give a rate, and the LIF equations they are found with."""

import numpy as np
import pytest
from support.reference import run_reference

from neurohw.compiler.balance import balance, lif_spikes
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source

STEPS = 16


def network(seed=0, **lif):
    rng = np.random.default_rng(seed)
    weights = [rng.integers(-60, 90, shape) * 2 for shape in ((20, 12), (15, 20))]
    populations = [Population("input", 12, Source(0, 1))]
    projections = []
    for k, weight in enumerate(weights, 1):
        populations.append(Population(f"layer{k}", len(weight), Lif(0, **lif)))
        projections.append(Projection(f"layer{k}.W", populations[-2].name, f"layer{k}", weight, Format()))
    return Network(tuple(populations), tuple(projections), STEPS + 2)


def frames(seed=1, samples=40):
    return (np.random.default_rng(seed).random((samples, STEPS, 12)) < 0.3).astype(np.int8)


def rates(net, inputs):
    """Mean rate of each layer in the reference machine, over the steps in which its input arrives."""
    run = run_reference(net, {"input": inputs}, net.period, len(inputs), reset=True)
    counts = [run.messages[f"layer{k}.out"].sum() for k in (1, 2)]
    return [n / (len(inputs) * STEPS * p.size) for n, p in zip(counts, net.populations[1:])]


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.25])
@pytest.mark.parametrize("leak", [{"du": 4095, "dv": 128}, {"du": 4095, "dv": 0}])
def test_each_layer_speaks_at_the_rate(rate, leak):
    balanced = balance(network(**leak), frames(), rate)
    for measured in rates(balanced, frames()):
        assert rate - 0.01 <= measured <= rate


def test_thresholds_are_even_and_the_smallest():
    balanced = balance(network(du=4095, dv=128), frames(), 0.1)
    for p in balanced.populations[1:]:
        assert p.neuron.vth % 2 == 0
        assert p.neuron.vth > 0
    first = balanced.populations[1].neuron
    current = frames().astype(np.int64) @ balanced.projections[0].weight.T
    assert lif_spikes(first, current, first.vth).mean() <= 0.1 < lif_spikes(first, current, first.vth - 2).mean()


@pytest.mark.parametrize("seed", range(6))
def test_spikes_are_those_of_the_machine(seed):
    rng = np.random.default_rng(seed)
    lif = {
        "du": int(rng.integers(0, 4096)),
        "dv": int(rng.integers(0, 4096)),
        "bias_mant": int(rng.integers(-900, 900)),
    }
    lif["bias_exp"] = int(rng.integers(-2, 6))
    neuron = Lif(int(rng.integers(10, 3000)), **lif)
    weight = rng.integers(-128, 128, (9, 12)) * 2
    population = Population("layer1", 9, neuron)
    net = Network(
        (Population("input", 12, Source(0, 1)), population), (Projection("w", "input", "layer1", weight, Format(8, 6)),)
    )
    inputs = frames(seed, 3)
    late = np.concatenate([np.zeros_like(inputs[:, :1]), inputs], axis=1)[:, :STEPS]  # a projection takes one step
    run = run_reference(net, {"input": inputs}, STEPS, 3, reset=True)
    spikes = lif_spikes(neuron, (late.astype(np.int64) @ weight.T) << 6, neuron.vth)
    np.testing.assert_array_equal(spikes.reshape(-1, 9), run.messages["layer1.out"])
    assert spikes.any()


def test_a_layer_that_is_silent_anyway_gets_threshold_0_and_a_warning():
    net = network(du=4095, dv=0)
    silent = Network(
        net.populations,
        tuple(Projection(p.name, p.pre, p.post, -abs(p.weight), p.format) for p in net.projections),
        net.period,
    )
    text = r"layer1 speaks at 0 spikes a step, not at 0.1: its weights allow no more; lower lif.rate"
    with pytest.warns(UserWarning, match=text), pytest.warns(UserWarning, match="layer2 speaks at 0"):
        balanced = balance(silent, frames(), 0.1)
    assert [p.neuron.vth for p in balanced.populations[1:]] == [0, 0]
