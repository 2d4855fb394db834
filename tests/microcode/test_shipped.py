"""The kinds that ship, as programs: equal to the hand-written reference, as Python runs them and on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from support.reference.neurons import CELLS
from support.some import inputs_of, some

from neurohw.ir.network import Population
from neurohw.microcode.reference import Reference
from neurohw.microcode.vector import Neurons
from neurohw.neurons.clapp import Clapp, ClappLif, Hinge
from neurohw.neurons.graded import Graded, Relu
from neurohw.neurons.lif import Lif, TernaryLif
from neurohw.neurons.readout import Critic, Readout

SIZES = (0, 1, 2, 63, 64, 65)
STEPS = 25


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
