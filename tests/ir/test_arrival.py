"""When inputs reach populations, and what is said of samples that end before the last layer has heard them all."""

from itertools import pairwise

import numpy as np
import pytest
from support import toys

import neurohw as nh
from neurohw.ir.arrival import arrivals, cut_short

FRAMES = {"input": np.ones((2, 4, 1), np.int8)}
IN_SPIKES = {"neuron": "lif", "input": {"coding": "rate", "steps": 8}}
SAID = ("the last frames reach c in step 7; --steps 7 (steps=7 in Python) waits for them",)


def chain(period=4, **delays):
    """Four populations in a row, each one neuron that passes on what it hears; delays by the receiver's name."""
    names = ("input", "a", "b", "c")
    populations = [
        nh.Population(name, 1, nh.Lif(1, du=4095, dv=4095) if k else nh.Source()) for k, name in enumerate(names)
    ]
    one = np.full((1, 1), 2, np.int32)
    projections = [nh.Projection(f"{a}{b}", a, b, one, nh.Format(), delay=delays.get(b, 0)) for a, b in pairwise(names)]
    return nh.Network(tuple(populations), tuple(projections), period)


def program():
    return nh.compile_network(chain(), nh.load_target("loihi2"))


def test_an_input_takes_a_step_for_every_projection_and_its_delay():
    assert arrivals(chain()) == {"input": 0, "a": 2, "b": 3, "c": 4}
    assert arrivals(chain(b=5)) == {"input": 0, "a": 2, "b": 8, "c": 9}


@pytest.mark.parametrize(("frames", "steps", "notes"), [(4, 6, 1), (4, 7, 0), (1, 3, 1), (1, 4, 0), (4, 12, 0)])
def test_samples_that_are_long_enough_need_no_note(frames, steps, notes):
    assert len(cut_short(chain(), frames, steps, "wait {} steps")) == notes


def test_a_delay_is_waited_for():
    assert cut_short(chain(b=5), 4, 7, "wait {} steps") == ("the last frames reach c in step 12; wait 12 steps",)


def test_simulate_says_that_a_run_is_too_short_and_how_long_is_enough():
    short, long = (nh.simulate(program(), inputs=FRAMES, steps=steps) for steps in (None, 7))
    assert (short.notes, long.notes) == (SAID, ())
    assert repr(short).splitlines()[-1] == f"  note: {SAID[0]}"
    assert [run.totals["c.out"].sum() for run in (short, long)] == [2, 8]


def test_networks_whose_samples_start_from_rest_say_it_too():
    short, long = (nh.run_network(chain(period), FRAMES, reset=True) for period in (4, 7))
    assert short.notes == ("the last frames reach c in step 7; a period of 7 waits for them",)
    assert long.notes == ()
    assert nh.run_network(chain(), FRAMES).notes == ()  # time runs on: the next sample brings what is missing


@pytest.mark.parametrize(
    ("mode", "more"),
    [("learn", {}), ("infer", {}), ("readout", {}), ("learn", IN_SPIKES), ("infer", IN_SPIKES)],
)
def test_what_a_model_is_shown_is_never_too_short(mode, more):
    made = nh.compile(toys.model(**more), nh.load_target("loihi2"), mode=mode)
    assert nh.simulate(made, fixations=None if mode == "infer" else 5).notes == ()
