"""Models in spikes: what they are lowered to, where their thresholds come from, and their two forms of prediction."""

import numpy as np
import pytest
from support import toys

from neurohw import api
from neurohw.compiler.lower import lower_inference, lower_learning
from neurohw.compiler.pipeline import integer_network
from neurohw.errors import NeurohwError
from neurohw.experiments.measure import learn
from neurohw.ir.neurons import ClappLif, Hinge, Lif, Source
from neurohw.machine.machine import Machine
from neurohw.runtime.fixations import Fixations
from neurohw.runtime.loop import drive

RECORDED = ["layer1.out", "layer2.out", "layer1.score", "layer2.score", "hinge1.loss", "hinge2.loss"]
SPIKING = {"neuron": "lif", "input": {"coding": "rate", "steps": 8}}


def spiking(**sections):
    return toys.model(**{**SPIKING, **sections})


def test_a_frozen_network_in_spikes_is_layers_of_lif_neurons_at_rest_before_each_sample():
    network = lower_inference(spiking(), toys.weights())
    assert network.period == 8 + 2
    source, *layers = network.populations
    assert source.neuron == Source(0, 1)
    assert all(isinstance(p.neuron, Lif) for p in layers)
    assert {(p.neuron.reset_interval, p.neuron.reset_offset) for p in layers} == {(10, 1)}


def test_a_learning_network_in_spikes_lasts_as_much_longer_as_its_input():
    network = lower_learning(spiking(), toys.weights())
    assert network.period == 8 + 2 + 3
    neurons = {p.name: p.neuron for p in network.populations}
    for layer in (1, 2):
        clapp, hinge = neurons[f"layer{layer}"], neurons[f"hinge{layer}"]
        assert isinstance(clapp, ClappLif)
        assert (clapp.layer, clapp.period, clapp.steps, clapp.count_shift) == (layer, 13, 8, 4)
        assert isinstance(hinge, Hinge)
        assert (hinge.layer, hinge.period) == (layer + 8, 13)


def test_thresholds_are_balanced_unless_they_come_with_the_weights():
    network = integer_network(spiking(), toys.weights(), "infer", toys.calibration())
    balanced = [p.neuron.vth for p in network.populations[1:]]
    assert min(balanced) > 0
    learning = integer_network(spiking(), toys.weights(), "learn", toys.calibration())
    assert min(learning.population(f"layer{k}").neuron.vth for k in (1, 2)) > 0
    assert all(p.neuron.vth % 2 == 0 for p in network.populations[1:])


def test_learned_weights_keep_their_thresholds():
    learned = toys.integer_weights(thresholds=(70, 52))
    model = spiking(quantise={"clip": "maximum"})
    network = integer_network(model, learned, "infer", None)
    assert [p.neuron.vth for p in network.populations[1:]] == [70, 52]
    again = integer_network(model, learned, "learn", None)
    assert [again.population(f"layer{k}").neuron.vth for k in (1, 2)] == [70, 52]


def test_a_float_bias_acts_in_every_step_as_a_weight_from_an_input_that_always_spikes():
    weights = toys.weights()
    network = integer_network(spiking(), weights, "infer", toys.calibration())
    for projection, layer in zip(network.projections, weights.layers):
        neuron = network.population(projection.post).neuron
        scale = np.abs(projection.weight).max() / np.abs(layer.feedforward).max()
        bias = np.asarray(neuron.bias_mant) * 2.0 ** np.asarray(neuron.bias_exp)
        np.testing.assert_allclose(bias / 64, layer.bias * 2 ** np.round(np.log2(scale)), atol=0.51)


def test_thresholds_need_calibration_inputs():
    with pytest.raises(NeurohwError, match="toy: needs calibration inputs to balance thresholds; pass training images"):
        integer_network(spiking(), toys.weights(), "infer", None)


LEARNED = 3000  # fixations learned before: from zero, Wpred predicts nothing


@pytest.fixture(scope="module")
def programs():
    """The spiking digits in both forms of prediction, with the same learned weights; few spikes, so no count clips."""
    model = api.load_model("clapp_spiking_digits")
    target, forms, weights = api.load_target("loihi1"), {}, None
    for prediction in ("payload", "spikes"):
        lif = model.lif.model_copy(update={"prediction": prediction, "rate": 0.03})
        form = model.model_copy(update={"lif": lif})
        if weights is None:
            weights = learn(form, target, fixations=LEARNED).weights
        forms[prediction] = api.compile(form, target, weights, mode="learn")
    return forms


def ran(program, fixations, learn):
    """Messages summed a fixation, learned synapses and activity of a run on the emulator."""
    machine = Machine(program.network, steps=program.network.period, learn=learn, record=RECORDED)
    model = api.settings_of(program)
    seen = Fixations(model, api.data_of(model), 1, fixations)
    return drive(machine, seen)


def test_predictions_in_delayed_spikes_are_those_in_payloads_where_no_count_is_clipped(programs):
    payload, spikes = (ran(program, 400, learn=False) for program in programs.values())
    assert not any("payload clipped" in what for what in payload.activity.overflows)
    for name, values in payload.totals.items():
        np.testing.assert_array_equal(values, spikes.totals[name], err_msg=name)
        assert np.any(values), name
    spoken = [r.activity.projections["layer1.Wpred"].events.sum() for r in (payload, spikes)]
    assert spoken[1] > 2 * spoken[0]


def test_both_forms_of_prediction_teach_the_same_until_weights_change_on_the_way(programs):
    """A delayed spike takes the weight of the fixation in which it was sent; carries come every 16 fixations."""
    payload, spikes = (ran(program, 16, learn=True) for program in programs.values())
    for name, learned in payload.learned.items():
        np.testing.assert_array_equal(learned.weight, spikes.learned[name].weight, err_msg=name)
        np.testing.assert_array_equal(learned.tag, spikes.learned[name].tag, err_msg=name)
        assert np.any(learned.tag), name


def test_delayed_predictions_come_back_after_a_fixation(programs):
    delays = {p.name: p.max_delay for p in programs["spikes"].network.projections if p.max_delay}
    assert delays == dict.fromkeys(("layer1.Wpred", "layer2.Wpred"), programs["spikes"].network.period)
