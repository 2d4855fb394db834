"""Sigma-delta units against their equations in Python's own numbers, as a pair, and bit for bit against Lava's."""

from __future__ import annotations

import numpy as np
import pytest
from support.alone import run_alone

from neurohw.backends.lava.available import why_not
from neurohw.neurons.sigma_delta import Delta, Sigma, SigmaDelta

SIZE, STEPS = 20, 200


def walks(rng, step=20, share=0.5):
    """Values that change a little in most steps."""
    return np.cumsum(rng.integers(-step, step + 1, (STEPS, SIZE)) * (rng.random((STEPS, SIZE)) < share), axis=0)


def published(acts, vth, cumulative):
    """Messages of one unit for its activity in each step, as Lava's documentation writes it, in floats."""
    before = residue = error = 0.0
    sent = []
    for act in map(float, acts):
        delta = act - before + residue
        error = error + delta
        measured = error if cumulative else delta
        sent.append(delta if abs(measured) >= vth else 0.0)
        error = error * (sent[-1] == 0)
        residue, before = delta - sent[-1], act
    return sent


@pytest.mark.parametrize("cumulative", [False, True])
def test_encoders_follow_the_published_equations_exactly(cumulative):
    """Whole numbers stay whole in floats: there is no tolerance."""
    rng = np.random.default_rng(cumulative)
    values, vth = walks(rng), rng.integers(0, 90, SIZE)
    sent, _ = run_alone(Delta(vth, cumulative=cumulative), {"in": values})
    bias = rng.integers(-50, 50, SIZE)
    changes = np.diff(values, axis=0, prepend=0)
    sent_on, _ = run_alone(SigmaDelta(vth, bias, cumulative=cumulative), {"in": changes})
    for i in range(SIZE):
        assert sent[:, i].tolist() == published(values[:, i], vth[i], cumulative)
        assert sent_on[:, i].tolist() == published(np.maximum(0, values[:, i] + bias[i]), vth[i], cumulative)
    assert 0.05 < (sent != 0).mean() < 0.7


@pytest.mark.parametrize("vth", [1, 10, 100])
def test_what_is_decoded_is_never_a_threshold_away(vth):
    values = walks(np.random.default_rng(vth))
    messages, _ = run_alone(Delta(vth), {"in": values})
    decoded, _ = run_alone(Sigma(), {"in": messages})
    assert np.abs(decoded - values).max() == vth - 1
    assert (messages != 0).mean() <= (np.diff(values, axis=0, prepend=0) != 0).mean()


def test_exponents_keep_bits_of_what_is_not_sent():
    values = walks(np.random.default_rng(9))
    messages, states = run_alone(Delta(5, 2, 3), {"in": values})
    np.testing.assert_array_equal(messages << 3, np.diff(states["act"] - states["residue"], axis=0, prepend=0))
    plain, _ = run_alone(Delta(5), {"in": values})
    np.testing.assert_array_equal(messages, plain << 2)


lava = pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")
MODES = [(False, 0, 0, True), (True, 0, 3, True), (False, 2, 4, False), (True, 1, 0, False)]


@pytest.mark.lava
@lava
@pytest.mark.parametrize(("cumulative", "spike_exp", "state_exp", "rectify"), MODES)
def test_they_are_lavas_bit_for_bit(cumulative, spike_exp, state_exp, rectify):
    from neurohw.backends.lava.run import prepare_import

    prepare_import()
    from lava.proc.sdn.process import ActivationMode
    from lava.proc.sdn.process import Delta as LavaDelta
    from lava.proc.sdn.process import Sigma as LavaSigma
    from lava.proc.sdn.process import SigmaDelta as LavaSigmaDelta
    from support.on_lava import run_own

    rng = np.random.default_rng(state_exp)
    values, vth, bias = walks(rng), 25, 14
    changes = np.diff(values, axis=0, prepend=0) << spike_exp + state_exp
    modes = {"cum_error": cumulative, "spike_exp": spike_exp, "state_exp": state_exp}
    act_mode = ActivationMode.RELU if rectify else ActivationMode.UNIT
    pairs = [
        (LavaDelta(shape=(SIZE,), vth=vth, **modes), Delta(vth, spike_exp, state_exp, cumulative), values),
        (
            LavaSigmaDelta(shape=(SIZE,), vth=vth, bias=bias, act_mode=act_mode, **modes),
            SigmaDelta(vth, bias, spike_exp, state_exp, cumulative, rectify), changes,
        ),
        (LavaSigma(shape=(SIZE,)), Sigma(), changes),
    ]  # fmt: skip
    for process, neuron, inputs in pairs:
        expected = run_own(process, {"a_in": inputs})
        sent, _ = run_alone(neuron, {"in": inputs})
        np.testing.assert_array_equal(sent, expected)
        assert (sent != 0).mean() > 0.05
