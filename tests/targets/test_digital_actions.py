"""What a digital chip is said to have done, against counts made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from golden import digital_toy as toy

from neurohw.ir.cost import UNITS
from neurohw.targets.digital import PRICES


def counted(chip, run):
    """(component, action) -> (low, count, high); no action of a component is listed twice."""
    actions = chip.actions(*run)
    assert len({(a.component, a.action, a.learning) for a in actions}) == len(actions)
    return {(a.component, a.action): (a.low, a.count, a.high) for a in actions}


@pytest.fixture(scope="module")
def inference():
    chip = toy.target()
    return counted(chip, toy.inference(chip))


@pytest.fixture(scope="module")
def learning():
    chip = toy.target()
    return counted(chip, toy.learning(chip))


def test_synaptic_operations_count_non_zero_weights_and_at_most_the_dense_ones(inference):
    # events [1 2 1 1 1 2] x non-zero fan-out [3 2 2 3 2 2]; 8 events x 4 neurons
    assert inference["layer1.W", "synaptic_op"] == (18, 18, 32)


def test_messages_from_outside_arrive_and_are_not_sent(inference):
    # all 8 messages reach layer1[0:3]; the last neuron listens to inputs 0, 3 and 4, with one message each
    assert inference["layer1.W", "axon_in"][1] == 8 + 3
    assert ("layer1.W", "axon_out") not in inference


def test_messages_between_cores_count_hops_each_way(inference):
    # events of layer 1: [1 1 2 1]; the last neuron has no weight into layer 2; core 40 is 2 tiles east, 1 south
    assert inference["layer2.W", "axon_out"] == (4, 4, 4)
    assert inference["layer2.W", "axon_in"] == (4, 4, 4)
    assert inference["layer2.W", "hop_x"] == (8, 8, 8)
    assert inference["layer2.W", "hop_y"] == (4, 4, 4)
    assert ("layer2.W", "spike_within_tile") not in inference


def test_messages_within_a_tile_have_their_own_action(learning):
    # 3 messages of context, each to both blocks of layer 1 on one tile
    assert learning["layer1.Wpred", "spike_within_tile"] == (6, 6, 6)
    assert ("layer1.Wpred", "hop_x") not in learning


def test_active_updates_range_from_the_neurons_that_send_to_all_of_them(inference):
    # 4 neurons x 6 steps, half active as counted, 5 messages
    assert inference["layer1", "soma_active"] == (5, 12, 24)
    assert inference["layer1", "soma_inactive"] == (19, 12, 0)
    assert inference["layer1", "soma_spike"] == (5, 5, 5)
    assert ("input", "soma_active") not in inference


def test_learning_updates_range_from_written_to_visited(learning):
    assert learning["layer1.W", "synaptic_update"] == (16, 16, 32)


def test_what_serves_learning_only_is_marked():
    chip = toy.target()
    marked = {(a.component, a.action): a.learning for a in chip.actions(*toy.learning(chip))}
    plain = {
        ("layer1.W", "synaptic_op"),
        ("layer1.W", "axon_in"),
        ("layer1", "soma_active"),
        ("layer1", "soma_inactive"),
    }
    assert {key for key, learning in marked.items() if not learning} == plain


def test_frozen_networks_have_no_learning_action():
    chip = toy.target()
    assert not any(a.learning for a in chip.actions(*toy.inference(chip)))


def test_silence_costs_neuron_updates_only():
    chip = toy.target()
    assert {a.action for a in chip.actions(*toy.inference(chip, rate=0))} == {"soma_active", "soma_inactive"}


def test_every_action_has_a_unit_and_can_have_a_price():
    chip = toy.target()
    for action in chip.actions(*toy.learning(chip)):
        assert action.unit in UNITS
        assert f"{action.action}_energy" in PRICES


def test_moving_a_block_changes_hops_only():
    chip = toy.target()
    program, activity = toy.inference(chip)
    far = tuple(replace(r, hops_x=r.hops_x + 3) for r in program.routes)
    near = counted(chip, (program, activity))
    moved = counted(chip, (replace(program, routes=far), activity))
    assert {key for key in near if near[key] != moved[key]} == {("layer2.W", "hop_x")}
    assert moved["layer2.W", "hop_x"][1] == near["layer2.W", "hop_x"][1] + 3 * 4
