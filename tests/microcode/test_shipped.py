"""The kinds that ship, as programs: equal to the hand-written reference, as Python runs them and on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from support.reference.neurons import CELLS

from neurohw.ir.network import Population
from neurohw.microcode.reference import Reference
from neurohw.microcode.vector import Neurons
from neurohw.neurons.clapp import Clapp, ClappLif, Hinge
from neurohw.neurons.graded import Graded, Relu
from neurohw.neurons.lif import Lif, TernaryLif
from neurohw.neurons.readout import Critic, Readout

SIZES = (0, 1, 2, 63, 64, 65)
STEPS = 25


def some(rng, size, kind):
    """A neuron of a kind with parameters from their ranges, most of them small enough to do something."""

    def each(low, high):
        return rng.integers(low, high, size) if rng.random() < 0.5 and size else int(rng.integers(low, high))

    decays = {"du": int(rng.choice([0, 100, 4095])), "dv": int(rng.choice([0, 60, 4095]))}
    biases = {"bias_mant": each(-200, 200), "bias_exp": each(-3, 7)}
    phases = {"layer": int(rng.integers(1, 4)), "period": int(rng.integers(8, 20))}
    shifts = {"prediction_shift": int(rng.integers(0, 8)), "score_shift": int(rng.integers(0, 8))}
    factors = {
        "mapping": str(rng.choice(["carry", "signed", "unsigned"])), "growth": float(rng.choice([0, 0.5, 3])),
        "rate": int(rng.integers(1, 128)),
    }  # fmt: skip
    if kind is Lif:
        interval = int(rng.choice([0, 1, 5]))
        return Lif(each(0, 3000), **decays, **biases, reset_interval=interval, reset_offset=int(rng.integers(-3, 9)))
    if kind is TernaryLif:
        return TernaryLif(each(0, 3000), each(-3000, 0), **decays, **biases)
    if kind is Graded:
        return Graded(each(0, 100), bool(rng.random() < 0.5))
    if kind is Relu:
        return Relu(**phases, shift=int(rng.integers(0, 12)), bias=each(-300, 300))
    if kind is Clapp:
        return Clapp(**phases, **shifts, **factors, shift=int(rng.integers(0, 12)))
    if kind is ClappLif:
        flags = {"window": bool(rng.random() < 0.5), "delayed": bool(rng.random() < 0.5)}
        spikes = {
            "steps": int(rng.integers(1, 6)),
            "vth": int(rng.integers(0, 500)),
            "count_shift": int(rng.integers(0, 8)),
        }
        return ClappLif(**phases, **spikes, **decays, **shifts, **factors, **flags)
    if kind is Hinge:
        return Hinge(**phases, theta=int(rng.integers(-500, 500)))
    if kind is Critic:
        return Critic(**phases, right=int(rng.integers(-128, 128)), wrong=int(rng.integers(-128, 128)))
    rounds = int(rng.integers(8, 12))
    return Readout(phases["layer"], 2 * rounds, int(rng.integers(0, 8)), rounds, bool(rng.random() < 0.5))


def inputs_of(rng, kind, size, magnitude):
    """What arrives at each port in one step."""
    found = {port: rng.integers(-magnitude, magnitude + 1, size) for port in kind.inputs}
    if kind is Hinge:  # a sameness is a sign, a gate too
        found["sameness"] = rng.integers(-1, 2, size)
    if "gate" in found and rng.random() < 0.8:
        found["gate"] = rng.integers(-1, 2, size)
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [Lif, TernaryLif, Graded, Relu, Clapp, ClappLif, Hinge, Readout, Critic])
def test_messages_and_states_are_those_of_the_hand_written_reference(kind, size):
    rng = np.random.default_rng([size, ord(kind.__name__[0])])
    for magnitude in (2, 40, 3000, 1 << 20) if size < 3 else (40, 3000):
        neuron = some(rng, size, kind)
        by_hand = CELLS[kind](Population("x", size, neuron))
        arrays, slow = Neurons(neuron, (size,)), Reference(neuron, min(size, 2))
        for t in range(1, STEPS + 1):
            inputs = inputs_of(rng, kind, size, magnitude)
            expected, messages = by_hand.step(t, inputs), arrays.step(t, inputs)
            one_by_one = slow.step(t, {port: values[:2] for port, values in inputs.items()})
            assert expected.keys() == messages.keys() == one_by_one.keys()
            for port, values in expected.items():
                np.testing.assert_array_equal(messages[port], values, err_msg=f"{neuron} {port} at {t}")
                np.testing.assert_array_equal(one_by_one[port], values[:2], err_msg=f"{neuron} {port} at {t}")
            for name, values in arrays.states().items():
                np.testing.assert_array_equal(slow.states()[name], values[:2], err_msg=f"{neuron} {name} at {t}")
                if name in ("u", "v", "y1", "y2", "y3", "bap") and hasattr(by_hand, name) and kind is not Readout:
                    np.testing.assert_array_equal(values, getattr(by_hand, name), err_msg=f"{neuron} {name} at {t}")
        if size <= 2:
            assert slow.counts() == arrays.counted
