"""Random numbers: uniform and independent, whatever they are drawn for; the first ones are written down."""

from __future__ import annotations

import numpy as np
import pytest

from neurohw.microcode.hashing import draw, key
from neurohw.microcode.kind import kinds_in
from neurohw.microcode.reference import Reference
from neurohw.microcode.text import Text
from neurohw.microcode.vector import Neurons

N, AXES = 4096, ("seed", "population", "sample", "step", "place")


GOLDEN = {
    "neurons": [487897653, 1120391435, 719172554, 1908701355],
    "steps": [487897653, 1307963115, 2005932080, 556265640],
    "far": [1, 237, 15569767, 1992930191],
}


def numbers(axis: str, bits: int, count: int = N, start: int = 1):
    """Numbers that differ in one thing only."""
    if axis == "neuron":
        return draw(key(3, 1, 0, 7, 2), np.arange(start, start + count), bits)
    at = AXES.index(axis)
    given = [3, 1, 0, 7, 2]
    return np.array([draw(key(*given[:at], n, *given[at + 1 :]), [5], bits)[0] for n in range(start, start + count)])


def test_the_first_numbers_are_these():
    assert [int(draw(key(0, 0, 0, 1, 0), [n], 31)[0]) for n in range(4)] == GOLDEN["neurons"]
    assert [int(draw(key(0, 0, 0, t, 0), [0], 31)[0]) for t in range(1, 5)] == GOLDEN["steps"]
    assert [int(draw(key(2**63 - 1, 9, 5, 10**12, 3), [2**24 - 1], bits)[0]) for bits in (1, 8, 24, 31)] == GOLDEN[
        "far"
    ]


@pytest.mark.parametrize("axis", ["neuron", *AXES])
@pytest.mark.parametrize("bits", [1, 4, 8])
def test_each_number_comes_equally_often(axis, bits):
    found = np.bincount(numbers(axis, bits), minlength=1 << bits)
    expected = N / (1 << bits)
    chi_square, freedom = ((found - expected) ** 2 / expected).sum(), (1 << bits) - 1
    assert len(found) == 1 << bits
    assert abs(chi_square - freedom) < 5 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("axis", ["neuron", *AXES])
@pytest.mark.parametrize("lag", [1, 2, 7, 64])
def test_numbers_do_not_depend_on_those_before(axis, lag):
    x = numbers(axis, 31).astype(float)
    assert abs(np.corrcoef(x[:-lag], x[lag:])[0, 1]) < 5 / np.sqrt(N)
    pairs = (numbers(axis, 2)[:-lag] << 2) | numbers(axis, 2)[lag:]
    expected = len(pairs) / 16
    assert ((np.bincount(pairs, minlength=16) - expected) ** 2 / expected).sum() < 15 + 5 * np.sqrt(30)


@pytest.mark.parametrize("axis", AXES)
def test_what_numbers_are_for_changes_half_of_their_bits_of_all_neurons(axis):
    given = dict(zip(AXES, (3, 1, 0, 7, 2)))
    neurons = np.arange(N)
    one = draw(key(*given.values()), neurons, 31)
    given[axis] += 1
    other = draw(key(*given.values()), neurons, 31)
    flipped = np.array([np.count_nonzero((one ^ other) >> bit & 1) for bit in range(31)])
    assert abs(flipped / N - 0.5).max() < 5 * 0.5 / np.sqrt(N)
    assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(N)


def test_no_two_of_many_numbers_of_one_step_are_for_the_same_reason():
    keys = {key(seed, population, sample, t, place) for seed in range(4) for population in range(4)
            for sample in range(4) for t in range(1, 30) for place in range(4)}  # fmt: skip
    assert len(keys) == 4 * 4 * 4 * 29 * 4


TEXT = """
@neuron
class Noisy:
    out: int = sends(0, 255)
    low: int = sends(0, 255)

    def step(self, t):
        self.out = random(8)
        if t > 3:
            self.low = random(8)
"""


def test_a_population_draws_the_same_in_every_form():
    (kind,) = kinds_in(Text("noisy.py", TEXT)).values()
    many, few = (
        Neurons(kind.neuron(), (3, 70), seed=5, population=2),
        Neurons(kind.neuron(), (7,), seed=5, population=2),
    )
    alone = Reference(kind.neuron(), 7, seed=5, population=2)
    for t in range(1, 8):
        messages, of_few, of_one = many.step(t, {}), few.step(t, {}), alone.step(t, {}, sample=1)
        for port in ("out", "low"):
            np.testing.assert_array_equal(messages[port][0, :7], of_few[port])
            np.testing.assert_array_equal(messages[port][1, :7], of_one[port])
            if port == "out" or t > 3:
                assert len({row.tobytes() for row in messages[port]}) == 3
        assert t < 4 or (messages["out"] != messages["low"]).mean() > 0.9
