"""Ideal cells and lossless converters do what the integer emulator does: every message of generated networks."""

from dataclasses import replace

import numpy as np
import pytest
from support.crossbars import ideal_crossbar
from support.generate import random_network
from support.generate_conv import random_conv_network
from support.runs import run_on

from neurohw.ir.engine import OnArrays

NETWORKS, QUICK_NETWORKS = 140, 28
CONV_NETWORKS, QUICK_CONV_NETWORKS = 60, 14
BITS = 24  # of messages: those of graded neurons are as wide as their sums


def slow_beyond(quick, count):
    return [seed if seed < quick else pytest.param(seed, marks=pytest.mark.slow) for seed in range(count)]


def assert_crossbar_agrees(case, seed):
    network = case.network
    one_delay = [replace(p, delay=p.max_delay) for p in network.projections]
    network = replace(network, projections=tuple(one_delay))
    ports = [f"{p.name}.{port}" for p in network.populations for port in p.neuron.outputs]
    options = {"steps": case.steps, "reset": True, "record": ports, "window": 7}
    expected = run_on("emulator", network, [case.inputs], **options)
    found = run_on("crossbar", network, [case.inputs], **options, arrays=OnArrays(ideal_crossbar(seed, BITS)))
    for name, totals in expected.totals.items():
        assert np.array_equal(found.totals[name], totals), name
    assert found.activity.samples == expected.activity.samples
    for name, done in expected.activity.projections.items():
        ours = found.activity.projections[name]
        assert np.array_equal(ours.events, done.events)
        assert (ours.synaptic_ops, ours.dense_ops) == (done.synaptic_ops, done.dense_ops)
        assert np.array_equal(found.activity.window[name], expected.activity.window[name])
    for name, did in expected.activity.populations.items():
        ours = found.activity.populations[name]
        assert (ours.updates, ours.active_updates, ours.sending_updates) == (
            did.updates, did.active_updates, did.sending_updates,
        )  # fmt: skip


@pytest.mark.parametrize("seed", slow_beyond(QUICK_NETWORKS, NETWORKS))
def test_random_networks_run_alike(seed):
    assert_crossbar_agrees(random_network(seed), seed)


@pytest.mark.parametrize("seed", slow_beyond(QUICK_CONV_NETWORKS, CONV_NETWORKS))
def test_random_convolutional_networks_run_alike(seed):
    assert_crossbar_agrees(random_conv_network(seed, delays=False), seed)
