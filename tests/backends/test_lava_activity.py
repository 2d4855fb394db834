"""Counts from recorded messages, on networks small enough to count by hand."""

import numpy as np
from scipy import sparse

from neurohw.backends.lava.activity import activity_from_messages
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Source
from neurohw.ir.plasticity import LearningRule, Plasticity
from neurohw.ir.rule_text import parse_rule

POPULATIONS = (Population("a", 3, Source()), Population("b", 2, Graded()))
WEIGHT = np.array([[5, 0, 0], [1, 2, 0]])
SENT = np.array([[7, 0, 1], [0, 0, 0], [0, -3, 0], [9, 9, 9], [0, 0, 0]], np.int32)
SILENT = np.zeros((5, 2), np.int32)


def activity(sent=SENT, answer=SILENT, window=0, **options):
    projection = Projection("w", "a", "b", **{"weight": WEIGHT, "format": Format(), **options})
    return activity_from_messages(
        Network(POPULATIONS, (projection,)), {"a.out": sent, "b.out": answer}, samples=1, window=window
    )


def test_events_and_operations():
    w = activity().projections["w"]
    assert w.events.tolist() == [2, 2, 2]
    assert w.synaptic_ops == 2 * 2 + 2 * 1 + 2 * 0
    assert w.dense_ops == 6 * 2


def test_stored_zeros_are_no_operations():
    weight = sparse.csr_array((np.array([5, 0]), np.array([0, 1]), np.array([0, 1, 2])), shape=(2, 3))
    assert activity(weight=weight).projections["w"].synaptic_ops == 2


def test_messages_and_updates():
    answer = SILENT.copy()
    answer[2, 1] = 4
    populations = activity(answer=answer).populations
    assert populations["a"].messages["out"].tolist() == [2, 2, 2]
    assert populations["b"].messages["out"].tolist() == [0, 1]
    assert (populations["a"].updates, populations["b"].updates) == (15, 10)


def test_a_neuron_is_active_when_it_sends_or_an_event_arrives():
    """Events of steps 1, 3 and 4 arrive one step later: at both neurons, at the second, at both."""
    assert activity().populations["a"].active_updates == 6
    assert activity().populations["b"].active_updates == 2 + 1 + 2
    answer = SILENT.copy()
    answer[0, 0] = answer[1, 0] = 1  # the second of them is active anyway
    assert activity(answer=answer).populations["b"].active_updates == 6


def test_events_arrive_after_their_delay():
    assert activity(delay=2).populations["b"].active_updates == 2  # of step 1 only, at step 4
    by_synapse = np.array([[0, 0, 0], [3, 1, 0]])  # the first in steps 2 and 5, the second twice in step 5
    assert activity(delay=by_synapse).populations["b"].active_updates == 2 + 1


def test_the_window_shows_the_first_steps():
    np.testing.assert_array_equal(activity(window=2).window["w"], SENT[:2] != 0)


def test_learning_epochs():
    rule = Plasticity("", (), LearningRule(dw=parse_rule("2^0*x0*y1"), epoch=2))
    assert activity(plasticity=rule).projections["w"].learning_epochs == 2
    assert activity().projections["w"].learning_epochs == 0
