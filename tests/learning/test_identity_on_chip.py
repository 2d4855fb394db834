"""CLAPP on the chip in which each unit predicts itself: a static identity in place of a learned matrix."""

from __future__ import annotations

import numpy as np
import pytest
from support import toys

from neurohw import api
from neurohw.errors import NeurohwError

SPIKES = {"neuron": "lif", "input": {"coding": "rate", "steps": 4}}


def compiled(target="loihi2", **sections):
    own = {"prediction": "identity", "prediction_shift": 7, **sections.pop("chip", {})}
    return api.compile(toys.model((12, 8), chip=own, **sections), api.load_target(target), mode="learn")


@pytest.mark.parametrize(("shift", "weight"), [(0, 1), (5, 32), (7, 128)])
def test_the_matrix_is_the_identity_on_the_scale_of_the_shift(shift, weight):
    network = compiled(chip={"prediction_shift": shift}).network
    found = {p.name: p for p in network.projections if p.name.endswith("Wpred")}
    for (name, p), size in zip(found.items(), (12, 8)):
        assert p.plasticity is None, name
        np.testing.assert_array_equal(p.matrix.toarray(), weight * np.eye(size))
        assert p.matrix.nnz == size


def test_the_score_is_activity_times_what_it_was_a_fixation_ago():
    program = compiled(chip={"prediction_shift": 7, "score_shift": 2})
    run = api.simulate(program, fixations=60, traces=60 * program.network.period)
    messages = {port: run.traces[f"layer1.{port}"].values.reshape(60, -1, 12).sum(axis=1) for port in ("out", "score")}
    z = messages["out"]
    expected = np.clip(z[:-1], -127, 127) * z[1:] >> 2
    np.testing.assert_array_equal(messages["score"][1:], expected)
    assert np.count_nonzero(expected) > 60


@pytest.mark.parametrize("sections", [{}, SPIKES, SPIKES | {"lif": {"prediction": "spikes"}}])
@pytest.mark.parametrize("target", ["loihi2", "xbar_template"])
def test_only_w_learns_and_is_frozen(target, sections):
    if target != "loihi2" and sections.get("lif"):
        pytest.skip("delays are for cores")
    program = compiled(target, **sections)
    run, start = api.simulate(program, fixations=200), api.start_weights(program)
    assert set(run.learned) == {"layer1.W", "layer2.W"}
    learned = api.learned_weights(program, run)
    assert np.any(learned.layers[0].feedforward != start.layers[0].feedforward)
    assert [layer.prediction for layer in learned.layers + start.layers] == [None] * 4
    frozen = api.compile(api.settings_of(program), api.load_target(target), learned, mode="infer")
    assert [p.name for p in frozen.network.projections] == ["layer1.W", "layer2.W"]
    again = api.compile(api.settings_of(program), api.load_target(target), learned, mode="learn")
    kept = again.network.projections[0].weight
    assert np.abs(kept - learned.layers[0].feedforward).max() <= 1  # mixed weights start even


def test_it_stores_fewer_synapses():
    stored = [
        sum(p.values.size for p in network.projections if p.name.endswith("Wpred"))
        for network in (api.compile(toys.model((12, 8)), api.load_target("loihi2")).network, compiled().network)
    ]
    assert stored == [12 * 12 + 8 * 8, 12 + 8]


@pytest.mark.parametrize(
    ("chip", "message"),
    [
        ({}, "chip.prediction_shift is 8; the identity weighs 2^prediction_shift, and a weight holds 2^7; set it to 7"),
        ({"prediction_shift": 7, "prediction_exponent": 2}, "chip.prediction_exponent has no effect with chip.predict"),
    ],
)
def test_what_the_identity_cannot_be_is_said(chip, message):
    with pytest.raises(NeurohwError) as caught:
        toys.model(chip={"prediction": "identity", **chip})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        ("identity", "on the chip, chip.prediction says so: set it, and host.clapp.prediction to layer"),
        ("top", "a chip's CLAPP neurons remember the last activity of their own layer only; set learns to host"),
    ],
)
def test_what_the_host_predicts_from_is_not_the_chips(prediction, message):
    with pytest.raises(NeurohwError) as caught:
        toys.model(host={"clapp": {"retro": "none", "prediction": prediction}})
    assert message in str(caught.value)
